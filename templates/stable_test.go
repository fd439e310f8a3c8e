package templates_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-ml/weir/templates"
)

const instruct = "Answer with JSON."

func TestStable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		cfg          templates.Config
		system, user string
	}{
		{"weir's own instruction", templates.Config{Instruction: instruct}, "", instruct + "\n\n"},
		{"and its array", templates.Config{Instruction: instruct, Format: templates.FormatJSON}, "", instruct + "\n\n[\n"},
		{"a template without tags", templates.Config{Template: "Judge.\n", Format: templates.FormatXML}, "", "Judge.\n\n<records>\n"},
		{"a system message", templates.Config{System: "Be brief.\n", Instruction: instruct}, "Be brief.\n", instruct + "\n\n"},
		{"one with a count", templates.Config{System: "You get {{count}} texts."}, "You get", ""},
		{"a count in the instruction", templates.Config{Template: "Judge. There are {{count}}."}, "", "Judge. There are"},
		{"records by a tag", templates.Config{Template: "Judge:\n{{records}}\nThank you."}, "", "Judge:"},
		{"a section", templates.Config{Template: "Judge:\n  {{#records}}\n{{index}} {{json}}\n{{/records}}"}, "", "Judge:"},
		{"a tag at the start", templates.Config{Template: "{{count}} texts follow."}, "", ""},
		{"nothing but the block", templates.Config{}, "", ""},
		{"single mode", templates.Config{System: "Translate.", Single: true}, "Translate.", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			prompt := compile(t, test.cfg)
			if system, user := prompt.Stable(); system != test.system || user != test.user {
				t.Errorf("stable are %q and %q, want %q and %q", system, user, test.system, test.user)
			}
			rapid.Check(t, func(t *rapid.T) { checkStable(t, prompt, test.cfg.Single) })
		})
	}
}

// checkStable: whatever the records, the messages begin with what is said to be stable, and say so.
func checkStable(t *rapid.T, prompt *templates.Prompt, single bool) {
	records := genRecords.Draw(t, "records")
	if single {
		records = records[:1]
	}
	rendered, err := prompt.Render(records)
	if err != nil {
		t.Fatal(err)
	}
	system, user := prompt.Stable()
	if !strings.HasPrefix(rendered.System, system) || rendered.StableSystem != len(system) {
		t.Fatalf("the system message begins with %d bytes that are said to be stable: %q", rendered.StableSystem, rendered.System)
	}
	if !strings.HasPrefix(rendered.User, user) || rendered.StableUser != len(user) {
		t.Fatalf("the user message begins with %d bytes that are said to be stable: %q", rendered.StableUser, rendered.User)
	}
}
