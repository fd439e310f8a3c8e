package options_test

import (
	"strings"
	"testing"

	"github.com/weir-ml/weir/options"
)

// TestAllowFormat: a format of the program's own is a value like weir's, and its name is one that no other has.
func TestAllowFormat(t *testing.T) {
	set := options.Layer{Name: "model m", Set: map[string]string{"response.format": "of-a-test"}}
	if _, problems := options.Resolve(set); len(problems) != 1 || !strings.Contains(problems[0].Message, "json or xml") {
		t.Errorf("before: %v", problems)
	}
	before := options.All()
	options.AllowFormat("of-a-test")
	defer options.ForgetFormat("of-a-test")
	v, problems := options.Resolve(set)
	if len(problems) > 0 || v.ResponseFormat != "of-a-test" || v.ResponsePath != "" || v.Single() {
		t.Errorf("after: %+v, %v", v, problems)
	}
	set.Set["response.format"] = "of-another"
	if _, problems := options.Resolve(set); len(problems) != 1 || !strings.Contains(problems[0].Message, "or of-a-test") {
		t.Errorf("another: %v", problems)
	}
	for i, o := range options.All() {
		if len(o.Choices) != len(before[i].Choices) {
			t.Errorf("%s: the table has changed: %q", o.Name, o.Choices)
		}
	}
	for _, name := range []string{"of-a-test", "json", "", "Of A Test", strings.Repeat("x", 33)} {
		panics(t, name)
	}
}

func panics(t *testing.T, name string) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%q can be a format", name)
		}
	}()
	options.AllowFormat(name)
}
