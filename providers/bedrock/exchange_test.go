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
		Model:    "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
		Messages: []providers.Message{system("Rate each review."), user("Input 1: \"<b>5 > 4</b> & \\ é\"\nInput 2: \"\x01\"", 0)},
	}
	change(r)
	return r
}

func structured(r *providers.Request) { r.Schema = reviews }

// TestExchanges: what goes out and what becomes of the answers that AWS publishes.
func TestExchanges(t *testing.T) {
	half := 0.5
	plain := request(func(*providers.Request) {})
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
			return start(tb, bedrock.Config{BaseURL: baseURL, APIKey: func() string { return providertest.Key }, Structured: ways[name]})
		},
		Requests: map[string]*providers.Request{
			"minimal":                {Model: "openai.gpt-oss-20b-1:0", Messages: []providers.Message{user("hello", 0)}, Temperature: &half},
			"cached":                 cached,
			"cache-refused":          cached,
			"schema":                 request(func(r *providers.Request) { r.Schema, r.Effort = reviews, "low" }),
			"schema-refused":         request(structured),
			"tool-of-an-older-model": request(func(r *providers.Request) { r.Schema, r.Model = loose, "amazon.nova-lite-v1:0" }),
			"tool-strict":            request(structured),
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
