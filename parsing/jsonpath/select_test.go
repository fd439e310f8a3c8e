package jsonpath_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

func TestPathSelects(t *testing.T) {
	const doc = `{"a":[10,{"b":1,"c d":[2]},[{"b":3}]],"b":"x","é":{"_9":true},"":0,"'":1,"\"":2,"\\":3,"a":[7,8,9]}`
	for _, c := range []struct {
		path string
		want string
	}{
		{"$.b", `"x"`},
		{"$ .b", `"x"`},
		{"$\n['b']", `"x"`},
		{"$.a", "[7,8,9]"}, // the last of the same name
		{"$.a[0]", "7"},
		{"$.a[-1]", "9"},
		{"$.a[ -3 ]", "7"},
		{"$.a[3]", ""},
		{"$.a[-4]", ""},
		{"$.a[9007199254740991]", ""},
		{"$.a[*]", "7 8 9"},
		{"$.a.*", "7 8 9"},
		{"$.a.b", ""},
		{"$.b[0]", ""},
		{"$.b.*", ""},
		{"$[0]", ""},
		{"$['a'][1]", "8"},
		{`$["a"][1]`, "8"},
		{"$.é._9", "true"},
		{"$['']", "0"},
		{`$['\'']`, "1"},
		{`$["'"]`, "1"},
		{`$['"']`, "2"},
		{`$["\""]`, "2"},
		{`$['\\']`, "3"},
		{`$['\u00e9']`, `{"_9":true}`},
		{"$..b", `"x" 1 3`},
		{"$..['c d'][0]", "2"},
		{"$..[0]", `10 2 {"b":3} 7`},
		{"$..b.*", ""},
		{"$.é..*", "true"},
		{"$.é..[*]", "true"},
	} {
		if diff := cmp.Diff(c.want, selected(t, c.path, doc)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.path, diff)
		}
	}
}

func TestPathRefuses(t *testing.T) {
	for path, want := range map[string]string{
		"":                       "character 1: a path starts with $",
		"a":                      "character 1: a path starts with $",
		" $":                     "character 1: a path starts with $",
		"$ ":                     "character 3: a path does not end in white space",
		"$a":                     "character 2: expected . or [",
		"$.":                     "character 3: expected a name or *",
		"$..":                    "character 4: expected a name or *",
		"$...a":                  "character 4: expected a name or *",
		"$.1a":                   "character 3: expected a name or *",
		"$.a-b":                  "character 4: expected . or [",
		"$.'a'":                  "character 3: expected a name or *",
		"$. a":                   "character 3: expected a name or *",
		"$[":                     "character 3: expected a name in quotes, an index, a slice, * or a filter",
		"$[]":                    "character 3: expected a name in quotes, an index, a slice, * or a filter",
		"$[a]":                   "character 3: expected a name in quotes, an index, a slice, * or a filter",
		"$[*":                    "character 4: expected ] or ,",
		"$.é[01]":                "character 5: expected an integer",
		"$[-0]":                  "character 3: expected an integer",
		"$[-]":                   "character 3: expected an integer",
		"$[9007199254740992]":    "character 3: expected an integer",
		"$[99999999999999999999": "character 3: expected an integer",
		"$[1.0]":                 "character 4: expected ] or ,",
		"$['a]":                  "character 3: expected the end of this string",
		`$['a\`:                  "character 5: expected one of",
		`$['\x']`:                "character 4: expected one of",
		"$['\n']":                "character 4: expected no control character",
		`$['\"']`:                "character 4: expected one of",
		`$["\'"]`:                "character 4: expected one of",
		`$['\ud800']`:            "character 4: expected both halves of a surrogate pair",
		"$\xff":                  "character 2: expected UTF-8",
		"$[?1]":                  "character 4: a literal is no condition",
		"$[?@.a==@.*]":           "character 9: a query that may select several values cannot be compared",
		"$[?@[ 'a' ]==1]":        "character 4: a query that may select several values cannot be compared",
		"$[?match(@.a,'a')==1]":  "character 4: a match() cannot be compared",
		"$[?length(@.a)]":        "character 4: a length() is no condition",
		"$[?length(@.*)==1]":     "character 11: a query that may select several values is no value",
		"$[?count(1)==1]":        "character 10: a literal selects no nodes: expected count(query)",
		"$[?count(@.a,@.b)==1]":  "character 4: expected count(query)",
		"$[?size(@)==1]":         "character 4: expected one of the functions",
		"$[?length (@)==1]":      "character 4: expected true, false, null or a function with (",
		"$[?(@.a]":               "character 8: expected ), && or ||",
		"$[?!]":                  "character 5: expected @, $, a literal",
		"$[?@.a==01]":            "character 9: expected a number",
		"$[?@.a==1.]":            "character 11: expected a digit after the decimal point",
		"$[?@.a==1e]":            "character 11: expected a digit in the exponent",
		"$[1:2:3:4]":             "character 8: expected ] or ,",
	} {
		_, err := jsonpath.Parse(path)
		if _, ok := errors.AsType[*jsonpath.ParseError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", path, err, want)
		}
	}
}

// selected returns what a path selects in a document, each as encoding/json writes it.
func selected(t *testing.T, path, text string) string {
	t.Helper()
	p, err := jsonpath.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	doc := mustRead(t, text)
	nodes, err := p.Select(doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, 0, len(nodes))
	for _, n := range nodes {
		b, err := json.Marshal(doc.plain(n))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return strings.Join(all, " ")
}

// TestFilterSelects: what the suite leaves out.
func TestFilterSelects(t *testing.T) {
	for _, c := range []struct{ path, doc, want string }{
		{"$[?@==9007199254740993]", `[9007199254740992,9007199254740993,9007199254740993.0]`, "9007199254740993 9007199254740993.0"},
		{"$[?@>0.1]", `[0.1,0.10000000000000000000001,1e-1,-1,1E400,2]`, "0.10000000000000000000001 1E400 2"},
		{"$[?@<-1e2]", `[-100,-100.5,-1e99999999999999999999,0]`, "-100.5 -1e99999999999999999999"},
		{"$[?@==0]", `[-0,0.00,0e9,1e-9]`, "-0 0.00 0e9"},
		{
			"$[?@.a==@.b]", `[{"a":{"x":1,"y":[2]},"b":{"y":[2.0],"x":1}},{"a":{"x":1},"b":{"x":1,"y":1}},{"a":{"x":1,"x":2},"b":{"x":2}}]`,
			`{"a":{"x":1,"y":[2]},"b":{"x":1,"y":[2.0]}} {"a":{"x":2},"b":{"x":2}}`,
		},
		{"$[?match(@,'[^a-c-]{2}|x?y+z*')]", `["de","d-","xyyz","y","xx"]`, `"de" "xyyz" "y" "xx"`},
		{"$[?match(@,'(a{2}){1,2}')]", `["aa","aaaa","aaa"]`, `"aa" "aaaa"`},
		{"$[?search(@,'a*?')]", `["a"]`, ""},   // RE2 has it, I-Regexp does not
		{"$[?search(@,'\\\\d')]", `["1"]`, ""}, // the same
		{"$[?search(@,'(?i)a')]", `["a"]`, ""}, // the same
		{"$[?search(@,'[b-a]')]", `["a"]`, ""},
		{`$[?match(@,"\\p{Cn}|\\p{Nd}")]`, `["\u0378","1","a"]`, "\"\u0378\" \"1\""},
		{"$.v[?match(@,$.p[0])]", `{"p":["a+"],"v":["aa","b","a"]}`, `"aa" "a"`},
	} {
		if diff := cmp.Diff(c.want, selected(t, c.path, c.doc)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.path, diff)
		}
	}
}
