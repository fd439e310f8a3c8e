package anthropic

import (
	"strconv"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// encode writes the body of a call. It is written by hand because a prompt is one long string, which encoding/json would escape
// for HTML and copy twice.
func (p *Provider) encode(c call) []byte {
	req := c.req
	prompt := drivers.Sort(req.Messages)
	caching := req.CacheKey != "" && !p.noCache
	body := make([]byte, 0, bodySize(req))
	body = append(body, `{"model":`...)
	body = httpjson.AppendString(body, req.Model)
	body = append(body, `,"max_tokens":`...)
	body = strconv.AppendInt(body, int64(p.bound(req)), 10)
	body = appendSystem(body, prompt, caching)
	body = appendMessages(body, prompt, caching)
	if t := req.Temperature; t != nil {
		body = append(body, `,"temperature":`...)
		body = strconv.AppendFloat(body, *t, 'f', -1, 64)
	}
	body = appendOutput(body, req, c.as)
	body = appendTool(body, req.Schema, c.as)
	return append(body, '}')
}

// bound returns max_tokens, which the API must be told.
func (p *Provider) bound(req *providers.Request) int {
	switch {
	case req.MaxOutputTokens > 0:
		return req.MaxOutputTokens
	case p.maxTokens > 0:
		return p.maxTokens
	case old(req.Model):
		return oldMaxTokens
	default:
		return DefaultMaxTokens
	}
}

// mark asks to keep the prompt up to the end of its block, for five minutes.
const mark = `,"cache_control":{"type":"ephemeral"}`

// appendBlock appends a block of text, marked or not.
func appendBlock(body []byte, text string, marked bool) []byte {
	body = append(body, `{"type":"text","text":`...)
	body = httpjson.AppendString(body, text)
	if marked {
		body = append(body, mark...)
	}
	return append(body, '}')
}

// appendSystem appends the system messages, which are no messages in this API. The last is marked: it is the same in every call of a
// template, whatever the stable part behind it.
func appendSystem(body []byte, prompt drivers.Prompt, caching bool) []byte {
	if len(prompt.System) == 0 {
		return body
	}
	marked := caching && prompt.SystemBytes() >= drivers.WorthKeeping
	body = append(body, `,"system":[`...)
	for i, text := range prompt.System {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendBlock(body, text, marked && i == len(prompt.System)-1)
	}
	return append(body, ']')
}

// appendMessages appends the other messages. Only the last stable part is marked: an earlier one is part of the same prefix, and the
// API takes four marks.
func appendMessages(body []byte, prompt drivers.Prompt, caching bool) []byte {
	last := -1
	if caching {
		last = prompt.LastStable()
	}
	body = append(body, `,"messages":[`...)
	for i, m := range prompt.User {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"role":`...)
		body = httpjson.AppendString(body, string(m.Role))
		body = append(body, `,"content":`...)
		body = appendContent(body, m, i == last)
		body = append(body, '}')
	}
	return append(body, ']')
}

// appendContent appends a message's content: a string, or blocks where its stable part is marked.
func appendContent(body []byte, m providers.Message, marked bool) []byte {
	if !marked {
		return httpjson.AppendString(body, m.Content)
	}
	stable, rest := drivers.Split(m)
	body = appendBlock(append(body, '['), stable, true)
	if rest != "" {
		body = appendBlock(append(body, ','), rest, false)
	}
	return append(body, ']')
}

// appendOutput appends what the answer shall be, and how much the model shall think.
func appendOutput(body []byte, req *providers.Request, as form) []byte {
	if as != format && req.Effort == "" {
		return body
	}
	body = append(body, `,"output_config":{`...)
	if as == format {
		body = append(body, `"format":{"type":"json_schema","schema":`...)
		body = append(body, req.Schema.JSON...)
		body = append(body, '}')
	}
	if req.Effort != "" {
		if as == format {
			body = append(body, ',')
		}
		body = append(body, `"effort":`...)
		body = httpjson.AppendString(body, req.Effort)
	}
	return append(body, '}')
}

// appendTool appends the tool that an older model must call with its answer.
func appendTool(body []byte, schema *providers.Schema, as form) []byte {
	if !as.tool() {
		return body
	}
	body = append(body, `,"tools":[{"name":`...)
	body = httpjson.AppendString(body, schema.Name)
	body = append(body, `,"description":"Takes the whole answer.","input_schema":`...)
	body = append(body, schema.JSON...)
	if as == strictTool {
		body = append(body, `,"strict":true`...)
	}
	body = append(body, `}],"tool_choice":{"type":"tool","name":`...)
	body = httpjson.AppendString(body, schema.Name)
	return append(body, `,"disable_parallel_tool_use":true}`...)
}

// bodySize guesses the length of the body, so that it is allocated once for all but odd prompts.
func bodySize(req *providers.Request) int {
	size := 512 + len(req.Model)
	for _, message := range req.Messages {
		size += 128 + len(message.Content) + len(message.Content)/16
	}
	if req.Schema != nil {
		size += len(req.Schema.JSON)
	}
	return size
}
