package bedrock_test

import (
	"net/http"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/bedrock"
	"github.com/weir-ml/weir/providers/providertest"
)

// FuzzAnswer reads any body of any status: either a response or an error that may be shown.
func FuzzAnswer(f *testing.F) {
	f.Add(0, hello)
	f.Add(0, `{"output":{"message":{"content":[{"toolUse":{"input":{"r1":"positive"}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1}}`)
	f.Add(0, `{"__type":"a#ThrottlingException","message":"slow down"}`)
	f.Add(200, `{"message":"toolConfig is not taken"}`)
	f.Add(203, `{"message":"did not allow prompt caching","code":"AccessDeniedException"}`)
	f.Add(107, "")
	providertest.FuzzAnswer(f, func(transport http.RoundTripper) (providers.Provider, error) {
		return bedrock.New(bedrock.Config{
			Region: "eu-central-1", Structured: bedrock.StructuredTool, Cache: bedrock.CacheOn, Credentials: temporary, Transport: transport,
		})
	}, &providers.Request{Model: "m", Schema: reviews, CacheKey: "k"})
}
