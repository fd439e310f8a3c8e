package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/server"
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
	answered := inference.CallEnd{Duration: time.Second, Response: response}
	b.ReportAllocs()
	for b.Loop() {
		ctx := hooks.BatchStart(b.Context(), batch)
		attempt := hooks.CallStart(ctx, call)
		hooks.CallEnd(attempt, call, answered)
		hooks.Answered(ctx, call, answered)
		hooks.BatchEnd(ctx, batch, end)
	}
}

// BenchmarkStream is a record's way through a server with and without telemetry: one record a message, batches of 20, a
// driver that answers at once. An operation is 20 records.
func BenchmarkStream(b *testing.B) {
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprintf("telemetry=%v", with), func(b *testing.B) {
			quietEnvironment(b)
			model := inference.ModelConfig{
				Name: "m", Provider: "p", Driver: parrot(20), Options: map[string]string{"batch.size": "20", "record.ids": "sequential"},
			}
			t, err := telemetry.New(b.Context(), telemetry.Config{Models: []inference.ModelConfig{model}})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = t.Shutdown(b.Context()) }()
			engine, served := inference.Config{Models: []inference.ModelConfig{model}}, server.Config{}
			if with {
				engine.Hooks, served.Hooks, served.Options = t.InferenceHooks(), t.ServerHooks(), t.ServerOptions()
			}
			if served.Engine, err = inference.New(engine); err != nil {
				b.Fatal(err)
			}
			benchmarkStream(b, server.New(served))
		})
	}
}

func benchmarkStream(b *testing.B, s *server.Server) {
	defer s.Close()
	conn, err := grpc.NewClient("passthrough:///"+serve(b, s.Serve, s.Close), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	stream, err := conn.NewStream(b.Context(), desc, "/weir.v1.InferenceService/Predict")
	if err != nil {
		b.Fatal(err)
	}
	if err := stream.SendMsg(message(b, "weir.v1.PredictRequest", `{"start": {"max_in_flight": 2000}}`)); err != nil {
		b.Fatal(err)
	}
	record := message(b, "weir.v1.PredictRequest", `{"record": {"text": "a review of some length, as they are: it was fine"}}`)
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		for range 20 * b.N {
			if err := stream.SendMsg(record); err != nil {
				return
			}
		}
		_ = stream.CloseSend()
	}()
	response := message(b, "weir.v1.PredictResponse", "{}")
	for err == nil {
		err = stream.RecvMsg(response)
	}
	if !errors.Is(err, io.EOF) {
		b.Fatal(err)
	}
}

// parrot is a driver that gives every record of a batch of that size the same value.
type parrot int

func (p parrot) Complete(context.Context, *providers.Request) (*providers.Response, error) {
	var text strings.Builder
	for i := range int(p) {
		fmt.Fprintf(&text, `,{"index": %d, "value": "fine"}`, i+1)
	}
	return &providers.Response{Text: "[" + text.String()[1:] + "]", Finish: providers.FinishStop}, nil
}
