package openai

import (
	"math"
	"strconv"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// encodeChat writes the body of a chat completion. It is written by hand because a prompt is one long string, which
// encoding/json would escape for HTML and copy twice.
//
// The bound on the answer goes out as max_tokens. OpenAI calls it max_completion_tokens by now and its reasoning models
// take only that, but most other servers know only the old name and ignore the new one, which would leave the answer
// without a bound. So the name goes by the model, until a server refuses it.
func (p *Provider) encodeChat(req *providers.Request, as shape) []byte {
	body := make([]byte, 0, bodySize(req))
	body = append(body, `{"model":`...)
	body = httpjson.AppendString(body, req.Model)
	body = append(body, `,"messages":`...)
	body = appendMessages(body, req.Messages)
	body = appendTemperature(body, req)
	if as.bound {
		body = appendInt(body, as.boundName(), req.MaxOutputTokens)
	}
	if req.Effort != "" {
		body = appendText(body, "reasoning_effort", req.Effort)
	}
	switch as.form {
	case providers.FormSchema:
		body = appendSchema(body, p.dialect.Schema, as.schema)
	case providers.FormJSON:
		body = append(body, `,"response_format":{"type":"json_object"}`...)
	case providers.FormFree:
	}
	return append(p.appendAccount(body, req, as), '}')
}

// appendMessages appends the prompt as a list, which both APIs write alike.
func appendMessages(body []byte, messages []providers.Message) []byte {
	body = append(body, '[')
	for i, message := range messages {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"role":`...)
		body = httpjson.AppendString(body, string(message.Role))
		body = append(body, `,"content":`...)
		body = httpjson.AppendString(body, message.Content)
		body = append(body, '}')
	}
	return append(body, ']')
}

// appendSchema appends the field that holds the answer to a schema.
func appendSchema(body []byte, field SchemaField, schema *providers.Schema) []byte {
	switch field {
	case SchemaStructuredOutputs:
		body = append(body, `,"structured_outputs":{"json":`...)
	case SchemaValue:
		body = append(body, `,"response_format":{"type":"json","value":`...)
	case SchemaResponseFormat, SchemaNone:
		body = append(body, `,"response_format":{"type":"json_schema","json_schema":{"name":`...)
		body = httpjson.AppendString(body, schemaName(schema))
		body = append(body, `,"strict":true,"schema":`...)
		body = append(body, schema.JSON...)
		return append(body, "}}"...)
	}
	body = append(body, schema.JSON...)
	return append(body, '}')
}

// schemaName returns the word for a schema, which OpenAI demands.
func schemaName(schema *providers.Schema) string {
	if schema.Name == "" {
		return "answer"
	}
	return schema.Name
}

// appendAccount appends what is about the account and its caches, which both APIs write alike.
func (p *Provider) appendAccount(body []byte, req *providers.Request, as shape) []byte {
	if p.tier != "" {
		body = appendText(body, "service_tier", p.tier)
	}
	if as.cacheKey {
		body = appendText(body, "prompt_cache_key", req.CacheKey)
	}
	return body
}

func appendTemperature(body []byte, req *providers.Request) []byte {
	if req.Temperature == nil {
		return body
	}
	body = append(body, `,"temperature":`...)
	return strconv.AppendFloat(body, *req.Temperature, 'f', -1, 64)
}

func appendText(body []byte, name, value string) []byte {
	body = append(append(append(body, `,"`...), name...), `":`...)
	return httpjson.AppendString(body, value)
}

func appendInt(body []byte, name string, value int) []byte {
	body = append(append(append(body, `,"`...), name...), `":`...)
	return strconv.AppendInt(body, int64(value), 10)
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// bodySize guesses the length of the body, so that it is allocated once for all but odd prompts.
func bodySize(req *providers.Request) int {
	size := 256 + len(req.Model) + len(req.CacheKey)
	if req.Schema != nil {
		size += len(req.Schema.Name) + len(req.Schema.JSON)
	}
	for _, message := range req.Messages {
		size += 64 + len(message.Content) + len(message.Content)/16
	}
	return size
}
