package gemini_test

import (
	"flag"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files")

// What the tables are written in.
var (
	system, user = providertest.System, providertest.User
	reviews      = providertest.Schema()
	// loose is a schema with a keyword that Google does not name.
	loose = providertest.LooseSchema(`{"const":5}`)
)

func request(changes ...func(r *providers.Request)) *providers.Request {
	return providertest.Reviews("gemini-3.5-flash", changes...)
}

// TestExchanges: what goes out and what becomes of the answers that Google publishes.
func TestExchanges(t *testing.T) {
	half := 0.5
	plain := request()
	providertest.Exchanges{
		Update: *update,
		New: func(tb testing.TB, _, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, gemini.Config{BaseURL: baseURL, APIKey: providertest.APIKey})
		},
		Requests: map[string]*providers.Request{
			"minimal": {Model: "models/gemini-3.5-flash", Messages: []providers.Message{user("hello", 0)}},
			"cached": request(func(r *providers.Request) {
				r.CacheKey, r.Temperature, r.MaxOutputTokens = "k", &half, 800
				r.Messages = []providers.Message{system("Rate each review."), user("Two reviews follow.\nInput 1: good", 20)}
			}),
			"schema":             request(providertest.Structured),
			"json":               request(func(r *providers.Request) { r.Schema = loose }),
			"schema-refused":     request(providertest.Structured),
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
