package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
)

// TestNothingPrivateIsExported sends a canary along every way that text takes (record, field, prompt, answer, error, key,
// name of the client, value of a panic) and looks for it in everything that leaves.
func TestNothingPrivateIsExported(t *testing.T) {
	quietEnvironment(t)
	const canary = "canary4711"
	c := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer "+canary)
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+canary {
			t.Error("the vendor gets no key")
		}
		w.Header().Set("X-Request-Id", "request-1")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error": {"message": "your key ` + canary + ` is wrong", "code": "` + canary + `"}}`))
	}))
	defer vendor.Close()
	driver, err := openai.New(openai.Config{BaseURL: vendor.URL, APIKey: func() string { return canary }})
	if err != nil {
		t.Fatal(err)
	}
	defer vendor.CloseClientConnections()
	talkative := failing(failure{providers.Error{Kind: providers.KindInternal, Message: canary, RequestID: canary}})
	talkative.Name, talkative.Provider = "talkative", "talkative"
	own := sentiment()
	own.Options["system.prompt"] = canary
	s := startSystem(t, own, failing(driver), talkative)

	s.predict(
		`{"start": {"model": "sentiment", "client": {"name": "`+canary+`", "version": "`+canary+`"}}}`,
		`{"record": {"text": "`+canary+` is lovely"}}`,
		`{"record": {"fields": [{"name": "`+canary+`", "text": "`+canary+`"}]}}`,
		`{"record": {"text": " "}}`,
	)
	for _, model := range []string{"failing", "talkative"} {
		s.predictBatch(t.Context(), `{"model": "`+model+`", "records": [{"text": "`+canary+`"}]}`)
	}
	s.telemetry.InferenceHooks().Fault("runtime.boundsError", []byte("goroutine 1 [running]"))
	stream, err := s.engine.Open(t.Context(), inference.StreamConfig{Model: "sentiment", Capacity: 1, Receiver: panicking{canary}})
	if err != nil {
		t.Fatal(err)
	}
	stream.Submit([]inference.Record{{Fields: []inference.Field{{Name: inference.TextField, Value: canary}}}})
	stream.Close()
	<-stream.Idle()
	s.server.Close()
	_, metrics := s.get("/metrics")
	s.stop()

	gone := map[string]string{"/metrics": metrics, "the log": s.log.String()}
	for _, span := range c.spans {
		gone["a span"] += prototext.Format(span) + "\n"
	}
	for _, m := range c.metrics {
		gone["a metric"] += prototext.Format(m) + "\n"
	}
	for _, r := range c.resources {
		gone["a resource"] += prototext.Format(r) + "\n"
	}
	for what, text := range gone {
		if text == "" {
			t.Errorf("%s holds nothing, so it shows nothing", what)
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, canary) {
				t.Errorf("%s tells: %s", what, line)
			}
		}
	}
	if got := c.headers[0].Get("authorization"); len(got) != 1 || got[0] != "Bearer "+canary {
		t.Errorf("the collector gets the header %q: the canary has not been where it should be", got)
	}
}
