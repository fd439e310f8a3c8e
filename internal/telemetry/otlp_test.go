package telemetry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/metadata"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
)

// TestExportedSpans runs a server with a collector and looks at the spans that arrive.
func TestExportedSpans(t *testing.T) {
	quietEnvironment(t)
	c := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
	s := startSystem(t, sentiment(), failing(failure{providers.Error{Kind: providers.KindRateLimited, Status: 429}}))
	s.predict(
		`{"start": {"model": "sentiment", "max_in_flight": 9}}`,
		`{"records": {"records": [{"text": "lovely"}, {"text": "awful"}, {"text": "fine"}]}}`,
	)
	s.predictBatch(t.Context(), `{"model": "failing", "records": [{"text": "anything"}]}`)
	s.stop()

	full := one(t, c, "weir.batch", "weir.model", "sentiment")
	want(t, full, map[string]any{
		"weir.provider": "embedded", "weir.batch.records": int64(3), "weir.batch.size": int64(3), "weir.batch.left": "full",
		"weir.batch.values": int64(3), "weir.batch.errors": int64(0), "error.type": nil,
	})
	if wait, ok := attributes(full)["weir.batch.wait"].(float64); !ok || wait <= 0 {
		t.Errorf("weir.batch.wait is %v", attributes(full)["weir.batch.wait"])
	}
	if len(full.GetParentSpanId()) != 0 {
		t.Error("the batch of a stream has a parent")
	}
	call := one(t, c, "chat vader", "weir.model", "sentiment")
	want(t, call, map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "local", "gen_ai.request.model": "vader",
		"gen_ai.response.finish_reasons": []string{"stop"}, "weir.provider": "embedded", "error.type": nil,
	})
	if call.GetKind() != tracepb.Span_SPAN_KIND_CLIENT {
		t.Errorf("the call's span is of kind %v", call.GetKind())
	}
	child(t, full, call)
	for _, key := range []string{"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"} {
		of, ok := attributes(call)[key].(int64)
		if !ok || of <= 0 || attributes(full)[key] != of {
			t.Errorf("%s is %v of the call and %v of its batch", key, attributes(call)[key], attributes(full)[key])
		}
	}
}

// TestExportedFailure looks at the spans of a batch whose calls fail, in a unary RPC.
func TestExportedFailure(t *testing.T) {
	quietEnvironment(t)
	c := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
	s := startSystem(t, failing(failure{providers.Error{Kind: providers.KindRateLimited, Status: 429, RetryAfter: 1}}))
	s.predictBatch(t.Context(), `{"model": "failing", "records": [{"text": "anything"}]}`)
	s.stop()

	batch := one(t, c, "weir.batch", "weir.model", "failing")
	want(t, batch, map[string]any{
		"weir.batch.values": int64(0), "weir.batch.errors": int64(1), "error.type": "RATE_LIMITED",
		"weir.batch.error_reasons": []string{"RATE_LIMITED"},
	})
	failed(t, batch)
	child(t, one(t, c, "weir.v1.InferenceService/PredictBatch", "", nil), batch)
	calls := c.find("chat gpt-none", "weir.model", "failing")
	if len(calls) != 2 {
		t.Fatalf("%d calls, want 2: one and its repetition", len(calls))
	}
	for _, call := range calls {
		want(t, call, map[string]any{
			"error.type": "rate_limited", "http.response.status_code": int64(429), "gen_ai.provider.name": "azure.ai.openai",
		})
		failed(t, call)
		child(t, batch, call)
	}
}

// TestClientSpans looks at how the spans of clients go on.
func TestClientSpans(t *testing.T) {
	quietEnvironment(t)
	c := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", c.url)
	s := startSystem(t, sentiment())
	const trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-"+trace+"-"+span+"-01")
	s.predictBatch(ctx, `{"model": "sentiment", "records": [{"text": "one"}]}`)
	stream := s.openIn(ctx, `{"start": {"model": "sentiment"}}`, `{"records": {"records": [{"text": "one"}, {"text": "two"}]}}`)
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	drain(t, stream)
	s.stop()

	unary := one(t, c, "weir.batch", "weir.batch.records", int64(1))
	if got := hex(unary.GetTraceId()); got != trace {
		t.Errorf("the batch of a unary call is in trace %s, not in its client's", got)
	}
	streamed := one(t, c, "weir.batch", "weir.batch.records", int64(2))
	if len(streamed.GetParentSpanId()) != 0 || hex(streamed.GetTraceId()) == trace {
		t.Error("the batch of a stream is part of its client's trace")
	}
	if links := streamed.GetLinks(); len(links) != 1 || hex(links[0].GetTraceId()) != trace || hex(links[0].GetSpanId()) != span {
		t.Errorf("the batch of a stream is linked to %v, not to its client's span", links)
	}
	if n := len(c.find("weir.v1.InferenceService/Predict", "", nil)); n != 0 {
		t.Errorf("%d spans of streams", n)
	}
}

// TestExportedMetrics finds every metric of the table at the collector, and who sends them.
func TestExportedMetrics(t *testing.T) {
	quietEnvironment(t)
	c := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", c.url)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	s := startSystem(t, sentiment(), failing(failure{}))
	work(s)
	s.stop()

	for _, m := range telemetry.Metrics() {
		got := c.metrics[m.Name]
		if got == nil {
			t.Errorf("%s has not arrived", m.Name)
			continue
		}
		if got.GetUnit() != m.Unit || got.GetDescription() != m.Doc {
			t.Errorf("%s arrived with unit %q and description %q", m.Name, got.GetUnit(), got.GetDescription())
		}
	}
	if n := count(c.metrics["weir.records"], "outcome", "value"); n != 7 {
		t.Errorf("weir.records has %d values, want 7", n)
	}
	if n := len(c.spans); n != 0 {
		t.Errorf("%d spans although only metrics have a collector", n)
	}
	about := pairs(c.resources[0].GetAttributes())
	id, _ := about["service.instance.id"].(string)
	wantAbout := map[string]any{"service.name": "weir", "service.version": "1.2.3", "deployment.environment.name": "test"}
	for key, value := range wantAbout {
		if about[key] != value {
			t.Errorf("%s = %v, want %v", key, about[key], value)
		}
	}
	if len(id) < 16 {
		t.Errorf("service.instance.id is %q", id)
	}
}

// count sums the points of a counter whose attribute has the value.
func count(m *metricspb.Metric, attr, value string) int64 {
	var n int64
	for _, p := range m.GetSum().GetDataPoints() {
		if pairs(p.GetAttributes())[attr] == value && strings.HasPrefix(m.GetName(), "weir.") {
			n += p.GetAsInt()
		}
	}
	return n
}

// find returns the spans of a name, and of an attribute where one is given.
func (c *collector) find(name, attr string, value any) []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*tracepb.Span
	for _, span := range c.spans {
		if span.GetName() == name && (attr == "" || attributes(span)[attr] == value) {
			found = append(found, span)
		}
	}
	return found
}

// one finds the only span of a name.
func one(t *testing.T, c *collector, name, attr string, value any) *tracepb.Span {
	t.Helper()
	found := c.find(name, attr, value)
	if len(found) != 1 {
		t.Fatalf("%d spans %s with %s=%v, want 1 of %v", len(found), name, attr, value, c.spans)
	}
	return found[0]
}

func want(t *testing.T, span *tracepb.Span, want map[string]any) {
	t.Helper()
	got := attributes(span)
	for key, value := range want {
		if diff := cmp.Diff(value, got[key]); diff != "" {
			t.Errorf("%s of span %s (-want +got):\n%s", key, span.GetName(), diff)
		}
	}
}

func failed(t *testing.T, span *tracepb.Span) {
	t.Helper()
	if span.GetStatus().GetCode() != tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("span %s has the status %v", span.GetName(), span.GetStatus())
	}
}

func child(t *testing.T, parent, of *tracepb.Span) {
	t.Helper()
	if !slices.Equal(of.GetParentSpanId(), parent.GetSpanId()) || !slices.Equal(of.GetTraceId(), parent.GetTraceId()) {
		t.Errorf("span %s is no child of %s", of.GetName(), parent.GetName())
	}
}

func attributes(span *tracepb.Span) map[string]any { return pairs(span.GetAttributes()) }

// pairs returns attributes as Go values.
func pairs(attrs []*commonpb.KeyValue) map[string]any {
	all := make(map[string]any, len(attrs))
	for _, a := range attrs {
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.GetKey()] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			all[a.GetKey()] = v.IntValue
		case *commonpb.AnyValue_DoubleValue:
			all[a.GetKey()] = v.DoubleValue
		case *commonpb.AnyValue_ArrayValue:
			var list []string
			for _, item := range v.ArrayValue.GetValues() {
				list = append(list, item.GetStringValue())
			}
			all[a.GetKey()] = list
		}
	}
	return all
}

func hex(id []byte) string { return fmt.Sprintf("%x", id) }

// TestEmbeddingSpans: calls that embed are called so.
func TestEmbeddingSpans(t *testing.T) {
	quietEnvironment(t)
	c := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
	m := sentiment()
	embedder, ok := m.Driver.(providers.Embedder)
	if !ok {
		t.Fatal("the embedded model does not embed")
	}
	m.Task, m.Driver, m.ProviderModel = inference.TaskEmbedding, providers.Embedding(embedder), "hashes"
	s := startSystem(t, m)
	s.predictBatch(t.Context(), `{"model": "sentiment", "records": [{"text": "anything"}]}`)
	s.stop()

	call := one(t, c, "embeddings hashes", "weir.model", "sentiment")
	want(t, call, map[string]any{"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": int64(2), "error.type": nil})
}
