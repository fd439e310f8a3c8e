package bedrock

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// answer is what weir reads of an answer of Converse.
type answer struct {
	Output struct {
		Message *message `json:"message"`
	} `json:"output"`
	StopReason string `json:"stopReason"`
	Usage      *usage `json:"usage"`
	Type       string `json:"__type"` // of a failure that comes with 200, as gateways do
}

type message struct {
	Content []block `json:"content"`
}

// block is a part of an answer, of which one field is set. Thoughts and what else there is have neither.
type block struct {
	Text    string `json:"text"`
	ToolUse *struct {
		Input json.RawMessage `json:"input"`
	} `json:"toolUse"`
}

type usage struct {
	InputTokens           float64 `json:"inputTokens"`
	OutputTokens          float64 `json:"outputTokens"`
	TotalTokens           float64 `json:"totalTokens"`
	CacheReadInputTokens  float64 `json:"cacheReadInputTokens"`
	CacheWriteInputTokens float64 `json:"cacheWriteInputTokens"`
}

// decode reads the body of a 200.
func (p *Provider) decode(reply *httpjson.Reply, c call) (*providers.Response, *providers.Error) {
	var a answer
	if err := json.Unmarshal(reply.Body, &a); err != nil {
		if !onlyUsage(err) {
			return nil, p.advice.Unreadable(reply.Body, err)
		}
		a.Usage = nil
	}
	switch {
	case a.Type != "":
		return nil, p.failed(readFailure(reply), c)
	case a.StopReason == "guardrail_intervened" || a.StopReason == "content_filtered" || a.StopReason == "refusal":
		return nil, refused(a.StopReason)
	case a.Output.Message == nil:
		return nil, p.advice.Malformed("the answer has no message; is this Bedrock's Converse?")
	}
	input := a.Output.Message.input(c.as)
	resp := &providers.Response{
		Text: a.Output.Message.text(), Finish: finish(a.StopReason, c.as), Usage: a.Usage.tokens(), Form: c.as.promise(),
	}
	switch {
	case input != nil:
		resp.Text = string(input)
	case c.as.tool():
		resp.Form = providers.FormFree // the model answers in words all the same
	}
	return resp, nil
}

// text returns the blocks of text one after another.
func (m *message) text() string {
	var text strings.Builder
	for _, b := range m.Content {
		text.WriteString(b.Text)
	}
	return text.String()
}

// input returns what the tool was called with; nil where there is none, or it was not.
func (m *message) input(as form) json.RawMessage {
	if !as.tool() {
		return nil
	}
	for _, b := range m.Content {
		if b.ToolUse != nil && len(b.ToolUse.Input) > 0 {
			return b.ToolUse.Input
		}
	}
	return nil
}

// refused is the error of a prompt or an answer that is held back. What stands in its place may be about a record, so it is left out.
func refused(reason string) *providers.Error {
	message := "the model refuses to answer this prompt"
	switch reason {
	case "guardrail_intervened":
		message = "a guardrail of the account holds this prompt, or its answer, back"
	case "content_filtered":
		message = "the provider's content filter holds the answer to this prompt back"
	}
	return &providers.Error{Kind: providers.KindRefused, Message: message}
}

// finish translates a stopReason.
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

// tokens returns the usage; figures that cannot be are none. AWS's pages do not agree on whether inputTokens has the cached ones in it
// (those on prompt caching add them, the reference of TokenUsage calls it the tokens of the request), so the total decides: where it is
// no more than the two counts beside it, they are in it.
func (u *usage) tokens() providers.Usage {
	if u == nil || !drivers.Sane(u.InputTokens, u.OutputTokens, u.TotalTokens, u.CacheReadInputTokens, u.CacheWriteInputTokens) {
		return providers.Usage{}
	}
	prompt, cached := u.InputTokens, u.CacheReadInputTokens+u.CacheWriteInputTokens
	if within := u.TotalTokens > 0 && u.TotalTokens <= u.InputTokens+u.OutputTokens && cached <= u.InputTokens; !within {
		prompt += cached
	}
	if prompt+u.OutputTokens == 0 {
		return providers.Usage{}
	}
	return providers.Usage{
		PromptTokens:     int(prompt),
		CompletionTokens: int(u.OutputTokens),
		CachedTokens:     int(u.CacheReadInputTokens),
		CacheWriteTokens: int(u.CacheWriteInputTokens),
		Reported:         true,
	}
}

// onlyUsage reports whether err is about the usage alone: the rest has been read then.
func onlyUsage(err error) bool {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok && (e.Field == "usage" || strings.HasPrefix(e.Field, "usage."))
}
