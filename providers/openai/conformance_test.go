package openai_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/providers/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for api, wire := range map[openai.API]*providertest.Wire{
		openai.APIChat:      {Answer: answer, Failures: failures, Check: check},
		openai.APIResponses: {Answer: responsesAnswer, Failures: responsesFailures(), Check: checkResponses},
	} {
		t.Run(string(api), func(t *testing.T) { conforms(t, api, wire) })
	}
}

func conforms(t *testing.T, api openai.API, wire *providertest.Wire) {
	t.Helper()
	providertest.Run(t, providertest.Driver{
		New: func(tb testing.TB, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, openai.Config{API: api, BaseURL: baseURL + "/v1", APIKey: providertest.APIKey})
		},
		Variant: string(api),
		Wire:    wire,
		Leaks:   providertest.NoLeaks,
	})
}

// start returns a provider that is closed at the end of the test.
func start(tb testing.TB, cfg openai.Config) *openai.Provider {
	tb.Helper()
	return providertest.Start(tb, openai.New, cfg)
}

// answer writes a chat completion.
func answer(a providertest.Answer) string {
	message := map[string]any{"role": "assistant", "content": a.Text, "refusal": nil}
	if a.Refused {
		message["content"], message["refusal"] = nil, "I'm sorry, I cannot assist with that."
	}
	body := map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "a-model",
		"choices": []any{map[string]any{"index": 0, "message": message, "logprobs": nil, "finish_reason": a.Finish}},
	}
	if u := a.Usage; u != nil {
		body["usage"] = map[string]any{
			"prompt_tokens": u.Prompt, "completion_tokens": u.Completion, "total_tokens": u.Prompt + u.Completion,
		}
	}
	return providertest.Body(body)
}

// failures are as the servers write them.
var failures = map[providers.Kind][]providertest.Failure{
	providers.KindUnauthorized: {
		{Name: "OpenAI", Status: 401, Body: `{"error":{"message":"Incorrect API key provided: sk-weir*****cdef. You can find your API key at https://platform.openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`},
		{Name: "vLLM", Status: 401, Body: `{"error":"Unauthorized"}`},
		{Name: "llama.cpp", Status: 401, Body: `{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}`},
		{Name: "in 200", Status: 200, Body: `{"error":{"message":"No auth credentials found","code":401}}`},
	},
	providers.KindUnknownModel: {
		{Name: "OpenAI", Status: 404, Body: `{"error":{"message":"The model 'a-model' does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}`},
		{Name: "OpenAI project", Status: 403, Body: `{"error":{"message":"Project 'p' does not have access to model 'a-model'","type":"invalid_request_error","param":null,"code":"model_not_found"}}`},
		{Name: "vLLM", Status: 404, Body: `{"object":"error","message":"The model 'a-model' does not exist.","type":"NotFoundError","param":null,"code":404}`},
		{Name: "Ollama", Status: 404, Body: `{"error":{"message":"model \"a-model\" not found, try pulling it first","type":"api_error","param":null,"code":null}}`},
		{Name: "wrong path", Status: 404, Body: `{"detail":"Not Found"}`},
	},
	providers.KindBadRequest: {
		{Name: "OpenAI", Status: 400, Body: `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}`},
		{Name: "FastAPI", Status: 422, Body: `{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required","input":{"model":"a-model"}}]}`},
		{Name: "Gemini", Status: 400, Body: `[{"error":{"code":400,"message":"Invalid JSON payload received.","status":"INVALID_ARGUMENT"}}]`},
		{Name: "in 200", Status: 200, Body: `{"error":{"message":"bad temperature","type":"invalid_request_error","code":null}}`},
	},
	providers.KindContextOverflow: {
		{Name: "OpenAI", Status: 400, Body: `{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`},
		{Name: "vLLM", Status: 400, Body: `{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).","type":"BadRequestError","param":null,"code":400}`},
		{Name: "vLLM 0.9", Status: 400, Body: `{"error":{"message":"The decoder prompt (length 8357) is longer than the maximum model length of 8192.","type":"BadRequestError","param":null,"code":400}}`},
		{Name: "llama.cpp", Status: 400, Body: `{"error":{"code":400,"message":"request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}`},
		{Name: "llama.cpp before", Status: 500, Body: `{"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}`},
		{Name: "in 200", Status: 200, Body: `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"invalid_request_error"}}`},
		{Name: "proxy", Status: 413, Body: "<html><h1>413 Request Entity Too Large</h1></html>"},
	},
	providers.KindRateLimited: {
		{Name: "OpenAI", Status: 429, Body: `{"error":{"message":"Rate limit reached for gpt-4o-mini on requests per min (RPM): Limit 3, Used 3, Requested 1.","type":"requests","param":null,"code":"rate_limit_exceeded"}}`},
		{Name: "in 200", Status: 200, Body: `{"error":{"message":"slow down","code":429}}`},
		{Name: "in a choice", Status: 200, Body: `{"choices":[{"error":{"message":"slow down","code":429},"finish_reason":"error","message":{"content":""}}]}`},
	},
	providers.KindQuota: {
		{Name: "OpenAI", Status: 429, Body: `{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`},
		{Name: "OpenRouter", Status: 402, Body: `{"error":{"code":402,"message":"Insufficient credits"}}`},
	},
	providers.KindUnavailable: {
		{Name: "OpenAI", Status: 500, Body: `{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}`},
		{Name: "llama.cpp", Status: 503, Body: `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`},
		{Name: "conflict", Status: 409, Body: `{"error":{"message":"try again"}}`},
		{Name: "in 200", Status: 200, Body: `{"error":"something went wrong"}`},
	},
	providers.KindRefused: {
		{Name: "Azure", Status: 400, Body: `{"error":{"message":"The response was filtered due to the prompt triggering the content management policy.","type":null,"param":"prompt","code":"content_filter","status":400}}`},
		{Name: "filter", Status: 200, Body: `{"choices":[{"finish_reason":"content_filter","message":{"content":"half an ans"}}]}`},
	},
}

// head is what OpenAI reads of a request's headers.
var head = map[string]string{"Authorization": "Bearer " + providertest.Key, "Content-Type": "application/json"}

// check reads a request as OpenAI would.
func check(tb testing.TB, got *http.Request, body []byte, req *providers.Request) {
	tb.Helper()
	providertest.CheckHead(tb, got, "/v1/chat/completions", head)
	var sent struct {
		Model    string
		Messages []sentMessage
	}
	providertest.Read(tb, body, &sent)
	checkPrompt(tb, sent.Model, sent.Messages, req)
}

type sentMessage struct {
	Role    providers.Role
	Content string
}

func checkPrompt(tb testing.TB, model string, sent []sentMessage, req *providers.Request) {
	tb.Helper()
	messages := make([]providers.Message, len(sent))
	for i, m := range sent {
		messages[i] = providers.Message{Role: m.Role, Content: m.Content}
	}
	providertest.CheckMessages(tb, req, messages)
	if model != req.Model {
		tb.Errorf("model %q, want %q", model, req.Model)
	}
}
