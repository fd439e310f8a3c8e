package options_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/options"
)

type set = map[string]string

func TestResolveWithoutLayersIsSingleMode(t *testing.T) {
	values := resolve(t)
	want := set{
		"batch.size": "1", "batch.timeout.ms": "1000", "batch.max.bytes": "1048576", "batch.max.tokens": "0",
		"embedding.field": "", "dimensions": "0",
		"batch.scope":   "stream",
		"system.prompt": "", "batch.prompt.template": "", "record.format": "text",
		"response.format": "text", "response.path": "", "response.index.field": "", "response.value.field": "",
		"record.overflow": "error", "record.ids": "sequential", "response.echo.field": "", "response.delimiter": "|", "response.match": "best-effort", "response.values": "", "response.schema": "",
		"response.structured": "off", "max.retries": "3", "batch.failure.strategy": "split", "request.timeout.ms": "30000", "temperature": "", "max.output.tokens": "0",
	}
	if diff := cmp.Diff(want, values.Map()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !values.Single() {
		t.Error("not single mode")
	}
}

// TestDefaultIDs: random letters where weir says all that is said about ids, numbers where somebody may have named them.
func TestDefaultIDs(t *testing.T) {
	for _, c := range []struct {
		set  set
		want string
	}{
		{set{}, "sequential"},                  // single mode has none
		{set{"batch.size": "2"}, "sequential"}, // r1, r2, … of a schema
		{set{"batch.size": "2", "response.structured": "off"}, "token"},
		{set{"response.format": "json", "response.structured": "off"}, "token"},
		{set{"batch.size": "2", "response.format": "xml", "record.format": "xml", "system.prompt": "Be brief."}, "token"},
		{set{"batch.size": "2", "response.format": "delimited", "response.index.field": "n"}, "token"},
		{set{"batch.size": "2", "response.path": "$.results[*]"}, "token"},
		{set{"batch.size": "2", "response.path": "$[?@.index < 5]"}, "sequential"},
		{set{"batch.size": "2", "response.path": "$[?@.index < 5]", "response.index.field": "id"}, "token"},
		{set{"batch.size": "2", "response.format": "regex", "response.path": `^(?P<index>\d+) (?P<value>.*)$`}, "sequential"},
		{set{"batch.size": "2", "batch.prompt.template": "Rate them: [{index: <n>}]"}, "sequential"},
		{set{"batch.size": "2", "response.structured": "off", "system.prompt": `Say [{"index": 1, "value": "good"}].`}, "sequential"},
		{set{"batch.size": "2", "record.ids": "sequential"}, "sequential"},
		{set{"batch.size": "2", "batch.prompt.template": "{{#records}}{{index}}{{/records}}", "record.ids": "token"}, "token"},
	} {
		if got := resolve(t, c.set).Map()["record.ids"]; got != c.want {
			t.Errorf("%v: %s, want %s", c.set, got, c.want)
		}
	}
	model, request := set{"batch.size": "2"}, set{"batch.prompt.template": "Rate them."}
	if got := resolve(t, model, request).RecordIDs; got != "sequential" {
		t.Errorf("a request's template over a model without one: %s", got)
	}
	if got := resolve(t, request, set{"batch.prompt.template": "", "batch.size": "2", "response.structured": "off"}).RecordIDs; got != "token" {
		t.Errorf("a request without the model's template: %s", got)
	}
}

func TestResolveReadsEveryField(t *testing.T) {
	values := resolve(t, set{
		"batch.size": " 20 ", "batch.timeout.ms": "0", "batch.max.bytes": "1000", "batch.max.tokens": "500",
		"batch.scope": "model", "record.overflow": "truncate-head",
		"system.prompt": " be short ", "batch.prompt.template": "a {{text}}", "record.format": "xml",
		"response.format": "json", "response.path": "$.a[*]", "response.index.field": "id",
		"response.value.field": " label , score", "record.ids": "token", "response.echo.field": "a", "response.delimiter": ";", "response.match": "strict", "response.values": "a, b", "response.schema": "{}",
		"max.retries": "0", "request.timeout.ms": "1500", "batch.failure.strategy": "retry",
		"temperature": "0.70", "max.output.tokens": "100",
	})
	temperature := 0.7
	want := options.Values{
		BatchSize: 20, BatchMaxBytes: 1000, BatchMaxTokens: 500, BatchScope: options.ScopeModel,
		SystemPrompt: " be short ", PromptTemplate: "a {{text}}", RecordFormat: options.RecordXML, RecordOverflow: options.OverflowTruncateHead,
		ResponseFormat: options.FormatJSON, ResponsePath: "$.a[*]", Delimiter: ";", IndexField: "id", RecordIDs: options.IDsToken, EchoField: "a",
		ValueFields: []string{"label", "score"}, ResponseMatch: options.MatchStrict, ResponseValues: []string{"a", "b"},
		ResponseSchema:  "{}",
		Structured:      options.StructuredOff,
		FailureStrategy: options.StrategyRetry, RequestTimeout: 1500 * time.Millisecond,
		Temperature: &temperature, MaxOutputTokens: 100,
	}
	if diff := cmp.Diff(want, values, visible); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := values.Map()["response.value.field"]; got != "label,score" {
		t.Errorf("canonical list is %q", got)
	}
}

var visible = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".setBy" }, cmp.Ignore())

func TestResolveMode(t *testing.T) {
	tests := []struct {
		name   string
		layers []set
		single bool
		format string
		values string
	}{
		{"nothing set", nil, true, "text", ""},
		{"a system prompt is fine alone", []set{{"system.prompt": "be short"}}, true, "text", ""},
		{"time-outs and sampling are fine alone", []set{{"max.retries": "0", "temperature": "1"}}, true, "text", ""},
		{"text asked for", []set{{"response.format": "text"}}, true, "text", ""},
		{"a batch", []set{{"batch.size": "2"}}, false, "json", "value"},
		{"a template", []set{{"batch.prompt.template": "x"}}, false, "json", "value"},
		{"a template with a text reply", []set{{"batch.prompt.template": "x", "response.format": "text"}}, false, "text", ""},
		{"a record format", []set{{"record.format": "text"}}, false, "json", "value"},
		{"a format", []set{{"response.format": "json"}}, false, "json", "value"},
		{"a path", []set{{"response.path": "$.x"}}, false, "json", "value"},
		{"an index", []set{{"response.index.field": "i"}}, false, "json", "value"},
		{"a value", []set{{"response.value.field": "v"}}, false, "json", "v"},
		{"a request goes back to one", []set{{"batch.size": "20"}, {"batch.size": "1"}}, true, "text", ""},
		{"a request takes the template away", []set{{"batch.prompt.template": "x"}, {"batch.prompt.template": ""}}, true, "text", ""},
		{"a request sets a size", []set{{"max.retries": "1"}, {"batch.size": "9"}}, false, "json", "value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			values := resolve(t, test.layers...)
			if values.Single() != test.single {
				t.Errorf("single mode is %v, want %v", values.Single(), test.single)
			}
			got := values.Map()
			if got["response.format"] != test.format || got["response.value.field"] != test.values {
				t.Errorf("format %q, value %q", got["response.format"], got["response.value.field"])
			}
		})
	}
}

func TestResolveLaterLayersWin(t *testing.T) {
	values := resolve(t, set{"batch.size": "20", "max.retries": "7"}, set{"batch.size": "50", "max.retries": ""}, set{"batch.size": "9"})
	if values.BatchSize != 9 || values.MaxRetries != 3 {
		t.Errorf("batch.size %d, max.retries %d", values.BatchSize, values.MaxRetries)
	}
	if !values.IsSet("batch.size") || values.IsSet("max.retries") || values.IsSet("temperature") {
		t.Error("IsSet is true of the wrong options")
	}
}

// What one stream is told of its options must, sent back, give the same stream: the map is the whole truth.
func TestMapResolvesToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets := rapid.MapOf(rapid.SampledFrom(options.AllNames()), rapid.SampledFrom(samples))
		layer := options.Layer{Name: "request", Set: sets.Draw(t, "set")}
		values, problems := options.Resolve(layer)
		if len(problems) > 0 {
			return
		}
		again, problems := options.Resolve(options.Layer{Name: "again", Set: values.Map()})
		if len(problems) > 0 {
			t.Fatalf("%v became a problem: %v", values.Map(), problems)
		}
		if diff := cmp.Diff(values, again, visible); diff != "" || values.Key() != again.Key() || values.Single() != again.Single() {
			t.Fatalf("the map does not stand for the values:\n%s", diff)
		}
	})
}

var samples = []string{
	"", "1", "1", "2", "20", "0", "-0", "1e0", "0.5",
	"json", "text", "xml", "model", "stream", "on", "off", "auto", "token", "a", "a, b", "$.x", "NaN", "{{text}}",
}

func TestKeyTellsValuesApart(t *testing.T) {
	keys := map[string]string{}
	for _, change := range []set{
		nil,
		{"batch.size": "2"},
		{"batch.size": "2", "temperature": "0"},
		{"batch.size": "2", "system.prompt": "a"},
		{"batch.size": "2", "batch.prompt.template": "a"},
		{"batch.size": "2", "response.value.field": "a,b"},
	} {
		values := resolve(t, change)
		key := values.Key()
		if other, ok := keys[key]; ok {
			t.Errorf("%v has the key of %s", change, other)
		}
		keys[key] = strings.Join(options.AllNames(), " ")
	}
	one, other := resolve(t, set{"batch.size": "2", "max.retries": "3"}), resolve(t, set{"batch.size": "02"})
	if one.Key() != other.Key() {
		t.Error("equal values have different keys")
	}
}

func FuzzResolve(f *testing.F) {
	f.Add("batch.size", "20", "response.format", "text")
	f.Add("response.value.field", "a,,b", "temperature", "NaN")
	f.Add("batch_size", "\xff", "", "x\n")
	f.Fuzz(func(t *testing.T, name, value, other, otherValue string) {
		values, problems := options.Resolve(options.Layer{Name: "request", Set: set{name: value, other: otherValue}})
		for _, p := range problems {
			if text := p.String(); len(text) > 400 || strings.ContainsAny(text, "\n\r\x00\x1b") {
				t.Errorf("a problem must be short and on one line: %q", text)
			}
		}
		again, more := options.Resolve(options.Layer{Set: values.Map()})
		if len(problems) == 0 && (len(more) > 0 || again.Key() != values.Key()) {
			t.Errorf("%v does not resolve to itself: %v", values.Map(), more)
		}
	})
}

// TestEchoField: an echo makes an answer of entries, and what no entry could have is refused.
func TestEchoField(t *testing.T) {
	if v := resolve(t, set{"response.echo.field": "check"}); v.Single() || v.ResponseFormat != options.FormatJSON || v.EchoField != "check" {
		t.Errorf("%+v", v)
	}
	resolve(t, set{"response.echo.field": "check", "batch.prompt.template": "Answer with index, check and value."})
	resolve(t, set{"response.echo.field": "check", "batch.prompt.template": "Go.", "system.prompt": "Answer with index, check and value."})
	for want, s := range map[string]set{
		"does not say so to the model":    {"response.echo.field": "check", "batch.prompt.template": "Rate them."},
		`"index", which is the field of`:  {"response.echo.field": "index"},
		`"b", which is the field of`:      {"response.echo.field": "b", "response.value.field": "a,b"},
		"has no meaning where response.f": {"response.echo.field": "check", "response.format": "text"},
	} {
		_, problems := options.Resolve(options.Layer{Name: "request", Set: s})
		if len(problems) != 1 || problems[0].Option != "response.echo.field" || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%v: %v, want one problem with %q", s, problems, want)
		}
	}
}
