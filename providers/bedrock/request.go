package bedrock

import (
	"strconv"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// encode writes the body of a call. It is written by hand because a prompt is one long string, which encoding/json would escape
// for HTML and copy twice.
func encode(c call) []byte {
	prompt := drivers.Sort(c.req.Messages)
	body := make([]byte, 0, bodySize(c.req))
	body = append(body, '{')
	body = appendMessages(body, prompt, c.caching)
	body = appendSystem(body, prompt, c.caching)
	body = appendInference(body, c.req)
	body = appendTool(body, c.req.Schema, c.as)
	body = appendOutput(body, c)
	return append(body, '}')
}

// point asks to keep the prompt up to here.
const point = `{"cachePoint":{"type":"default"}}`

func appendText(body []byte, text string) []byte {
	body = append(body, `{"text":`...)
	body = httpjson.AppendString(body, text)
	return append(body, '}')
}

// appendMessages appends the messages that are not the system's. A point stands behind the last stable part: an earlier one is part of
// the same prefix.
func appendMessages(body []byte, prompt drivers.Prompt, caching bool) []byte {
	last := -1
	if caching {
		last = prompt.LastStable()
	}
	body = append(body, `"messages":[`...)
	for i, m := range prompt.User {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"role":`...)
		body = httpjson.AppendString(body, string(m.Role))
		body = append(body, `,"content":[`...)
		body = appendContent(body, m, i == last)
		body = append(body, `]}`...)
	}
	return append(body, ']')
}

func appendContent(body []byte, m providers.Message, kept bool) []byte {
	if !kept {
		return appendText(body, m.Content)
	}
	stable, rest := drivers.Split(m)
	body = append(appendText(body, stable), ',')
	body = append(body, point...)
	if rest != "" {
		body = appendText(append(body, ','), rest)
	}
	return body
}

// appendSystem appends the system messages, and a point behind them: they are the same in every call of a template, whatever the
// stable part behind them.
func appendSystem(body []byte, prompt drivers.Prompt, caching bool) []byte {
	if len(prompt.System) == 0 {
		return body
	}
	body = append(body, `,"system":[`...)
	for i, text := range prompt.System {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendText(body, text)
	}
	if caching && prompt.SystemBytes() >= drivers.WorthKeeping {
		body = append(append(body, ','), point...)
	}
	return append(body, ']')
}

// appendInference appends how the answer shall be made.
func appendInference(body []byte, req *providers.Request) []byte {
	if req.MaxOutputTokens <= 0 && req.Temperature == nil {
		return body
	}
	body = append(body, `,"inferenceConfig":{`...)
	if req.MaxOutputTokens > 0 {
		body = append(body, `"maxTokens":`...)
		body = strconv.AppendInt(body, int64(req.MaxOutputTokens), 10)
		if req.Temperature != nil {
			body = append(body, ',')
		}
	}
	if req.Temperature != nil {
		body = append(body, `"temperature":`...)
		body = strconv.AppendFloat(body, *req.Temperature, 'f', -1, 64)
	}
	return append(body, '}')
}

// appendTool appends the tool that the model must call with its answer.
func appendTool(body []byte, schema *providers.Schema, as form) []byte {
	if !as.tool() {
		return body
	}
	body = append(body, `,"toolConfig":{"tools":[{"toolSpec":{"name":`...)
	body = httpjson.AppendString(body, schema.Name)
	body = append(body, `,"description":"Takes the whole answer.","inputSchema":{"json":`...)
	body = append(body, schema.JSON...)
	body = append(body, '}')
	if as == strictTool {
		body = append(body, `,"strict":true`...)
	}
	body = append(body, `}}],"toolChoice":{"tool":{"name":`...)
	body = httpjson.AppendString(body, schema.Name)
	return append(body, `}}}`...)
}

// appendOutput appends what the answer shall be, and how much the model shall think. The schema is JSON within a string here.
func appendOutput(body []byte, c call) []byte {
	if c.as != format && c.req.Effort == "" {
		return body
	}
	body = append(body, `,"outputConfig":{`...)
	if c.as == format {
		body = append(body, `"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"name":`...)
		body = httpjson.AppendString(body, c.req.Schema.Name)
		body = append(body, `,"schema":`...)
		body = httpjson.AppendString(body, string(c.req.Schema.JSON))
		body = append(body, `}}}`...)
	}
	if c.req.Effort != "" {
		if c.as == format {
			body = append(body, ',')
		}
		body = append(body, `"effort":`...)
		body = httpjson.AppendString(body, c.req.Effort)
	}
	return append(body, '}')
}

// bodySize guesses the length of the body, so that it is allocated once for all but odd prompts.
func bodySize(req *providers.Request) int {
	size := 512
	for _, message := range req.Messages {
		size += 128 + len(message.Content) + len(message.Content)/16
	}
	if req.Schema != nil {
		size += len(req.Schema.JSON) + len(req.Schema.JSON)/4
	}
	return size
}
