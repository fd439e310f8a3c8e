package anthropic

import (
	"strings"

	"github.com/weir-ml/weir/providers"
)

// form is how a call holds the model to the request's schema.
type form int

const (
	free       form = iota // not at all
	format                 // output_config.format
	strictTool             // a tool with strict
	plainTool              // a tool without
)

// tool reports whether the answer is to come as the input of a tool.
func (f form) tool() bool { return f == strictTool || f == plainTool }

// promise says what an answer was held to.
func (f form) promise() providers.Form {
	switch f {
	case format, strictTool:
		return providers.FormSchema
	case plainTool:
		return providers.FormJSON
	default:
		return providers.FormFree
	}
}

// rules are what Anthropic's grammars take. Its published list has format and minItems too, but only with some values; the number of
// unions is its bound on parameters that have several types. What it refuses beyond that is known from its answer.
var rules = providers.SchemaRules{
	Keywords: []string{
		"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf",
		"$ref", "$defs", "definitions",
	},
	Closed: true,
	Unions: 16,
}

// formOf decides how req's schema goes out.
func (p *Provider) formOf(req *providers.Request) form {
	if req.Schema == nil || p.structured == StructuredOff || p.refused.Has(refusal(req)) {
		return free
	}
	strict := rules.Check(req.Schema) == nil
	switch {
	case p.structured == StructuredAuto && old(req.Model):
		return plainTool
	case p.structured == StructuredTool && strict:
		return strictTool
	case p.structured == StructuredTool:
		return plainTool
	case strict:
		return format
	default:
		return free
	}
}

// refusal names a schema for a model in the memory of refusals.
func refusal(req *providers.Request) string { return req.Model + " " + req.Schema.Name }

// oldModels are parts of the names of models before 4.5, which have no grammars. What is not known is taken for newer.
var oldModels = []string{
	"claude-2", "claude-instant", "claude-3",
	"claude-opus-4-0", "claude-opus-4-1", "claude-opus-4-2025", "claude-sonnet-4-0", "claude-sonnet-4-2025",
}

func old(model string) bool {
	for _, part := range oldModels {
		if strings.Contains(model, part) {
			return true
		}
	}
	return false
}
