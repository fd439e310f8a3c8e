package telemetry_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/grpc"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
)

// TestEveryMetricCounts runs a server and finds in /metrics every metric of the table, with the right number, and no
// metric of weir's that the table lacks.
func TestEveryMetricCounts(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t, sentiment(), failing(failure{providers.Error{Kind: providers.KindRateLimited, Status: 429}}))
	work(s)
	s.server.Close()
	families := scrape(t, s)

	want := map[string]float64{
		`weir_records_total{model="sentiment",outcome="value"}`:                      7,
		`weir_records_total{model="sentiment",outcome="INVALID_RECORD"}`:             1,
		`weir_records_total{model="failing",outcome="value"}`:                        0,
		`weir_records_total{model="failing",outcome="RATE_LIMITED"}`:                 2, // one of them in the batch with the fault
		`weir_records_rejected_total{model="sentiment",reason="INVALID_RECORD"}`:     1,
		`weir_batches_total{left="full",model="sentiment",provider="embedded"}`:      2,
		`weir_batches_total{left="flush",model="sentiment",provider="embedded"}`:     1,
		`weir_batches_total{left="stall",model="sentiment",provider="embedded"}`:     0,
		`weir_batches_total{left="full",model="failing",provider="broken"}`:          2,
		`weir_batch_records{model="sentiment",provider="embedded"}`:                  3, // batches
		`weir_batch_places_total{model="sentiment",provider="embedded"}`:             9,
		`weir_batch_wait_seconds{model="sentiment",provider="embedded"}`:             3,
		`weir_batch_duration_seconds{model="sentiment",provider="embedded"}`:         3,
		`weir_batches_in_flight{model="sentiment",provider="embedded"}`:              0,
		`weir_calls_total{model="sentiment",outcome="ok",provider="embedded"}`:       3,
		`weir_calls_total{model="failing",outcome="ok",provider="broken"}`:           0,
		`weir_calls_total{model="failing",outcome="rate_limited",provider="broken"}`: 4, // of two batches, each repeated once
		`weir_call_duration_seconds{model="failing",provider="broken"}`:              4,
		`weir_calls_in_flight{model="sentiment",provider="embedded"}`:                0,
		`weir_tokens_total{model="failing",provider="broken",type="prompt"}`:         0,
		`weir_tokens_cached_total{model="sentiment",provider="embedded"}`:            0,
		`weir_tokens_reasoning_total{model="sentiment",provider="embedded"}`:         0,
		`weir_cost_micros_total{model="failing",provider="broken"}`:                  0,
		`weir_provider_in_flight{provider="embedded"}`:                               0,
		`weir_provider_limit{provider="embedded"}`:                                   4,
		`weir_provider_resting{provider="embedded"}`:                                 0,
		`weir_model_not_repaired{model="sentiment"}`:                                 0,
		`weir_records_repaired_total{model="sentiment"}`:                             0,
		`weir_repairs_total{model="sentiment",provider="embedded"}`:                  0,
		`weir_repairs_refused_total{model="sentiment",why="budget"}`:                 0,
		`weir_streams_open`:                                     0,
		`weir_streams_started_total{model="sentiment"}`:         1,
		`weir_streams_ended_total{code="OK",model="sentiment"}`: 1,
		`weir_faults_total`:                                     1,
		`rpc_server_call_duration_seconds{rpc_method="weir.v1.InferenceService/PredictBatch",rpc_response_status_code="OK",rpc_system_name="grpc"}`: 1,
		`rpc_server_call_duration_seconds{rpc_method="weir.v1.InferenceService/Predict",rpc_response_status_code="OK",rpc_system_name="grpc"}`:      1,
	}
	got := values(families)
	for series, n := range want {
		if v, ok := got[series]; !ok || v != n {
			t.Errorf("%s = %v (there: %v), want %v", series, v, ok, n)
		}
	}
	for _, series := range []string{"prompt", "completion"} {
		series = `weir_tokens_total{model="sentiment",provider="embedded",type="` + series + `"}`
		if got[series] <= 0 {
			t.Errorf("%s = %v, want tokens", series, got[series])
		}
	}
	compareNames(t, families)
	if t.Failed() {
		t.Log(strings.Join(slices.Sorted(keys(got)), "\n"))
	}
}

// work makes something of everything happen: a stream of seven records and one that is not valid, a call that fails, and
// a fault.
func work(s *system) {
	s.t.Helper()
	s.predict(
		`{"start": {"model": "sentiment", "max_in_flight": 9, "client": {"name": "flink-model-weir", "version": "9.9"}}}`,
		`{"records": {"records": [{"text": "lovely"}, {"text": " "}, {"text": "awful"}, {"text": "fine"}]}}`,
		`{"records": {"records": [{"text": "good"}, {"text": "bad"}, {"text": "so so"}]}}`,
		`{"record": {"text": "the end"}}`,
	)
	s.predictBatch(s.t.Context(), `{"model": "failing", "records": [{"text": "anything"}]}`)
	fault(s)
}

// fault makes a batch panic: its receiver does.
func fault(s *system) {
	s.t.Helper()
	stream, err := s.engine.Open(s.t.Context(), inference.StreamConfig{Model: "failing", Capacity: 1, Receiver: panicking{"on purpose"}})
	if err != nil {
		s.t.Fatal(err)
	}
	stream.Submit([]inference.Record{{Tag: 1, Fields: []inference.Field{{Name: inference.TextField, Value: "x"}}}})
	stream.Close()
	<-stream.Idle()
}

// panicking is a receiver that panics.
type panicking struct{ value string }

func (p panicking) Receive([]inference.Result) { panic(p.value) }

// compareNames compares the names in /metrics with the table.
func compareNames(t *testing.T, families map[string]*dto.MetricFamily) {
	t.Helper()
	known := map[string]bool{}
	for _, m := range telemetry.Metrics() {
		known[m.Prometheus()] = true
		family := families[m.Prometheus()]
		if family == nil {
			t.Errorf("%s is not in /metrics as %s", m.Name, m.Prometheus())
			continue
		}
		if got := strings.ToLower(family.GetType().String()); got != string(m.Kind) {
			t.Errorf("%s is a %s in /metrics and a %s in the table", m.Name, got, m.Kind)
		}
		compareLabels(t, &m, family)
	}
	for name := range families {
		if strings.HasPrefix(name, "weir_") && !known[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
}

func compareLabels(t *testing.T, m *telemetry.Metric, family *dto.MetricFamily) {
	t.Helper()
	want := slices.Sorted(slices.Values(m.Attributes))
	for _, series := range family.GetMetric() {
		var got []string
		for _, label := range series.GetLabel() {
			got = append(got, label.GetName())
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s has the labels %q, and %q in the table", m.Prometheus(), got, want)
		}
	}
}

// scrape reads /metrics.
func scrape(t *testing.T, s *system) map[string]*dto.MetricFamily {
	t.Helper()
	code, body := s.get("/metrics")
	if code != 200 {
		t.Fatalf("/metrics: %d %s", code, body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// values returns every series by its name and labels; a histogram's value is its count.
func values(families map[string]*dto.MetricFamily) map[string]float64 {
	all := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			series := name
			if len(labels) > 0 {
				slices.Sort(labels)
				series += "{" + strings.Join(labels, ",") + "}"
			}
			all[series] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func keys(m map[string]float64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestHistogramsMeasure reports a batch with a call and finds its figures.
func TestHistogramsMeasure(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t)
	hooks := s.telemetry.InferenceHooks()
	batch := inference.Batch{Model: "m", Provider: "p", Records: 20, Full: 25, Left: "full", Waited: 30 * time.Millisecond}
	call := inference.Call{Model: "m", Provider: "p"}
	ctx := hooks.BatchStart(t.Context(), batch)
	answered := inference.CallEnd{Duration: 300 * time.Millisecond, Response: &providers.Response{}}
	hooks.CallEnd(hooks.CallStart(ctx, call), call, answered)
	hooks.Answered(ctx, call, answered)
	hooks.BatchEnd(ctx, batch, inference.BatchEnd{Duration: 400 * time.Millisecond, Values: 20})
	families := scrape(t, s)
	for name, want := range map[string]struct{ sum, bucket float64 }{
		"weir_batch_records":          {20, 20},
		"weir_batch_wait_seconds":     {.03, .05},
		"weir_call_duration_seconds":  {.3, .32},
		"weir_batch_duration_seconds": {.4, .64},
	} {
		h := families[name].GetMetric()[0].GetHistogram()
		bucket := slices.IndexFunc(h.GetBucket(), func(b *dto.Bucket) bool { return b.GetCumulativeCount() == 1 })
		if h.GetSampleSum() != want.sum || h.GetBucket()[bucket].GetUpperBound() != want.bucket {
			t.Errorf("%s: %v, want a sum of %v in the bucket up to %v", name, h, want.sum, want.bucket)
		}
	}
}

// TestWhatIsInFlight looks while a call waits.
func TestWhatIsInFlight(t *testing.T) {
	quietEnvironment(t)
	driver := waiting{called: make(chan struct{}), answer: make(chan struct{})}
	s := startSystem(t, failing(driver))
	stream := s.open(`{"start": {"model": "failing"}}`, `{"record": {"text": "one"}}`)
	<-driver.called
	during := values(scrape(t, s))
	close(driver.answer)
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	drain(t, stream)
	s.server.Close()
	after := values(scrape(t, s))
	for _, series := range []string{
		`weir_batches_in_flight{model="failing",provider="broken"}`,
		`weir_calls_in_flight{model="failing",provider="broken"}`,
		`weir_provider_in_flight{provider="broken"}`,
		`weir_streams_open`,
	} {
		if during[series] != 1 || after[series] != 0 {
			t.Errorf("%s = %v during the call and %v after it, want 1 and 0", series, during[series], after[series])
		}
	}
}

// drain reads a stream to its end.
func drain(t *testing.T, stream grpc.ClientStream) {
	t.Helper()
	for {
		if err := stream.RecvMsg(message(t, "weir.v1.PredictResponse", "{}")); err != nil {
			return
		}
	}
}

// TestStreamsEndByCode ends a stream with a status.
func TestStreamsEndByCode(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t, sentiment())
	misuse := s.open(`{"start": {"model": "sentiment"}}`, `{"start": {"model": "sentiment"}}`)
	drain(t, misuse)
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := s.openIn(ctx, `{"start": {"model": "sentiment"}}`)
	if err := cancelled.RecvMsg(message(t, "weir.v1.PredictResponse", "{}")); err != nil {
		t.Fatal(err)
	}
	cancel()
	drain(t, cancelled)
	s.server.Close()
	got := values(scrape(t, s))
	for _, code := range []string{"INVALID_ARGUMENT", "CANCELLED"} {
		if n := got[`weir_streams_ended_total{code="`+code+`",model="sentiment"}`]; n != 1 {
			t.Errorf("%v streams ended with %s, want 1", n, code)
		}
	}
}

// TestClientsAddNoSeries calls with what a client can choose: its name, a model, a method. None of it may become a label.
func TestClientsAddNoSeries(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t, sentiment())
	const chosen = "chosen-by-client"
	s.predict(`{"start": {"model": "sentiment", "client": {"name": "` + chosen + `", "version": "` + chosen + `"}}}`)
	drain(t, s.open(`{"start": {"model": "`+chosen+`"}}`))
	for i := range 5 {
		method := fmt.Sprintf("/%s/%s%d", chosen, chosen, i)
		if err := s.conn.Invoke(t.Context(), method, message(t, "weir.v1.Flush", "{}"), message(t, "weir.v1.Flush", "{}")); err == nil {
			t.Fatal("a method that is not there has answered")
		}
	}
	s.server.Close()
	if _, body := s.get("/metrics"); strings.Contains(body, chosen) {
		t.Errorf("a client's choice is in /metrics:\n%s", body)
	}
}

// TestModelsAreBounded reports more models than there may be.
func TestModelsAreBounded(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t)
	hooks := s.telemetry.InferenceHooks()
	for i := range 1500 {
		hooks.Rejected(fmt.Sprintf("model-%d", i), inference.ReasonInvalidRecord, 2)
	}
	families := scrape(t, s)
	rejected := families["weir_records_rejected_total"].GetMetric()
	if n := len(rejected); n != 1001 {
		t.Errorf("%d models are counted on their own, want 1000 and one for the rest", n)
	}
	if n := values(families)[`weir_records_rejected_total{model="_other",reason="INVALID_RECORD"}`]; n != 1000 {
		t.Errorf("%v records of the models beyond are counted, want 1000", n)
	}
}

// TestNamesAreGoodPrometheus runs promtool's check over weir's own metrics.
func TestNamesAreGoodPrometheus(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t, sentiment())
	work := scrape(t, s)
	for name, family := range work {
		if !strings.HasPrefix(name, "weir_") {
			continue
		}
		problems, err := promlint.NewWithMetricFamilies([]*dto.MetricFamily{family}).Lint()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}
