package local

import (
	"encoding/json"
	"slices"
	"strings"
)

// FieldNamed is a field whose name says what it asks for, as in an example of an answer.
func FieldNamed(name string) Field { return newField(member{name: name}, false) }

// Among is the field with its labels from words to choose from; false where positive and negative are not among them.
func (f Field) Among(words []string) (Field, bool) {
	f.Labels = labelsIn(strings.Join(words, "|"))
	return f, slices.Contains(words, f.Labels[0]) && slices.Contains(words, f.Labels[1])
}

// Value is what the field says of a record, as JSON.
func (f Field) Value(record Record) json.RawMessage {
	return f.append(nil, &judgement{text: record.Text, echo: record.Echo})
}
