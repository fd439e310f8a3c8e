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

// What the tables are written in.
var (
	system, user = providertest.System, providertest.User
	reviews      = providertest.Schema()
	// loose is a schema that grammars do not take.
	loose = providertest.LooseSchema(`{"type":"integer","minimum":1}`)
)

func request(changes ...func(r *providers.Request)) *providers.Request {
	return providertest.Reviews("claude-haiku-5-5", changes...)
}

// TestExchanges: what goes out and what becomes of the answers that Anthropic publishes.
func TestExchanges(t *testing.T) {
	half := 0.5
	plain := request()
	instruction := strings.Repeat("Answer with the number of the input and one word. ", 30)
	ways := map[string]anthropic.Structured{"tool-strict": anthropic.StructuredTool}
	providertest.Exchanges{
		Update: *update,
		New: func(tb testing.TB, name, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, anthropic.Config{BaseURL: baseURL, APIKey: providertest.APIKey, Structured: ways[name]})
		},
		Requests: map[string]*providers.Request{
			"minimal": {Model: "m", Messages: []providers.Message{user("hello", 0)}, MaxOutputTokens: 10},
			"cached": request(func(r *providers.Request) {
				r.CacheKey, r.Temperature = "k", &half
				r.Messages = []providers.Message{system(instruction), user("Two reviews follow.\nInput 1: good", len("Two reviews follow.\n"))}
			}),
			"schema":                 request(func(r *providers.Request) { r.Schema, r.Effort = reviews, "low" }),
			"schema-refused":         request(providertest.Structured),
			"tool-of-an-older-model": request(func(r *providers.Request) { r.Schema, r.Model = loose, "claude-3-5-haiku-20241022" }),
			"tool-strict":            request(providertest.Structured),
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
