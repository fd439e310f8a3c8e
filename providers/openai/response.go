package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// completion is what weir reads of an answer.
type completion struct {
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage"`
	Error   json.RawMessage `json:"error"`
}

type choice struct {
	Message      *message        `json:"message"`
	FinishReason string          `json:"finish_reason"`
	Error        json.RawMessage `json:"error"` // of gateways, where the model behind them fails
	Filters      filters         `json:"content_filter_results"`
}

type message struct {
	Content any    `json:"content"` // a string, a list of parts, or null
	Refusal string `json:"refusal"`
}

// decode reads the body of a 200. Some servers say there that the call failed.
func (p *Provider) decode(reply *httpjson.Reply, req *providers.Request) (*providers.Response, *providers.Error) {
	var c completion
	if err := json.Unmarshal(reply.Body, &c); err != nil {
		if !onlyUsage(err) {
			return nil, p.unreadable(reply, err)
		}
		c.Usage = nil
	}
	if present(c.Error) {
		return nil, p.failureIn200(c.Error, req)
	}
	if len(c.Choices) == 0 {
		return nil, malformed("%s: the answer has no choices; is this a chat completions server?", p.client.Place())
	}
	first := c.Choices[0]
	switch {
	case present(first.Error):
		return nil, p.failureIn200(first.Error, req)
	case first.Message == nil:
		return nil, malformed("%s: the answer's first choice has no message; is this a chat completions server?", p.client.Place())
	case first.Message.Refusal != "", first.FinishReason == "content_filter":
		return nil, refused(first)
	}
	text, ok := first.Message.text()
	if !ok {
		return nil, malformed("%s: the answer's content is neither text nor a list of parts", p.client.Place())
	}
	return &providers.Response{Text: text, Finish: finish(first.FinishReason), Usage: c.Usage.tokens()}, nil
}

// text returns the content; the parts of a list one after another, without those that are not text (such as thoughts).
func (m *message) text() (string, bool) {
	switch content := m.Content.(type) {
	case nil:
		return "", true
	case string:
		return content, true
	case []any:
		return joinParts(content)
	default:
		return "", false
	}
}

// joinParts joins the parts that are text.
func joinParts(parts []any) (string, bool) {
	var text strings.Builder
	for _, part := range parts {
		fields, ok := part.(map[string]any)
		if !ok {
			return "", false
		}
		if fields["type"] != "text" {
			continue
		}
		piece, ok := fields["text"].(string)
		if !ok {
			return "", false
		}
		text.WriteString(piece)
	}
	return text.String(), true
}

// finish translates a finish_reason.
func finish(reason string) providers.Finish {
	switch reason {
	case "stop":
		return providers.FinishStop
	case "length":
		return providers.FinishLength
	default:
		return providers.FinishOther
	}
}

// refused is the error of a model or filter that does not answer. What the model says to it may repeat a record, so it
// is left out.
func refused(c choice) *providers.Error {
	if c.FinishReason == "content_filter" {
		return filteredBy(c.Filters)
	}
	return refusedBy(c.Filters)
}

func refusedBy(f filters) *providers.Error {
	return &providers.Error{Kind: providers.KindRefused, Message: "the model refuses to answer this prompt" + f.names()}
}

func filteredBy(f filters) *providers.Error {
	message := "the provider's content filter holds the answer to this prompt back" + f.names()
	return &providers.Error{Kind: providers.KindRefused, Message: message}
}

// present reports whether a field was there with a value.
func present(raw json.RawMessage) bool {
	switch string(raw) {
	case "", "null", "false", `""`, "{}", "[]":
		return false
	default:
		return true
	}
}

// unreadable says what a body looks like that is no completion. It does not show it: it may answer a record.
func (p *Provider) unreadable(reply *httpjson.Reply, cause error) *providers.Error {
	e := malformed("%s: %s instead of a completion; is base_url right?", p.client.Place(), looks(reply.Body))
	e.Err = cause
	return e
}

// looks names what a body is.
func looks(body []byte) string {
	start := bytes.TrimSpace(body[:min(len(body), 512)])
	switch {
	case len(start) == 0:
		return "an empty body"
	case start[0] == '<':
		return "an HTML page, perhaps of a proxy,"
	case bytes.HasPrefix(start, []byte("data:")):
		return "a stream of events, which weir did not ask for,"
	case start[0] == '{':
		return fmt.Sprintf("%d bytes of broken or unexpected JSON", len(body))
	default:
		return fmt.Sprintf("%d bytes that are not a JSON object", len(body))
	}
}

func malformed(format string, args ...any) *providers.Error {
	return &providers.Error{Kind: providers.KindMalformed, Message: fmt.Sprintf(format, args...)}
}
