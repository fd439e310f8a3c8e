package options

import "strings"

// defaultIDs is record.ids where nobody sets it. Answers that are held to a schema have the keys r1, r2, … of that, the same in each
// call. Else it is token where weir alone says what records are called: in the block, in the
// instruction, and in what finds the answers. A template may name numbers, a system prompt that shows an index does, and so may a
// pattern, a path that looks at the index field, or the instruction of a format that is not weir's; there it is sequential.
func (v Values) defaultIDs() string {
	switch {
	case v.Structured == StructuredOn, v.PromptTemplate != "", showsEntries(v.SystemPrompt),
		v.IndexField != "" && strings.Contains(v.ResponsePath, v.IndexField):
		return IDsSequential
	}
	switch v.ResponseFormat {
	case FormatJSON, FormatXML, FormatDelimited:
		return IDsToken
	}
	return IDsSequential
}
