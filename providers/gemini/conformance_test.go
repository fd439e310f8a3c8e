package gemini_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Driver{
		New: func(tb testing.TB, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, gemini.Config{BaseURL: baseURL, APIKey: providertest.APIKey})
		},
		Wire:  &providertest.Wire{Answer: answer, Failures: failures, Check: check},
		Leaks: providertest.NoLeaks,
	})
}

// start returns a provider that is closed at the end of the test.
func start(tb testing.TB, cfg gemini.Config) *gemini.Provider {
	tb.Helper()
	return providertest.Start(tb, gemini.New, cfg)
}

// answer writes a response of generateContent.
func answer(a providertest.Answer) string {
	body := map[string]any{"modelVersion": "a-model", "responseId": "response-1"}
	reason := "STOP"
	if a.Finish == providers.FinishLength {
		reason = "MAX_TOKENS"
	}
	if a.Refused {
		body["promptFeedback"] = map[string]any{"blockReason": "SAFETY"}
	} else {
		content := map[string]any{"role": "model", "parts": []any{map[string]any{"text": a.Text}}}
		body["candidates"] = []any{map[string]any{"index": 0, "content": content, "finishReason": reason}}
	}
	if u := a.Usage; u != nil {
		body["usageMetadata"] = map[string]any{
			"promptTokenCount": u.Prompt, "candidatesTokenCount": u.Completion, "totalTokenCount": u.Prompt + u.Completion,
		}
	}
	return providertest.Body(body)
}

// said is an error body as Google writes it.
func said(code, status, message, details string) string {
	return `{"error":{"code":` + code + `,"message":"` + message + `","status":"` + status + `","details":[` + details + `]}}`
}

// failures are as the API writes them.
var failures = map[providers.Kind][]providertest.Failure{
	providers.KindUnauthorized: {
		{Name: "permission", Status: 403, Body: said("403", "PERMISSION_DENIED", "Method doesn't allow unregistered callers.", "")},
		{Name: "key", Status: 400, Body: said("400", "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", `{"reason":"API_KEY_INVALID","domain":"googleapis.com"}`)},
		{Name: "token", Status: 401, Body: said("401", "UNAUTHENTICATED", "Request had invalid authentication credentials.", `{"reason":"ACCESS_TOKEN_EXPIRED"}`)},
		{Name: "in a list", Status: 403, Body: "[" + said("403", "PERMISSION_DENIED", "no", "") + "\n]"},
	},
	providers.KindUnknownModel: {
		{Name: "model", Status: 404, Body: said("404", "NOT_FOUND", "models/a-model is not found for API version v1beta, or is not supported for generateContent.", "")},
	},
	providers.KindBadRequest: {
		{Name: "field", Status: 400, Body: said("400", "INVALID_ARGUMENT", "Invalid value at 'generation_config.temperature'", `{"fieldViolations":[{"field":"x"}]}`)},
		{Name: "location", Status: 400, Body: said("400", "FAILED_PRECONDITION", "User location is not supported for the API use.", "")},
		{Name: "in 200", Status: 200, Body: said("400", "INVALID_ARGUMENT", "bad", "")},
		{Name: "details of another type", Status: 400, Body: said("400", "INVALID_ARGUMENT", "bad", `{"retryDelay":{"seconds":5}}`)},
	},
	providers.KindContextOverflow: {
		{Name: "tokens", Status: 400, Body: said("400", "INVALID_ARGUMENT", "The input token count (1091639) exceeds the maximum number of tokens allowed (1048576).", "")},
		{Name: "bytes", Status: 400, Body: said("400", "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes.", "")},
	},
	providers.KindRateLimited: {
		{Name: "minute", Status: 429, Body: said("429", "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details.", `{"violations":[{"quotaId":"GenerateContentInputTokensPerModelPerMinute"}]}`)},
		{Name: "shared", Status: 429, Body: said("429", "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.", "")},
		{Name: "in 200", Status: 200, Body: said("429", "RESOURCE_EXHAUSTED", "slow down", "")},
	},
	providers.KindQuota: {
		{Name: "day", Status: 429, Body: said("429", "RESOURCE_EXHAUSTED", "You exceeded your current quota.", `{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}`)},
		{Name: "credits", Status: 429, Body: said("429", "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", "")},
		{Name: "billing", Status: 403, Body: said("403", "PERMISSION_DENIED", "This API method requires billing to be enabled.", `{"reason":"BILLING_DISABLED"}`)},
	},
	providers.KindTimeout: {
		{Name: "theirs", Status: 504, Body: said("504", "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.", "")},
	},
	providers.KindUnavailable: {
		{Name: "overloaded", Status: 503, Body: said("503", "UNAVAILABLE", "The model is overloaded. Please try again later.", "")},
		{Name: "internal", Status: 500, Body: said("500", "INTERNAL", "An internal error has occurred.", "")},
		{Name: "nothing in 200", Status: 200, Body: `{"error":{}}`},
		{Name: "text in 200", Status: 200, Body: `{"error":"something went wrong"}`},
	},
	providers.KindRefused: {
		{Name: "answer", Status: 200, Body: `{"candidates":[{"content":{"parts":[{"text":"half an ans"}]},"finishReason":"SAFETY"}]}`},
		{Name: "personal data", Status: 200, Body: `{"candidates":[{"finishReason":"SPII"}]}`},
	},
}

// check reads a request as Google would.
func check(tb testing.TB, got *http.Request, body []byte, req *providers.Request) {
	tb.Helper()
	providertest.CheckHead(tb, got, "/v1beta/models/a-model:generateContent", map[string]string{
		"X-Goog-Api-Key": providertest.Key, "Authorization": "",
	})
	type content struct {
		Role  providers.Role
		Parts []struct{ Text string }
	}
	var sent struct {
		SystemInstruction content
		Contents          []content
	}
	providertest.Read(tb, body, &sent)
	messages := []providers.Message{}
	for _, part := range sent.SystemInstruction.Parts {
		messages = append(messages, system(part.Text))
	}
	for _, c := range sent.Contents {
		for _, part := range c.Parts {
			messages = append(messages, providers.Message{Role: c.Role, Content: part.Text})
		}
	}
	providertest.CheckMessages(tb, req, messages)
}
