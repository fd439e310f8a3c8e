package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"google.golang.org/grpc"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/server"
)

// The roles of this program as a child of itself.
const (
	roleEcho  = "echo"  // a raw gRPC echo
	roleProxy = "proxy" // a bare gRPC proxy to a model
	roleWeir  = "weir"  // weir with the models of this program
)

// The models of roleWeir.
const (
	modelHash     = "hash"     // hashModel, without latency
	modelSlow     = "slow"     // hashModel, up to 40 ms a call
	modelUpstream = "upstream" // the openai driver and its base URL
)

// restPath is where roleWeir is told to rest.
const restPath = "/rest"

// roleServing is what a child says when it serves.
var roleServing = regexp.MustCompile(`^serving address=(\S+) admin=(\S+)$`)

// roleSettings say what a child does.
type roleSettings struct {
	name       string
	upstream   string
	inFlight   int
	stall      time.Duration
	cpuprofile string
}

func (r *roleSettings) flags(flags *flag.FlagSet) {
	flags.StringVar(&r.name, "role", "", "serve as a child of the benchmark: echo, proxy or weir")
	flags.StringVar(&r.upstream, "role-upstream", "", "base URL of the role's model upstream")
	flags.IntVar(&r.inFlight, "role-in-flight", 0, "most calls at once to upstream")
	flags.DurationVar(&r.stall, "role-stall", 0, "the role's stall timeout")
	flags.StringVar(&r.cpuprofile, "role-cpuprofile", "", "write a CPU profile of the role")
}

// serve plays the role until ctx ends.
func (r *roleSettings) serve(ctx context.Context) error {
	if r.cpuprofile != "" {
		file, err := os.Create(r.cpuprofile)
		if err != nil {
			return err
		}
		defer file.Close() //nolint:errcheck // a profile that is cut off tells so when it is read
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	switch r.name {
	case roleEcho:
		return serveEcho(ctx, listener)
	case roleProxy:
		return r.serveProxy(ctx, listener)
	case roleWeir:
		return r.serveWeir(ctx, listener)
	default:
		return fmt.Errorf("no role %q", r.name)
	}
}

// serveEcho serves the echo with the same HTTP/2 windows as weir, and gRPC's own defaults for everything else.
func serveEcho(ctx context.Context, listener net.Listener) error {
	s := grpc.NewServer(grpc.StaticStreamWindowSize(streamWindow), grpc.StaticConnWindowSize(connWindow))
	weirv1.RegisterInferenceServiceServer(s, echoServer{})
	context.AfterFunc(ctx, s.Stop)
	fmt.Fprintf(os.Stderr, "serving address=%s admin=off\n", listener.Addr())
	return s.Serve(listener)
}

// serveWeir serves weir as `weir serve` wires it, telemetry and admin port included, with the models of this program.
func (r *roleSettings) serveWeir(ctx context.Context, listener net.Listener) error {
	upstream, err := openai.New(openai.Config{BaseURL: r.upstream, MaxInFlight: r.inFlight})
	if err != nil {
		return err
	}
	models := []inference.ModelConfig{
		newModel(modelHash, hashModel{}, 0),
		newModel(modelSlow, hashModel{most: slowest}, 0),
		newModel(modelUpstream, upstream, r.inFlight),
	}
	t, err := telemetry.New(ctx, telemetry.Config{Version: "bench", Models: models})
	if err != nil {
		return err
	}
	engine, err := inference.New(inference.Config{Models: models, Hooks: t.InferenceHooks()})
	if err != nil {
		return err
	}
	s := server.New(server.Config{
		Engine: engine, Version: "bench", StallTimeout: r.stall, MaxStreams: maxStreams,
		Hooks: t.ServerHooks(), Options: t.ServerOptions(),
	})
	t.ObserveStreams(s.Streams)
	for i := range models {
		t.ObserveProvider(models[i].Provider, models[i].Limit, models[i].Breaker)
	}
	t.SetReady(func() error { return nil })
	admin, address, err := serveAdmin(ctx, t.Handler(), upstream.Close)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, s.Close)
	fmt.Fprintf(os.Stderr, "serving address=%s admin=%s\n", listener.Addr(), address)
	if err := s.Serve(listener); err != nil {
		return err
	}
	return admin.Shutdown(context.WithoutCancel(ctx))
}

// newModel returns a model with a provider of its own, all of whose options a request may set. The account's limits are those of
// `weir serve` where none is configured.
func newModel(name string, driver providers.Provider, inFlight int) inference.ModelConfig {
	limit, throttle := providers.NewLimit(inFlight), providers.NewThrottle(providers.ThrottleConfig{})
	limit.Throttle(throttle)
	return inference.ModelConfig{
		Name: name, Provider: name, Kind: "bench", ProviderModel: "sentiment", Driver: driver,
		Limit: limit, Throttle: throttle, Breaker: providers.NewBreaker(providers.BreakerConfig{}),
		Open: func(string) bool { return true },
	}
}

// serveAdmin serves the metrics, and restPath.
func serveAdmin(ctx context.Context, metrics http.Handler, hangUp func()) (*telemetry.Admin, net.Addr, error) {
	mux := http.NewServeMux()
	mux.Handle("/", metrics)
	mux.HandleFunc("POST "+restPath, func(http.ResponseWriter, *http.Request) {
		hangUp()
		debug.FreeOSMemory() // it collects first
	})
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	admin := telemetry.NewAdmin(mux, nil)
	go func() { _ = admin.Serve(listener) }()
	return admin, listener.Addr(), nil
}
