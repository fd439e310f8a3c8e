package parsing_test

import (
	"strings"
	"testing"

	"github.com/weir-ml/weir/parsing"
)

func TestAllowedValues(t *testing.T) {
	cfg := parsing.Config{Values: []string{"positive", "negative", "5", "not at all", "A", "a", "Ja!"}}
	for said, want := range map[string]string{
		`"positive"`: "positive", `"Positive"`: "positive", `" POSITIVE. "`: "positive", `"'negative'"`: "negative", `"**negative**"`: "negative",
		`"„Not at all“"`: "not at all", `5`: "{5}", `"5"`: "5", `"5."`: "5", `"A"`: "A", `"a"`: "a", `"ja"`: "Ja!",
		// Case alone tells these apart, so that nothing tells which is meant.
		`"a."`:      "!invalid",
		`"neutral"`: "!invalid", `"positive or negative"`: "!invalid", `""`: "!invalid", `true`: "!invalid", `["positive"]`: "!invalid",
		`5.0`: "!invalid", `{"value":"positive"}`: "!invalid", `"posit"`: "!invalid", `"not  at all"`: "!invalid",
	} {
		a := newParser(t, cfg).Parse(parsing.Reply{Text: `[{"index":1,"value":` + said + `}]`}, 1)
		if got := show(a); got != want {
			t.Errorf("%s: %s, want %s", said, got, want)
		}
		if m := a.Entries[0].Message; m != "" && !strings.Contains(m, "one of: positive, negative, 5, not at all, A, a, Ja!") {
			t.Errorf("%s: %s", said, m)
		}
	}
}

func TestAllowedValuesMatching(t *testing.T) {
	runCases(t, parsing.Config{Values: []string{"yes", "no"}}, []parseCase{
		{"each by itself", entries("1=yes 2=maybe 3=no"), 3, "yes !invalid no", "", "none of those allowed"},
		{"two spellings agree", entries("1=yes 1=Yes 2=no"), 2, "yes no", "count once: 1", ""},
		{"a wrong one beside a right one", entries("1=yes 1=maybe 2=no"), 2, "!invalid no", "", "different answers"},
		{"by position", entries("=yes =maybe"), 2, "~yes !invalid", "in their order", "none of those allowed"},
	})
	cfg := parsing.Config{Values: []string{"yes"}, ValueFields: []string{"value", "why"}}
	runCases(t, cfg, []parseCase{{"the first field", `[{"index":1,"value":"Yes","why":"So."}]`, 1, "yes,So.", "", ""}})
	runCases(t, parsing.Config{Format: "text", Values: []string{"yes", "no"}}, []parseCase{
		{"whole reply", "Yes.", 1, "=yes", "", ""},
		{"whole reply, more words", "Yes, it is.", 1, "!invalid", "", "none of those allowed"},
	})
}

func TestSchema(t *testing.T) {
	const schema = `{"type": "object", "required": ["label", "score"], "properties": {
		"label": {"enum": ["a", "b"]}, "score": {"$ref": "#/$defs/share"}}, "$defs": {"share": {"type": "number", "maximum": 1}}}`
	for value, says := range map[string]string{
		`{"label":"a","score":0.5}`:                              "",
		`{"label":"a","score":"secret"}`:                         "it is of type string and must be number (#/$defs/share/type)",
		`{"label":"secret","score":0}`:                           "it is not among the values of the enum (#/properties/label/enum)",
		`{"label":"a","score":2}`:                                "it breaks #/$defs/share/maximum",
		`{"secret":1}`:                                           "it lacks label, score (#/required)",
		`"secret"`:                                               "it is of type string and must be object (#/type)",
		`{"label":"a","score":1e999999999999}`:                   "large exponent",
		`{"label":"a","score":` + strings.Repeat("1", 100) + `}`: "more than 64 characters",
	} {
		a := newParser(t, parsing.Config{Schema: schema}).Parse(parsing.Reply{Text: `[{"index":1,"value":` + value + `}]`}, 1)
		e := a.Entries[0]
		if (says == "") != (e.Problem == parsing.ProblemNone) || !strings.Contains(e.Message, says) || strings.Contains(e.Message, "secret") {
			t.Errorf("%s: %s %q, want %q", value, e.Problem, e.Message, says)
		}
		checkWhole(t, a, 1)
	}
}

func TestSchemaOfSeveralFields(t *testing.T) {
	cfg := parsing.Config{ValueFields: []string{"label", "score"}, Schema: `{"properties": {"score": {"type": "integer"}}}`}
	runCases(t, cfg, []parseCase{
		{"fits", `[{"index":1,"label":"a","score":3}]`, 1, "a,{3}", "", ""},
		{"does not", `[{"index":1,"label":"a","score":3.5}]`, 1, "!invalid", "", "must be integer"},
	})
}

// TestSchemaWithoutTypes: where a format knows only texts, one that reads as what the schema wants is that.
func TestSchemaWithoutTypes(t *testing.T) {
	text := func(schema string) parsing.Config { return parsing.Config{Format: "text", Schema: schema} }
	runCases(t, text(`{"type": "number"}`), []parseCase{{"number", " 0.50\n", 1, "={0.50}", "", ""}, {"none", "half", 1, "!invalid", "", "must be number"}})
	runCases(t, text(`{"type": "string"}`), []parseCase{{"digits are text", "12", 1, "=12", "", ""}})
	runCases(t, text(`{"type": "array"}`), []parseCase{{"array", "[1, 2]", 1, "={[1,2]}", "", ""}})
	runCases(t, parsing.Config{Schema: `{"type": "number"}`}, []parseCase{{"JSON knows", `[{"index":1,"value":"1"}]`, 1, "!invalid", "", "must be number"}})
}

func TestConstraintsThatCannotBe(t *testing.T) {
	for want, cfg := range map[string]parsing.Config{
		"response.values: a value is not empty":          {Values: []string{"a", " "}},
		`response.values: "a" is there twice`:            {Values: []string{"a", "b", "a"}},
		"response.values: at most 256 values":            {Values: make([]string, 257)},
		"response.values: a value has at most 256 bytes": {Values: []string{strings.Repeat("x", 257)}},
		"response.schema: this is not JSON":              {Schema: `{"type":`},
		"response.schema: this is not a JSON Schema":     {Schema: `{"type": "numbr"}`},
		"a schema refers only to what is in it":          {Schema: `{"$ref": "file:///etc/passwd"}`},
		"response.schema: at most 65536 bytes":           {Schema: strings.Repeat(" ", 70_000)},
		"response.schema: at most 16 references":         {Schema: `{"allOf": [` + strings.Repeat(`{"$ref": "#"},`, 17) + `{}]}`},
	} {
		if _, err := parsing.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// TestSchemaIsBounded: what a schema may cost, at the most that it may refer to itself.
func TestSchemaIsBounded(t *testing.T) {
	doubling := `{"$defs": {"a0": {"type": "string"}`
	for i := range 8 {
		prev := string(rune('0' + i))
		doubling += `, "a` + string(rune('1'+i)) + `": {"anyOf": [{"$ref": "#/$defs/a` + prev + `"}, {"$ref": "#/$defs/a` + prev + `"}]}`
	}
	doubling = strings.Replace(doubling+`}, "$comment": "x"}`, `"$comment": "x"`, `"not": {"type": "null"}`, 1)
	for _, schema := range []string{doubling, `{"$ref": "#"}`} {
		p, err := parsing.New(parsing.Config{Schema: schema})
		if err != nil {
			continue // refused is bounded too
		}
		checkWhole(t, p.Parse(parsing.Reply{Text: `[{"index":1,"value":[` + strings.Repeat("1,", 1000) + `1]}]`}, 1), 1)
	}
}

func TestInstructionNamesTheConstraints(t *testing.T) {
	got := newParser(t, parsing.Config{ValueFields: []string{"mood"}, Values: []string{"good", "bad"}, Schema: `{"type": "string"}`}).Instruction()
	for _, want := range []string{`"mood" is one of: good, bad.`, `"mood" fits this JSON Schema: {"type":"string"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}
