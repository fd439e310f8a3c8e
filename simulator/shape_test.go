package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/simulator"
)

// held asks with a schema, not strict, and returns the answer's text.
func held(tb testing.TB, s *simulator.Server, text, schema string) string {
	tb.Helper()
	v := vendors[0]
	request := strings.Replace(v.request(v.held, text, schema), `"strict":true`, `"strict":false`, 1)
	got := v.call(s, request)
	return answer(tb, response{got.Code, got.Header(), got.Body.Bytes()})
}

func TestShapes(t *testing.T) {
	const label = `{"enum": ["positive", "negative", "neutral"]}`
	object := func(properties string) string { return `{"type": "object", "properties": {` + properties + `}}` }
	for _, tt := range []struct{ name, schema, want string }{
		{"labels", object(`"r1": ` + label + `, "r2": ` + label), `{"r1": "positive", "r2": "negative"}`},
		{"other words for them", object(`"r2": {"enum": ["Neg", "Pos", "Neu"]}`), `{"r2": "Neg"}`},
		{"a scale", object(`"r1": {"enum": [1, 2, 3, 4, 5]}, "r2": {"enum": [1, 2, 3, 4, 5]}`), `{"r1": 5, "r2": 2}`},
		{"strings", object(`"r1": {"type": "string"}`), `{"r1": "positive"}`},
		{"a score", object(`"r1": {"type": "object", "properties": {"score": {"type": "number"}, "sure": {"type": "boolean"}}}`), `{"r1": {"score": 0.6369, "sure": true}}`},
		{"stars", object(`"r1": {"type": "object", "properties": {"stars": {"type": "integer", "minimum": 1, "maximum": 5}}}`), `{"r1": {"stars": 4}}`},
		{"a const and a null", object(`"r1": {"const": "x"}, "r2": {"type": "null"}`), `{"r1": "x", "r2": null}`},
		{"a reference", `{"type": "object", "properties": {"r2": {"$ref": "#/$defs/v"}}, "$defs": {"v": ` + label + `}}`, `{"r2": "negative"}`},
		{"an alternative", object(`"r2": {"anyOf": [{"type": "null"}, ` + label + `]}`), `{"r2": "negative"}`},
		{"a list of types", object(`"r2": {"type": ["string", "null"]}`), `{"r2": "negative"}`},
		{
			"a list", object(`"results": {"type": "array", "items": {"type": "object", "properties": {"index": {"type": "integer"}, "sentiment": {"type": "string"}}}}`),
			`{"results": [{"index": 1, "sentiment": "positive"}, {"index": 2, "sentiment": "negative"}]}`,
		},
		{
			"an index with bounds", object(`"r1": {"type": "object", "properties": {"index": {"type": "integer", "minimum": 1, "maximum": 1}}}, "r2": {"type": "object", "properties": {"index": {"type": "integer", "minimum": 1, "maximum": 1}}}`),
			`{"r1": {"index": 1}, "r2": {"index": 1}}`,
		},
		{"a record that is not there", object(`"r9": ` + label), `{"r9": "neutral"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := held(t, simulator.New(simulator.Config{}), batch, tt.schema); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Whatever the schema, the answer is one that it takes, as another's validator sees it.
func TestAnswersKeepToTheSchema(t *testing.T) {
	s := simulator.New(simulator.Config{})
	texts := reviews(t)[:8]
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(rt, "records")
		var members, required []string
		for i := range n {
			members = append(members, fmt.Sprintf(`"r%d": %s`, i+1, drawSchema(rt, 0)))
			required = append(required, fmt.Sprintf(`"r%d"`, i+1))
		}
		schema := fmt.Sprintf(`{"type": "object", "properties": {%s}, "required": [%s], "additionalProperties": false}`,
			strings.Join(members, ", "), strings.Join(required, ", "))
		text := held(t, s, prompt(texts[:n]), schema)
		if err := validate(schema, text); err != nil {
			rt.Fatalf("%s\n%s\n%v", schema, text, err)
		}
	})
}

func drawSchema(t *rapid.T, depth int) string {
	kinds := []string{
		`{"type": "string"}`, `{"type": "string", "enum": ["yes", "no"]}`, `{"type": "number"}`, `{"type": "integer"}`, `{"type": "boolean"}`,
		`{"type": "integer", "minimum": 1, "maximum": 5}`, `{"type": "number", "minimum": 0}`, `{"type": ["string", "null"]}`,
		`{"anyOf": [{"type": "number"}, {"type": "null"}]}`, `{"type": "array", "items": {"type": "string"}}`, `{"const": 7}`,
		`{"type": "array", "items": {"type": "integer"}, "minItems": 2}`, `{"enum": ["positive", "negative"]}`,
	}
	i := rapid.IntRange(0, len(kinds)).Draw(t, "kind")
	if i < len(kinds) || depth > 2 {
		return kinds[i%len(kinds)]
	}
	name := rapid.SampledFrom([]string{"sentiment", "score", "confidence", "entities", "index", "reason"}).Draw(t, "name")
	return fmt.Sprintf(`{"type": "object", "properties": {%q: %s}, "required": [%q], "additionalProperties": false}`, name, drawSchema(t, depth+1), name)
}

func validate(schema, text string) error {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		return err
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

func TestStrictSchemas(t *testing.T) {
	v := vendors[0]
	s := simulator.New(simulator.Config{})
	for _, tt := range []struct{ name, schema, want string }{
		{"open", `{"type":"object","properties":{"r1":{"type":"string"}},"required":["r1"]}`, "In context=(), 'additionalProperties' is required"},
		{
			"open inside", `{"type":"object","properties":{"r1":{"type":"object","properties":{}}},"required":["r1"],"additionalProperties":false}`,
			"In context=('properties', 'r1'), 'additionalProperties' is required",
		},
		{
			"not required", `{"type":"object","properties":{"r1":{"type":"string"},"r2":{"type":"string"}},"required":["r1"],"additionalProperties":false}`,
			"Missing 'r2'.",
		},
		{"a list", `{"type":"array","items":{"type":"string"}}`, `got 'type: \"array\"'`},
		{
			"a keyword", `{"type":"object","properties":{"r1":{"type":"string","maxLength":3}},"required":["r1"],"additionalProperties":false}`,
			"In context=('properties', 'r1'), 'maxLength' is not permitted.",
		},
		{"no such reference", `{"type":"object","properties":{"r1":{"$ref":"#/$defs/none"}},"required":["r1"],"additionalProperties":false}`, "is not there"},
		{"endless", `{"type":"object","properties":{"r1":{"$ref":"#"}},"required":["r1"],"additionalProperties":false}`, "nests more than 32"},
		{"no object", `7`, "it is not an object"},
		{"a name", "", "does not match pattern"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request := v.request(v.held, batch, tt.schema)
			if tt.schema == "" {
				request = strings.Replace(v.request(v.held, batch, strictSchema), "weir_2", "weir 2", 1)
			}
			got := v.call(s, request)
			if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), tt.want) {
				t.Errorf("status %d, %s", got.Code, got.Body)
			}
		})
	}
}

func TestForms(t *testing.T) {
	inJSON := strings.Replace(body("m", "Say in JSON: I love it"), "{", `{"response_format":{"type":"json_object"},`, 1)
	for _, tt := range []struct {
		forms        simulator.Forms
		json, schema int
	}{{simulator.FormsAll, 200, 200}, {simulator.FormsJSON, 200, 400}, {simulator.FormsNone, 400, 400}} {
		s := simulator.New(simulator.Config{Forms: tt.forms})
		for _, v := range vendors {
			if v.held != "" && v.call(s, v.request(v.held, batch, strictSchema)).Code != tt.schema {
				t.Errorf("%s: forms %d: a schema does not get %d", v.name, tt.forms, tt.schema)
			}
			if v.called != "" && v.call(s, v.request(v.called, batch, strictSchema)).Code != http.StatusOK {
				t.Errorf("%s: forms %d: a tool is refused", v.name, tt.forms)
			}
		}
		if got := vendors[0].call(s, inJSON); got.Code != tt.json {
			t.Errorf("forms %d: JSON gets %d: %s", tt.forms, got.Code, got.Body)
		}
	}
	s := simulator.New(simulator.Config{})
	got := vendors[0].call(s, inJSON)
	if text := answer(t, response{got.Code, got.Header(), got.Body.Bytes()}); text != `{"result": "positive"}` {
		t.Errorf("got %s", text)
	}
	silent := strings.Replace(inJSON, "Say in JSON: ", "", 1)
	if got := vendors[0].call(s, silent); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "must contain the word 'json'") {
		t.Errorf("status %d, %s", got.Code, got.Body)
	}
}

// FuzzSchema: no schema breaks the server, and what it takes it answers with JSON.
func FuzzSchema(f *testing.F) {
	f.Add(strictSchema)
	f.Add(looseSchema)
	f.Add(`{"type":"object","properties":{"r1":{"$ref":"#/properties/r1"}}}`)
	f.Add(`{"items":{"anyOf":[{"enum":[]},{"enum":[null]}]},"minItems":3}`)
	s := simulator.New(simulator.Config{MaxBodyBytes: 1 << 16})
	v := vendorNamed(f, "ollama") // it takes a schema as it is
	f.Fuzz(func(t *testing.T, schema string) {
		if !json.Valid([]byte(schema)) || strings.TrimSpace(schema) == "null" {
			return
		}
		got := v.call(s, v.request(v.held, batch, schema))
		var reply struct{ Message struct{ Content string } }
		unmarshal(t, got.Body.Bytes(), &reply)
		if got.Code == http.StatusOK && schema[0] == '{' && !json.Valid([]byte(reply.Message.Content)) {
			t.Errorf("%s gets %s", schema, got.Body)
		}
	})
}
