package bedrock_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/bedrock"
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
	return providertest.Reviews("eu.anthropic.claude-haiku-4-5-20251001-v1:0", changes...)
}

// TestExchanges: what goes out and what becomes of the answers that AWS publishes.
func TestExchanges(t *testing.T) {
	half := 0.5
	plain := request()
	instruction := strings.Repeat("Answer with the number of the input and one word. ", 30)
	cached := request(func(r *providers.Request) {
		r.CacheKey, r.Temperature, r.MaxOutputTokens = "k", &half, 800
		r.Messages = []providers.Message{system(instruction), user("Two reviews follow.\nInput 1: good", len("Two reviews follow.\n"))}
	})
	ways := map[string]bedrock.Structured{"tool-strict": bedrock.StructuredTool}
	providertest.Exchanges{
		Update: *update,
		New: func(tb testing.TB, name, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, bedrock.Config{BaseURL: baseURL, APIKey: providertest.APIKey, Structured: ways[name]})
		},
		Requests: map[string]*providers.Request{
			"minimal":                {Model: "openai.gpt-oss-20b-1:0", Messages: []providers.Message{user("hello", 0)}, Temperature: &half},
			"cached":                 cached,
			"cache-refused":          cached,
			"schema":                 request(func(r *providers.Request) { r.Schema, r.Effort = reviews, "low" }),
			"schema-refused":         request(providertest.Structured),
			"tool-of-an-older-model": request(func(r *providers.Request) { r.Schema, r.Model = loose, "amazon.nova-lite-v1:0" }),
			"tool-strict":            request(providertest.Structured),
			"tool-not-called":        request(func(r *providers.Request) { r.Schema, r.Model = reviews, "anthropic.claude-3-haiku-20240307-v1:0" }),
			"llama":                  request(func(r *providers.Request) { r.Schema, r.Model = reviews, "us.meta.llama3-3-70b-instruct-v1:0" }),
			"cut-off":                request(func(r *providers.Request) { r.Schema, r.MaxOutputTokens = loose, 20 }),
			"reasoning":              request(func(r *providers.Request) { r.Effort = "high" }),
			"guardrail":              plain,
			"filtered":               plain,
			"throttled":              plain,
			"tokens-of-a-day":        plain,
			"model-timeout":          plain,
			"too-long":               plain,
			"on-demand":              plain,
			"no-access": request(func(r *providers.Request) {
				r.Model = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3"
			}),
		},
	}.Run(t)
}
