package anthropic_test

import (
	"net/http"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/anthropic"
	"github.com/weir-ml/weir/providers/providertest"
)

// FuzzAnswer reads any body of any status: either a response or an error that may be shown.
func FuzzAnswer(f *testing.F) {
	f.Add(0, hello)
	f.Add(0, `{"content":[{"type":"tool_use","input":{"r1":"positive"}}],"stop_reason":"tool_use","usage":{"input_tokens":1}}`)
	f.Add(0, said("overloaded_error", "Overloaded"))
	f.Add(200, said("invalid_request_error", "tools.0.custom.input_schema: no"))
	f.Add(204, `{"error":"text"}`)
	f.Add(107, "")
	providertest.FuzzAnswer(f, func(transport http.RoundTripper) (providers.Provider, error) {
		return anthropic.New(anthropic.Config{Structured: anthropic.StructuredTool, Transport: transport})
	}, &providers.Request{Schema: reviews})
}
