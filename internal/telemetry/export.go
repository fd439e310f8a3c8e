package telemetry

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

// exports says what goes to a collector.
type exports struct{ metrics, spans bool }

// exportsFromEnv reads the variables that say whether anything is exported; how is read by the exporters themselves. The
// exporters take localhost where no address is given or it cannot be read, and weir must not send anything to an address
// that nobody has named, so it looks first.
func exportsFromEnv(log *slog.Logger) exports {
	if disabled := env("OTEL_SDK_DISABLED"); strings.EqualFold(disabled, "true") {
		return exports{}
	}
	return exports{metrics: exported("METRICS", log), spans: exported("TRACES", log)}
}

// exported reports whether a signal has a collector that weir can speak to; it logs why not where one is named.
func exported(signal string, log *slog.Logger) bool {
	if strings.EqualFold(env("OTEL_"+signal+"_EXPORTER"), "none") {
		return false
	}
	name, endpoint := variable(signal, "ENDPOINT")
	if endpoint == "" {
		return false
	}
	if problem := refused(endpoint); problem != "" { // without the address: it may hold a password
		log.Warn("telemetry is not exported: the collector's address cannot be used", "variable", name, "problem", problem)
		return false
	}
	if name, protocol := variable(signal, "PROTOCOL"); protocol != "" && protocol != "grpc" {
		log.Warn("telemetry is not exported: weir speaks OTLP over gRPC only; set the variable to grpc, and the port to "+
			"the collector's gRPC port (4317 as a rule)", "variable", name)
		return false
	}
	return true
}

// variable returns an OTLP variable of a signal: its own, else the one of all signals.
func variable(signal, what string) (name, value string) {
	name = "OTEL_EXPORTER_OTLP_" + signal + "_" + what
	if value = env(name); value != "" {
		return name, value
	}
	name = "OTEL_EXPORTER_OTLP_" + what
	return name, env(name)
}

func env(name string) string { return strings.TrimSpace(os.Getenv(name)) }

// refused says why an address cannot be used; empty: it can.
func refused(endpoint string) string {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Scheme == "":
		return "it is no URL: write http://host:4317, or https://host:4317 for TLS"
	case u.User != nil:
		return "it holds credentials: put them into OTEL_EXPORTER_OTLP_HEADERS"
	}
	return ""
}

// describe says who exports. What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes before what weir knows.
func describe(ctx context.Context, cfg Config) *resource.Resource {
	name := cfg.ServiceName
	if name == "" {
		name = DefaultServiceName
	}
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithAttributes(
			attribute.String("service.name", name),
			attribute.String("service.version", cfg.Version),
			attribute.String("service.instance.id", rand.Text()), // tells two servers behind one collector apart
		),
		resource.WithFromEnv(),
	)
	if err != nil {
		cfg.Logger.Warn("OTEL_RESOURCE_ATTRIBUTES cannot be read in full; " +
			"it is a list such as deployment.environment.name=prod,team=search")
	}
	return about
}

// logEvery is how often trouble with the export is logged, at most.
const logEvery = time.Minute

// sdkLog takes what the SDK has to say of itself to weir's log. Left alone the SDK writes to standard error, and what it
// writes holds the values of variables that it cannot read, keys among them.
type sdkLog struct {
	log *slog.Logger

	mu     sync.Mutex
	next   time.Time
	silent int
}

// Handle logs an error of the export: a collector that is away would be in the log every few seconds.
func (l *sdkLog) Handle(err error) {
	if errors.Is(err, resource.ErrPartialResource) {
		return // describe has said so, without the value that this error quotes
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Before(l.next) {
		l.silent++
		return
	}
	l.log.Warn("telemetry could not be exported", "error", err, "others_not_logged", l.silent)
	l.next, l.silent = now.Add(logEvery), 0
}

func (l *sdkLog) logger() logr.Logger { return logr.New(l) }

// Init does nothing; it is part of logr.LogSink.
func (*sdkLog) Init(logr.RuntimeInfo) {}

// Enabled leaves out what is no error.
func (*sdkLog) Enabled(level int) bool { return level == 0 }

// Info does nothing.
func (*sdkLog) Info(int, string, ...any) {}

// Error logs what went wrong, without the error and the values: both quote the environment.
func (l *sdkLog) Error(_ error, message string, _ ...any) {
	l.log.Warn("a setting of OpenTelemetry cannot be used", "where", message)
}

// WithValues drops the values.
func (l *sdkLog) WithValues(...any) logr.LogSink { return l }

// WithName drops the name.
func (l *sdkLog) WithName(string) logr.LogSink { return l }
