package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/server"
)

// system is a weir server with telemetry, a client of it, and its admin port.
type system struct {
	t         *testing.T
	telemetry *telemetry.Telemetry
	engine    *inference.Engine
	server    *server.Server
	conn      *grpc.ClientConn
	admin     string
	log       *syncBuffer
}

// startSystem starts a server with the models; everything ends with the test.
func startSystem(t *testing.T, models ...inference.ModelConfig) *system {
	t.Helper()
	s := &system{t: t, log: &syncBuffer{}}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	var err error
	s.telemetry, err = telemetry.New(t.Context(), telemetry.Config{Version: "1.2.3", Models: models, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.telemetry.Shutdown(context.WithoutCancel(t.Context())) })
	s.engine, err = inference.New(inference.Config{Models: models, Hooks: s.telemetry.InferenceHooks()})
	if err != nil {
		t.Fatal(err)
	}
	s.server = server.New(server.Config{
		Engine: s.engine, Logger: log, Hooks: s.telemetry.ServerHooks(), Options: s.telemetry.ServerOptions(),
	})
	s.telemetry.ObserveStreams(s.server.Streams)
	for i := range models {
		s.telemetry.ObserveProvider(models[i].Provider, models[i].Limit, models[i].Breaker)
	}
	s.conn = s.dial(serve(t, s.server.Serve, s.server.Close))
	admin := telemetry.NewAdmin(s.telemetry.Handler(), log)
	s.admin = "http://" + serve(t, admin.Serve, func() {
		if err := admin.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve serves a loopback listener until the test ends and returns its address.
func serve(t testing.TB, run func(net.Listener) error, stop func()) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- run(listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return listener.Addr().String()
}

func (s *system) dial(address string) *grpc.ClientConn {
	s.t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// predict runs a whole stream: the messages go in as JSON, the responses come back.
func (s *system) predict(messages ...string) []proto.Message {
	s.t.Helper()
	stream := s.open(messages...)
	if err := stream.CloseSend(); err != nil {
		s.t.Fatal(err)
	}
	var responses []proto.Message
	for {
		response := message(s.t, "weir.v1.PredictResponse", "{}")
		err := stream.RecvMsg(response)
		if errors.Is(err, io.EOF) {
			return responses
		}
		if err != nil {
			s.t.Fatal(err)
		}
		responses = append(responses, response)
	}
}

// open opens a stream and sends messages.
func (s *system) open(messages ...string) grpc.ClientStream {
	s.t.Helper()
	return s.openIn(s.t.Context(), messages...)
}

func (s *system) openIn(ctx context.Context, messages ...string) grpc.ClientStream {
	s.t.Helper()
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	stream, err := s.conn.NewStream(ctx, desc, "/weir.v1.InferenceService/Predict")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range messages {
		if err := stream.SendMsg(message(s.t, "weir.v1.PredictRequest", m)); err != nil {
			s.t.Fatal(err)
		}
	}
	return stream
}

// predictBatch makes a unary call.
func (s *system) predictBatch(ctx context.Context, request string) proto.Message {
	s.t.Helper()
	response := message(s.t, "weir.v1.PredictBatchResponse", "{}")
	err := s.conn.Invoke(ctx, "/weir.v1.InferenceService/PredictBatch", message(s.t, "weir.v1.PredictBatchRequest", request), response)
	if err != nil {
		s.t.Fatal(err)
	}
	return response
}

// message makes a message of the contract; its generated code is the server's alone.
func message(t testing.TB, name protoreflect.FullName, text string) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(name)
	if err != nil {
		t.Fatal(err)
	}
	m := kind.New().Interface()
	if err := protojson.Unmarshal([]byte(text), m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// get returns the status and the body of a path of the admin port.
func (s *system) get(path string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.admin+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// sentiment is a model on the embedded provider.
func sentiment() inference.ModelConfig {
	return inference.ModelConfig{
		Name: "sentiment", Provider: "embedded", Kind: "local", ProviderModel: "vader",
		Driver: local.New(), Limit: providers.NewLimit(4),
		Options: map[string]string{"batch.size": "3", "batch.timeout.ms": "60000"},
	}
}

// failing is a model whose calls fail.
func failing(driver providers.Provider) inference.ModelConfig {
	return inference.ModelConfig{
		Name: "failing", Provider: "broken", Kind: "azure", ProviderModel: "gpt-none",
		Driver: driver, Limit: providers.NewLimit(1), Options: map[string]string{"max.retries": "1"},
	}
}

// failure is a driver that fails in one way.
type failure struct{ err providers.Error }

func (f failure) Complete(context.Context, *providers.Request) (*providers.Response, error) {
	err := f.err
	return nil, &err
}

// waiting is a driver that answers when it is told to.
type waiting struct {
	called chan struct{}
	answer chan struct{}
}

func (w waiting) Complete(ctx context.Context, _ *providers.Request) (*providers.Response, error) {
	w.called <- struct{}{}
	select {
	case <-w.answer:
		return &providers.Response{Text: "done", Finish: providers.FinishStop}, nil
	case <-ctx.Done():
		return nil, &providers.Error{Kind: providers.KindCancelled, Err: ctx.Err()}
	}
}

// syncBuffer is a buffer for a log.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// stop ends the server and then the telemetry, so that all is counted and exported.
func (s *system) stop() {
	s.t.Helper()
	s.server.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	if err := s.telemetry.Shutdown(ctx); err != nil {
		s.t.Fatal(err)
	}
}
