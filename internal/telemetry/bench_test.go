package telemetry_test

import (
	"testing"
	"time"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
)

// BenchmarkBatch is everything that telemetry does for a batch with one call, as the engine reports it.
func BenchmarkBatch(b *testing.B) {
	b.Run("metrics", func(b *testing.B) {
		quietEnvironment(b)
		benchmarkBatch(b, inference.BatchEnd{Duration: time.Second, Values: 20})
	})
	b.Run("metrics, with errors", func(b *testing.B) {
		quietEnvironment(b)
		benchmarkBatch(b, inference.BatchEnd{
			Duration: time.Second, Values: 17,
			Errors: map[inference.Reason]int{inference.ReasonMissingAnswer: 2, inference.ReasonRefused: 1},
		})
	})
	b.Run("metrics and spans", func(b *testing.B) {
		quietEnvironment(b)
		b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", startCollector(b).url)
		benchmarkBatch(b, inference.BatchEnd{Duration: time.Second, Values: 20})
	})
}

func benchmarkBatch(b *testing.B, end inference.BatchEnd) {
	t, err := telemetry.New(b.Context(), telemetry.Config{
		Models: []inference.ModelConfig{{Name: "sentiment", Provider: "local", Kind: "local", ProviderModel: "vader"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = t.Shutdown(b.Context()) }()
	hooks := t.InferenceHooks()
	batch := inference.Batch{Model: "sentiment", Provider: "local", Records: 20, Full: 20, Left: "full", Waited: time.Millisecond}
	call := inference.Call{Model: "sentiment", Provider: "local"}
	response := &providers.Response{Finish: providers.FinishStop, Usage: providers.Usage{PromptTokens: 900, CompletionTokens: 80, Reported: true}}
	b.ReportAllocs()
	for b.Loop() {
		ctx := hooks.BatchStart(b.Context(), batch)
		attempt := hooks.CallStart(ctx, call)
		hooks.CallEnd(attempt, call, inference.CallEnd{Duration: time.Second, Response: response})
		hooks.BatchEnd(ctx, batch, end)
	}
}
