package gemini_test

import (
	"flag"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files")

// reviews is the schema of two answers.
var reviews = &providers.Schema{
	Name: "weir_2_abc",
	JSON: []byte(`{"type":"object","properties":{"r1":{"enum":["positive","negative"]},"r2":{"enum":["positive","negative"]}},` +
		`"required":["r1","r2"],"additionalProperties":false}`),
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
		Model:    "gemini-3.5-flash",
		Messages: []providers.Message{system("Rate each review."), user("Input 1: \"<b>5 > 4</b> & \\ é\"\nInput 2: \"\x01\"", 0)},
	}
	change(r)
	return r
}

func structured(r *providers.Request) { r.Schema = reviews }

// loose is a schema with a keyword that Google does not name.
var loose = &providers.Schema{
	Name: "weir_1_loose", JSON: []byte(`{"type":"object","properties":{"r1":{"const":5}},"required":["r1"],"additionalProperties":false}`),
}

// TestExchanges: what goes out and what becomes of the answers that Google publishes.
func TestExchanges(t *testing.T) {
	half := 0.5
	plain := request(func(*providers.Request) {})
	providertest.Exchanges{
		Update: *update,
		New: func(tb testing.TB, _, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, gemini.Config{BaseURL: baseURL, APIKey: func() string { return providertest.Key }})
		},
		Requests: map[string]*providers.Request{
			"minimal": {Model: "models/gemini-3.5-flash", Messages: []providers.Message{user("hello", 0)}},
			"cached": request(func(r *providers.Request) {
				r.CacheKey, r.Temperature, r.MaxOutputTokens = "k", &half, 800
				r.Messages = []providers.Message{system("Rate each review."), user("Two reviews follow.\nInput 1: good", 20)}
			}),
			"schema":             request(structured),
			"json":               request(func(r *providers.Request) { r.Schema = loose }),
			"schema-refused":     request(structured),
			"thinking-level":     request(func(r *providers.Request) { r.Effort = "low" }),
			"thinking-budget":    request(func(r *providers.Request) { r.Effort, r.Model = "low", "gemini-2.5-flash" }),
			"thoughts-use-it-up": request(func(r *providers.Request) { r.Effort, r.MaxOutputTokens = "512", 100 }),
			"cut-off":            plain,
			"prompt-blocked":     plain,
			"answer-blocked":     plain,
			"recitation":         plain,
			"wrong-key":          plain,
			"rate-limited":       plain,
			"quota-of-a-day":     plain,
			"too-long":           plain,
			"overloaded":         plain,
		},
	}.Run(t)
}
