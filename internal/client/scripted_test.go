package client_test

import (
	"net"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/client"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type predictStream = grpc.BidiStreamingServer[weirv1.PredictRequest, weirv1.PredictResponse]

// scripted is a server that does on each stream what a test says: what a real one does seldom, or never.
type scripted struct {
	weirv1.UnimplementedInferenceServiceServer

	predict func(stream predictStream) error
}

func (s *scripted) Predict(stream predictStream) error { return s.predict(stream) }

// startScripted serves until the test ends, and returns a client of it.
func startScripted(t *testing.T, predict func(stream predictStream) error) *client.Client {
	t.Helper()
	listener := listen(t)
	s := grpc.NewServer()
	weirv1.RegisterInferenceServiceServer(s, &scripted{predict: predict})
	done := make(chan error, 1)
	go func() { done <- s.Serve(listener) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return dial(t, listener.Addr().String())
}

// startReal serves one model with the embedded provider, or driver where that is not nil.
func startReal(t *testing.T, cfg server.Config, driver providers.Provider, options map[string]string) *client.Client {
	t.Helper()
	if driver == nil {
		driver = local.New()
	}
	var err error
	cfg.Engine, err = inference.New(inference.Config{Models: []inference.ModelConfig{{
		Name: "m", Provider: "p", Kind: "local", ProviderModel: "m", Driver: driver, Options: options, Limit: providers.NewLimit(4),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	listener := listen(t)
	s := server.New(cfg)
	done := make(chan error, 1)
	go func() { done <- s.Serve(listener) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return dial(t, listener.Addr().String())
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func dial(t *testing.T, address string) *client.Client {
	t.Helper()
	c, err := client.Dial(client.Config{Address: address, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// started accepts a stream with a window.
func started(stream predictStream, window *weirv1.Window) error {
	if _, err := stream.Recv(); err != nil {
		return err
	}
	return stream.Send(&weirv1.PredictResponse{Message: &weirv1.PredictResponse_Started{Started: &weirv1.PredictStarted{Window: window}}})
}

// recordsOf are the records of a message.
func recordsOf(req *weirv1.PredictRequest) []*weirv1.Record {
	if r := req.GetRecord(); r != nil {
		return []*weirv1.Record{r}
	}
	return req.GetRecords().GetRecords()
}

func results(results ...*weirv1.Result) *weirv1.PredictResponse {
	return &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Results{Results: &weirv1.ResultBatch{Results: results}}}
}

func text(sequence uint64, text string) *weirv1.Result {
	return &weirv1.Result{Sequence: sequence, Outcome: &weirv1.Result_Text{Text: text}}
}
