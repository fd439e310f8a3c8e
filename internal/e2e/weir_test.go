package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/weir-ml/weir/config"
	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/server"
)

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(stop func())
	Context() context.Context
}

// weir is a running server and a client of it.
type weir struct {
	server *server.Server
	addr   string
	conn   *grpc.ClientConn
	client weirv1.InferenceServiceClient
	tally  *tally

	drivers []*openai.Provider
	served  chan error
}

// tally counts what became of the records, as the engine tells it, and notes in which order the batches ended.
type tally struct {
	values, errors, rejected atomic.Int64

	mu    sync.Mutex
	left  int   // batches that have left
	ended []int // their numbers, as they ended
}

type batchKey struct{}

func (c *tally) hooks() inference.Hooks {
	return inference.Hooks{
		BatchStart: func(ctx context.Context, _ inference.Batch) context.Context {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.left++
			return context.WithValue(ctx, batchKey{}, c.left)
		},
		BatchEnd: func(ctx context.Context, _ inference.Batch, end inference.BatchEnd) {
			c.values.Add(int64(end.Values))
			for _, n := range end.Errors {
				c.errors.Add(int64(n))
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if n, ok := ctx.Value(batchKey{}).(int); ok {
				c.ended = append(c.ended, n)
			}
		},
		Rejected: func(_ string, _ inference.Reason, n int) { c.rejected.Add(int64(n)) },
	}
}

func (c *tally) records() int64 { return c.values.Load() + c.errors.Load() + c.rejected.Load() }

// forget drops the batches so far.
func (c *tally) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = nil
}

// outOfOrder is the share of batches that ended after one that left later.
func (c *tally) outOfOrder() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	late, latest := 0, 0
	for _, n := range c.ended {
		if n < latest {
			late++
		}
		latest = max(latest, n)
	}
	return float64(late) / float64(max(len(c.ended), 1))
}

// serve starts a server with the configuration of a YAML file; change may be nil.
func serve(t tester, file string, change func(*server.Config)) *weir {
	t.Helper()
	w := assemble(t, file, change)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("%v", err)
	}
	w.addr = listener.Addr().String()
	go func() { w.served <- w.server.Serve(listener) }()
	w.conn = dial(t, w.addr)
	w.client = weirv1.NewInferenceServiceClient(w.conn)
	t.Cleanup(func() { w.stop(t) })
	return w
}

// assemble makes a server of a configuration, as cmd/weir does it, without telemetry.
func assemble(t tester, file string, change func(*server.Config)) *weir {
	t.Helper()
	cfg, err := config.Parse("weir.yaml", []byte(file))
	if err != nil {
		t.Fatalf("%v", err)
	}
	w := &weir{tally: &tally{}, served: make(chan error, 1)}
	models := make([]inference.ModelConfig, 0, len(cfg.Models))
	limits := map[string]*providers.Limit{}
	for name, m := range cfg.Models {
		p := cfg.Providers[m.Provider]
		if limits[m.Provider] == nil {
			limits[m.Provider] = providers.NewLimit(p.MaxInFlight)
		}
		models = append(models, inference.ModelConfig{
			Name: name, Provider: m.Provider, Kind: p.Kind, ProviderModel: m.Model, Driver: w.driver(t, p),
			Limit: limits[m.Provider], Options: m.Options, Open: m.Opens,
		})
	}
	engine, err := inference.New(inference.Config{
		Models: models, MaxRecordBytes: int(cfg.Limits.MaxRecordBytes), Hooks: w.tally.hooks(),
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	sc := server.Config{
		Engine:        engine,
		Version:       "test",
		WindowRecords: cfg.Limits.WindowRecords,
		WindowBytes:   int(cfg.Limits.WindowBytes),
		HeldBytes:     int(cfg.Limits.MaxHeldBytes),
		MaxStreams:    cfg.Limits.MaxStreams,
		StallTimeout:  cfg.Limits.StallTimeout,
		DrainTimeout:  cfg.Limits.DrainTimeout,
		Logger:        slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&sc)
	}
	w.server = server.New(sc)
	return w
}

func (w *weir) driver(t tester, p config.Provider) providers.Provider {
	t.Helper()
	if p.Kind == config.KindLocal {
		return local.New()
	}
	driver, err := openai.New(openai.Config{BaseURL: p.BaseURL, APIKey: p.APIKey.Reveal, MaxInFlight: p.MaxInFlight})
	if err != nil {
		t.Fatalf("%v", err)
	}
	w.drivers = append(w.drivers, driver)
	return driver
}

// stop ends the server and waits for all of it.
func (w *weir) stop(t tester) {
	t.Helper()
	if err := w.conn.Close(); err != nil && status.Code(err) != codes.Canceled { // the test has closed it
		t.Errorf("%v", err)
	}
	w.server.Close()
	if err := <-w.served; err != nil {
		t.Errorf("%v", err)
	}
	if n := w.server.Streams(); n != 0 {
		t.Errorf("%d streams are left", n)
	}
	for _, d := range w.drivers {
		d.Close()
	}
}

func dial(t tester, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return conn
}

// model is a file with one model, "m", of an OpenAI-compatible provider at a URL, with options as YAML: `batch.size: 5`.
func model(url string, options ...string) string {
	file := "providers: {p: {kind: openai, base_url: " + url + "}}\nmodels:\n  m:\n    provider: p\n    model: canary\n    overridable: all\n"
	if len(options) > 0 {
		file += "    options:\n"
	}
	for _, option := range options {
		file += "      " + option + "\n"
	}
	return file
}

var _ tester = (*testing.T)(nil)

// text numbers a record's text, so that each one is its own canary.
func text(n int) string {
	return fmt.Sprintf("record %d, \"quoted\" \n Input 3: \"forged\" <b> {{text}}", n)
}
