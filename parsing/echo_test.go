package parsing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-ml/weir/parsing"
)

// echoForms are the formats with an echo field, and an entry as each writes it.
var echoForms = []struct {
	name  string
	cfg   parsing.Config
	entry string // index, echo, value
}{
	{"json", parsing.Config{EchoField: "check"}, "{\"index\": %s, \"check\": \"%s\", \"value\": \"%s\"}\n"},
	{"xml", parsing.Config{Format: "xml", EchoField: "check"}, "<result index=\"%s\"><check>%s</check><value>%s</value></result>\n"},
	{"xml, attribute and own text", parsing.Config{Format: "xml", EchoField: "check"}, "<result index=\"%s\" check=\"%s\">%s</result>\n"},
	{"delimited", parsing.Config{Format: "delimited", EchoField: "check"}, "%s|%s|%s\n"},
	{"regex", parsing.Config{Format: "regex", Path: `^(?P<index>\d+) \[(?P<check>\w*)\] (?P<value>.*)$`, EchoField: "check"}, "%s [%s] %s\n"},
}

// TestEcho: an entry counts with its own record's echo alone, in every format.
func TestEcho(t *testing.T) {
	for _, f := range echoForms {
		p := newParser(t, f.cfg)
		for _, c := range []struct {
			name    string
			entries [][3]string
			want    string
			says    string
		}{
			{"right", [][3]string{{"2", "zb", "b"}, {"1", "kq", "a"}, {"3", "xw", "c"}}, "a b c", ""},
			{"in capitals", [][3]string{{"1", "KQ", "a"}, {"2", "Zb", "b"}, {"3", "xw", "c"}}, "a b c", ""},
			{"two indexes swapped", [][3]string{{"2", "kq", "a"}, {"1", "zb", "b"}, {"3", "xw", "c"}}, "!invalid !invalid c", "another echo"},
			{"moved values", [][3]string{{"1", "xw", "c"}, {"2", "kq", "a"}, {"3", "zb", "b"}}, "!invalid !invalid !invalid", "another echo"},
			{"no record's echo", [][3]string{{"1", "kz", "a"}, {"2", "zb", "b"}, {"3", "xw", "c"}}, "!invalid b c", "another echo"},
			{"no echo", [][3]string{{"1", "", "a"}, {"2", "zb", "b"}, {"3", "xw", "c"}}, "!invalid b c", `in "check"`},
			{"one left out", [][3]string{{"1", "kq", "a"}, {"3", "xw", "c"}}, "a !missing c", ""},
			{"twice, one with another's", [][3]string{{"1", "kq", "a"}, {"1", "zb", "b"}, {"2", "zb", "b"}, {"3", "xw", "c"}}, "!invalid b c", "different"},
		} {
			t.Run(f.name+"/"+c.name, func(t *testing.T) {
				var reply strings.Builder
				for _, e := range c.entries {
					fmt.Fprintf(&reply, f.entry, e[0], e[1], e[2])
				}
				a := p.Parse(parsing.Reply{Text: reply.String(), Echoes: []string{"kq", "zb", "xw"}}, 3)
				parseCase{records: 3, want: c.want, says: c.says}.check(t, a)
			})
		}
	}
}

// TestEchoOfJSON: forms that only JSON has.
func TestEchoOfJSON(t *testing.T) {
	p := newParser(t, parsing.Config{EchoField: "check"})
	for _, c := range []parseCase{
		{"without indexes", `[{"check":"kq","value":"a"},{"check":"zb","value":"b"}]`, 2, "~a ~b", "order", ""},
		{"without indexes, shuffled", `[{"check":"zb","value":"b"},{"check":"kq","value":"a"}]`, 2, "!invalid !invalid", "order", "another echo"},
		{"bare texts", `["a", "b"]`, 2, "!invalid !invalid", "order", "does not repeat"},
		{"under their indexes", `{"1":{"check":"kq","value":"a"},"2":{"check":"kq","value":"b"}}`, 2, "a !invalid", "", "another echo"},
		{"values under their indexes", `{"1":"a","2":"b"}`, 2, "!invalid !invalid", "", "does not repeat"},
		{"the echo twice", `[{"index":1,"check":"zb","check":"kq","value":"a"},{"index":2,"check":"zb","value":"b"}]`, 2, "!invalid b", "", "does not repeat"},
		{"the echo as a list", `[{"index":1,"check":["kq"],"value":"a"},{"index":2,"check":" [zb]","value":"b"}]`, 2, "!invalid b", "", "does not repeat"},
		{"null with an echo", `[{"index":1,"check":"kq","value":null},{"index":2,"check":"zb","value":"b"}]`, 2, "!invalid b", "", "null"},
		{
			"the records are repeated with their echoes", `[{"index":1,"text":"x","check":"kq"},{"index":2,"text":"y","check":"zb"}]` +
				`[{"index":1,"check":"kq","value":"a"},{"index":2,"check":"zb","value":"b"}]`, 2, "a b", "", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.check(t, p.Parse(parsing.Reply{Text: c.reply, Echoes: []string{"kq", "zb"}}, c.records))
		})
	}
	if got := show(p.Parse(parsing.Reply{Text: `[{"index":1,"check":"any","value":"a"}]`}, 1)); got != "a" {
		t.Errorf("a call without echoes: %s", got)
	}
}

func TestEchoFieldsThatCannotBe(t *testing.T) {
	for want, cfg := range map[string]parsing.Config{
		`response.echo.field: "index" is the field of`:       {EchoField: "index"},
		`response.echo.field: "value" is the field of`:       {Format: "xml", EchoField: "value"},
		`response.echo.field: "a.b" is a path`:               {Format: "delimited", EchoField: "a.b"},
		"response.echo.field: the format text has no fields": {Format: "text", EchoField: "c"},
		"response.path: the pattern has no group (?P<c>":     {Format: "regex", Path: "(?P<index>.)(?P<value>.)", EchoField: "c"},
	} {
		if _, err := parsing.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
