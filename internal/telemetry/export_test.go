package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
)

// TestWhatIsExported sets the variables that say what goes to a collector.
func TestWhatIsExported(t *testing.T) {
	for _, test := range []struct {
		name           string
		env            map[string]string // COLLECTOR stands for the address of one that is there
		metrics, spans bool
		says           string
	}{
		{name: "nothing set"},
		{name: "an address for all", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "COLLECTOR"}, metrics: true, spans: true},
		{name: "an address for metrics", env: map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "COLLECTOR"}, metrics: true},
		{name: "an address for spans", env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "COLLECTOR"}, spans: true},
		{
			name: "switched off",
			env:  map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "COLLECTOR", "OTEL_SDK_DISABLED": "TRUE"},
		},
		{
			name:    "no spans wanted",
			env:     map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "COLLECTOR", "OTEL_TRACES_EXPORTER": "none"},
			metrics: true,
		},
		{
			name:    "no span sampled",
			env:     map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "COLLECTOR", "OTEL_TRACES_SAMPLER": "always_off"},
			metrics: true,
		},
		{
			name:    "another protocol for spans",
			env:     map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "COLLECTOR", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"},
			metrics: true, says: "gRPC only",
		},
		{
			name: "no URL",
			env:  map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4317"},
			says: "write http://host:4317",
		},
		{
			name: "a password in the URL",
			env:  map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:canary@127.0.0.1:4317"},
			says: "OTEL_EXPORTER_OTLP_HEADERS",
		},
		{
			name:    "attributes that cannot be read",
			env:     map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "COLLECTOR", "OTEL_RESOURCE_ATTRIBUTES": "canary"},
			metrics: true, spans: true, says: "OTEL_RESOURCE_ATTRIBUTES",
		},
		{
			name:    "headers that cannot be read",
			env:     map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "COLLECTOR", "OTEL_EXPORTER_OTLP_HEADERS": "canary"},
			metrics: true, spans: true, says: "parse headers",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			quietEnvironment(t)
			c := startCollector(t)
			for name, value := range test.env {
				t.Setenv(name, strings.ReplaceAll(value, "COLLECTOR", c.url))
			}
			s := startSystem(t, sentiment())
			s.predictBatch(t.Context(), `{"model": "sentiment", "records": [{"text": "one"}]}`)
			s.server.Close()
			if got := values(scrape(t, s))[`weir_records_total{model="sentiment",outcome="value"}`]; got != 1 {
				t.Errorf("/metrics has %v records, want 1, whatever is exported", got)
			}
			s.stop()
			if metrics, spans := c.received(); metrics != test.metrics || spans != test.spans {
				t.Errorf("metrics have arrived: %v, spans: %v; want %v, %v", metrics, spans, test.metrics, test.spans)
			}
			log := s.log.String()
			if !strings.Contains(log, test.says) || (test.says == "") != (log == "") {
				t.Errorf("the log says %q, want something about %q", log, test.says)
			}
			if strings.Contains(log, "canary") {
				t.Errorf("a variable's value is in the log: %s", log)
			}
		})
	}
}

// TestCollectorIsAway exports to a port where nobody listens: it costs a line of the log and no more time than allowed.
func TestCollectorIsAway(t *testing.T) {
	quietEnvironment(t)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String())
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	s := startSystem(t, sentiment())
	s.predictBatch(t.Context(), `{"model": "sentiment", "records": [{"text": "one"}]}`)
	s.server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	first := s.telemetry.Shutdown(ctx)
	if first == nil || !strings.Contains(first.Error(), "exporting what was left") {
		t.Errorf("Shutdown: %v, want an error: nothing has arrived", first)
	}
	if again := s.telemetry.Shutdown(t.Context()); !errors.Is(again, first) {
		t.Errorf("the second Shutdown: %v, want what the first one said", again)
	}
	s.predictAfterwards()
}

// predictAfterwards calls the hooks of a telemetry that is shut down.
func (s *system) predictAfterwards() {
	hooks, streams := s.telemetry.InferenceHooks(), s.telemetry.ServerHooks()
	batch := inference.Batch{Model: "late", Provider: "late", Left: "full"}
	hooks.BatchEnd(hooks.BatchStart(s.t.Context(), batch), batch, inference.BatchEnd{})
	call := inference.Call{Model: "late"}
	hooks.CallEnd(hooks.CallStart(s.t.Context(), call), call, inference.CallEnd{})
	streams.StreamStarted("late", "", "")
	streams.StreamEnded("late", nil)
}

// TestTroubleIsLoggedOncePerMinute reports errors of the export as the SDK does.
func TestTroubleIsLoggedOncePerMinute(t *testing.T) {
	quietEnvironment(t)
	synctest.Test(t, func(t *testing.T) {
		log := &syncBuffer{}
		tel, err := telemetry.New(t.Context(), telemetry.Config{Logger: slog.New(slog.NewTextHandler(log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 90 {
			otel.Handle(fmt.Errorf("collector is away %d", i))
			<-time.After(time.Second)
		}
		if err := tel.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[1], "others_not_logged=59") {
			t.Errorf("90 errors in 90 s are in the log as %q, want two lines, the second of which counts the others", lines)
		}
	})
}
