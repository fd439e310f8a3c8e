package openai_test

import (
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/providers/providertest"
)

// two is the schema of an answer about two records.
var two = &providers.Schema{Name: "weir_2", JSON: []byte(`{"type":"object","properties":{` +
	`"r1":{"type":"string","enum":["positive","negative"]},"r2":{"type":"string","enum":["positive","negative"]}},` +
	`"required":["r1","r2"],"additionalProperties":false}`)}

// reviews is a request about two records.
func reviews(model string) *providers.Request {
	return &providers.Request{Model: model, Schema: two, CacheKey: "weir-reviews", Messages: []providers.Message{
		{Role: providers.RoleSystem, Content: "Judge each review. Answer with JSON alone."},
		{Role: providers.RoleUser, Content: "Input 1: \"A delight.\"\nInput 2: \"A bore.\""},
	}}
}

// TestExchanges plays what OpenAI publishes of its formats against the driver.
func TestExchanges(t *testing.T) {
	half := 0.5
	reasoning := reviews("gpt-5-mini")
	reasoning.Effort, reasoning.MaxOutputTokens = "low", 400
	bounded := reviews("gpt-4o-mini")
	bounded.Temperature, bounded.MaxOutputTokens = &half, 400
	tests := map[string]struct {
		cfg openai.Config
		req *providers.Request
	}{
		"chat-schema":         {openai.Config{Organization: "org-1", Project: "proj_1", ServiceTier: "flex"}, bounded},
		"chat-reasoning":      {openai.Config{}, reasoning},
		"chat-refusal":        {openai.Config{}, reviews("gpt-4o-mini")},
		"chat-cut":            {openai.Config{}, bounded},
		"chat-no-schema":      {openai.Config{}, reviews("gpt-4")},
		"chat-max-tokens":     {openai.Config{}, bounded},
		"chat-rate-limit":     {openai.Config{}, reviews("gpt-4o-mini")},
		"chat-flagged":        {openai.Config{}, reviews("o3")},
		"responses-schema":    {openai.Config{API: openai.APIResponses, ServiceTier: "flex"}, bounded},
		"responses-reasoning": {openai.Config{API: openai.APIResponses}, reasoning},
		"responses-refusal":   {openai.Config{API: openai.APIResponses}, reviews("gpt-4o-mini")},
		"responses-cut":       {openai.Config{API: openai.APIResponses}, bounded},
		"responses-failed":    {openai.Config{API: openai.APIResponses}, reviews("gpt-4o-mini")},
		"responses-filter":    {openai.Config{API: openai.APIResponses}, reviews("gpt-4o-mini")},
	}
	requests := make(map[string]*providers.Request)
	for name, test := range tests {
		requests[name] = test.req
	}
	providertest.Exchanges{
		Requests: requests,
		Update:   *update,
		New: func(tb testing.TB, name, baseURL string) providers.Provider {
			tb.Helper()
			cfg := tests[name].cfg
			cfg.BaseURL, cfg.APIKey = baseURL+"/v1", providertest.APIKey
			return start(tb, cfg)
		},
	}.Run(t)
}
