package options

import "strings"

// ofEmbeddings are the options that mean something to embeddings alone, and ofPrompts those that mean something to prompts and
// their answers alone.
var (
	ofEmbeddings = []string{embeddingField, dimensions}
	ofPrompts    = []string{
		"system.prompt", promptTemplate, recordFormat, recordIDs, responseFormat, responsePath, delimiter, indexField, valueField,
		echoField, responseMatch, responseValues, responseSchema, structured, "temperature", "max.output.tokens",
	}
)

// OfEmbeddings returns a problem for each option that is set and has no meaning for a model that embeds.
func (v Values) OfEmbeddings() []Problem { return v.meaningless(ofPrompts, "embedding") }

// OfCompletions returns a problem for each option that is set and has no meaning for a model that completes prompts.
func (v Values) OfCompletions() []Problem { return v.meaningless(ofEmbeddings, "completion") }

func (v Values) meaningless(names []string, task string) []Problem {
	var problems []Problem
	for _, name := range names {
		if layer, ok := v.setBy[name]; ok {
			message := "has no meaning for a model whose task is " + task + ": leave it out"
			if strings.HasPrefix(layer, "request") {
				message += ", or name another model"
			}
			problems = append(problems, Problem{Layer: layer, Option: name, Message: message})
		}
	}
	return problems
}
