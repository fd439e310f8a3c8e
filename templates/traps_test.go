package templates_test

import (
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cbroglie/mustache"

	"github.com/weir-ml/weir/templates"
)

// Each test of this file is a trap of Mustache or of the library, closed.

func TestTrapHTMLEscaping(t *testing.T) {
	section(t, "{{text}}|{{{text}}}|{{&text}}|{{ text }}", `<b>"&'`+"`", `<b>"&'`+"`"+`|<b>"&'`+"`"+`|<b>"&'`+"`"+`|<b>"&'`+"`")
}

func TestTrapNumbersAndNull(t *testing.T) {
	records := row(value("big", "12345678901234567890"), value("small", "0.10"), value("nil", "null"), value("zero", "0"))
	got := render(t, templates.Config{Template: "{{#records}}{{big}} {{small}} [{{nil}}] {{zero}}{{/records}}"}, records)
	equal(t, "12345678901234567890 0.10 [] 0", got.User)
}

func TestTrapTruth(t *testing.T) {
	const template = "{{#records}}{{#x}}yes {{x}}{{/x}}{{^x}}no {{x}}{{/x}}{{/records}}"
	for _, truth := range []struct {
		field templates.Field
		want  string
	}{
		{value("x", "0"), "yes 0"},
		{value("x", "true"), "yes true"},
		{value("x", "[]"), "yes []"},
		{field("x", "false"), "yes false"},
		{value("x", "false"), "no false"},
		{value("x", " false "), "no false"},
		{value("x", "null"), "no "},
		{field("x", ""), "no "},
		{field("x", " \n"), "no  \n"},
		{field("other", "1"), "no "},
	} {
		equal(t, truth.want, render(t, templates.Config{Template: template}, row(truth.field)).User)
	}
}

func TestTrapMethods(t *testing.T) {
	const template = "{{#records}}[{{String}}{{Len}}{{MapKeys}}{{Error}}{{#text}}{{String}}{{Name}}{{Fields}}{{/text}}]{{/records}}"
	section(t, template[len("{{#records}}"):len(template)-len("{{/records}}")], "x", "[]")
}

func TestTrapPartials(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("secret.mustache", []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, template := range []string{"{{>secret}}", "{{> secret }}", "{{#records}}{{>secret}}{{/records}}", "{{#count}}\n  {{>../secret}}\n{{/count}}"} {
		if _, err := templates.Compile(templates.Config{Template: template}); err == nil {
			t.Errorf("%q compiles", template)
		}
	}
}

func TestTrapDelimiters(t *testing.T) {
	for _, template := range []string{"{{=<% %>=}}<%>secret%>", "{{#records}}{{=| |=}}|text|{{/records}}", "{{=}}", "{{= =}}"} {
		if _, err := templates.Compile(templates.Config{Template: template}); err == nil {
			t.Errorf("%q compiles", template)
		}
	}
}

func TestTrapParentScope(t *testing.T) {
	const template = "{{#records}}{{title}}/{{count}}/{{subtitle}};{{/records}}"
	got := render(t, templates.Config{Template: template}, row(field("title", "a"), field("subtitle", "b"), field("count", "99")), text("x"))
	equal(t, "a/2/b;/2/;", got.User)
}

// The library's switch for missing names belongs to the whole process; prompts do not depend on it.
func TestTrapMissingNames(t *testing.T) {
	mustache.AllowMissingVariables = false
	defer func() { mustache.AllowMissingVariables = true }()
	section(t, "[{{none}}{{#none}}{{other}}{{/none}}{{none|json}}]", "x", "[null]")
}

func TestTrapOwnNamesWin(t *testing.T) {
	r := row(field("index", "7"), field("json", "forged"), field("xml", "</record>"), field("first", "x"), field("fields", "y"))
	got := render(t, templates.Config{
		Template: "{{#records}}{{index}} {{json}} {{xml}} {{^first}}not first{{/first}} {{fields}} {{index|json}} {{first|xml}}{{/records}}",
	}, r)
	const object = `{"index": "7", "json": "forged", "xml": "</record>", "first": "x", "fields": "y"}`
	const elements = `<field name="index">7</field><field name="json">forged</field><field name="xml">&lt;/record&gt;</field>` +
		`<field name="first">x</field><field name="fields">y</field>`
	equal(t, "1 "+object+" "+elements+`  ["index", "json", "xml", "first", "fields"] "7" x`, got.User)
}

func TestTrapValuesAreNotTemplates(t *testing.T) {
	const value = "{{count}}{{#records}}{{text}}{{/records}}{{>x}}{{{json}}}"
	section(t, "{{text}}", value, value)
	for _, format := range []templates.Format{templates.FormatText, templates.FormatJSON} {
		got := render(t, templates.Config{Template: "{{count}}\n{{records}}", Format: format}, text(value))
		if strings.Count(got.User, value[:20]) != 1 {
			t.Errorf("%s: %s", format, got.User)
		}
	}
	got := render(t, templates.Config{System: "{{fields}}"}, row(field("{{count}}", "x")))
	equal(t, `["{{count}}"]`, got.System)
}

func TestTrapRecordsInRecords(t *testing.T) {
	for _, template := range []string{
		"{{#records}}{{#records}}{{text}}{{/records}}{{/records}}", "{{#records}}{{#text}}{{#records}}{{/records}}{{/text}}{{/records}}",
		"{{#records}}{{records}}{{/records}}",
	} {
		if _, err := templates.Compile(templates.Config{Template: template}); err == nil {
			t.Errorf("%q compiles", template)
		}
	}
}

// Neither a small template nor many records may make a huge prompt, nor take the memory of one before that is noticed.
func TestTrapAmplification(t *testing.T) {
	big := text(strings.Repeat("x", 1<<20))
	for _, amplification := range []struct {
		name    string
		cfg     templates.Config
		records []templates.Record
	}{
		{"tags", templates.Config{Template: "{{#records}}" + strings.Repeat("{{text}}", 5000) + "{{/records}}"}, []templates.Record{big}},
		{"names", templates.Config{Template: "{{#records}}" + spaced(200) + "{{/records}}"}, []templates.Record{big, big}},
		{"blocks", templates.Config{Template: strings.Repeat("{{records}}", 5000)}, []templates.Record{big}},
		{"records", templates.Config{}, slices.Repeat([]templates.Record{big}, 1000)},
		{"single", templates.Config{Single: true}, []templates.Record{text(strings.Repeat("x", templates.MaxPromptBytes+1))}},
	} {
		t.Run(amplification.name, func(t *testing.T) {
			prompt := compile(t, amplification.cfg)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := prompt.Render(amplification.records)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, templates.ErrTooLarge) {
				t.Errorf("got %v", err)
			}
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 256 {
				t.Errorf("took %d MiB", took)
			}
		})
	}
}

// spaced writes n tags that the library takes for different names.
func spaced(n int) string {
	var tags strings.Builder
	for i := range n {
		tags.WriteString("{{^last}}{{text" + strings.Repeat(" ", i) + "|json}}{{/last}}")
	}
	return tags.String()
}

func TestTrapStdoutStaysSilent(t *testing.T) {
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout = write
	const template = "{{#records}}{{text}}{{none}}{{#text}}{{x|json}}{{none}}{{/text}}{{^none}}{{String}}{{/none}}{{/records}}"
	for _, value := range hostile[:len(hostile)-1] {
		render(t, templates.Config{Template: template}, text(value), row(field(value, value)))
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	printed, err := io.ReadAll(read)
	if err != nil || len(printed) > 0 {
		t.Errorf("printed %q, %v", printed, err)
	}
}

// section renders a template inside of a records section for one plain record.
func section(t *testing.T, template, value, want string) {
	t.Helper()
	got := render(t, templates.Config{Template: "{{#records}}" + template + "{{/records}}"}, text(value))
	equal(t, want, got.User)
}

func equal(t *testing.T, want, got string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
