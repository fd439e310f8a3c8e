package parsing_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestNewNamesEveryProblem(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, c := range []struct {
		name string
		cfg  parsing.Config
		want []string
	}{
		{"zero value", parsing.Config{}, nil},
		{"as in the proposal", parsing.Config{Format: "json", Path: "$[*]", IndexField: "index", ValueFields: []string{"sentiment"}}, nil},
		{"text", parsing.Config{Format: "text"}, nil},
		{"unknown format", parsing.Config{Format: "yaml"}, []string{`response.format: "yaml" is unknown; use `}},
		{"path", parsing.Config{Path: "$[?1]"}, []string{`response.path: "$[?1]", character 4: a literal is no condition`}},
		{"long path", parsing.Config{Path: "$" + strings.Repeat(".a", 600)}, []string{"response.path: a path has at most 1024 bytes"}},
		{"the same field", parsing.Config{IndexField: "a", ValueFields: []string{"a"}}, []string{`response.value.field: "a" is the index field as well`}},
		{
			"all at once",
			parsing.Config{Path: "x", IndexField: "a..b", ValueFields: []string{"", "v", "v", long, "\xff"}},
			[]string{
				"response.path: ", `response.index.field: "a..b" is a path with an empty step`, "response.value.field: a field has a name",
				`response.value.field: "v" is there twice`, "response.value.field: a name has at most 128 bytes", `response.value.field: "\xff" is not UTF-8`,
			},
		},
		{"many fields", parsing.Config{ValueFields: make([]string, 40)}, []string{"response.value.field: at most 32 fields, these are 40"}},
		{
			"text with the options of JSON",
			parsing.Config{Format: "text", Path: "$", IndexField: "i", ValueFields: []string{"v"}},
			[]string{"response.path: ", "response.index.field: ", "response.value.field: "},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parsing.New(c.cfg)
			if (err == nil) != (c.want == nil) {
				t.Fatalf("error: %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error without %q:\n%v", want, err)
				}
			}
		})
	}
}

// TestNewKeepsItsOwnFields: a caller may use its slice for something else.
func TestNewKeepsItsOwnFields(t *testing.T) {
	fields := []string{"a"}
	p := newParser(t, parsing.Config{ValueFields: fields})
	fields[0] = "b"
	a := p.Parse(parsing.Reply{Text: `[{"index":1,"a":"x","b":"y"}]`}, 1)
	if got := show(a); got != "x" {
		t.Errorf("got %s", got)
	}
}

func TestInstruction(t *testing.T) {
	for name, cfg := range map[string]parsing.Config{
		"default":    {},
		"fields":     {IndexField: "id", ValueFields: []string{"label", "score", "why <\"so\">"}},
		"wrapped":    {Path: "$.data['the results'][*]", ValueFields: []string{"sentiment"}},
		"array":      {Path: "$.results"},
		"descendant": {Path: "$..item"},
		"text":       {Format: "text"},
		"nested":     {ValueFields: []string{"result.label", "result.score"}},
		"ids":        {Tokens: true, Values: []string{"good", "bad"}},
		"xml":        {Format: "xml"},
		"xml-path":   {Format: "xml", Path: "/answers/answer", IndexField: "id", ValueFields: []string{"label", "score"}},
		"xml-xpath":  {Format: "xml", Path: "//a[@index]", Tokens: true},
		"delimited":  {Format: "delimited"},
		"csv":        {Format: "delimited", Delimiter: ",", IndexField: "id", ValueFields: []string{"label", "score"}},
		"regex":      {Format: "regex", Path: `^(?P<index>\d+): (?P<value>.*)$`},

		"echo":           {EchoField: "check"},
		"echo-xml":       {Format: "xml", EchoField: "check", Tokens: true},
		"echo-delimited": {Format: "delimited", EchoField: "check", ValueFields: []string{"label", "score"}},
		"echo-regex":     {Format: "regex", Path: `^(?P<index>\d+) (?P<check>\w+): (?P<value>.*)$`, EchoField: "check"},

		"structured":        {Structured: true},
		"structured-one":    {Structured: true, ValueFields: []string{"sentiment"}, Values: []string{"good", "bad"}},
		"structured-fields": {Structured: true, ValueFields: []string{"label", "result.score"}, Values: []string{"good", "bad"}},
		"structured-schema": {Structured: true, Schema: `{"type": "number", "minimum": 0}`},
		"structured-object": {Structured: true, ValueFields: []string{"label", "score"}, Schema: `{"properties": {"label": {"enum": ["a"]}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := newParser(t, cfg).Instruction()
			file := filepath.Join("testdata", "instruction", name+".txt")
			if *update {
				write(t, file, got)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got), -update to accept\n%s", diff)
			}
		})
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestInstructionIsReadable: who does what the instruction shows is understood, wherever the entries are.
func TestInstructionIsReadable(t *testing.T) {
	for _, path := range []string{"", "$", "$[*]", "$.results", "$.results[*]", `$['a "b"'].c[*]`} {
		p := newParser(t, parsing.Config{Path: path, IndexField: "i", ValueFields: []string{"v", "w"}})
		reply := strings.Replace(p.Instruction(), "…", `"a"`, 2)
		reply = strings.ReplaceAll(reply, "…", `"b"`)
		if got := show(p.Parse(parsing.Reply{Text: reply}, 2)); got != "a,a b,b" {
			t.Errorf("path %q: %s", path, got)
		}
	}
}

func TestWords(t *testing.T) {
	got := []string{
		parsing.MatchNone.String(), parsing.MatchIndex.String(), parsing.MatchPosition.String(), parsing.MatchSingle.String(),
		parsing.ProblemNone.String(), parsing.ProblemMissing.String(), parsing.ProblemUnparsable.String(), parsing.ProblemInvalid.String(),
		parsing.Match(9).String(), parsing.Problem(-1).String(),
	}
	want := []string{"none", "index", "position", "single", "none", "missing", "unparsable", "invalid", "number 9", "number -1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
