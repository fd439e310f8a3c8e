package templates_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/templates"
)

// FuzzRender compiles any template and renders any record: nothing panics, what is rendered is bounded and the same each
// time, and a record in weir's block is read back as it was.
func FuzzRender(f *testing.F) {
	for _, template := range []string{
		"", "Rate.", proposal, "{{count}}{{records}}", "{{#records}}{{index}} {{text}}{{^last}},{{/last}}{{/records}}",
		"{{#records}}\n{{name|json}} {{name | xml}} {{{json}}} {{&xml}}\n{{/records}}\n", "{{! a\nb }}{{#count}}{{fields}}{{/count}}",
		"{{{{}}}}", "{{ {x} }}", "{{=<% %>=}}", "{{#a}}{{/b}}", "{{>x}}", "{{#records}}\r\n  {{#text}}\r\n{{/text}}\r\n{{/records}}",
	} {
		f.Add(template, "{{count}}", "name", "It's \"fine\"\n</record>", false)
	}
	f.Add("{{#records}}{{name}}{{/records}}", "", "text", "12.50", true)
	f.Fuzz(func(t *testing.T, template, system, name, content string, isJSON bool) {
		records := []templates.Record{text(content), row(templates.Field{Name: name, Value: content, JSON: isJSON})}
		fuzzTemplate(t, templates.Config{System: system, Template: template}, records)
		got, err := readText(render(t, templates.Config{}, records...).User)
		if diff := cmp.Diff(want(records), got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		got, err = readXML(render(t, templates.Config{Format: templates.FormatXML}, records...).User)
		if diff := cmp.Diff(wantXML(records), got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

func fuzzTemplate(t *testing.T, cfg templates.Config, records []templates.Record) {
	t.Helper()
	prompt, err := templates.Compile(cfg)
	if err != nil {
		if strings.Contains(err.Error(), "weir cannot read") { // the check and the library see different tags
			t.Error(err)
		}
		return
	}
	first, err := prompt.Render(records)
	second, again := prompt.Render(records)
	if first != second || (err == nil) != (again == nil) {
		t.Errorf("renders differently: %+v, %+v", first, second)
	}
	if len(first.User) > templates.MaxPromptBytes || len(first.System) > templates.MaxPromptBytes {
		t.Error("renders more than the bound")
	}
}
