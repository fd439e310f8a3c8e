package openai

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// leastOutput is the smallest bound that the Responses API takes.
const leastOutput = 16

// encodeResponses writes the body of a call of the Responses API. It would keep prompt and answer for 30 days where it is
// not told otherwise, and records are nobody's to keep.
func (p *Provider) encodeResponses(req *providers.Request, as shape) []byte {
	body := make([]byte, 0, bodySize(req))
	body = append(body, `{"model":`...)
	body = httpjson.AppendString(body, req.Model)
	body = append(body, `,"store":false,"input":`...)
	body = appendMessages(body, req.Messages)
	body = appendTemperature(body, req)
	if as.bound {
		body = appendInt(body, "max_output_tokens", max(req.MaxOutputTokens, leastOutput))
	}
	if req.Effort != "" {
		body = append(body, `,"reasoning":{"effort":`...)
		body = append(httpjson.AppendString(body, req.Effort), '}')
	}
	switch as.form {
	case providers.FormSchema:
		body = append(body, `,"text":{"format":{"type":"json_schema","name":`...)
		body = httpjson.AppendString(body, schemaName(as.schema))
		body = append(body, `,"strict":true,"schema":`...)
		body = append(append(body, as.schema.JSON...), "}}"...)
	case providers.FormJSON:
		body = append(body, `,"text":{"format":{"type":"json_object"}}`...)
	case providers.FormFree:
	}
	return append(p.appendAccount(body, req, as), '}')
}

// response is what weir reads of an answer of the Responses API.
type response struct {
	Object     string          `json:"object"`
	Status     string          `json:"status"`
	Error      json.RawMessage `json:"error"`
	Incomplete struct {
		Reason string `json:"reason"`
	} `json:"incomplete_details"`
	Output []outputItem    `json:"output"`
	Usage  json.RawMessage `json:"usage"`
}

type outputItem struct {
	Type    string `json:"type"`
	Content []struct {
		Type    string `json:"type"`
		Text    string `json:"text"`
		Refusal string `json:"refusal"`
	} `json:"content"`
}

// decodeResponses reads the body of a 200.
func (p *Provider) decodeResponses(reply *httpjson.Reply, req *providers.Request) (*providers.Response, *providers.Error) {
	var r response
	if err := json.Unmarshal(reply.Body, &r); err != nil {
		return nil, p.unreadable(reply)
	}
	if present(string(r.Error)) {
		return nil, p.failureIn200(string(r.Error), req)
	}
	if r.Object != "response" && r.Output == nil {
		return nil, malformed("%s: the answer is no response; does this server have the Responses API?", p.client.Place())
	}
	text, refusal := r.said()
	switch {
	case refusal:
		return nil, refusedBy(nil)
	case r.Incomplete.Reason == "content_filter":
		return nil, filteredBy(nil)
	case r.Status == "failed", r.Status == "cancelled", r.Status == "queued", r.Status == "in_progress":
		message := fmt.Sprintf("%s: the answer is %s", p.client.Place(), r.Status)
		return nil, &providers.Error{Kind: providers.KindUnavailable, Message: message}
	}
	return &providers.Response{Text: text, Finish: r.finish(), Usage: responsesUsage.of(gjson.ParseBytes(r.Usage))}, nil
}

// said joins the text of the messages; thoughts and calls of tools are left out. A refusal is the model's word for no.
func (r *response) said() (text string, refusal bool) {
	var all strings.Builder
	for _, item := range r.Output {
		if item.Type != "message" {
			continue
		}
		for _, part := range item.Content {
			switch part.Type {
			case "output_text":
				all.WriteString(part.Text)
			case "refusal":
				return "", true
			}
		}
	}
	return all.String(), false
}

// finish translates the status.
func (r *response) finish() providers.Finish {
	switch {
	case r.Status == "completed":
		return providers.FinishStop
	case r.Incomplete.Reason == "max_output_tokens":
		return providers.FinishLength
	default:
		return providers.FinishOther
	}
}
