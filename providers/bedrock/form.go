package bedrock

import (
	"strings"

	"github.com/weir-ml/weir/providers"
)

// form is how a call holds the model to the request's schema.
type form int

const (
	free       form = iota // not at all
	format                 // outputConfig.textFormat
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

// rules are what Bedrock's grammars take, of any model. What it refuses beyond that is known from its answer.
var rules = providers.SchemaRules{
	Keywords: []string{
		"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf",
		"$ref", "$defs", "definitions",
	},
	Closed: true,
	Unions: 16, // Anthropic's bound, the only one that is published
}

// formOf decides how req's schema goes out.
func (p *Provider) formOf(req *providers.Request) form {
	if req.Schema == nil || p.structured == StructuredOff || p.refused.Has(schemaRefusal(req)) {
		return free
	}
	strict := rules.Check(req.Schema) == nil
	switch {
	case p.structured == StructuredTool && strict:
		return strictTool
	case p.structured == StructuredTool, p.structured == StructuredAuto && names(req.Model, toolModels):
		return plainTool
	case !strict, p.structured == StructuredAuto && names(req.Model, plainModels):
		return free
	default:
		return format
	}
}

// caching decides whether a call has cache points.
func (p *Provider) caching(req *providers.Request) bool {
	if req.CacheKey == "" || p.cache == CacheOff || p.refused.Has(cacheRefusal(req)) {
		return false
	}
	return p.cache == CacheOn || names(req.Model, []string{"anthropic.claude"}) && !names(req.Model, uncached)
}

// schemaRefusal and cacheRefusal name what a model does not take in the memory of refusals.
func schemaRefusal(req *providers.Request) string { return req.Model + " schema " + req.Schema.Name }
func cacheRefusal(req *providers.Request) string  { return req.Model + " cache" }

// Parts of the names of models, which may stand in an ARN or behind the name of a group of regions. What is not known is tried.
var (
	// toolModels have tools but no grammars.
	toolModels = []string{
		"anthropic.claude-3", "anthropic.claude-opus-4-1", "anthropic.claude-opus-4-2025", "anthropic.claude-sonnet-4-2025", "amazon.nova",
	}
	// plainModels have neither, or no tool that they must call.
	plainModels = []string{"anthropic.claude-v2", "anthropic.claude-instant", "amazon.titan", "meta.llama", "ai21.", "cohere."}
	// uncached are those of Anthropic's without prompt caching.
	uncached = []string{
		"claude-v2", "claude-instant", "claude-3-opus", "claude-3-sonnet", "claude-3-haiku", "claude-3-5-sonnet",
	}
)

// names reports whether one of parts is in the name of a model.
func names(model string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(model, part) {
			return true
		}
	}
	return false
}
