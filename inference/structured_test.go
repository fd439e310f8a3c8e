package inference_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// held is a provider that holds its answers to the schema of the request, as far as form says, and answers with the keys of
// the schema: each with what value says, or not at all where that is "".
type held struct {
	form  providers.Form
	value func(key, prompt string) string

	mu       sync.Mutex
	requests []providers.Request
}

// Complete answers with a member for each key of the schema.
func (h *held) Complete(_ context.Context, req *providers.Request) (*providers.Response, error) {
	h.mu.Lock()
	h.requests = append(h.requests, *req)
	h.mu.Unlock()
	if req.Schema == nil {
		return &providers.Response{Text: "no schema", Finish: providers.FinishStop}, nil
	}
	var schema struct {
		Required []string `json:"required"`
	}
	if err := json.Unmarshal(req.Schema.JSON, &schema); err != nil {
		return nil, &providers.Error{Kind: providers.KindBadRequest, Message: err.Error()}
	}
	var members []string
	for _, key := range schema.Required {
		if value := h.value(key, req.Messages[len(req.Messages)-1].Content); value != "" {
			members = append(members, fmt.Sprintf("%q: %q", key, value))
		}
	}
	return &providers.Response{Text: "{" + strings.Join(members, ", ") + "}", Finish: providers.FinishStop, Form: h.form}, nil
}

func (h *held) names() []string {
	var all []string
	for _, r := range h.requests {
		all = append(all, r.Schema.Name)
	}
	return all
}

// textOf is what the prompt says about the record of a key.
func textOf(key, prompt string) string {
	_, rest, _ := strings.Cut(prompt, "Input "+strings.TrimPrefix(key, "r")+": \"")
	text, _, _ := strings.Cut(rest, `"`)
	return text
}

// TestStructured: each call has the schema of its own number of records, and each record gets what stands under its key.
func TestStructured(t *testing.T) {
	t.Parallel()
	h := &held{form: providers.FormSchema, value: textOf}
	engine := newEngine(t, h, map[string]string{"batch.size": "4"})
	for tag, r := range predict(t, engine, recordsOf(11)) {
		if r.Err != nil || r.Values[0].Value != fmt.Sprintf("text %d", tag) || r.Attempts != 1 {
			t.Errorf("record %d: %+v", tag, r)
		}
	}
	names := h.names()
	slices.Sort(names)
	if len(names) != 3 || names[1] != names[2] || !strings.HasPrefix(names[0], "weir_3_") || !strings.HasPrefix(names[1], "weir_4_") {
		t.Errorf("schemas %q", names)
	}
	if first, _, _ := strings.Cut(string(h.requests[0].Schema.JSON), ","); first != `{"type":"object"` || h.requests[0].Records == 0 {
		t.Errorf("request %+v", h.requests[0])
	}
}

// TestStructuredParts: what is asked again has the schema of its own size.
func TestStructuredParts(t *testing.T) {
	t.Parallel()
	h := &held{value: func(key, prompt string) string {
		if text := textOf(key, prompt); text != "text 2" || !strings.Contains(prompt, "Input 2") {
			return text
		}
		return ""
	}}
	got := predict(t, newEngine(t, h, map[string]string{"batch.size": "4"}), recordsOf(4))
	for tag, r := range got {
		if r.Err != nil || r.Values[0].Value != fmt.Sprintf("text %d", tag) {
			t.Errorf("record %d: %+v", tag, r)
		}
	}
	if names := h.names(); len(names) != 2 || !strings.HasPrefix(names[0], "weir_4_") || !strings.HasPrefix(names[1], "weir_1_") {
		t.Errorf("schemas %q", names)
	}
}

// TestStructuredCountsOn: an answer without a schema behind it that leaves a key out and numbers on is not believed.
func TestStructuredCountsOn(t *testing.T) {
	t.Parallel()
	calls := 0
	h := &held{value: func(key, prompt string) string {
		switch key {
		case "r1":
			calls++
		case "r4":
			if calls == 1 {
				return ""
			}
		case "r2", "r3":
			if calls == 1 {
				return textOf(fmt.Sprintf("r%d", key[1]-'0'+1), prompt) // of the next record
			}
		}
		return textOf(key, prompt)
	}}
	for tag, r := range predict(t, newEngine(t, h, map[string]string{"batch.size": "4"}), recordsOf(4)) {
		if r.Err != nil || r.Values[0].Value != fmt.Sprintf("text %d", tag) {
			t.Errorf("record %d: %+v", tag, r)
		}
	}
}

// TestUnstructured: without the option there is no schema.
func TestUnstructured(t *testing.T) {
	t.Parallel()
	for _, set := range []map[string]string{
		{"batch.size": "4", "response.structured": "off"}, {}, {"batch.size": "4", "batch.prompt.template": "Judge."},
	} {
		var got *providers.Schema
		d := driver(func(_ context.Context, req *providers.Request) (*providers.Response, error) {
			got = req.Schema
			return &providers.Response{Text: "x"}, nil
		})
		set["batch.failure.strategy"] = "error"
		predict(t, newEngine(t, d, set), recordsOf(1))
		if got != nil {
			t.Errorf("%v: schema %s", set, got.JSON)
		}
	}
}

// TestUnembeddable: a response.schema that cannot stand within another is no reason to refuse what has worked without.
func TestUnembeddable(t *testing.T) {
	t.Parallel()
	set := map[string]string{"batch.size": "4", "response.schema": `{"$defs": {"a": {"$anchor": "b"}}, "$ref": "#b"}`}
	_, values, err := newEngine(t, &held{}, set).Model("m")
	if err != nil || values.Structured != "off" {
		t.Errorf("structured %s, %v", values.Structured, err)
	}
}

// TestUnstructuredAgain: a request that puts the option back leaves it to weir, whatever the model's own options say.
func TestUnstructuredAgain(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, &skipper{}, map[string]string{"batch.size": "4", "response.structured": "on"})
	stream, err := engine.Open(t.Context(), inference.StreamConfig{
		Options: map[string]string{"response.structured": ""}, Capacity: 1, Receiver: collect(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if got := stream.Options().Structured; got != "off" {
		t.Errorf("%s, with a provider that holds nothing to a schema", got)
	}
}

// TestStructuredWarning: who sets the option to on is told where the provider does not do it; by default nobody is.
func TestStructuredWarning(t *testing.T) {
	t.Parallel()
	tests := []struct {
		form providers.Form
		set  string
		want string
	}{
		{providers.FormSchema, "on", ""},
		{providers.FormJSON, "on", "to JSON, but to no schema"},
		{providers.FormFree, "on", "to nothing but the prompt's words"},
		{providers.FormFree, "auto", ""},
	}
	for _, test := range tests {
		engine := newEngine(t, &held{form: test.form, value: textOf}, map[string]string{"batch.size": "2", "response.structured": test.set})
		predict(t, engine, recordsOf(2))
		stream, err := engine.Open(t.Context(), inference.StreamConfig{Capacity: 2, Receiver: collect(1)})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(stream.Warnings(), " ")
		stream.Close()
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("held to %q, set to %s: %q", test.form, test.set, got)
		}
	}
}

// TestRenderStructured: a dry run shows the schema, and beside a template the words for it.
func TestRenderStructured(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, says(""), map[string]string{
		"batch.size": "2", "system.prompt": "Be brief.\n", "batch.prompt.template": "Judge.", "response.values": "a,b",
	})
	prompts, err := engine.Render(t.Context(), "", nil, recordsOf(3))
	if err != nil {
		t.Fatal(err)
	}
	const form = `{"type":"object","properties":{%s},"required":[%s],"additionalProperties":false,"$defs":{"value":{"type":"string","enum":["a","b"]}}}`
	want := []string{
		fmt.Sprintf(form, `"r1":{"$ref":"#/$defs/value"},"r2":{"$ref":"#/$defs/value"}`, `"r1","r2"`),
		fmt.Sprintf(form, `"r1":{"$ref":"#/$defs/value"}`, `"r1"`),
	}
	if diff := cmp.Diff(want, []string{prompts[0].Schema, prompts[1].Schema}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	messages := []providers.Message{
		{Role: providers.RoleSystem, Content: "Be brief.\n\n" +
			`Answer with one JSON object and nothing else. It has a member for each input, "r1" for input 1, "r2" for input 2, and so on:` +
			"\n{\"r1\": …, \"r2\": …}\nEach value is your answer for that input. Answer every input exactly once.\n" +
			"Each value is one of: a, b."},
		{Role: providers.RoleUser, Content: "Judge.\n\nInput 1: \"text 1\"\nInput 2: \"text 2\""},
	}
	messages[0].Stable, messages[1].Stable = len(messages[0].Content), len("Judge.\n\n")
	if diff := cmp.Diff(messages, prompts[0].Messages); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestManySchemas: schemas of many sizes are all right, and the same again for the same size.
func TestManySchemas(t *testing.T) {
	t.Parallel()
	h := &held{form: providers.FormSchema, value: textOf}
	engine := newEngine(t, h, map[string]string{"batch.size": "200"})
	for n := range 200 {
		if _, err := engine.Render(t.Context(), "", nil, recordsOf(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		for _, r := range predict(t, engine, recordsOf(200)) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
	if h.requests[0].Schema != h.requests[1].Schema {
		t.Error("the schema of a full batch is made again for each")
	}
}

// TestStructuredWithoutEffect: a provider that takes a schema and holds no answer to it is asked in words from the fourth call on,
// with ids that no other call has; one that does again in between goes on being asked with it, and so does one where the user says so.
func TestStructuredWithoutEffect(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		set     map[string]string
		forms   []providers.Form // of the first calls; the last one's goes on
		cutOff  bool             // all answers end at the token limit
		schemas int              // calls with one, of eight
	}{
		{name: "never", forms: []providers.Form{providers.FormFree}, schemas: 3},
		{name: "JSON alone", forms: []providers.Form{providers.FormJSON}, schemas: 3},
		{name: "cut off", cutOff: true, forms: []providers.Form{providers.FormFree}, schemas: 8},
		{name: "always", forms: []providers.Form{providers.FormSchema}, schemas: 8},
		{name: "now and then", forms: []providers.Form{providers.FormFree, providers.FormFree, providers.FormSchema, providers.FormFree}, schemas: 6},
		{name: "set to on", set: map[string]string{"response.structured": "on"}, forms: []providers.Form{providers.FormFree}, schemas: 8},
		{name: "ids set", set: map[string]string{"record.ids": "sequential"}, forms: []providers.Form{providers.FormFree}, schemas: 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := &whim{forms: test.forms, cutOff: test.cutOff}
			options := map[string]string{"batch.size": "2", "record.ids": ""}
			maps.Copy(options, test.set)
			engine := newEngine(t, w, options)
			for call := range 8 {
				for tag, r := range predict(t, engine, recordsOf(2)) {
					if r.Err != nil || r.Values[0].Value != fmt.Sprintf("text %d", tag) || r.Attempts != 1 {
						t.Errorf("call %d, record %d: %+v", call, tag, r)
					}
				}
			}
			if w.schemas != test.schemas || (len(w.ids) > 2) != (test.schemas < 8) {
				t.Errorf("%d calls with a schema, ids of the others %v; want %d, and ids of their own", w.schemas, w.ids, test.schemas)
			}
		})
	}
}

// whim is a provider that holds its answers to a schema as it likes.
type whim struct {
	forms   []providers.Form
	cutOff  bool
	calls   int
	schemas int
	ids     map[string]bool // of the calls without a schema
}

var named = regexp.MustCompile(`Input (\w+): "(.*?)"`)

// Complete answers each input with its text.
func (w *whim) Complete(_ context.Context, req *providers.Request) (*providers.Response, error) {
	form := w.forms[min(w.calls, len(w.forms)-1)]
	w.calls++
	var keyed, listed []string
	for i, input := range named.FindAllStringSubmatch(req.Messages[len(req.Messages)-1].Content, -1) {
		keyed = append(keyed, fmt.Sprintf(`"r%d": %q`, i+1, input[2]))
		listed = append(listed, fmt.Sprintf(`{"index": %q, "value": %q}`, input[1], input[2]))
		if req.Schema == nil {
			if w.ids == nil {
				w.ids = map[string]bool{}
			}
			w.ids[input[1]] = true
		}
	}
	if req.Schema == nil {
		return &providers.Response{Text: "[" + strings.Join(listed, ", ") + "]", Finish: providers.FinishStop}, nil
	}
	w.schemas++
	finish := providers.FinishStop
	if w.cutOff {
		finish = providers.FinishLength
	}
	return &providers.Response{Text: "{" + strings.Join(keyed, ", ") + "}", Finish: finish, Form: form}, nil
}
