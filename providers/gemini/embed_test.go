package gemini_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/providertest"
)

func TestEmbedConformance(t *testing.T) {
	providertest.RunEmbedder(t, providertest.Embedder{
		New: func(tb testing.TB, baseURL string) providers.Embedder {
			tb.Helper()
			return start(tb, gemini.Config{BaseURL: baseURL, APIKey: providertest.APIKey})
		},
		Answer: func(vectors [][]float32, _ []int, usage int) string {
			list := make([]any, 0, len(vectors))
			for _, v := range vectors {
				list = append(list, map[string]any{"values": v})
			}
			body := map[string]any{"embeddings": list}
			if usage > 0 {
				body["usageMetadata"] = map[string]any{"promptTokenCount": usage}
			}
			return providertest.Body(body)
		},
		Failures: failures,
		Check: func(tb testing.TB, got *http.Request, body []byte, req *providers.Request) {
			tb.Helper()
			var want []any
			for _, text := range req.Inputs {
				want = append(want, map[string]any{
					"model": "models/a-model", "content": map[string]any{"parts": []any{map[string]any{"text": text}}},
				})
			}
			var sent map[string]any
			if err := json.Unmarshal(body, &sent); err != nil || got.URL.Path != "/v1beta/models/a-model:batchEmbedContents" ||
				got.Header.Get("X-Goog-Api-Key") != providertest.Key {
				tb.Errorf("%v, %s, %v", err, got.URL, got.Header)
			}
			if diff := cmp.Diff(map[string]any{"requests": want}, sent); diff != "" {
				tb.Error(diff)
			}
		},
		Leaks: providertest.NoLeaks,
	})
}
