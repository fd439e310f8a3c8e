package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/server"
)

const (
	callTime   = 200 * time.Millisecond
	bufferSize = 64 << 10
)

// TestCallsPerCapacity is about what costs money: how many calls 10,000 records take from a client with C records
// unanswered, which sends one record for each result, in order, as Flink's asynchronous operator does. All of it is real,
// gRPC and HTTP, over connections in memory, so that its 200 ms a call pass in no time. With the race detector it is a fifth
// of the records and of the calls.
func TestCallsPerCapacity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		capacity, most int
		rate           float64
	}{
		{10, 1060, 45},
		{25, 545, 90},
		{39, 560, 150},
		{128, 545, 400},
	}
	for _, test := range tests {
		for _, piecewise := range []bool{false, true} {
			t.Run(fmt.Sprintf("capacity=%d/piecewise=%t", test.capacity, piecewise), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					records := 10_000
					if raceDetector || testing.Short() {
						records = 2_000
					}
					calls, took := countCalls(t, test.capacity, records, piecewise)
					rate := float64(records) / took.Seconds()
					t.Logf("%d calls, %.0f records/s", calls, rate)
					if most := test.most * records / 10_000; calls > most || rate < test.rate {
						t.Errorf("%d calls, %.1f records/s; want at most %d, at least %.0f", calls, rate, most, test.rate)
					}
				})
			})
		}
	}
}

// countCalls runs the records through a server and returns the calls and the time it took. Piecewise, the client takes 1 ms
// for each result, so that records come in one by one while the next batch gathers: a rule that sends what there is once the
// client can send no more would send them one by one too.
func countCalls(t *testing.T, capacity, records int, piecewise bool) (int, time.Duration) {
	t.Helper()
	latency, between := callTime, time.Duration(0)
	if piecewise {
		between = time.Millisecond
		latency -= time.Duration(min(capacity, 20)) * between
	}
	provider := &canary{}
	provider.misbehave(func(c *call, _ int64) {
		<-time.After(latency)
		c.answer(c.right(), "stop")
	})
	client := memoryWeir(t, memoryProvider(t, provider))
	stream, err := client.Predict(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := &flink{InferenceService_PredictClient: stream, records: records, between: between}
	start := time.Now()
	if err := f.run(capacity); err != nil {
		t.Fatal(err)
	}
	return int(provider.calls.Load()), time.Since(start)
}

// flink is a client that sends a record for each result.
type flink struct {
	weirv1.InferenceService_PredictClient

	records int
	between time.Duration // from one result of a message to the next
	sent    int
	got     int
}

func (f *flink) run(capacity int) error {
	start := &weirv1.PredictStart{MaxInFlight: uint32(capacity)}
	if err := f.Send(startOf(start)); err != nil {
		return err
	}
	if _, err := f.Recv(); err != nil {
		return err
	}
	for range capacity {
		if err := f.next(); err != nil {
			return err
		}
	}
	for {
		m, err := f.Recv()
		if errors.Is(err, io.EOF) && f.got == f.records {
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d results: %w", f.got, err)
		}
		for _, r := range m.GetResults().GetResults() {
			if err := f.take(r); err != nil {
				return err
			}
		}
	}
}

func (f *flink) take(r *weirv1.Result) error {
	if f.between > 0 {
		<-time.After(f.between)
	}
	f.got++
	if r.GetSequence() != uint64(f.got) || r.GetText() != answerTo(text(f.got)) {
		return fmt.Errorf("result %d: %v", f.got, r)
	}
	return f.next()
}

func (f *flink) next() error {
	if f.sent == f.records {
		return nil
	}
	f.sent++
	if err := f.Send(batchOf(recordsOf(text(f.sent)))); err != nil {
		return err
	}
	if f.sent == f.records {
		return f.CloseSend()
	}
	return nil
}

// memoryProvider is the openai driver of a model server that is reached through memory.
func memoryProvider(t *testing.T, handler http.Handler) providers.Provider {
	t.Helper()
	listener := bufconn.Listen(bufferSize)
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.DialContext(ctx) },
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	driver, err := openai.New(openai.Config{BaseURL: "http://memory/v1", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return driver
}

// memoryWeir is a client of a server that is reached through memory.
func memoryWeir(t *testing.T, driver providers.Provider) weirv1.InferenceServiceClient {
	t.Helper()
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
		Name: "m", Provider: "p", ProviderModel: "canary", Driver: driver, Limit: providers.NewLimit(0),
		Options: map[string]string{"batch.size": "20"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	srv := server.New(server.Config{Engine: engine, Version: "test"})
	listener := bufconn.Listen(bufferSize)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return weirv1.NewInferenceServiceClient(conn)
}
