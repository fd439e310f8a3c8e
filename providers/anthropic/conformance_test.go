package anthropic_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/anthropic"
	"github.com/weir-ml/weir/providers/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Driver{
		New: func(tb testing.TB, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, anthropic.Config{BaseURL: baseURL, APIKey: providertest.APIKey})
		},
		Wire:  &providertest.Wire{Answer: answer, Failures: failures, Check: check},
		Leaks: providertest.NoLeaks,
	})
}

// start returns a provider that is closed at the end of the test.
func start(tb testing.TB, cfg anthropic.Config) *anthropic.Provider {
	tb.Helper()
	return providertest.Start(tb, anthropic.New, cfg)
}

// answer writes a message.
func answer(a providertest.Answer) string {
	content, reason := []any{map[string]any{"type": "text", "text": a.Text}}, "end_turn"
	switch {
	case a.Refused:
		content, reason = []any{}, "refusal"
	case a.Finish == providers.FinishLength:
		reason = "max_tokens"
	}
	body := map[string]any{
		"id": "msg_1", "type": "message", "role": "assistant", "model": "a-model", "content": content, "stop_reason": reason, "stop_sequence": nil,
	}
	if u := a.Usage; u != nil {
		body["usage"] = map[string]any{
			"input_tokens": u.Prompt, "output_tokens": u.Completion, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0,
		}
	}
	return providertest.Body(body)
}

// said is an error body as Anthropic writes it.
func said(kind, message string) string {
	return `{"type":"error","error":{"type":"` + kind + `","message":"` + message + `"},"request_id":"req_1"}`
}

// failures are as the API writes them.
var failures = map[providers.Kind][]providertest.Failure{
	providers.KindUnauthorized: {
		{Name: "key", Status: 401, Body: said("authentication_error", "invalid x-api-key")},
		{Name: "permission", Status: 403, Body: said("permission_error", "Your API key does not have permission to use the specified resource.")},
		{Name: "in 200", Status: 200, Body: said("authentication_error", "invalid x-api-key")},
	},
	providers.KindUnknownModel: {
		{Name: "model", Status: 404, Body: said("not_found_error", "model: a-model")},
		{Name: "path", Status: 404, Body: `{"detail":"Not Found"}`},
	},
	providers.KindBadRequest: {
		{Name: "field", Status: 400, Body: said("invalid_request_error", "messages.0.content: Input should be a valid string")},
		{Name: "temperature", Status: 400, Body: said("invalid_request_error", "`temperature` is deprecated for this model.")},
		{Name: "in 200", Status: 200, Body: said("invalid_request_error", "max_tokens: Field required")},
		{Name: "a gateway's", Status: 422, Body: `{"error":"unprocessable"}`},
	},
	providers.KindContextOverflow: {
		{Name: "prompt", Status: 400, Body: said("invalid_request_error", "prompt is too long: 200049 tokens > 200000 maximum")},
		{Name: "with the answer", Status: 400, Body: said("invalid_request_error", "input length and `max_tokens` exceed context limit: 190000 + 16384 > 200000, decrease input length or `max_tokens` and try again")},
		{Name: "bytes", Status: 413, Body: said("request_too_large", "Request exceeds the maximum size")},
	},
	providers.KindRateLimited: {
		{Name: "requests", Status: 429, Body: said("rate_limit_error", "This request would exceed your organization's rate limit of 50 requests per minute.")},
		{Name: "in 200", Status: 200, Body: said("rate_limit_error", "slow down")},
	},
	providers.KindQuota: {
		{Name: "credit", Status: 400, Body: said("invalid_request_error", "Your credit balance is too low to access the Anthropic API.")},
		{Name: "limit of one's own", Status: 400, Body: said("invalid_request_error", "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.")},
		{Name: "billing", Status: 402, Body: said("billing_error", "Payment required")},
	},
	providers.KindTimeout: {
		{Name: "theirs", Status: 504, Body: said("timeout_error", "Request timed out")},
	},
	providers.KindUnavailable: {
		{Name: "error", Status: 500, Body: said("api_error", "Internal server error")},
		{Name: "overloaded", Status: 529, Body: said("overloaded_error", "Overloaded")},
		{Name: "overloaded in 200", Status: 200, Body: said("overloaded_error", "Overloaded")},
		{Name: "nothing in 200", Status: 200, Body: `{"type":"error"}`},
	},
}

// check reads a request as Anthropic would.
func check(tb testing.TB, got *http.Request, body []byte, req *providers.Request) {
	tb.Helper()
	providertest.CheckHead(tb, got, "/v1/messages", map[string]string{
		"X-Api-Key": providertest.Key, "Authorization": "", "Anthropic-Version": "2023-06-01",
	})
	var sent struct {
		Model     string
		MaxTokens int `json:"max_tokens"`
		System    []struct{ Type, Text string }
		Messages  []struct {
			Role    providers.Role
			Content string
		}
	}
	providertest.Read(tb, body, &sent)
	messages := []providers.Message{}
	for _, m := range sent.System {
		messages = append(messages, system(m.Text))
	}
	for _, m := range sent.Messages {
		messages = append(messages, providers.Message{Role: m.Role, Content: m.Content})
	}
	providertest.CheckMessages(tb, req, messages)
	if sent.Model != req.Model || sent.MaxTokens != anthropic.DefaultMaxTokens {
		tb.Errorf("model %q, max_tokens %d", sent.Model, sent.MaxTokens)
	}
}
