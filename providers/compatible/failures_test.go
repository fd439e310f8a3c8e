package compatible_test

import (
	"maps"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/compatible"
	"github.com/weir-ml/weir/providers/providertest"
)

// failuresOf are as the servers write them, by dialect. What a server does not say itself, such as a rate limit, is as the
// proxy in front of it would say it.
var failuresOf = map[string]map[providers.Kind][]providertest.Failure{
	compatible.Generic:        with(nil),
	compatible.VLLM:           with(vllm),
	compatible.VLLMStructured: with(vllm),
	compatible.LlamaCpp: with(map[providers.Kind][]providertest.Failure{
		providers.KindUnauthorized: {{Status: 401, Body: `{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}`}},
		providers.KindBadRequest:   {{Status: 400, Body: `{"error":{"code":400,"message":"Failed to parse messages","type":"invalid_request_error"}}`}},
		providers.KindContextOverflow: {
			{Status: 400, Body: `{"error":{"code":400,"message":"request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}`},
			{Name: "before", Status: 500, Body: `{"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}`},
		},
		providers.KindUnavailable: {
			{Status: 503, Body: `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`},
			{Name: "in 200", Status: 200, Body: `{"error":{"code":500,"message":"decode failed","type":"server_error"}}`},
		},
	}),
	compatible.Ollama: with(map[providers.Kind][]providertest.Failure{
		providers.KindUnknownModel:    {{Status: 404, Body: `{"error":{"message":"model \"a-model\" not found, try pulling it first","type":"api_error","param":null,"code":null}}`}},
		providers.KindBadRequest:      {{Status: 400, Body: `{"error":{"message":"invalid message content type: <nil>","type":"invalid_request_error","param":null,"code":null}}`}},
		providers.KindContextOverflow: {{Status: 400, Body: `{"error":{"message":"the input length exceeds the context length","type":"invalid_request_error","param":null,"code":null}}`}},
		providers.KindUnavailable: {
			{Status: 503, Body: `{"error":{"message":"server busy, please try again.  maximum pending requests exceeded","type":"api_error","param":null,"code":null}}`},
			{Name: "bare", Status: 500, Body: `{"error":"llama runner process has terminated"}`},
		},
	}),
	compatible.LMStudio: with(map[providers.Kind][]providertest.Failure{
		providers.KindUnknownModel:    {{Status: 404, Body: `{"error":{"message":"Model \"a-model\" not found.","type":"invalid_request_error","param":"model","code":"model_not_found"}}`}},
		providers.KindBadRequest:      {{Status: 400, Body: `{"error":"'messages' array must only contain objects with a 'content' field that is not empty"}`}},
		providers.KindContextOverflow: {{Status: 400, Body: `{"error":"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input"}`}},
		providers.KindUnavailable:     {{Status: 500, Body: `{"error":"The model has crashed without additional information. (Exit code: 6)"}`}},
	}),
	compatible.TGI: with(map[providers.Kind][]providertest.Failure{
		providers.KindBadRequest:      {{Status: 422, Body: "{\"error\":\"Input validation error: `temperature` must be strictly positive\",\"error_type\":\"validation\"}"}},
		providers.KindContextOverflow: {{Status: 422, Body: "{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`\",\"error_type\":\"validation\"}"}},
		providers.KindRateLimited:     {{Status: 429, Body: `{"error":"Model is overloaded","error_type":"overloaded"}`}},
		providers.KindUnavailable:     {{Status: 424, Body: `{"error":"Request failed during generation: Server error: CUDA out of memory","error_type":"generation"}`}},
	}),
}

var vllm = map[providers.Kind][]providertest.Failure{
	providers.KindUnauthorized: {{Status: 401, Body: `{"error":"Unauthorized"}`}},
	providers.KindUnknownModel: {
		{Status: 404, Body: `{"error":{"message":"The model 'a-model' does not exist.","type":"NotFoundError","param":"model","code":404}}`},
		{Name: "before", Status: 404, Body: `{"object":"error","message":"The model 'a-model' does not exist.","type":"NotFoundError","param":null,"code":404}`},
	},
	providers.KindBadRequest: {{Status: 400, Body: `{"error":{"message":"[{'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required'}]","type":"Bad Request","param":null,"code":400}}`}},
	providers.KindContextOverflow: {
		{Status: 400, Body: `{"error":{"message":"The decoder prompt (length 8357) is longer than the maximum model length of 8192.","type":"BadRequestError","param":null,"code":400}}`},
		{Name: "before", Status: 400, Body: `{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).","type":"BadRequestError","param":null,"code":400}`},
	},
	providers.KindUnavailable: {{Status: 500, Body: `{"error":{"message":"EngineCore encountered an issue. See stack trace (above) for the root cause.","type":"Internal Server Error","param":null,"code":500}}`}},
}

// with returns a server's own failures, and a proxy's for the kinds that it has none of.
func with(own map[providers.Kind][]providertest.Failure) map[providers.Kind][]providertest.Failure {
	all := map[providers.Kind][]providertest.Failure{
		providers.KindUnauthorized:    {{Name: "proxy", Status: 401, Body: "<html>401 Authorization Required</html>"}},
		providers.KindUnknownModel:    {{Name: "proxy", Status: 404, Body: `{"detail":"Not Found"}`}},
		providers.KindBadRequest:      {{Name: "proxy", Status: 400, Body: "400 Bad Request"}},
		providers.KindContextOverflow: {{Name: "proxy", Status: 413, Body: "<html>413 Request Entity Too Large</html>"}},
		providers.KindRateLimited:     {{Name: "proxy", Status: 429, Body: "<html>429 Too Many Requests</html>"}},
		providers.KindUnavailable:     {{Name: "proxy", Status: 502, Body: "<html>502 Bad Gateway</html>"}},
	}
	maps.Copy(all, own)
	return all
}
