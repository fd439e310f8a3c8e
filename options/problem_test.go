package options_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-ml/weir/options"
)

// TestProblems shows, as a golden file, what every kind of mistake is told.
func TestProblems(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	tests := []struct {
		name   string
		layers []set
	}{
		{"unknown, near", []set{{"batch.sise": "1", "batch_size": "1", "retries": "1", "BATCH.SIZE": "1"}}},
		{"unknown, far", []set{{"colour": "red", "": "x", "a\nb": "x", long: "x"}}},
		{"not an option of a request", []set{nil, {
			"api_key": "sk-secret", "api-key": "sk-secret", "endpoint": "http://x", "provider": "x", "model": "y",
		}}},
		{"not a number", []set{{"batch.size": "many", "batch.timeout.ms": "1s", "temperature": "hot", "max.retries": "1.5"}}},
		{"out of bounds", []set{{
			"batch.size": "0", "batch.timeout.ms": "-1", "temperature": "2.5", "max.retries": "21", "request.timeout.ms": "0",
		}}},
		{"odd numbers", []set{{"batch.size": "99999999999999999999", "temperature": "NaN", "batch.max.bytes": "1MiB"}}},
		{"not a choice", []set{{"batch.scope": "both", "record.format": "yaml", "response.format": "JSON"}}},
		{"a path of columns", []set{{"response.format": "delimited", "response.path": "$[*]"}}},
		{"a long delimiter", []set{{"response.delimiter": "123456789"}}},
		{"text", []set{{"system.prompt": long, "batch.prompt.template": "\xff", "response.path": long, "response.index.field": long}}},
		{"lists", []set{{"response.value.field": "a,,b"}, {"response.value.field": "a, b ,a"}}},
		{"index among the values", []set{{"response.value.field": "value,index"}}},
		{"text with a batch", []set{{"batch.size": "20"}, {"response.format": "text"}}},
		{"text with places", []set{{"response.format": "text"}, {
			"response.path": "$.x", "response.index.field": "i", "response.value.field": "v",
		}}},
		{"text with a record format", []set{{"response.format": "text", "record.format": "json"}}},
		{"structured, another format", []set{{"response.structured": "on"}, {"response.format": "xml"}}},
		{"structured, a path", []set{{"response.path": "$.x"}, {"response.structured": "on"}}},
		{"structured, an index", []set{{"response.structured": "on", "response.index.field": "id"}}},
		{"structured, ids", []set{{"response.structured": "on", "record.ids": "token"}}},
		{"all at once", []set{{"batch.size": "x"}, {"batch.sizes": "1", "record.format": "y"}}},
	}
	var b strings.Builder
	for _, test := range tests {
		_, problems := options.Resolve(named(test.layers)...)
		if len(problems) == 0 {
			t.Errorf("%s: no problem", test.name)
			continue
		}
		fmt.Fprintf(&b, "-- %s --\n%v\n", test.name, &options.Error{Problems: problems})
	}
	if strings.Contains(b.String(), "sk-secret") {
		t.Error("a problem shows the value of a key that is no option")
	}
	golden(t, "testdata/problems.golden", b.String())
}

func TestResolveKeepsToWhatIsOpen(t *testing.T) {
	request := options.Layer{
		Name: "request", Set: set{"batch.size": "5", "max.retries": "9", "nonsense": ""},
		Open: func(name string) bool { return name == "batch.size" },
	}
	values, problems := options.Resolve(options.Layer{Name: "model m", Set: set{"max.retries": "1"}}, request)
	got := (&options.Error{Problems: problems}).Error()
	const want = "2 problems with the options:\n" +
		"request: max.retries may not be set here: the operator has not opened it\n" +
		"request: nonsense is not an option (docs/options.md has them all)"
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if values.BatchSize != 5 || values.MaxRetries != 1 {
		t.Errorf("batch.size %d, max.retries %d: want the best that can be made of the rest", values.BatchSize, values.MaxRetries)
	}
}

// A status must fit into the 8 KiB of headers that Java's gRPC takes.
func TestErrorIsBounded(t *testing.T) {
	bad := set{}
	for i := range 256 {
		bad[fmt.Sprintf("%d%s", i, strings.Repeat("\x01", 100))] = strings.Repeat("\x01", 100)
	}
	_, problems := options.Resolve(options.Layer{Name: "request", Set: bad})
	text := (&options.Error{Problems: problems}).Error()
	if len(problems) != 256 || len(text) > 6_000 || !strings.HasSuffix(text, "… and 240 more") {
		t.Errorf("%d problems, a text of %d bytes: …%s", len(problems), len(text), text[len(text)-30:])
	}
}

// Too many options are one problem: to look for the nearest name of each would cost minutes.
func TestTooManyOptions(t *testing.T) {
	many := set{}
	for i := range 100_000 {
		many[fmt.Sprint("option.", i)] = "x"
	}
	_, problems := options.Resolve(options.Layer{Name: "request", Set: many})
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "100000 options are too many") {
		t.Errorf("%v", problems)
	}
}

func ExampleResolve() {
	model := options.Layer{Name: "model reviews", Set: map[string]string{"batch.size": "20"}}
	request := options.Layer{Name: "request", Set: map[string]string{"batch.sise": "50", "max.retries": "many"}}
	if _, problems := options.Resolve(model, request); problems != nil {
		fmt.Println(&options.Error{Problems: problems})
	}
	// Output:
	// 2 problems with the options:
	// request: batch.sise is not an option; did you mean batch.size?
	// request: max.retries must be a whole number from 0 to 20 (calls), not "many"
}
