package options_test

import "testing"

// TestStructured: auto is on where nobody else says how the answer is written.
func TestStructured(t *testing.T) {
	const (
		plain = "Name the mood of each text."
		array = `Answer with a JSON array: [{"index": <n>, "mood": "<good|bad>"}]`
	)
	tests := []struct {
		name   string
		layers []set
		want   string
	}{
		{"single mode", nil, "off"},
		{"a batch", []set{{"batch.size": "20"}}, "on"},
		{"a batch of records in JSON", []set{{"batch.size": "20", "record.format": "json"}}, "on"},
		{"one record, values", []set{{"response.values": "a,b"}}, "on"},
		{"one record, a schema", []set{{"response.schema": "{}"}}, "on"},
		{"one record, a field", []set{{"response.value.field": "mood"}}, "on"},
		{"one record, on", []set{{"response.structured": "on"}}, "on"},
		{"one record, text and values", []set{{"response.values": "a,b", "response.format": "text"}}, "off"},
		{"off", []set{{"batch.size": "20", "response.structured": "off"}}, "off"},
		{"on, and back", []set{{"response.structured": "on"}, {"response.structured": "auto"}}, "off"},
		{"another format", []set{{"batch.size": "20", "response.format": "xml"}}, "off"},
		{"json", []set{{"batch.size": "20", "response.format": "json"}}, "on"},
		{"a path", []set{{"batch.size": "20"}, {"response.path": "$[*]"}}, "off"},
		{"an index", []set{{"batch.size": "20", "response.index.field": "index"}}, "off"},
		{"an echo", []set{{"batch.size": "20", "response.echo.field": "check"}}, "off"},
		{"random ids", []set{{"batch.size": "20", "record.ids": "token"}}, "off"},
		{"a template", []set{{"batch.size": "20", "batch.prompt.template": plain}}, "off"},
		{"a template, on", []set{{"batch.size": "20", "batch.prompt.template": array, "response.structured": "on"}}, "on"},
		{"a template and values", []set{{"batch.size": "20", "batch.prompt.template": plain, "response.values": "a"}}, "on"},
		{"a template and a schema", []set{{"batch.prompt.template": plain, "response.schema": "{}"}}, "on"},
		{"a template with a form, and values", []set{{"batch.size": "20", "batch.prompt.template": array, "response.values": "a"}}, "off"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			values := resolve(t, test.layers...)
			if got := values.Map()["response.structured"]; got != test.want {
				t.Errorf("structured %s, want %s", got, test.want)
			}
			if values.Structured == "on" && values.Single() {
				t.Error("single mode has no form to hold to")
			}
		})
	}
}
