package anthropic_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/anthropic"
	"github.com/weir-ml/weir/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files")

// reviews is the schema of two answers.
var reviews = &providers.Schema{
	Name: "weir_2_abc",
	JSON: []byte(`{"type":"object","properties":{"r1":{"enum":["positive","negative"]},"r2":{"enum":["positive","negative"]}},` +
		`"required":["r1","r2"],"additionalProperties":false}`),
}

// loose is a schema that grammars do not take.
var loose = &providers.Schema{
	Name: "weir_1_loose", JSON: []byte(`{"type":"object","properties":{"r1":{"type":"integer","minimum":1}},"required":["r1"],"additionalProperties":false}`),
}

func system(text string) providers.Message {
	return providers.Message{Role: providers.RoleSystem, Content: text}
}

func user(text string, stable int) providers.Message {
	return providers.Message{Role: providers.RoleUser, Content: text, Stable: stable}
}

// request returns a prompt of two reviews.
func request(change func(r *providers.Request)) *providers.Request {
	r := &providers.Request{
		Model:    "claude-haiku-5-5",
		Messages: []providers.Message{system("Rate each review."), user("Input 1: \"<b>5 > 4</b> & \\ é\"\nInput 2: \"\x01\"", 0)},
	}
	change(r)
	return r
}

func structured(r *providers.Request) { r.Schema = reviews }

// TestExchanges: what goes out and what becomes of the answers that Anthropic publishes.
func TestExchanges(t *testing.T) {
	half := 0.5
	plain := request(func(*providers.Request) {})
	instruction := strings.Repeat("Answer with the number of the input and one word. ", 30)
	ways := map[string]anthropic.Structured{"tool-strict": anthropic.StructuredTool}
	providertest.Exchanges{
		Update: *update,
		New: func(tb testing.TB, name, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, anthropic.Config{BaseURL: baseURL, APIKey: func() string { return providertest.Key }, Structured: ways[name]})
		},
		Requests: map[string]*providers.Request{
			"minimal": {Model: "m", Messages: []providers.Message{user("hello", 0)}, MaxOutputTokens: 10},
			"cached": request(func(r *providers.Request) {
				r.CacheKey, r.Temperature = "k", &half
				r.Messages = []providers.Message{system(instruction), user("Two reviews follow.\nInput 1: good", len("Two reviews follow.\n"))}
			}),
			"schema":                 request(func(r *providers.Request) { r.Schema, r.Effort = reviews, "low" }),
			"schema-refused":         request(structured),
			"tool-of-an-older-model": request(func(r *providers.Request) { r.Schema, r.Model = loose, "claude-3-5-haiku-20241022" }),
			"tool-strict":            request(structured),
			"tool-not-called":        request(func(r *providers.Request) { r.Schema, r.Model = reviews, "claude-sonnet-4-20250514" }),
			"cut-off":                request(func(r *providers.Request) { r.Schema = loose }),
			"context-window":         plain,
			"thinking":               request(func(r *providers.Request) { r.Effort = "xhigh" }),
			"refusal":                plain,
			"overloaded":             plain,
			"rate-limited":           plain,
			"too-long":               plain,
			"no-credit":              plain,
			"temperature":            request(func(r *providers.Request) { r.Temperature = &half }),
		},
	}.Run(t)
}
