package parsing_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing"
)

// newParser returns a parser for a Config that is right.
func newParser(tb testing.TB, cfg parsing.Config) *parsing.Parser {
	tb.Helper()
	p, err := parsing.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// show writes an answer in one line: `a` a value by index, `~a` by position, `=a` the whole reply, `{5}` JSON text,
// `a,b` several fields, `!missing` a problem.
func show(a parsing.Answer) string {
	parts := make([]string, len(a.Entries))
	for i, e := range a.Entries {
		parts[i] = showEntry(e)
	}
	return strings.Join(parts, " ")
}

func showEntry(e parsing.Entry) string {
	if e.Problem != parsing.ProblemNone {
		return "!" + e.Problem.String()
	}
	values := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		values[i] = f.Value
		if f.JSON {
			values[i] = "{" + f.Value + "}"
		}
	}
	mark := map[parsing.Match]string{parsing.MatchIndex: "", parsing.MatchPosition: "~", parsing.MatchSingle: "="}[e.Match]
	return mark + strings.Join(values, ",")
}

// parseCase is a reply, how many records it is about, and what becomes of them.
type parseCase struct {
	name    string
	reply   string
	records int
	want    string
	// warns is a part of one of the warnings; "" for none at all.
	warns string
	// says is a part of the message of the first problem.
	says string
}

func (c parseCase) run(t *testing.T, p *parsing.Parser) {
	t.Helper()
	c.check(t, p.Parse(parsing.Reply{Text: c.reply}, c.records))
}

func (c parseCase) check(t *testing.T, a parsing.Answer) {
	t.Helper()
	if diff := cmp.Diff(c.want, show(a)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	warnings := strings.Join(a.Warnings, "; ")
	if !strings.Contains(warnings, c.warns) || c.warns == "" && warnings != "" {
		t.Errorf("warnings: %q, want %q", warnings, c.warns)
	}
	if message := firstMessage(a); !strings.Contains(message, c.says) {
		t.Errorf("message: %q, want %q", message, c.says)
	}
	checkWhole(t, a, c.records)
}

func firstMessage(a parsing.Answer) string {
	for _, e := range a.Entries {
		if e.Problem != parsing.ProblemNone {
			return e.Message
		}
	}
	return ""
}

// checkWhole checks what holds for every answer.
func checkWhole(tb testing.TB, a parsing.Answer, records int) {
	tb.Helper()
	if len(a.Entries) != records {
		tb.Fatalf("%d entries for %d records", len(a.Entries), records)
	}
	if len(a.Warnings) > 8 {
		tb.Errorf("%d warnings: %q", len(a.Warnings), a.Warnings)
	}
	for i, e := range a.Entries {
		failed := e.Problem != parsing.ProblemNone
		if failed != (e.Fields == nil) || failed != (e.Message != "") || failed != (e.Match == parsing.MatchNone) {
			tb.Errorf("entry %d is neither a value nor a problem: %+v", i, e)
		}
	}
}

func runCases(t *testing.T, cfg parsing.Config, cases []parseCase) {
	t.Helper()
	p := newParser(t, cfg)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, p) })
	}
}

func TestJSONValues(t *testing.T) {
	runCases(t, parsing.Config{}, []parseCase{
		{"text", `[{"index": 1, "value": "positive"}]`, 1, "positive", "", ""},
		{"escapes", `[{"index": 1, "value": "a\n\"b\" \u00e9\ud83d\ude00\/"}]`, 1, "a\n\"b\" é😀/", "", ""},
		{"empty text", `[{"index": 1, "value": ""}]`, 1, "", "", ""},
		{"number keeps its digits", `[{"index":1,"value":12345678901234567890.10}]`, 1, "{12345678901234567890.10}", "", ""},
		{"exponent", `[{"index":1,"value":-1E+400}]`, 1, "{-1E+400}", "", ""},
		{"boolean", `[{"index":1,"value":false}]`, 1, "{false}", "", ""},
		{
			"object keeps its order", "[{\"index\":1,\"value\":{\"b\": 1.0,\n \"a\" : [ 1, \" x\\\" y \" ], \"b\":2}}]", 1,
			`{{"b":1.0,"a":[1," x\" y "],"b":2}}`, "", "",
		},
		{"empty array", `[{"index":1,"value":[ ]}]`, 1, "{[]}", "", ""},
		{"null", `[{"index":1,"value":null},{"index":2,"value":"b"}]`, 2, "!invalid b", "", "null"},
		{"no value", `[{"index":1,"valu":"a"},{"index":2,"value":"b"}]`, 2, "!invalid b", "", `no field "value"`},
		{"value twice, the same", `[{"index":1,"value":"a","value":"a"}]`, 1, "a", "", ""},
		{"value twice, different", `[{"index":1,"value":"a","value":"b"}]`, 1, "!invalid", "", "twice"},
		{"value three times", `[{"index":1,"value":"a","value":"b","value":"b"}]`, 1, "!invalid", "", "twice"},
		{"index twice, the same", `[{"index":1,"value":"a","index":1}]`, 1, "a", "", ""},
		{"index twice, different", `[{"index":1,"value":"a","index":2},{"index":2,"value":"b"}]`, 2, "!missing b", "is none", ""},
		{"names with escapes", `[{"ind\u0065x":1,"v\u0061lue":"a"}]`, 1, "a", "", ""},
		{"names are exact", `[{"Index":1,"Value":"a"}]`, 1, "!unparsable", "", `no object in the reply has the field "index" or "value"`},
		{"not UTF-8", "[{\"index\":1,\"value\":\"a\xff\xfeb\"}]", 1, "a\ufffd\ufffdb", "", ""},
		{"not UTF-8 in JSON", "[{\"index\":1,\"value\":[\"\xff\"]}]", 1, "{[\"\ufffd\"]}", "", ""},
		{"half a surrogate pair", `[{"index":1,"value":"\ud800x"}]`, 1, "\ufffdx", "", ""},
		{"no records", `[{"index":1,"value":"a"}]`, 0, "", "no record: 1", ""},
	})
}

func TestJSONSeveralValues(t *testing.T) {
	cfg := parsing.Config{IndexField: "id", ValueFields: []string{"label", "score"}}
	runCases(t, cfg, []parseCase{
		{"in the order of the list", `[{"score":0.50,"label":"a","id":1}]`, 1, "a,{0.50}", "", ""},
		{"one missing", `[{"score":0.5,"id":1},{"id":2,"label":"b","score":1}]`, 2, "!invalid b,{1}", "", `no field "label"`},
		{"one null", `[{"score":null,"label":"a","id":1}]`, 1, "a,{null}", "", ""},
		{"all null", `[{"score":null,"label":null,"id":1}]`, 1, "!invalid", "", "null"},
		{"strings are no entries", `["a","b"]`, 2, "!unparsable !unparsable", "", "no entry"},
	})
}

// TestJSONIndexForms: what is index 2, and what is none.
func TestJSONIndexForms(t *testing.T) {
	p := newParser(t, parsing.Config{})
	for _, form := range []string{
		`2`, `2.0`, `2.000`, `"2"`, `" 2 "`, `"2.0"`, `"02"`, `"Input 2"`, `"input 2"`, `"INPUT 2"`, `"Record 2"`, `"Item 2"`,
		`"entry 2"`, `"row 2"`, `"r2"`, `"R2"`, `"#2"`, `"Input #2"`, `"r 2"`, `"\u0072\u0032"`,
	} {
		a := p.Parse(parsing.Reply{Text: fmt.Sprintf(`[{"index":%s,"value":"b"},{"index":1,"value":"a"}]`, form)}, 2)
		if got := show(a); got != "a b" {
			t.Errorf("index %s: %s", form, got)
		}
	}
	for _, form := range []string{
		`-2`, `2.5`, `2e0`, `1e30`, `"10^30"`, `1000000000000000000000000000002`, `"-2"`, `"+2"`, `"two"`, `"2a"`, `"2 of 3"`, `"r"`,
		`""`, `" "`, `"r-2"`, `"v2"`, `"２"`, `"²"`, `"0x2"`, `"1_0"`, `true`, `null`, `[2]`, `{"n":2}`, `"##2"`, `"Input r2"`,
	} {
		a := p.Parse(parsing.Reply{Text: fmt.Sprintf(`[{"index":%s,"value":"b"},{"index":3,"value":"c"},{"index":1,"value":"a"}]`, form)}, 3)
		if got := show(a); got != "a !missing c" {
			t.Errorf("index %s: %s", form, got)
		}
	}
}

func TestJSONPayload(t *testing.T) {
	const good = `[{"index":1,"value":"a"},{"index":2,"value":"b"}]`
	runCases(t, parsing.Config{}, []parseCase{
		{"fence", "```json\n" + good + "\n```", 2, "a b", "", ""},
		{"fence without end", "```\n" + good, 2, "a b", "", ""},
		{"byte order mark", "\ufeff" + good, 2, "a b", "", ""},
		{"prose", "Sure! Here are the 2 results:\n" + good + "\nLet me know if [anything] is unclear {or not}.", 2, "a b", "", ""},
		{"prose with brackets", "I [the model] took {all} of [1] and [2, 3]: " + good, 2, "a b", "", ""},
		{"prose with an open bracket", "Scale: [0, 1) and {x: \n" + good, 2, "a b", "", ""},
		{"prose with an open quote", "He wrote [\"hello\n" + good, 2, "a b", "", ""},
		{"prose with another value", `The form is {"index": <n>, "value": "..."}. ` + good, 2, "a b", "not used", ""},
		{"prose with a label list", `Labels: ["x","y"]. ` + good, 2, "a b", "", ""},
		{"thinking", `<think>First [{"index":1,"value":"z"}], no.</think>` + good, 2, "a b", "", ""},
		{"thinking without its beginning", "Is it [{\"index\":1,\"value\":\"z\"}]? No.\n</think>\n\n" + good, 2, "a b", "", ""},
		{"thinking without end", `<think>Let me see: ` + good, 2, "!unparsable !unparsable", "", "thinking"},
		{"a tag as a value", `[{"index":1,"value":"</think>"},{"index":2,"value":"<think>"}]`, 2, "</think> <think>", "", ""},
		{"quoted records", `[{"index":1,"text":"x"},{"index":2,"text":"y"}] are rated ` + good, 2, "a b", "", ""},
		{"two halves", `[{"index":2,"value":"b"}] and [{"index":1,"value":"a"}]`, 2, "a b", "", ""},
		{"a correction", good + ` Correction: [{"index":2,"value":"c"}]`, 2, "a !invalid", "", "different"},
		{"an example without an index", `Like {"value":"z"}: ` + good, 2, "!missing !missing", "", "several answers"},
		{"an example with an index", `Like {"index":1,"value":"z"}: {"value":"a"}`, 1, "!missing", "", "several answers"},
		{"the same again", good + good, 2, "a b", "count once: 2", ""},
		{"lines of objects", `{"index":2,"value":"b"}` + "\n" + `{"index":1,"value":"a"}`, 2, "a b", "", ""},
		{"wrapper", `{"results":` + good + `}`, 2, "a b", "", ""},
		{"wrapper with more", `{"n":2,"ok":true,"tags":["x"],"data":{"results":` + good + `},"errors":[]}`, 2, "a b", "", ""},
		{"wrapper named as the value", `{"value":` + good + `}`, 2, "a b", "", ""},
		{"two lists in a wrapper", `{"a":` + good + `,"b":` + good + `}`, 2, "!unparsable !unparsable", "", "there are 1 objects"},
		{"list in a list", `[` + good + `]`, 2, "a b", "", ""},
		{"one object", `{"index":1,"value":"a"}`, 1, "a", "", ""},
		{"one object with another in it", `{"index":1,"value":"a","more":[{"index":1,"value":"z"}]}`, 1, "a", "", ""},
		{"one object without an index", `{"value":"a"}`, 1, "~a", "order", ""},
		{"one object with a list", `{"value":[{"value":"x"}]}`, 1, `~{[{"value":"x"}]}`, "order", ""},
		{"one object with another name", `{"label":"a"}`, 1, "!unparsable", "", "there are 1 objects"},
		{"values by index", `{"2":"b","1":"a"}`, 2, "a b", "", ""},
		{"entries by index", `{"r2":{"value":"b"},"Input 1":{"value":"a","index":1}}`, 2, "a b", "", ""},
		{"by index in a wrapper", `{"results":{"2":"b","1":["a"]}}`, 2, `{["a"]} b`, "", ""},
		{"by index and another index inside", `{"2":{"value":"b","index":1},"1":{"value":"a"}}`, 2, "a !invalid", "", "another index"},
		{"by index, twice", `{"1":"a","2":"b","2":"c"}`, 2, "a !invalid", "", "different"},
		{"by index, 1 to k", `{"1":"a"}`, 2, "!missing !missing", "", "1 to 1 for 2"},
		{"by index, one without the field", `{"1":{"value":"a"},"2":{"index":2}}`, 2, "a !invalid", "", "no field"},
		{"by index, all null", `{"1":null,"2":null}`, 2, "!invalid !invalid", "", "null"},
		{"by index, cut off", `{"1":"a","2":"b","3":["c","d`, 3, "a b !missing", "too early", "cut off"},
		{"empty", "", 2, "!missing !missing", "", "empty"},
		{"blank", " \n", 2, "!missing !missing", "", "empty"},
		{"empty list", "[]", 1, "!unparsable", "", "no entry where response.path says"},
		{"prose alone", "I cannot rate these.", 1, "!unparsable", "", "no JSON"},
		{"HTML", "<!DOCTYPE html><html>{ }</html>", 1, "!unparsable", "", ""},
		{"a number", "42", 1, "!unparsable", "", "no JSON"},
		{"numbers", "[1, 2]", 2, "!unparsable !unparsable", "", "no entry"},
		{"cut off", good[:40], 2, "a !missing", "ends too early", "cut off"},
		{"a damaged value hides what is in it", `[{"index":2,"value":{x,"y":[{"index":1,"value":"z"}]}}]`, 1, "!unparsable", "", "broken"},
		{"a line break in a value", "[{\"index\":2,\"value\":\"[\n[{]\"},{\"index\":1,\"value\":\"z\"}]" + good, 2, "a b", "not used", ""},
		{"damaged to the end", `[{"index":1,"value":[{"a":nil,` + good, 2, "!unparsable !unparsable", "", "broken"},
	})
}

func TestJSONPaths(t *testing.T) {
	for _, c := range []struct {
		path string
		parseCase
	}{
		{"$.results[*]", parseCase{"entries", `{"results":[{"index":1,"value":"a"}]}`, 1, "a", "", ""}},
		{"$.results", parseCase{"their array", `{"results":[{"index":1,"value":"a"}]}`, 1, "a", "", ""}},
		{"$", parseCase{"root", `[{"index":1,"value":"a"}]`, 1, "a", "", ""}},
		{"$..item", parseCase{"descendants", `[{"item":{"index":2,"value":"b"}},{"x":{"item":{"index":1,"value":"a"}}}]`, 2, "a b", "", ""}},
		{"$.results[*]", parseCase{"no such place", `[{"index":1,"value":"a"}]`, 1, "!unparsable", "", "$.results[*]"}},
		{"$.*", parseCase{"members", `{"a":{"index":2,"value":"b"},"b":{"index":1,"value":"a"}}`, 2, "a b", "", ""}},
		{"$.*", parseCase{"members have no order", `{"y":{"value":"b"},"x":{"value":"a"}}`, 2, "!missing !missing", "", "not one list"}},
		{"$.*", parseCase{"texts by name", `{"y":"b","x":"a"}`, 2, "!unparsable !unparsable", "", ""}},
		{"$.*[*]", parseCase{"several lists", `{"2":[{"value":"b"}],"1":[{"value":"a"}]}`, 2, "!missing !missing", "", "not one list"}},
		{"$[*].value", parseCase{"texts", `[{"value":"a"},{"value":"b"}]`, 2, "!unparsable !unparsable", "", ""}},
		{"$.a[*]", parseCase{"list of texts", `{"a":["a","b"]}`, 2, "~a ~b", "order", ""}},
	} {
		t.Run(c.path+" "+c.name, func(t *testing.T) { c.run(t, newParser(t, parsing.Config{Path: c.path})) })
	}
}

// checkFields checks that values are what they say they are.
func checkFields(tb testing.TB, a parsing.Answer) {
	tb.Helper()
	for _, e := range a.Entries {
		for _, f := range e.Fields {
			if !utf8.ValidString(f.Value) || f.JSON && !json.Valid([]byte(f.Value)) {
				tb.Errorf("not a value: %+v", f)
			}
		}
	}
}

// TestPathIsBounded: a path may not multiply a small reply into endless work.
func TestPathIsBounded(t *testing.T) {
	doc := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	p := newParser(t, parsing.Config{Path: "$" + strings.Repeat("..*", 100)})
	parseCase{"", strings.Repeat(doc, 1000), 1, "!unparsable", "", "response.path looks at too much"}.run(t, p)
}

// TestPathSelectsEntries: a filter picks the entries.
func TestPathSelectsEntries(t *testing.T) {
	p := newParser(t, parsing.Config{Path: "$.results[?@.final == true]"})
	reply := `{"results": [{"index": 1, "value": "a", "final": false}, {"index": 1, "value": "b", "final": true}, {"index": 2, "value": "c", "final": true}]}`
	answer := p.Parse(parsing.Reply{Text: reply}, 2)
	if len(answer.Warnings) > 0 || answer.Entries[0].Fields[0].Value != "b" || answer.Entries[1].Fields[0].Value != "c" {
		t.Errorf("%+v", answer)
	}
}

// TestJSONMended: what models do to JSON, and no doubt about what it says.
func TestJSONMended(t *testing.T) {
	const mended = "was mended"
	runCases(t, parsing.Config{}, []parseCase{
		{"trailing commas", `[{"index":1,"value":"a",},{"index":2,"value":["b",],},]`, 2, `a {["b"]}`, mended, ""},
		{"single quotes", `[{'index': 1, 'value': 'it\'s "a"'}, {'index': 2, 'value': "b'"}]`, 2, `it's "a" b'`, mended, ""},
		{"single quotes around texts", `['a', 'b']`, 2, "~a ~b", "order", ""},
		{"comments", "[ // the first\n{\"index\":1, /* it, \"value\": */ \"value\":\"http://a\"}, {\"index\":2,\"value\":\"/* b */\"}] // done", 2, "http://a /* b */", mended, ""},
		{"words of Python", `[{"index":1,"value":True},{"index":2,"value":None},{"index":3,"value":NaN},{"index":4,"value":-Infinity}]`, 4, "{true} !invalid !invalid !invalid", mended, "null"},
		{"in prose", `So [see] {this}: [{'index': 1, 'value': 'a'}] and [that].`, 1, "a", mended, ""},
		{"beside a whole one", `[{"index":1,"value":"a"}] [{"index":2,"value":"b",}]`, 2, "a b", mended, ""},
		{"no comma", `[{"index":1,"value":"a"} {"index":2,"value":"b"}]`, 2, "!unparsable !unparsable", "", "broken"},
		{"two commas", `[{"index":1,"value":"a"},,{"index":2,"value":"b"}]`, 2, "!unparsable !unparsable", "", "broken"},
		{"no quotes", `[{index:1,value:"a"}]`, 1, "!unparsable", "", ""},
		{"a word as the value", `[{"index":1,"value":positive}]`, 1, "!unparsable", "", "broken"},
		{"a bad number", `[{"index":1,"value":01}]`, 1, "!unparsable", "", "broken"},
		{"a bad escape", `[{"index":1,"value":"\x"}]`, 1, "!unparsable", "", "broken"},
		{"a wrong bracket", `[{"index":1,"value":"a"]]`, 1, "!unparsable", "", "broken"},
		{"no value", `[{"index":1,"value":}]`, 1, "!unparsable", "", "broken"},
	})
}

// TestJSONCutOffAnywhere: whole entries before the cut are kept, an entry is never made of a part, and nobody's value changes.
func TestJSONCutOffAnywhere(t *testing.T) {
	for name, whole := range map[string]string{
		"array":   `[{"index":1,"value":"a, ]}"},{"index":2,"value":{"x":[1,{"index":3,"value":2}]}},{"value":12,"index":3}]`,
		"wrapper": `{"n": 3, "results": [{"index":1,"value":"a, ]}"},{"index":2,"value":{"x":[1,{"index":3,"value":2}]}},{"value":12,"index":3}]}`,
		"keyed":   `{"1": "a, ]}", "2": {"x":[1,{"index":3,"value":2}]}, "3": 12}`,
		"lines":   `{"index":1,"value":"a, ]}"}` + "\n" + `{"index":2,"value":{"x":[1,{"index":3,"value":2}]}}` + "\n" + `{"value":12,"index":3}`,
	} {
		p := newParser(t, parsing.Config{})
		want := []string{"a, ]}", `{"x":[1,{"index":3,"value":2}]}`, "12"}
		most := 0
		for end := range len(whole) + 1 {
			a := p.Parse(parsing.Reply{Text: whole[:end], CutOff: true}, 3)
			checkWhole(t, a, 3)
			kept := 0
			for i, e := range a.Entries {
				if e.Problem == parsing.ProblemNone {
					kept++
					if e.Fields[0].Value != want[i] {
						t.Errorf("%s cut at %d: record %d has %q", name, end, i+1, e.Fields[0].Value)
					}
				}
			}
			if kept < most {
				t.Errorf("%s cut at %d: %d kept, and %d before", name, end, kept, most)
			}
			most = kept
		}
		if most != 3 {
			t.Errorf("%s: %d kept of the whole", name, most)
		}
	}
}

func TestJSONNestedFields(t *testing.T) {
	cfg := parsing.Config{IndexField: "meta.id", ValueFields: []string{"result.label", "result.by.score", "note"}}
	runCases(t, cfg, []parseCase{
		{"in objects", `[{"meta":{"id":1},"result":{"label":"a","by":{"score":0.5}},"note":"n"}]`, 1, "a,{0.5},n", "", ""},
		{"written with dots", `[{"meta.id":1,"result.label":"a","result.by.score":1,"note":"n"}]`, 1, "a,{1},n", "", ""},
		{"partly", `[{"meta":{"id":1},"result":{"label":"a","by.score":1},"note":"n"}]`, 1, "a,{1},n", "", ""},
		{"one is not there", `[{"meta":{"id":1},"result":{"label":"a"},"note":"n"}]`, 1, "!invalid", "", "result.by.score"},
		{"in a wrapper", `{"all":[{"meta":{"id":1},"result":{"label":"a","by":{"score":1}},"note":"n"}]}`, 1, "a,{1},n", "", ""},
		{"twice and different", `[{"meta":{"id":1},"result.label":"b","result":{"label":"a","by":{"score":1}},"note":"n"}]`, 1, "!invalid", "", "twice"},
	})
}
