package templates_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/templates"
)

func TestPlacement(t *testing.T) {
	for _, place := range []struct {
		name  string
		cfg   templates.Config
		want  string
		block bool
	}{
		{"nothing said", templates.Config{}, `Input 1: "a"`, true},
		{"instruction", templates.Config{Instruction: "Rate {{this}}.\n"}, "Rate {{this}}.\n\nInput 1: \"a\"", true},
		{"blank template", templates.Config{Template: " \n", Instruction: "Rate."}, "Rate.\n\nInput 1: \"a\"", true},
		{"template wins", templates.Config{Template: "Do.", Instruction: "Rate."}, "Do.\n\nInput 1: \"a\"", true},
		{"trailing space", templates.Config{Template: "Do {{count}}. \r\n\n"}, "Do 1.\n\nInput 1: \"a\"", true},
		{"comment only", templates.Config{Template: "{{! todo }}"}, `Input 1: "a"`, true},
		{"by tag", templates.Config{Template: "{{records}}\nDo."}, "Input 1: \"a\"\nDo.", true},
		{"by section", templates.Config{Template: "{{#records}}{{text}}{{/records}}"}, "a", false},
		{"empty section", templates.Config{Template: "Do.{{#records}}{{/records}}"}, "Do.", false},
		{"single", templates.Config{Instruction: "Rate.", Single: true}, "a", false},
	} {
		t.Run(place.name, func(t *testing.T) {
			equal(t, place.want, render(t, place.cfg, text("a")).User)
			if got := compile(t, place.cfg).UsesBlock(); got != place.block {
				t.Errorf("UsesBlock is %t", got)
			}
		})
	}
}

func TestSystem(t *testing.T) {
	for system, want := range map[string]string{
		"":                                 "",
		" \n":                              "",
		"Be brief.":                        "Be brief.",
		"{{count}} rows":                   "2 rows",
		"{{#fields}}{{fields}}{{/fields}}": `["text", "a \" b"]`,
		"{{! nothing }}":                   "",
	} {
		got := render(t, templates.Config{System: system}, text("x"), row(field("text", ""), field(`a " b`, "")))
		equal(t, want, got.System)
	}
}

func TestTextOfARecordWithoutText(t *testing.T) {
	cfg := templates.Config{Template: "{{#records}}{{text}};{{/records}}"}
	got := render(t, cfg, text("a\nb"), row(field("title", "c")), row(value("text", "1"), field("title", "d")))
	equal(t, "a\nb;{\"title\": \"c\"};1;", got.User)
}

func TestFields(t *testing.T) {
	const template = "{{fields}}{{#records}}{{index}}{{title}}{{#stars}}{{title|json}}{{count}}{{/stars}}{{text}}{{json}}{{/records}}"
	if diff := cmp.Diff([]string{"title", "stars"}, compile(t, templates.Config{Template: template}).Fields()); diff != "" {
		t.Error(diff)
	}
	if got := compile(t, templates.Config{}).Fields(); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestRenderRefuses(t *testing.T) {
	if _, err := compile(t, templates.Config{}).Render(nil); err == nil {
		t.Error("renders no records")
	}
	single := compile(t, templates.Config{Single: true})
	if _, err := single.Render([]templates.Record{text("a"), text("b")}); err == nil {
		t.Error("single mode renders two records")
	}
}

// TestRenderAtOnce lets several goroutines share a prompt, whose buffers are used again.
func TestRenderAtOnce(t *testing.T) {
	prompt := compile(t, templates.Config{System: "{{count}}", Template: "{{#records}}{{index}}{{json}}{{/records}}"})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			letter := strings.Repeat(string(rune('a'+i)), 100*i)
			for range 100 {
				got, err := prompt.Render([]templates.Record{text(letter)})
				if want := `1"` + letter + `"`; err != nil || got.User != want || got.System != "1" {
					t.Errorf("got %+v, %v", got, err)
				}
			}
		})
	}
	group.Wait()
}
