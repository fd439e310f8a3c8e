package openai_test

import (
	"net/http"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/providers/providertest"
)

// FuzzAnswer reads any body of any status: either a response or an error that may be shown.
func FuzzAnswer(f *testing.F) {
	f.Add(0, hello)
	f.Add(0, `{"choices":[{"message":{"content":[{"type":"text","text":"a"}]}}],"usage":{"prompt_tokens":1}}`)
	f.Add(0, `{"error":{"message":"slow down","code":429}}`)
	f.Add(200, `[{"error":{"message":"This model's maximum context length is 1","code":"x"}}]`)
	f.Add(204, `{"detail":[{"msg":"no"}]}`)
	f.Add(107, "")
	fuzz(f, openai.APIChat)
}

// FuzzResponsesAnswer is the same for the Responses API.
func FuzzResponsesAnswer(f *testing.F) {
	f.Add(0, responsesAnswer(providertest.Answer{Text: `{"r1":"a","r2":"b"}`, Finish: providers.FinishStop}))
	f.Add(0, `{"object":"response","status":"failed","error":{"code":"server_error","message":"no"}}`)
	f.Add(0, `{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message"}]}`)
	f.Add(200, `{"error":{"message":"Invalid schema","param":"text.format.schema"}}`)
	fuzz(f, openai.APIResponses)
}

func fuzz(f *testing.F, api openai.API) {
	f.Helper()
	providertest.FuzzAnswer(f, func(transport http.RoundTripper) (providers.Provider, error) {
		return openai.New(openai.Config{API: api, Transport: transport})
	}, reviews("m"))
}
