package gemini_test

import (
	"net/http"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/providertest"
)

// FuzzAnswer reads any body of any status: either a response or an error that may be shown.
func FuzzAnswer(f *testing.F) {
	f.Add(0, hello)
	f.Add(0, `{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":1}}`)
	f.Add(0, said("429", "RESOURCE_EXHAUSTED", "slow down", `{"retryDelay":"1e9s","violations":[{"quotaId":"PerDay"}]}`))
	f.Add(200, said("400", "INVALID_ARGUMENT", "no such schema", `{"reason":"API_KEY_INVALID"}`))
	f.Add(204, "[{}]")
	f.Add(107, "")
	providertest.FuzzAnswer(f, func(transport http.RoundTripper) (providers.Provider, error) {
		return gemini.New(gemini.Config{Transport: transport})
	}, &providers.Request{Model: "m", Schema: reviews})
}
