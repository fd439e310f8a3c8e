package simulator_test

import (
	"encoding/json"
	"testing"

	"github.com/weir-ml/weir/simulator"
)

// FuzzRequest: no request breaks the server, in any format, and what it says is JSON.
func FuzzRequest(f *testing.F) {
	for _, v := range vendors {
		for _, form := range []string{v.plain, v.held, v.called} {
			f.Add(v.request(form, batch, strictSchema))
		}
	}
	asked := append([]vendor{{path: "/v1/embeddings"}, {path: "/api/embed"}, {path: "/v1beta/models/e:batchEmbedContents"}}, vendors...)
	s := simulator.New(simulator.Config{ContextTokens: 4096})
	f.Fuzz(func(t *testing.T, request string) {
		for _, v := range asked {
			if got := v.call(s, request); !json.Valid(got.Body.Bytes()) || got.Code >= 500 {
				t.Errorf("%s: %q gets %d: %s", v.path, request, got.Code, got.Body)
			}
		}
	})
}
