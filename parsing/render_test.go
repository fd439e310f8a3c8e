package parsing_test

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-ml/weir/parsing"
)

// rendering writes answers as one format has them.
type rendering struct {
	name       string
	cfg        parsing.Config
	open, shut string
	entry      func(id, value string) string
	// line says that a value has no line breaks.
	line bool
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string is always encoded
	}
	return string(b)
}

var renderings = []rendering{
	{"json", parsing.Config{}, "[", "{}]", func(id, value string) string {
		return fmt.Sprintf("{\"index\": %s, \"value\": %s},\n", quoted(id), quoted(value))
	}, false},
	{"json lines", parsing.Config{}, "", "", func(id, value string) string {
		return fmt.Sprintf("{\"index\": %s, \"value\": %s}\n", quoted(id), quoted(value))
	}, false},
	{"json nested", parsing.Config{Path: "$.all[*]", ValueFields: []string{"a.b"}}, `{"all": [`, "{}]}", func(id, value string) string {
		return fmt.Sprintf("{\"index\": %s, \"a\": {\"b\": %s}},\n", quoted(id), quoted(value))
	}, false},
	{"json keyed", parsing.Config{Path: "$"}, "{", `"1000": null}`, func(id, value string) string {
		return fmt.Sprintf("%s: %s,\n", quoted(id), quoted(value))
	}, false},
	{"xml", parsing.Config{Format: "xml"}, "<results>", "</results>", func(id, value string) string {
		return fmt.Sprintf("<result index=%q><value>%s</value></result>\n", id, html.EscapeString(value))
	}, false},
	{"xml attributes", parsing.Config{Format: "xml", Path: "/r/e[@index]"}, "<r>", "</r>", func(id, value string) string {
		return fmt.Sprintf("<e value=\"%s\" index='%s'/>\n", html.EscapeString(value), id)
	}, false},
	{"delimited", parsing.Config{Format: "delimited"}, "index|value\n", "", func(id, value string) string {
		return id + "|" + value + "\n"
	}, true},
	{"csv", parsing.Config{Format: "delimited", Delimiter: ","}, "", "", func(id, value string) string {
		return id + `,"` + strings.ReplaceAll(value, `"`, `""`) + "\"\n"
	}, true},
	{"regex", parsing.Config{Format: "regex", Path: `^(?P<index>\w+): (?P<value>.*)$`}, "", "", func(id, value string) string {
		return id + ": " + value + "\n"
	}, true},
}

// TestEveryFormatUndoesItsRendering: what is written in a format comes back on its own records, in whatever order and under
// whatever indexes, and a value changes only by the space around it.
func TestEveryFormatUndoesItsRendering(t *testing.T) {
	for _, f := range renderings {
		p := newParser(t, f.cfg)
		t.Run(f.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				records := rapid.IntRange(1, 20).Draw(t, "records")
				pattern := `[\PC\n<&"'\\{}\[\]]{0,20}`
				if f.line {
					pattern = `[\pL\pN <&'"\\{}\[\].:;#-]{0,20}`
				}
				values := make([]string, records)
				lines := make([]string, records)
				var ids []string
				for i := range values {
					// The letters keep a value from being empty, and a line from looking like one of the format's own.
					values[i] = "v" + rapid.StringMatching(pattern).Draw(t, "value") + "w"
					id := fmt.Sprint(i + 1)
					if records%2 == 0 {
						id = fmt.Sprintf("k%c%c", 'a'+i, 'a'+i)
						ids = append(ids, id)
					}
					lines[i] = f.entry(id, values[i])
				}
				if ids != nil && f.name == "json keyed" {
					return // its last member is a number
				}
				reply := f.open + strings.Join(rapid.Permutation(lines).Draw(t, "order"), "") + f.shut
				a := p.Parse(parsing.Reply{Text: reply, IDs: ids}, records)
				for i, e := range a.Entries {
					if e.Problem != parsing.ProblemNone || e.Fields[0].Value != values[i] || e.Match != parsing.MatchIndex {
						t.Fatalf("record %d of %q: %+v, want %q", i+1, reply, e, values[i])
					}
				}
			})
		})
	}
}
