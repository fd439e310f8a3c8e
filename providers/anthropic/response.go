package anthropic

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// message is what weir reads of an answer.
type message struct {
	Type       string          `json:"type"`
	Content    []block         `json:"content"`
	StopReason string          `json:"stop_reason"`
	Usage      *usage          `json:"usage"`
	Error      json.RawMessage `json:"error"` // of gateways, where the model behind them fails
}

// block is a part of an answer. Thoughts and what else there is have neither field.
type block struct {
	Type  string          `json:"type"`
	Text  string          `json:"text"`
	Input json.RawMessage `json:"input"` // of a call of a tool
}

// usage has what was read apart: InputTokens are those that were neither read from the cache nor written to it.
type usage struct {
	InputTokens              float64 `json:"input_tokens"`
	CacheReadInputTokens     float64 `json:"cache_read_input_tokens"`
	CacheCreationInputTokens float64 `json:"cache_creation_input_tokens"`
	OutputTokens             float64 `json:"output_tokens"`
	OutputTokensDetails      struct {
		ThinkingTokens float64 `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
}

// decode reads the body of a 200. Gateways may say there that the call failed.
func (p *Provider) decode(reply *httpjson.Reply, c call) (*providers.Response, *providers.Error) {
	var m message
	if err := json.Unmarshal(reply.Body, &m); err != nil {
		if !onlyUsage(err) {
			return nil, p.advice.Unreadable(reply.Body, err)
		}
		m.Usage = nil
	}
	switch {
	case m.Type == "error" || len(m.Error) > 0 && string(m.Error) != "null":
		return nil, p.failedIn200(reply, c)
	case m.StopReason == "refusal":
		return nil, refused()
	case m.Content == nil:
		return nil, p.advice.Malformed("the answer has no content; is this a Messages API?")
	}
	return &providers.Response{
		Text:   m.text(c.as),
		Finish: finish(m.StopReason, c.as),
		Usage:  m.Usage.tokens(),
		Form:   m.form(c.as),
	}, nil
}

// text returns the answer: its blocks of text one after another, or what the tool was called with.
func (m *message) text(as form) string {
	if input := m.input(as); input != nil {
		return string(input)
	}
	var text strings.Builder
	for _, b := range m.Content {
		if b.Type == "text" {
			text.WriteString(b.Text)
		}
	}
	return text.String()
}

// input returns what the tool was called with; nil where the model answers in words all the same.
func (m *message) input(as form) json.RawMessage {
	if !as.tool() {
		return nil
	}
	for _, b := range m.Content {
		if b.Type == "tool_use" && len(b.Input) > 0 {
			return b.Input
		}
	}
	return nil
}

// form says what the answer was held to. A model that was to call a tool, and did not, was held to nothing.
func (m *message) form(as form) providers.Form {
	if as.tool() && m.input(as) == nil {
		return providers.FormFree
	}
	return as.promise()
}

// finish translates a stop_reason.
func finish(reason string, as form) providers.Finish {
	switch reason {
	case "end_turn", "stop_sequence":
		return providers.FinishStop
	case "tool_use":
		if as.tool() {
			return providers.FinishStop
		}
		return providers.FinishOther
	case "max_tokens", "model_context_window_exceeded":
		return providers.FinishLength
	default:
		return providers.FinishOther
	}
}

// refused is the error of a model that does not answer. What it says to it may repeat a record, so it is left out.
func refused() *providers.Error {
	return &providers.Error{Kind: providers.KindRefused, Message: "the model refuses to answer this prompt"}
}

// tokens returns the usage; figures that cannot be are none.
func (u *usage) tokens() providers.Usage {
	if u == nil {
		return providers.Usage{}
	}
	thinking := u.OutputTokensDetails.ThinkingTokens
	prompt := u.InputTokens + u.CacheReadInputTokens + u.CacheCreationInputTokens
	if !drivers.Sane(u.InputTokens, u.CacheReadInputTokens, u.CacheCreationInputTokens, u.OutputTokens, thinking) ||
		prompt+u.OutputTokens == 0 {
		return providers.Usage{}
	}
	return providers.Usage{
		PromptTokens:     int(prompt),
		CompletionTokens: int(u.OutputTokens),
		CachedTokens:     int(u.CacheReadInputTokens),
		CacheWriteTokens: int(u.CacheCreationInputTokens),
		ReasoningTokens:  int(min(thinking, u.OutputTokens)),
		Reported:         true,
	}
}

// onlyUsage reports whether err is about the usage alone: the rest has been read then.
func onlyUsage(err error) bool {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok && (e.Field == "usage" || strings.HasPrefix(e.Field, "usage."))
}
