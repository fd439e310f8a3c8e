// Package telemetry turns what the other packages report through their hooks into metrics and spans. Metrics are always
// there for Prometheus; metrics and spans go to an OpenTelemetry collector where the usual OTEL_* variables name one.
//
// Everything is counted for each batch and each call, never for each record, and nothing that is exported holds a
// record's text, a prompt, an answer, a key or the name of a client. docs/metrics.md lists what there is; it is
// generated from the table in this package.
//
// The package does not decide what is reported or when: that is the hooks' business. It writes no log of its own but of
// faults and of trouble with the export, sends no logs anywhere, and opens no port: [Admin] serves a listener that the
// caller opens.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"golang.org/x/time/rate"

	"github.com/weir-ml/weir/inference"
)

// DefaultServiceName is what weir calls itself in what it exports.
const DefaultServiceName = "weir"

// scope is the name of weir's instrumentation.
const scope = "github.com/weir-ml/weir"

// shutdownTimeout bounds how long Shutdown waits for a collector.
const shutdownTimeout = 5 * time.Second

// Config says what a Telemetry tells of itself. The zero value works. Where metrics and spans go is not configured here
// but by OpenTelemetry's own variables; docs/metrics.md names those that matter.
type Config struct {
	// Version is the program's.
	Version string
	// ServiceName is the program's name; OTEL_SERVICE_NAME goes before it. Default [DefaultServiceName].
	ServiceName string
	// Models are the models of the engine. Their counters start at 0 instead of at the first event, and the spans of
	// their calls name the provider's own model. Other models are reported as well, without that name.
	Models []inference.ModelConfig
	// Logger gets faults and trouble with the export; nil means slog.Default().
	Logger *slog.Logger
}

// Telemetry counts, and exports what it has counted. Its methods may be called by several goroutines at once; the hooks
// never wait. It must be shut down.
type Telemetry struct {
	log       *slog.Logger
	registry  *prometheus.Registry
	meters    *sdkmetric.MeterProvider
	tracers   *sdktrace.TracerProvider // nil: no spans
	exporter  sdktrace.SpanExporter    // of tracers
	spans     *spans                   // nil: no spans
	counts    *counts
	ready     atomic.Pointer[func() error]
	notices   *rate.Limiter // of log lines about answers
	unnoticed atomic.Int64
	failures  failures // that were logged
	over      sync.Once
	overErr   error
}

// New returns a Telemetry. It makes no connection and does not wait: a collector that is not there is found by the first
// export, and logged. A collector's address that cannot be used is logged, and nothing is sent; telemetry is no reason
// not to start. OpenTelemetry's handlers of its own errors are process-wide, so the last Telemetry has them.
func New(ctx context.Context, cfg Config) (*Telemetry, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	t := &Telemetry{log: cfg.Logger, registry: newRegistry(), notices: rate.NewLimiter(rate.Every(10*time.Second), 3)}
	handler := &sdkLog{log: cfg.Logger}
	otel.SetErrorHandler(handler)
	otel.SetLogger(handler.logger())
	if err := t.start(ctx, describe(ctx, cfg), exportsFromEnv(cfg.Logger)); err != nil {
		return nil, errors.Join(fmt.Errorf("telemetry: %w", err), t.Shutdown(ctx))
	}
	if t.tracers != nil {
		t.spans = newSpans(t.tracers.Tracer(scope), cfg.Models)
	}
	for i := range cfg.Models {
		t.counts.models.get(cfg.Models[i].Name)
		t.counts.pairs.get(pair{model: cfg.Models[i].Name, provider: cfg.Models[i].Provider})
	}
	return t, nil
}

// newRegistry returns a registry of our own: the library's default one is open to whatever is linked in.
func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}

// start makes the pipelines of metrics and spans.
func (t *Telemetry) start(ctx context.Context, about *resource.Resource, to exports) error {
	opts := []sdkmetric.Option{sdkmetric.WithResource(about), sdkmetric.WithCardinalityLimit(maxSeries)}
	readers, err := t.readers(ctx, to)
	if err != nil {
		return err
	}
	for _, reader := range readers {
		opts = append(opts, sdkmetric.WithReader(reader))
	}
	if to.spans {
		if t.exporter, err = otlptracegrpc.New(ctx); err != nil {
			return fmt.Errorf("the OTLP exporter of spans: %w", err)
		}
		t.tracers = sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithBatcher(t.exporter))
	} else {
		opts = append(opts, sdkmetric.WithExemplarFilter(exemplar.AlwaysOffFilter)) // an exemplar names a span
	}
	t.meters = sdkmetric.NewMeterProvider(opts...)
	t.counts, err = newCounts(t.meters.Meter(scope), to.spans)
	return err
}

// readers are what metrics go to: always the registry, and a collector where there is one.
func (t *Telemetry) readers(ctx context.Context, to exports) ([]sdkmetric.Reader, error) {
	local, err := promexporter.New(
		promexporter.WithRegisterer(t.registry),
		promexporter.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
		promexporter.WithoutScopeInfo(),
	)
	if err != nil {
		return nil, fmt.Errorf("the Prometheus exporter: %w", err)
	}
	if !to.metrics {
		return []sdkmetric.Reader{local}, nil
	}
	remote, err := otlpmetricgrpc.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("the OTLP exporter of metrics: %w", err)
	}
	return []sdkmetric.Reader{local, sdkmetric.NewPeriodicReader(remote)}, nil
}

// Shutdown exports what is not exported yet and ends the export. It waits for the collector until ctx ends, and for 5 s
// at most; what could not be sent by then is lost, and the error says so. Hooks that are called later do nothing. It may
// be called again.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	t.over.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
		defer cancel()
		var spans, metrics error
		var both sync.WaitGroup // at once: a collector that is away must not take the time of the second from the first
		both.Go(func() { spans = t.shutdownSpans(ctx) })
		both.Go(func() { metrics = t.shutdownMetrics(ctx) })
		both.Wait()
		if err := errors.Join(spans, metrics); err != nil {
			t.overErr = fmt.Errorf("telemetry: exporting what was left: %w", err)
		}
	})
	return t.overErr
}

func (t *Telemetry) shutdownMetrics(ctx context.Context) error {
	if t.meters == nil {
		return nil
	}
	return t.meters.Shutdown(ctx)
}

func (t *Telemetry) shutdownSpans(ctx context.Context) error {
	if t.tracers == nil {
		return nil
	}
	err := t.tracers.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, t.exporter.Shutdown(ctx)) // the SDK leaves an export behind that tries for a minute
	}
	return err
}
