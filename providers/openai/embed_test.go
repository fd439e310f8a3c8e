package openai_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/providers/providertest"
)

// embeddings writes vectors as OpenAI does, in base64 or as lists.
func embeddings(packed bool) func(vectors [][]float32, indexes []int, usage int) string {
	return func(vectors [][]float32, indexes []int, usage int) string {
		data := make([]any, 0, len(vectors))
		for i, v := range vectors {
			item := map[string]any{"object": "embedding", "index": indexes[i], "embedding": v}
			if packed {
				raw := make([]byte, 0, 4*len(v))
				for _, x := range v {
					raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
				}
				item["embedding"] = base64.StdEncoding.EncodeToString(raw)
			}
			data = append(data, item)
		}
		body := map[string]any{"object": "list", "model": "a-model", "data": data}
		if usage > 0 {
			body["usage"] = map[string]any{"prompt_tokens": usage, "total_tokens": usage}
		}
		return providertest.Body(body)
	}
}

// TestEmbedConformance: the same driver, with vectors in either form.
func TestEmbedConformance(t *testing.T) {
	for name, packed := range map[string]bool{"base64": true, "lists": false} {
		t.Run(name, func(t *testing.T) {
			providertest.RunEmbedder(t, providertest.Embedder{
				New: func(tb testing.TB, baseURL string) providers.Embedder {
					tb.Helper()
					return start(tb, openai.Config{BaseURL: baseURL + "/v1", APIKey: providertest.APIKey})
				},
				Answer: embeddings(packed), Indexed: true, Failures: failures,
				Check: func(tb testing.TB, got *http.Request, body []byte, req *providers.Request) {
					tb.Helper()
					var sent map[string]any
					if err := json.Unmarshal(body, &sent); err != nil || got.URL.Path != "/v1/embeddings" ||
						got.Header.Get("Authorization") != "Bearer "+providertest.Key {
						tb.Errorf("%v, %s, %v", err, got.URL, got.Header)
					}
					want := map[string]any{"model": "a-model", "encoding_format": "base64", "input": []any{req.Inputs[0], req.Inputs[1], req.Inputs[2]}}
					if diff := cmp.Diff(want, sent); diff != "" {
						tb.Error(diff)
					}
				},
				Leaks: providertest.NoLeaks,
			})
		})
	}
}

// TestEmbedWithoutBase64: a server that refuses base64 is asked for lists from then on, and the call that it refused says that it
// can be made again at once.
func TestEmbedWithoutBase64(t *testing.T) {
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Format     string `json:"encoding_format"`
			Dimensions int    `json:"dimensions"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Dimensions != 2 {
			t.Errorf("%v: %+v", err, body)
		}
		bodies = append(bodies, body.Format)
		if body.Format != "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"detail":[{"loc":["body","encoding_format"],"msg":"Extra inputs are not permitted"}]}`))
			return
		}
		_, _ = w.Write([]byte(`{"data":[{"embedding":[1,2]}]}`))
	}))
	defer server.Close()
	p := start(t, openai.Config{BaseURL: server.URL})
	chain := providers.Chain(providers.Embedding(p), providers.ChainConfig{MaxRetries: 1})
	for range 2 {
		resp, err := chain.Complete(t.Context(), &providers.Request{Model: "m", Inputs: []string{"x"}, Dimensions: 2})
		if err != nil || !cmp.Equal(resp.Vectors, [][]float32{{1, 2}}) {
			t.Fatalf("%+v, %v", resp, err)
		}
	}
	if want := []string{"base64", "", ""}; !cmp.Equal(bodies, want) {
		t.Errorf("asked for %q, want %q", bodies, want)
	}
}

// TestEmbedAt: where the calls go.
func TestEmbedAt(t *testing.T) {
	for base, want := range map[string]string{
		"/v1":                          "/v1/embeddings",
		"/v1/chat/completions":         "/v1/embeddings",
		"/deployments/d?api-version=1": "/deployments/d/embeddings?api-version=1",
		"/v1/embeddings":               "/v1/embeddings",
		"/a%2Fb/v1":                    "/a%2Fb/v1/embeddings",
	} {
		var asked string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.RequestURI()
			_, _ = w.Write([]byte(embeddings(true)([][]float32{{1}}, []int{0}, 0)))
		}))
		p := start(t, openai.Config{BaseURL: server.URL + base})
		if _, err := p.Embed(t.Context(), &providers.Request{Model: "m", Inputs: []string{"x"}}); err != nil || asked != want {
			t.Errorf("%s: asked %s, %v", base, asked, err)
		}
		p.Close()
		server.Close()
	}
}

// TestLongVectors: 1,000 vectors of 3,072 numbers are within the bound in base64.
func TestLongVectors(t *testing.T) {
	vectors, indexes := make([][]float32, 1000), make([]int, 1000)
	for i := range vectors {
		vectors[i], indexes[i] = make([]float32, 3072), i
		vectors[i][i] = 1
	}
	body := embeddings(true)(vectors, indexes, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
	defer server.Close()
	resp, err := start(t, openai.Config{BaseURL: server.URL}).Embed(t.Context(), &providers.Request{Model: "m", Inputs: strings.Split(strings.Repeat("x ", 1000), " ")[:1000]})
	if err != nil || !slices.EqualFunc(resp.Vectors, vectors, slices.Equal) {
		t.Errorf("%v", err)
	}
}
