package gemini

import (
	"strconv"
	"strings"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// rules are the keywords that Google names for responseJsonSchema. What it refuses beyond that is known from its answer.
var rules = providers.SchemaRules{
	Keywords: []string{
		"type", "format", "enum", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems",
		"minimum", "maximum", "anyOf", "oneOf", "$ref", "$defs", "$anchor", "propertyOrdering",
	},
}

// formOf decides what the answer to req is held to.
func (p *Provider) formOf(req *providers.Request) providers.Form {
	switch {
	case req.Schema == nil, p.structured == StructuredOff, p.refused.Has(jsonRefusal(req)):
		return providers.FormFree
	case p.structured == StructuredJSON, p.refused.Has(schemaRefusal(req)), rules.Check(req.Schema) != nil:
		return providers.FormJSON
	default:
		return providers.FormSchema
	}
}

// schemaRefusal and jsonRefusal name what a model does not take in the memory of refusals.
func schemaRefusal(req *providers.Request) string { return req.Model + " schema " + req.Schema.Name }
func jsonRefusal(req *providers.Request) string   { return req.Model + " json" }

// encode writes the body of a call. It is written by hand because a prompt is one long string, which encoding/json would escape
// for HTML and copy twice.
func encode(c call) []byte {
	prompt := drivers.Sort(c.req.Messages)
	body := make([]byte, 0, bodySize(c.req))
	body = append(body, '{')
	if len(prompt.System) > 0 {
		body = appendParts(append(body, `"systemInstruction":`...), "", prompt.System)
		body = append(body, ',')
	}
	body = append(body, `"contents":[`...)
	for i, m := range prompt.User {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendParts(body, string(m.Role), []string{m.Content})
	}
	body = append(body, ']')
	if config := appendConfig(nil, c); len(config) > 0 {
		body = append(body, `,"generationConfig":{`...)
		body = append(body, config[1:]...) // without its first comma
		body = append(body, '}')
	}
	return append(body, '}')
}

// appendParts appends a content: who speaks, and what.
func appendParts(body []byte, role string, texts []string) []byte {
	body = append(body, '{')
	if role != "" {
		body = append(body, `"role":`...)
		body = httpjson.AppendString(body, role)
		body = append(body, ',')
	}
	body = append(body, `"parts":[`...)
	for i, text := range texts {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"text":`...)
		body = httpjson.AppendString(body, text)
		body = append(body, '}')
	}
	return append(body, `]}`...)
}

// appendConfig appends how the answer shall be made, each field with a comma before it.
func appendConfig(body []byte, c call) []byte {
	if t := c.req.Temperature; t != nil {
		body = append(body, `,"temperature":`...)
		body = strconv.AppendFloat(body, *t, 'f', -1, 64)
	}
	if n := c.req.MaxOutputTokens; n > 0 {
		body = append(body, `,"maxOutputTokens":`...)
		body = strconv.AppendInt(body, int64(n), 10)
	}
	if c.as != providers.FormFree {
		body = append(body, `,"responseMimeType":"application/json"`...)
	}
	if c.as == providers.FormSchema {
		body = append(body, `,"responseJsonSchema":`...)
		body = append(body, c.req.Schema.JSON...)
	}
	return appendThinking(body, c.req)
}

// budgets are what Google puts in the place of a word for models that know none, on its endpoint for OpenAI's format.
var budgets = map[string]string{"minimal": "1024", "low": "1024", "medium": "8192", "high": "24576"}

// appendThinking appends how much the model shall think. Level and budget exclude each other.
func appendThinking(body []byte, req *providers.Request) []byte {
	effort := strings.ToLower(strings.TrimSpace(req.Effort))
	if effort == "" {
		return body
	}
	budget := effort
	if effort == "none" {
		budget = "0"
	} else if tokens, ok := budgets[effort]; ok && strings.Contains(req.Model, "gemini-2") {
		budget = tokens
	}
	if n, err := strconv.ParseInt(budget, 10, 32); err == nil {
		body = append(body, `,"thinkingConfig":{"thinkingBudget":`...)
		body = strconv.AppendInt(body, n, 10)
		return append(body, '}')
	}
	body = append(body, `,"thinkingConfig":{"thinkingLevel":`...)
	body = httpjson.AppendString(body, strings.ToUpper(effort))
	return append(body, '}')
}

// bodySize guesses the length of the body, so that it is allocated once for all but odd prompts.
func bodySize(req *providers.Request) int {
	size := 256
	for _, message := range req.Messages {
		size += 64 + len(message.Content) + len(message.Content)/16
	}
	if req.Schema != nil {
		size += len(req.Schema.JSON)
	}
	return size
}
