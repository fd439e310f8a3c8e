package openai

import "github.com/weir-ml/weir/providers"

// Dialect is what a server takes beyond what every server of this wire format does: a model, messages, a temperature and a
// bound of the answer. What it takes by its dialect and refuses all the same is left out as soon as it says so.
type Dialect struct {
	// Schema is where the schema of an answer goes; [SchemaNone]: nowhere.
	Schema SchemaField
	// Rules are what it takes of JSON Schema. A schema beyond them is not sent.
	Rules providers.SchemaRules
	// JSONMode says that it can be held to JSON of whatever form.
	JSONMode bool
	// CacheKey says that it takes prompt_cache_key.
	CacheKey bool
	// NotFound is what to look at when it knows no such model or path, as a question; empty: the model and base_url's end.
	NotFound string
}

// SchemaField is where the schema of an answer goes in a request.
type SchemaField int

// The places of a schema. With [APIResponses] each but SchemaNone means text.format, the only one that this API has.
const (
	// SchemaNone: the server takes none.
	SchemaNone SchemaField = iota
	// SchemaResponseFormat: response_format of type json_schema, strict, as OpenAI has it.
	SchemaResponseFormat
	// SchemaStructuredOutputs: structured_outputs.json, as vLLM has it from 0.11 on.
	SchemaStructuredOutputs
	// SchemaValue: response_format of type json with the schema as its value, as Hugging Face's TGI has it.
	SchemaValue
)

// OpenAI returns OpenAI's own dialect, with the limits of its strict mode as published for 2026. It publishes one more, which
// [providers.SchemaRules] cannot say: at most 15,000 characters of one enum that has more than 250 words.
func OpenAI() Dialect {
	return Dialect{
		Schema: SchemaResponseFormat,
		Rules: providers.SchemaRules{
			Keywords: StrictKeywords(), Closed: true, Properties: 5000, Depth: 10, Enum: 1000, Bytes: 120_000,
		},
		JSONMode: true,
		CacheKey: true,
	}
}

// StrictKeywords are what OpenAI's strict mode takes of JSON Schema.
func StrictKeywords() []string {
	return []string{
		"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "$defs", "definitions",
		"pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems",
	}
}
