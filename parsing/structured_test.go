package parsing_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/parsing"
)

// structured are ways of saying what a value is, each with values that fit and values that do not.
var structured = map[string]struct {
	cfg parsing.Config
	// good are values under a record's key, bad what a schema that holds the model must not let through.
	good, bad []string
}{
	"one": {
		parsing.Config{}, []string{`"a"`, `""`, `1.50`, `true`}, []string{`null`, `[]`, `{"value":"a"}`},
	},
	"values": {
		parsing.Config{Values: []string{"good", `very "bad"`}}, []string{`"good"`, `"very \"bad\""`}, []string{`"other"`, `1`, `null`},
	},
	"fields": {
		parsing.Config{ValueFields: []string{"label", "result.score", `why "so"`}},
		[]string{`{"label":"a","result.score":0.5,"why \"so\"":null}`},
		[]string{`{"label":"a","result.score":0.5}`, `{"label":[],"result.score":0.5,"why \"so\"":1}`, `"a"`},
	},
	"fields and values": {
		parsing.Config{ValueFields: []string{"label", "score"}, Values: []string{"good", "bad"}},
		[]string{`{"label":"good","score":1}`},
		[]string{`{"label":"x","score":1}`, `{"label":"good","score":1,"more":1}`},
	},
	"number": {
		parsing.Config{Schema: `{"type": "number", "minimum": 0, "maximum": 1}`}, []string{`0.25`, `1`}, []string{`2`, `"0.5"`},
	},
	"integer": {parsing.Config{Schema: `{"type":"integer"}`}, []string{`3`}, []string{`3.5`}},
	"list": {
		parsing.Config{Schema: `{"type": "array", "items": {"type": "string"}}`}, []string{`[]`, `["a", "b"]`}, []string{`"a"`, `[1]`},
	},
	"object like an entry": {
		parsing.Config{Schema: `{"type": "object", "properties": {"index": {"type": "integer"}, "value": {"type": "string"}}, "required": ["index", "value"]}`},
		[]string{`{"index":99,"value":"a"}`},
		[]string{`{"value":"a"}`, `{"index":1,"value":"a","more":1}`},
	},
	"open object": {
		parsing.Config{Schema: `{"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "number"}}`},
		[]string{`{}`, `{"a":"x","b":2}`},
		[]string{`{"b":"x"}`},
	},
	"merged objects": {
		parsing.Config{Schema: `{"allOf": [{"properties": {"a": {"type": "number"}}}, {"properties": {"b": {"type": "number"}}, "required": ["b"]}]}`},
		[]string{`{"a":1,"b":2}`},
		[]string{`{"a":1}`},
	},
	"definitions": {
		parsing.Config{Schema: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.org/x",
			"$defs": {"value": {"enum": ["a", "b"]}, "pair": {"type": "array", "items": {"$ref": "#/$defs/value"}}}, "$ref": "#/$defs/pair"}`},
		[]string{`["a","b","a"]`},
		[]string{`"a"`, `["c"]`},
	},
	"old definitions": {
		parsing.Config{Schema: `{"definitions": {"d": {"properties": {"x": {"type": "number"}}, "required": ["x"]}}, "items": {"$ref": "#/definitions/d"}, "type": "array"}`},
		[]string{`[{"x":1}]`},
		[]string{`[{}]`, `[{"x":1,"y":2}]`},
	},
	"recursive": {
		parsing.Config{Schema: `{"type": "object", "properties": {"name": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#"}}}, "required": ["name", "parts"]}`},
		[]string{`{"name":"a","parts":[{"name":"b","parts":[]}]}`},
		[]string{`{"name":"a","parts":[{"name":"b"}]}`},
	},
	"short and recursive": {
		parsing.Config{Schema: `{"items":{"$ref":"#"}}`}, []string{`[[],[[]]]`, `1`}, nil,
	},
	"pointer into itself": {
		parsing.Config{Schema: `{"type": "object", "properties": {"a": {"enum": [1]}, "b": {"$ref": "#/properties/a"}}, "required": ["a", "b"]}`},
		[]string{`{"a":1,"b":1}`},
		[]string{`{"a":1,"b":2}`},
	},
	"fields and a schema": {
		parsing.Config{ValueFields: []string{"a", "b"}, Schema: `{"properties": {"a": {"type": "number"}, "b": {}}, "required": ["a"]}`},
		[]string{`{"a":1,"b":"x"}`},
		[]string{`{"a":1}`, `{"a":"x","b":"x"}`},
	},
	"anything": {parsing.Config{Schema: ` { } `}, []string{`"a"`, `2`}, nil},
}

// compileSchema compiles what a provider would be sent.
func compileSchema(t *testing.T, text string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("answer.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("answer.json")
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s
}

func accepts(t *testing.T, s *jsonschema.Schema, answer string) bool {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(answer))
	if err != nil {
		t.Fatalf("%v in\n%s", err, answer)
	}
	return s.Validate(doc) == nil
}

// answerOf writes an answer with these values under the keys r1, r2, ….
func answerOf(values []string) string {
	members := make([]string, len(values))
	for i, value := range values {
		members[i] = fmt.Sprintf("%q: %s", fmt.Sprintf("r%d", i+1), value)
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// TestSchemaAcceptsCompleteAnswers: the schema of N records accepts an answer exactly if each has a value that fits and there
// is nothing else, and what it accepts gives every record its own value.
func TestSchemaAcceptsCompleteAnswers(t *testing.T) {
	for name, test := range structured {
		t.Run(name, func(t *testing.T) {
			test.cfg.Structured = true
			p := newParser(t, test.cfg)
			rapid.Check(t, func(rt *rapid.T) {
				records := rapid.IntRange(1, 24).Draw(rt, "records")
				_, text := p.Schema(records)
				s := compileSchema(t, text)
				values := rapid.SliceOfN(rapid.SampledFrom(test.good), records, records).Draw(rt, "values")
				answer := answerOf(values)
				if !accepts(t, s, answer) {
					rt.Fatalf("refused: %s", answer)
				}
				checkOwn(rt, p, answer, values)
				if accepts(t, s, answerOf(values[1:])) || accepts(t, s, answerOf(append(values, test.good[0]))) {
					rt.Fatal("accepted: an answer with a record too few or too many")
				}
				if len(test.bad) > 0 {
					values[rapid.IntRange(0, records-1).Draw(rt, "at")] = rapid.SampledFrom(test.bad).Draw(rt, "bad")
					if accepts(t, s, answerOf(values)) {
						rt.Fatalf("accepted: %s", answerOf(values))
					}
				}
			})
		})
	}
}

// checkOwn parses an answer and compares each record's fields with what stands under its key.
func checkOwn(t *rapid.T, p *parsing.Parser, answer string, values []string) {
	for i, e := range p.Parse(parsing.Reply{Text: answer}, len(values)).Entries {
		if e.Problem != parsing.ProblemNone {
			t.Fatalf("record %d of %s: %s", i+1, answer, e.Message)
		}
		if got := asWritten(e.Fields); !sameJSON(t, got, values[i]) {
			t.Fatalf("record %d of %s has %s", i+1, answer, got)
		}
	}
}

// asWritten is the value under a record's key that its fields were read from.
func asWritten(fields []parsing.Field) string {
	if len(fields) == 1 {
		return asJSON(fields[0])
	}
	members := make([]string, len(fields))
	for i, f := range fields {
		members[i] = quoted(f.Name) + ":" + asJSON(f)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func asJSON(f parsing.Field) string {
	if f.JSON {
		return f.Value
	}
	return quoted(f.Value)
}

func sameJSON(t *rapid.T, a, b string) bool {
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	return cmp.Equal(x, y)
}

// TestSchemas shows, as golden files, what a provider is sent about two records.
func TestSchemas(t *testing.T) {
	names := map[string]string{}
	for name, test := range structured {
		t.Run(name, func(t *testing.T) {
			test.cfg.Structured = true
			word, text := newParser(t, test.cfg).Schema(2)
			if !regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`).MatchString(word) {
				t.Errorf("the name %q", word)
			}
			if other, taken := names[word]; taken && other != text {
				t.Errorf("%s has the name of another schema", name)
			}
			names[word] = text
			var pretty strings.Builder
			e := json.NewEncoder(&pretty)
			e.SetEscapeHTML(false)
			if err := e.Encode(json.RawMessage(text)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "schema", strings.ReplaceAll(name, " ", "-")+".json")
			if *update {
				write(t, file, pretty.String())
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
				t.Errorf("(-want +got), -update to accept\n%s", diff)
			}
		})
	}
}

// TestSchemaIsInOrder: models answer in the order of a schema.
func TestSchemaIsInOrder(t *testing.T) {
	_, text := newParser(t, parsing.Config{Structured: true}).Schema(12)
	last := -1
	for i := range 12 {
		at := strings.Index(text, fmt.Sprintf(`"r%d":`, i+1))
		if at <= last {
			t.Errorf("r%d stands before r%d in\n%s", i+1, i, text)
		}
		last = at
	}
}

// TestSchemaIsShort: what one more record costs.
func TestSchemaIsShort(t *testing.T) {
	words := make([]string, 200)
	for i := range words {
		words[i] = fmt.Sprintf("a rather long word %d", i)
	}
	for name, cfg := range map[string]parsing.Config{"one": {}, "values": {Values: words}, "fields": {ValueFields: words[:32]}} {
		cfg.Structured = true
		p := newParser(t, cfg)
		_, ten := p.Schema(10)
		_, thousand := p.Schema(1010)
		if each := (len(thousand) - len(ten)) / 1000; each > 45 {
			t.Errorf("%s: %d bytes for each record", name, each)
		}
	}
}

// TestWithoutSchema: without the option there is none, and what cannot be a part of one is said.
func TestWithoutSchema(t *testing.T) {
	if name, schema := newParser(t, parsing.Config{}).Schema(2); name != "" || schema != "" {
		t.Errorf("%q, %q", name, schema)
	}
	for name, cfg := range map[string]parsing.Config{
		"an anchor":        {Schema: `{"$defs": {"a": {"$anchor": "b"}}, "$ref": "#b"}`},
		"an inner id":      {Schema: `{"$defs": {"a": {"$id": "a.json"}}}`},
		"another format":   {Format: "xml"},
		"a broken schema":  {Schema: `{"type":`},
		"its own identity": {Schema: `{"$id": "https://example.org/a", "items": {"$ref": "https://example.org/a"}}`},
		"a dynamic anchor": {Schema: `{"$dynamicAnchor": "node", "items": {"$dynamicRef": "#node"}}`},
	} {
		cfg.Structured = true
		if _, err := parsing.New(cfg); err == nil || !strings.Contains(err.Error(), "response.") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStructuredAnswers: free text is read as well, whatever the model makes of the words.
func TestStructuredAnswers(t *testing.T) {
	tests := []struct{ name, reply, want string }{
		{"as asked", `{"r1": "a", "r2": "b", "r3": "c"}`, "a b c"},
		{"in any order", `{"r3": "c", "r1": "a", "r2": "b"}`, "a b c"},
		{"by numbers", `{"1": "a", "2": "b", "3": "c"}`, "a b c"},
		{"in words", "Here it is:\n```json\n{\"r1\": \"a\", \"r2\": \"b\", \"r3\": \"c\"}\n```", "a b c"},
		{"in an object", `{"answer": {"r1": "a", "r2": "b", "r3": "c"}}`, "a b c"},
		{"a field inside", `{"r1": {"value": "a"}, "r2": {"value": "b"}, "r3": {"value": "c"}}`, "a b c"},
		{"a list", `[{"index": 1, "value": "a"}, {"index": 2, "value": "b"}, {"index": 3, "value": "c"}]`, "a b c"},
		{"in a list", `[{"r1": "a", "r2": "b", "r3": "c"}]`, "a b c"},
		{"a list of them", `[{"r1": "a"}, {"r2": "b"}, {"r3": "c"}]`, "a b c"},
		{"a list of them, with one that is missing", `[{"r1": "a"}, {"r3": "c"}]`, "a missing c"},
		{"a list of them, counted on", `[{"r1": "a"}, {"r2": "c"}]`, strings.TrimSpace(strings.Repeat("missing ", 3))},
		{"a list of them, twice another", `[{"r1": "a"}, {"r2": "b"}, {"r2": "x"}, {"r3": "c"}]`, "a invalid c"},
		{"a list of them, cut off", `[{"r1": "a"}, {"r2": "b"}, {"r3": "c`, "a b missing"},
		{"a list of them, cut off in a name", `[{"r1": "a"}, {"r2": "b"}, {"r`, "a b missing"},
		{"one is missing", `{"r1": "a", "r3": "c"}`, "a missing c"},
		{"one is null", `{"r1": "a", "r2": null, "r3": "c"}`, "a invalid c"},
		{"one is an object", `{"r1": "a", "r2": {"x": 1}, "r3": "c"}`, `a {"x":1} c`},
		{"one more", `{"r1": "a", "r2": "b", "r3": "c", "r9": "d"}`, "a b c"},
		{"a note besides", `{"r1": "a", "r2": "b", "r3": "c", "note": "done"}`, "a b c"},
		{"twice the same", `{"r1": "a", "r2": "b", "r2": "b", "r3": "c"}`, "a b c"},
		{"twice another", `{"r1": "a", "r2": "b", "r2": "x", "r3": "c"}`, "a invalid c"},
		{"counted on after one was left out", `{"r1": "a", "r2": "c"}`, strings.TrimSpace(strings.Repeat("missing ", 3))},
		{"from 0", `{"r0": "a", "r1": "b", "r2": "c"}`, "a b c"},
		{"cut off", `{"r1": "a", "r2": "b", "r3": "c`, "a b missing"},
		{"cut off in the first", `{"r1": "a`, strings.TrimSpace(strings.Repeat("unparsable ", 3))},
	}
	p := newParser(t, parsing.Config{Structured: true})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := p.Parse(parsing.Reply{Text: test.reply}, 3)
			var got []string
			for _, e := range a.Entries {
				if e.Problem != parsing.ProblemNone {
					got = append(got, e.Problem.String())
					continue
				}
				got = append(got, e.Fields[0].Value)
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("%s, want %s", s, test.want)
			}
		})
	}
}

// TestOpenObjects: a schema that takes every object does not make an entry a value: neither one with another record's index, nor what
// is around the value.
func TestOpenObjects(t *testing.T) {
	open := newParser(t, parsing.Config{Structured: true, Schema: `{"type": "object"}`})
	named := newParser(t, parsing.Config{Structured: true, Schema: `{"type": "object", "properties": {"index": {"type": "integer"}}}`})
	tests := []struct {
		name, value, want string
		p                 *parsing.Parser
	}{
		{"an object", `{"label":"a"}`, `{"label":"a"}`, open},
		{"its own index", `{"index":1,"label":"a"}`, `{"index":1,"label":"a"}`, open},
		{"another index", `{"index":2,"label":"a"}`, "", open},
		{"another index, which is the value's", `{"index":2}`, `{"index":2}`, named},
		{"an object around the value", `{"value":{"label":"a"}}`, `{"label":"a"}`, open},
		{"a value called value", `{"value":"a"}`, `{"value":"a"}`, open},
	}
	for _, test := range tests {
		got := ""
		if e := test.p.Parse(parsing.Reply{Text: answerOf([]string{test.value})}, 1).Entries[0]; e.Problem == parsing.ProblemNone {
			got = e.Fields[0].Value
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// FuzzEmbed: whatever the schema of a value is, the schema of an answer with it is one, and lets nothing through that does not
// fit the value's own.
func FuzzEmbed(f *testing.F) {
	for _, test := range structured {
		for _, value := range append(test.good, test.bad...) {
			f.Add(test.cfg.Schema, value)
		}
	}
	f.Fuzz(func(t *testing.T, schema, value string) {
		if _, err := parsing.New(parsing.Config{Schema: schema}); err != nil || !json.Valid([]byte(value)) || len(value) > 1000 {
			return
		}
		p, err := parsing.New(parsing.Config{Schema: schema, Structured: true})
		if err != nil {
			return
		}
		_, text := p.Schema(1)
		answer := answerOf([]string{value})
		if len(schema) > 1000 || strings.ContainsAny(value, "eE") || !accepts(t, compileSchema(t, text), answer) {
			return
		}
		var fields map[string]any
		if json.Unmarshal([]byte(value), &fields) == nil && fields["index"] != nil && !strings.Contains(schema, "index") {
			return // may be another record's
		}
		if e := p.Parse(parsing.Reply{Text: answer}, 1).Entries[0]; e.Problem != parsing.ProblemNone && value != "null" {
			t.Errorf("%s passes\n%s\nand not %s: %s", value, text, schema, e.Message)
		}
	})
}
