// Package catalog says what is publicly known of models: how much fits into them and what their tokens cost. It is a table
// with a date: prices change, and contracts have their own, so an operator's figures go before it. It makes no call, reads no
// file, and knows only names: what runs behind a name on a server of one's own is not its business.
package catalog

import "strings"

// Model is what is known of a model.
type Model struct {
	// Name is what its vendor calls it, without a version.
	Name string
	// Vendor is who made it.
	Vendor Vendor
	// ContextTokens are the most tokens of prompt and answer together; MaxInputTokens the most of a prompt where that is less
	// (0: it is not), and MaxOutputTokens the most of an answer.
	ContextTokens, MaxInputTokens, MaxOutputTokens int
	// Encoding is the name of its public vocabulary; empty where there is none.
	Encoding Encoding
	// Price is what it costs at its vendor; nil: not known.
	Price *Price
}

// Vendor is who makes a model, and sells it under its name.
type Vendor string

// The vendors.
const (
	OpenAI    Vendor = "OpenAI"
	Anthropic Vendor = "Anthropic"
	Google    Vendor = "Google"
)

// Encoding names a public vocabulary of tokens.
type Encoding string

// The encodings.
const (
	// NoEncoding: the vocabulary is not public.
	NoEncoding Encoding = ""
	CL100K     Encoding = "cl100k_base"
	O200K      Encoding = "o200k_base"
)

// Models returns the names of the table, by vendor.
func Models() []string {
	names := make([]string, 0, len(table))
	for i := range table {
		names = append(names, table[i].Name)
	}
	return names
}

// Find returns what is known of a model, and false where nothing is. A version behind the name (a date, a number, latest)
// does not matter, nor does a path before it: openai/gpt-4o-mini-2024-07-18 is gpt-4o-mini. Anything else does:
// nothing is known of gpt-4o-mini-audio. Azure calls a model what its owner likes; name it in the configuration then.
func Find(name string) (Model, bool) {
	name = strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	best := -1
	for i := range table {
		rest, is := strings.CutPrefix(name, table[i].Name)
		if is && isVersion(rest) && (best < 0 || len(table[i].Name) > len(table[best].Name)) {
			best = i
		}
	}
	if best < 0 {
		return Model{}, false
	}
	return table[best], true
}

// isVersion reports whether what follows a name is nothing, or words that only name a version of the same model.
func isVersion(rest string) bool {
	if rest == "" {
		return true
	}
	if rest[0] != '-' && rest[0] != '@' {
		return false
	}
	for word := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == '-' || r == '@' }) {
		if word != "latest" && !isDateOrNumber(word) {
			return false
		}
	}
	return true
}

// isDateOrNumber accepts 20250929, 2024 and 001, and not the 5 of claude-sonnet-4-5, which is another model.
func isDateOrNumber(word string) bool {
	return len(word) >= 2 && strings.Trim(word, "0123456789") == ""
}
