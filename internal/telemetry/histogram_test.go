package telemetry_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
)

// TestHistogramsLoseNothing: values are handed on in lots, and whoever collects in the middle of one sees it whole.
func TestHistogramsLoseNothing(t *testing.T) {
	quietEnvironment(t)
	tel, err := telemetry.New(t.Context(), telemetry.Config{Models: []inference.ModelConfig{{Name: "m", Provider: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tel.Shutdown(t.Context()) }()
	collect := func() string {
		w := httptest.NewRecorder()
		tel.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	hooks, batch := tel.InferenceHooks(), inference.Batch{Model: "m", Provider: "p", Records: 2, Full: 2, Left: "full"}
	batches := 0
	for _, more := range []int{1, 30, 1, 32, 999} {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range more {
					hooks.BatchEnd(t.Context(), batch, inference.BatchEnd{Duration: time.Second})
				}
			})
		}
		all.Go(func() { collect() })
		all.Wait()
		batches += 4 * more
		got := collect()
		for _, want := range []string{
			fmt.Sprintf(`weir_batch_records_count{model="m",provider="p"} %d`, batches),
			fmt.Sprintf(`weir_batch_records_sum{model="m",provider="p"} %d`, 2*batches),
			fmt.Sprintf(`weir_batch_duration_seconds_sum{model="m",provider="p"} %d`, batches),
		} {
			if !strings.Contains(got, want+"\n") {
				t.Errorf("after %d batches: no %s", batches, want)
			}
		}
	}
}
