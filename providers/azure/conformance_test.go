package azure_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/azure"
	"github.com/weir-ml/weir/providers/providertest"
)

func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Driver{
		New: func(tb testing.TB, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, azure.Config{BaseURL: baseURL, APIVersion: "2024-10-21", APIKey: providertest.APIKey})
		},
		Wire:  &providertest.Wire{Answer: answer, Failures: failures, Check: check},
		Leaks: providertest.NoLeaks,
	})
}

// answer writes a chat completion with Azure's results of its content filters.
func answer(a providertest.Answer) string {
	safe := map[string]any{"filtered": false, "severity": "safe"}
	results := map[string]any{"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe}
	message := map[string]any{"role": "assistant", "content": a.Text, "refusal": nil}
	if a.Refused {
		message["content"], message["refusal"] = nil, "I'm sorry, I cannot assist with that."
	}
	body := map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024-11-20",
		"prompt_filter_results": []any{map[string]any{"prompt_index": 0, "content_filter_results": results}},
		"choices": []any{map[string]any{
			"index": 0, "message": message, "logprobs": nil, "finish_reason": a.Finish, "content_filter_results": results,
		}},
	}
	if u := a.Usage; u != nil {
		body["usage"] = map[string]any{
			"prompt_tokens": u.Prompt, "completion_tokens": u.Completion, "total_tokens": u.Prompt + u.Completion,
		}
	}
	return providertest.Body(body)
}

// failures are as Azure writes them.
var failures = map[providers.Kind][]providertest.Failure{
	providers.KindUnauthorized: {
		{Name: "key", Status: 401, Body: `{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource."}}`},
		{Name: "token", Status: 401, Body: `{"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired."}`},
		{Name: "role", Status: 401, Body: `{"error":{"code":"PermissionDenied","message":"Principal does not have access to API/Operation."}}`},
		{Name: "network", Status: 403, Body: `{"error":{"code":"AccessDenied","message":"Access denied due to Virtual Network/Firewall rules."}}`},
	},
	providers.KindUnknownModel: {
		{Name: "deployment", Status: 404, Body: `{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."}}`},
		{Name: "path", Status: 404, Body: `{"error":{"code":"404","message":"Resource not found"}}`},
	},
	providers.KindBadRequest: {
		{Name: "operation", Status: 400, Body: `{"error":{"code":"OperationNotSupported","message":"The chatCompletion operation does not work with the specified model, text-embedding-3-small. Please choose different model and try again."}}`},
		{Name: "value", Status: 400, Body: `{"error":{"message":"5 is greater than the maximum of 2 - 'temperature'","type":"invalid_request_error","param":null,"code":null}}`},
	},
	providers.KindContextOverflow: {
		{Name: "Azure", Status: 400, Body: `{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`},
	},
	providers.KindRateLimited: {
		{Name: "tokens", Status: 429, Body: `{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 6 seconds."}}`},
		{Name: "capacity", Status: 429, Body: `{"error":{"code":"NoCapacity","message":"The system is currently experiencing high demand and cannot process your request."}}`},
	},
	providers.KindQuota: {
		{Name: "Azure", Status: 429, Body: `{"error":{"code":"insufficient_quota","type":"insufficient_quota","message":"You exceeded your current quota."}}`},
	},
	providers.KindUnavailable: {
		{Name: "internal", Status: 500, Body: `{"error":{"code":"InternalServerError","message":"Backend returned unexpected response. Please contact Microsoft for help."}}`},
		{Name: "timeout", Status: 408, Body: `{"error":{"code":"Timeout","message":"The operation was timeout."}}`},
	},
	providers.KindRefused: {
		{Name: "prompt", Status: 400, Body: `{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"filtered":true,"detected":true}}}}}`},
		{Name: "answer", Status: 200, Body: `{"choices":[{"finish_reason":"content_filter","message":{"content":"half"},"content_filter_results":{"violence":{"filtered":true,"severity":"medium"}}}]}`},
		{Name: "answer without content", Status: 200, Body: `{"choices":[{"finish_reason":"content_filter","message":{"role":"assistant"},"content_filter_results":{"error":{"code":"content_filter_error","message":"The contents are not filtered"}}}]}`},
	},
}

// check reads a request as Azure would.
func check(tb testing.TB, got *http.Request, body []byte, req *providers.Request) {
	tb.Helper()
	if want := "/openai/deployments/" + req.Model + "/chat/completions?api-version=2024-10-21"; got.URL.RequestURI() != want {
		tb.Errorf("%s, want %s", got.URL.RequestURI(), want)
	}
	if got.Header.Get("Api-Key") != providertest.Key || got.Header.Get("Authorization") != "" {
		tb.Errorf("key in api-key: %q, in authorization: %q", got.Header.Get("Api-Key"), got.Header.Get("Authorization"))
	}
	var sent struct{ Messages []struct{ Content string } }
	if err := json.Unmarshal(body, &sent); err != nil || len(sent.Messages) != len(req.Messages) {
		tb.Errorf("body %s: %v", body, err)
	}
}
