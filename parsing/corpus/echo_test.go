package corpus_test

import (
	"slices"
	"testing"

	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/parsing/corpus"
)

// echoForms are forms in which each entry repeats its record's echo: those of JSON with numbers and random ids, or of another format.
func echoForms(format string) []form {
	const pattern = `(?m)^(?P<index>[^|\n]*)\|(?P<value>.*)\|(?P<check>[^|\n]*)$`
	columns := parsing.Config{Format: "delimited", IndexField: "1", ValueFields: []string{"2"}, EchoField: "3"}
	return map[string][]form{
		"json": {
			{name: "json, echo", writer: corpus.JSON{}, config: parsing.Config{EchoField: "check"}, echo: true},
			{name: "json, ids, echo", writer: corpus.JSON{}, config: parsing.Config{EchoField: "check", Tokens: true}, ids: true, echo: true},
		},
		"xml":       {{name: "xml, echo", writer: corpus.XML{}, config: parsing.Config{Format: "xml", EchoField: "check"}, echo: true, blind: blindXML}},
		"delimited": {{name: "delimited, echo", writer: corpus.Lines{Delimiter: "|"}, config: columns, echo: true, blind: blindLines}},
		"regex": {{
			name: "regex, echo", writer: corpus.Lines{Delimiter: "|"}, echo: true, blind: blindLines,
			config: parsing.Config{Format: "regex", Path: pattern, EchoField: "check"},
		}},
	}[format]
}

// repeat has each entry repeat its record's echo.
func repeat(a *corpus.Answer, echoes []string) {
	for i := range a.Entries {
		e := &a.Entries[i]
		e.Fields = append(e.Fields, corpus.Field{Name: "check", Value: quote(echoes[i])})
	}
}

// underEchoes is the one damage that an echo does not show: the model copies the echo of the right record, and not the value.
const underEchoes = "shift-first"

// checkEcho wants no wrong value, whatever the class of the damage.
func (c *tally) checkEcho(t *testing.T) {
	t.Helper()
	if c.damage.Name != underEchoes {
		c.damage.Class = corpus.Seen
	}
	c.checkSeen(t)
}

// TestEchoInOtherFormats: what nobody can see without an echo puts no value on another record with it, in the other formats too.
func TestEchoInOtherFormats(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"xml", "delimited", "regex"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			kept := 0
			all := echoForms(format)
			for _, damage := range corpus.All() {
				if slices.Contains(all[0].blind, damage.Name) {
					continue
				}
				c := tally{damage: damage}
				c.runAll(t, all, *answers/16)
				c.checkEcho(t)
				kept += c.kept
			}
			if kept == 0 {
				t.Error("no record got a value at all: this proves nothing")
			}
		})
	}
}
