package options_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/options"
)

// proposal holds the options that the proposal names, to the letter, with the defaults that it gives.
var proposal = map[string]string{
	"batch.size":            "1",
	"batch.timeout.ms":      "1000",
	"system.prompt":         "",
	"batch.prompt.template": "",
	"response.format":       "json",
	"response.path":         "$[*]",
	"response.index.field":  "index",
	"response.value.field":  "value",
	"max.retries":           "3",
	"request.timeout.ms":    "30000",
}

func TestTableHasTheOptionsOfTheProposal(t *testing.T) {
	for name, value := range proposal {
		o, ok := options.Lookup(name)
		if !ok {
			t.Errorf("there is no %s", name)
			continue
		}
		if o.Default != value {
			t.Errorf("%s is %q by default, want %q", name, o.Default, value)
		}
		if !o.Overridable {
			t.Errorf("%s is closed to requests", name)
		}
	}
}

func TestTableIsWellFormed(t *testing.T) {
	style := regexp.MustCompile(`^[a-z]+(\.[a-z]+)*$`)
	seen := map[string]bool{}
	for _, o := range options.All() {
		if !style.MatchString(o.Name) || seen[o.Name] {
			t.Errorf("%q: a name is dotted lower case and unique", o.Name)
		}
		seen[o.Name] = true
		if o.Doc == "" || !strings.HasSuffix(o.Doc, ".") || o.Example == "" {
			t.Errorf("%s: the doc must be sentences and the example must not be empty", o.Name)
		}
		if o.Max == 0 && o.Type != options.Choice {
			t.Errorf("%s has no bound", o.Name)
		}
		if (o.Type == options.Integer || o.Type == options.Milliseconds) && o.Unit == "" {
			t.Errorf("%s has no unit", o.Name)
		}
	}
}

// Every example must be a value that the option takes and that changes it.
func TestTableExamplesWork(t *testing.T) {
	for _, o := range options.All() {
		t.Run(o.Name, func(t *testing.T) {
			values := resolve(t, map[string]string{o.Name: o.Example})
			if got := values.Map()[o.Name]; got != o.Example {
				t.Errorf("resolved to %q, want %q", got, o.Example)
			}
		})
	}
}

func TestAllIsACopy(t *testing.T) {
	options.All()[0].Name = "changed"
	if name := options.All()[0].Name; name != "batch.size" {
		t.Errorf("a caller changed the table: %q", name)
	}
}

func TestAllNames(t *testing.T) {
	names := options.AllNames()
	if len(names) != len(options.All()) || !slices.Contains(names, "batch.scope") {
		t.Errorf("got %v", names)
	}
	if _, ok := options.Lookup("batch.sizes"); ok {
		t.Error("Lookup found an option that is not there")
	}
}

func TestNearest(t *testing.T) {
	tests := []struct{ name, want string }{
		{"batch.siz", "batch.size"},
		{"batchsize", "batch.size"},
		{"bacth.size", "batch.size"},
		{"batch.timeout", "batch.timeout.ms"},
		{"respone.path", "response.path"},
		{"retries", "max.retries"},
		{"template", "batch.prompt.template"},
		{"colour", ""},
		{"", ""},
		{"x", ""},
		{strings.Repeat("batch.size", 100), ""},
	}
	for _, test := range tests {
		if got := options.Nearest(test.name, options.AllNames()); got != test.want {
			t.Errorf("nearest to %.20q is %q, want %q", test.name, got, test.want)
		}
	}
}

func resolve(t *testing.T, layers ...map[string]string) options.Values {
	t.Helper()
	values, problems := options.Resolve(named(layers)...)
	if diff := cmp.Diff([]options.Problem(nil), problems); diff != "" {
		t.Fatalf("unexpected problems:\n%s", diff)
	}
	return values
}

func named(layers []map[string]string) []options.Layer {
	names := []string{"model m", "request", "query"}
	stack := make([]options.Layer, 0, len(layers))
	for i, set := range layers {
		stack = append(stack, options.Layer{Name: names[i], Set: set})
	}
	return stack
}
