package openai

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// decode reads the body of a 200. Some servers say there that the call failed.
func (p *Provider) decode(reply *httpjson.Reply, req *providers.Request) (*providers.Response, *providers.Error) {
	answer, ok := httpjson.Read(reply.Body)
	if !ok || !answer.IsObject() {
		return nil, p.unreadable(reply)
	}
	failure, first, used := "", gjson.Result{}, providers.Usage{}
	answer.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "error":
			failure = value.Raw
		case "choices":
			first = httpjson.First(value)
		case "usage":
			used = chatUsage.of(value)
		}
		return true
	})
	if present(failure) {
		return nil, p.failureIn200(failure, req)
	}
	if !first.IsObject() {
		return nil, malformed("%s: the answer has no choices; is this a chat completions server?", p.client.Place())
	}
	resp, failed := p.read(first, req)
	if failed == nil {
		resp.Usage = used
	}
	return resp, failed
}

// read reads a choice. Gateways say there that the model behind them has failed.
func (p *Provider) read(choice gjson.Result, req *providers.Request) (*providers.Response, *providers.Error) {
	failure, reason, message, results := "", "", gjson.Result{}, gjson.Result{}
	choice.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "error":
			failure = value.Raw
		case "message":
			message = value
		case "finish_reason":
			reason = value.Str
		case "content_filter_results":
			results = value
		}
		return true
	})
	content, refusal := said(message)
	text, ok := contentOf(content)
	switch {
	case present(failure):
		return nil, p.failureIn200(failure, req)
	case !message.IsObject():
		return nil, malformed("%s: the answer's first choice has no message; is this a chat completions server?", p.client.Place())
	case reason == "content_filter":
		return nil, filteredBy(filtersIn(results))
	case refusal:
		return nil, refusedBy(filtersIn(results))
	case !ok:
		return nil, malformed("%s: the answer's content is neither text nor a list of parts", p.client.Place())
	}
	return &providers.Response{Text: text, Finish: finish(reason)}, nil
}

// said returns what a message holds, and whether it is a refusal.
func said(message gjson.Result) (content gjson.Result, refusal bool) {
	message.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "content":
			content = value
		case "refusal":
			refusal = value.Type == gjson.String && value.Str != ""
		}
		return true
	})
	return content, refusal
}

// contentOf returns the text of a message; the parts of a list one after another, without those that are not text (such as
// thoughts).
func contentOf(content gjson.Result) (string, bool) {
	switch {
	case content.Type == gjson.Null: // or not there
		return "", true
	case content.Type == gjson.String:
		return httpjson.Text(content), true
	case content.IsArray():
		return joinParts(content)
	default:
		return "", false
	}
}

// joinParts joins the parts that are text.
func joinParts(parts gjson.Result) (string, bool) {
	var text strings.Builder
	ok := true
	parts.ForEach(func(_, part gjson.Result) bool {
		isText, piece := false, gjson.Result{}
		part.ForEach(func(name, value gjson.Result) bool {
			switch name.Str {
			case "type":
				isText = value.Str == "text"
			case "text":
				piece = value
			}
			return true
		})
		ok = part.IsObject() && (!isText || piece.Type == gjson.String)
		if ok && isText {
			text.WriteString(httpjson.Text(piece))
		}
		return ok
	})
	return text.String(), ok
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

// refusedBy and filteredBy are the errors of a model and of a filter that do not answer. What the model says to it may repeat a
// record, so it is left out.
func refusedBy(f filters) *providers.Error {
	return &providers.Error{Kind: providers.KindRefused, Message: "the model refuses to answer this prompt" + f.names()}
}

func filteredBy(f filters) *providers.Error {
	message := "the provider's content filter holds the answer to this prompt back" + f.names()
	return &providers.Error{Kind: providers.KindRefused, Message: message}
}

// present reports whether a field was there with a value.
func present(raw string) bool {
	switch raw {
	case "", "null", "false", `""`, "{}", "[]":
		return false
	default:
		return true
	}
}

// unreadable says what a body looks like that is no completion. It does not show it: it may answer a record.
func (p *Provider) unreadable(reply *httpjson.Reply) *providers.Error {
	return malformed("%s: %s instead of a completion; is base_url right?", p.client.Place(), looks(reply.Body))
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
