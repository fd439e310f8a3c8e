package parsing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing"
)

func TestPathSelects(t *testing.T) {
	const doc = `{"a":[10,{"b":1,"c d":[2]},[{"b":3}]],"b":"x","é":{"_9":true},"":0,"'":1,"\"":2,"\\":3,"a":[7,8,9]}`
	for _, c := range []struct {
		path string
		want string
	}{
		{"$", doc},
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
		got, ok, err := parsing.SelectJSON(c.path, doc)
		if err != nil || !ok {
			t.Errorf("%s: %v, %v", c.path, ok, err)
			continue
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
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
		"$[":                     "character 3: expected ]",
		"$[]":                    "character 3: expected a name in quotes, an index or *",
		"$[a]":                   "character 3: expected a name in quotes, an index or *",
		"$[*":                    "character 4: expected ]",
		"$.é[01]":                "character 5: this is not an index",
		"$[-0]":                  "character 3: this is not an index",
		"$[-]":                   "character 3: this is not an index",
		"$[9007199254740992]":    "character 3: this is not an index",
		"$[99999999999999999999": "character 3: this is not an index",
		"$[1.0]":                 "character 4: expected ]",
		"$['a]":                  "character 3: the name has no end",
		`$['a\`:                  "character 3: the name has no end",
		`$['\x']`:                "character 3: the name has a control character or a wrong escape",
		"$['\n']":                "character 3: the name has a control character or a wrong escape",
		`$['\"']`:                "character 3: only the quotes around a name are escaped in it",
		`$["\'"]`:                "character 3: only the quotes around a name are escaped in it",
		`$['\ud800']`:            "character 3: the name has half of a surrogate pair",
		"$[?@.a]":                "character 3: filters are not supported",
		"$[1:2]":                 "character 4: slices are not supported",
		"$[:2]":                  "character 3: slices are not supported",
		"$['a','b']":             "character 6: several selectors in one bracket are not supported",
		"$\xff":                  "is not UTF-8",
	} {
		_, _, err := parsing.SelectJSON(path, "{}")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", path, err, want)
			continue
		}
		if strings.Contains(want, "character") && !strings.HasSuffix(err.Error(), "weir reads $, .name, ['name'], [n], [*], .*, ..name and ..*") {
			t.Errorf("%q does not say what is supported: %v", path, err)
		}
	}
}

// TestPathIsBounded: a path may not multiply a small reply into endless work.
func TestPathIsBounded(t *testing.T) {
	doc := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	if _, ok, err := parsing.SelectJSON("$"+strings.Repeat("..*", 300), doc); ok || err != nil {
		t.Errorf("ok %v, %v", ok, err)
	}
	p := newParser(t, parsing.Config{Path: "$" + strings.Repeat("..*", 300)})
	parseCase{"", strings.Repeat(doc, 1000), 1, "!unparsable", "", "response.path looks at too much"}.run(t, p)
}

// FuzzPath: no panic, and what is read selects the same however it is written.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"$", "$[*]", "$.a..b", `$['a\u0020"'][-1]`, "$..[ 'x' ]", "$[?@]", "$.é"} {
		f.Add(seed)
	}
	const doc = `{"a":[1,{"b":[2,{"a":{}}],"x":null}],"é":[[]]}`
	f.Fuzz(func(t *testing.T, expr string) {
		found, ok, err := parsing.SelectJSON(expr, doc)
		if err != nil {
			return
		}
		if !ok && len(expr) < 30 {
			t.Errorf("%q looks at too much", expr)
		}
		if _, err := parsing.New(parsing.Config{Path: expr}); err != nil {
			t.Errorf("%q is read and refused: %v", expr, err)
		}
		deeper, ok, err := parsing.SelectJSON(expr+"[*]", doc)
		if err != nil || ok && len(found) == 0 && len(deeper) > 0 {
			t.Errorf("%q selects nothing and %q below it: %v", expr, deeper, err)
		}
	})
}
