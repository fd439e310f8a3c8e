package templates_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/templates"
)

// TestProblems shows what bad templates get. Every problem has its line and column; all are told together.
func TestProblems(t *testing.T) {
	for _, problem := range []struct {
		name     string
		template string
		want     []string // a piece of each line of the error
	}{
		{"no end", "Rate\n  these {{count", []string{"line 2, column 9: this {{ is never closed"}},
		{"no end of three", "{{{count}}", []string{"line 1, column 1: this {{ is never closed"}},
		{"empty", "é {{}} {{ }} {{#}}{{/}}", []string{
			"column 3: a tag without a name", "column 8: a tag without a name", "column 14: a tag without a name",
		}},
		{"unclosed", "\n\n{{#records}}{{#title}}x", []string{
			"line 3, column 1: the section {{#records}} is not closed; end it with {{/records}}", "line 3, column 13: the section {{#title}}",
		}},
		{"crossed", "{{#records}}{{#a}}{{/records}}{{/a}}", []string{"{{#a}} is not closed", "{{/a}} closes a section that is not open"}},
		{"unknown", "{{recrods}}", []string{"{{recrods}} is unknown here; did you mean {{records}}?"}},
		{"unknown section", "{{#Record}}\n{{/Record}}", []string{"{{Record}} is unknown here; did you mean {{records}}?"}},
		{"far", "{{sentiment}}", []string{"only {{count}}, {{fields}} and {{records}} are known"}},
		{"out of place", "{{index}}: {{text}} {{title|json}}", []string{
			"{{index}} belongs to one record: write it inside {{#records}}…{{/records}}", "{{text}} belongs", "{{title|json}} belongs",
		}},
		{"doubled braces", `Return [{{"index": 1}}]`, []string{"line 1, column 9: {{\"index\": 1}} is unknown"}},
		{"doubled braces inside", `{{#records}}{{"index": 1}}{{/records}}`, []string{`{{"index": 1}} is not the name of a field`}},
		{"path", "{{#records}}{{record.title}}{{/records}}", []string{"{{record.title}} is not the name of a field"}},
		{"filter", "{{#records}}{{text | upper}}{{text|}}{{|json}}{{/records}}", []string{
			"{{text | upper}}: after a | only json and xml are known", "{{text|}}: after", "{{|json}} is not the name of a field",
		}},
		{"filtered section", "{{#records}}{{#text|json}}{{/text|json}}{{/records}}", []string{"takes a name alone, without a |: {{#text}}"}},
		{"handlebars", "{{#each records}}{{this}}{{/each}}", []string{"{{#each records}} is not Mustache: write {{#records}}…{{/records}}"}},
		{"handlebars inside", "{{#records}}{{@index}} {{else}} {{.}}{{#if title}}", []string{
			"{{@index}} is not Mustache: write {{index}}", "{{else}} is not", "{{.}} is not Mustache", "write {{#title}}…{{/title}}",
		}},
		{"first as text", "{{#records}}{{first}}{{/records}}", []string{"write {{#first}}…{{/first}}; a field of that name is {{first|json}}"}},
		{"partial", "{{> part }}", []string{"{{>part}} is a partial"}},
		{"delimiters", "a\n{{=<% %>=}}<%x%>{{nope}}", []string{"line 2, column 1: changing the delimiters is not supported"}},
		{"never", "{{^records}}none{{/records}}", []string{"{{^records}} never shows"}},
		{"twice", "{{records}}{{#records}}{{/records}}", []string{"both {{records}} and {{#records}}"}},
		{"half a brace", "{{ {count }}", []string{"{{{count}} is unknown"}},
		{"not UTF-8", "ok\n\ufffd\xff", []string{"line 2, column 2: this is not valid UTF-8"}},
		{"deep", strings.Repeat("{{#count}}", 17), []string{"column 161: sections stand more than 16 deep"}},
		{"names", "{{#records}}" + names(257) + "{{n1}}{{/records}}", []string{"more than 256 names from a record"}},
		{"large", strings.Repeat("x", templates.MaxTemplateBytes+1), []string{"the template has 65537 bytes; at most 65536 are allowed"}},
	} {
		t.Run(problem.name, func(t *testing.T) {
			_, err := templates.Compile(templates.Config{Template: problem.template})
			tells(t, err, "batch.prompt.template: ", problem.want)
		})
	}
}

// names writes n tags with different names.
func names(n int) string {
	var tags strings.Builder
	for i := range n {
		fmt.Fprintf(&tags, "{{n%d}}", i)
	}
	return tags.String()
}

func TestProblemsOfSystem(t *testing.T) {
	_, err := templates.Compile(templates.Config{System: "{{#records}}{{json}}{{/records}}\n{{records}}{{title}}"})
	tells(t, err, "system.prompt: ", []string{
		"line 1, column 1: records belong in batch.prompt.template", "line 2, column 1: records belong", "line 2, column 12: {{title}} is unknown here: only {{count}} and {{fields}}",
	})
}

// tells checks that the error has as many lines as pieces, each with its piece.
func tells(t *testing.T, err error, prefix string, pieces []string) {
	t.Helper()
	if err == nil {
		t.Fatal("compiles")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(pieces) {
		t.Fatalf("%d problems, want %d:\n%s", len(lines), len(pieces), err)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, prefix) || !strings.Contains(line, pieces[i]) {
			t.Errorf("got  %s\nwant %s… %s", line, prefix, pieces[i])
		}
	}
}

func TestProblemsOfEveryOptionTogether(t *testing.T) {
	_, err := templates.Compile(templates.Config{System: "{{a}}", Template: "{{b}}", Format: "yaml", Single: true})
	for _, piece := range []string{
		`record.format: "yaml" is not one of text, json, xml`, "system.prompt: line 1", "batch.prompt.template: line 1",
		"batch.prompt.template: a template needs batch mode",
	} {
		if err == nil || !strings.Contains(err.Error(), piece) {
			t.Errorf("no %q in %v", piece, err)
		}
	}
}

func TestProblemsAreBounded(t *testing.T) {
	_, err := templates.Compile(templates.Config{Template: strings.Repeat("{{nothing}}", 1000) + "{{" + strings.Repeat("y", 5000) + "}}"})
	if err == nil || !strings.HasSuffix(err.Error(), "and 981 more problems") || len(err.Error()) > 8<<10 {
		t.Errorf("got %v", err)
	}
}

func TestErrorHasItsPosition(t *testing.T) {
	_, err := templates.Compile(templates.Config{Template: "Rate\n\n→ {{colour}}"})
	found, ok := errors.AsType[*templates.Error](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	found.Message = ""
	if diff := cmp.Diff(&templates.Error{Option: "batch.prompt.template", Line: 3, Column: 3}, found); diff != "" {
		t.Error(diff)
	}
}
