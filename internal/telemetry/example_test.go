package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/server"
)

// A program wires telemetry like this: telemetry first, because the engine and the server take its hooks; what is only
// known later is told later.
func Example() {
	ctx := context.Background()
	models := []inference.ModelConfig{{Name: "sentiment", Provider: "embedded", Kind: "local", Driver: local.New()}}
	t, err := telemetry.New(ctx, telemetry.Config{Version: "0.1.0", Models: models})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = t.Shutdown(ctx) }()

	engine, err := inference.New(inference.Config{Models: models, Hooks: t.InferenceHooks()})
	if err != nil {
		fmt.Println(err)
		return
	}
	weir := server.New(server.Config{Engine: engine, Hooks: t.ServerHooks(), Options: t.ServerOptions()})
	defer weir.Close()
	t.ObserveStreams(weir.Streams)
	t.ObserveProvider("embedded", models[0].Limit, nil)

	handler := t.Handler() // for telemetry.NewAdmin
	ask := func(path string) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Print(path, ": ", w.Code, " ", w.Body)
	}
	ask("/readyz")
	t.SetReady(func() error { return nil })
	ask("/readyz")
	t.SetReady(func() error { return errors.New("draining") })
	ask("/readyz")
	ask("/healthz")
	// Output:
	// /readyz: 503 starting
	// /readyz: 200 ready
	// /readyz: 503 draining
	// /healthz: 200 ok
}
