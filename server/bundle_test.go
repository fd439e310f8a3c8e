package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/catalog"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// model is a provider that answers every record of a prompt with the hash of the record's own text: a wrong answer on a
// record cannot pass for a right one.
type model struct {
	calls   atomic.Int64
	records atomic.Int64
	// before is called first; its error ends the call.
	before func(ctx context.Context, texts []string) error
	// rewrite changes the reply; nil leaves it.
	rewrite func(reply string) string
	// spend changes the usage; nil leaves it.
	spend func(u *providers.Usage)
}

var inputLine = regexp.MustCompile(`(?m)^Input (\w+): (".*")$`)

// Complete answers.
func (m *model) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	m.calls.Add(1)
	prompt := req.Messages[len(req.Messages)-1].Content
	lines := inputLine.FindAllStringSubmatch(prompt, -1)
	m.records.Add(int64(len(lines)))
	texts := make([]string, len(lines))
	entries := make([]string, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line[2]), &texts[i]); err != nil {
			return nil, fmt.Errorf("reading the block: %w", err)
		}
		entries[i] = fmt.Sprintf(`{"index": %q, "value": %q}`, line[1], answerTo(texts[i]))
	}
	if m.before != nil {
		if err := m.before(ctx, texts); err != nil {
			return nil, err
		}
	}
	reply := "[" + strings.Join(entries, ", ") + "]"
	if len(lines) == 0 { // single mode
		reply = answerTo(prompt)
	}
	if m.rewrite != nil {
		reply = m.rewrite(reply)
	}
	usage := providers.Usage{PromptTokens: len(prompt), CompletionTokens: len(reply), Reported: true}
	if m.spend != nil {
		m.spend(&usage)
	}
	return &providers.Response{Text: reply, Finish: providers.FinishStop, Usage: usage}, nil
}

// answerTo is the right answer to a text.
func answerTo(text string) string {
	h := fnv.New64a()
	h.Write([]byte(text))
	return strconv.FormatUint(h.Sum64(), 36)
}

// bundle is a running server with one model, and a client.
type bundle struct {
	server *server.Server
	client weirv1.InferenceServiceClient
	conn   *grpc.ClientConn
	model  *model
	served chan error
}

type setup struct {
	model   *model
	options map[string]string
	open    func(string) bool
	limit   int
	price   *catalog.Price
	change  func(*server.Config)
	hooks   inference.Hooks
}

func start(t *testing.T, with setup) *bundle {
	t.Helper()
	if with.model == nil {
		with.model = &model{}
	}
	mc := inference.ModelConfig{
		Name: "m", Provider: "test", Kind: "test", ProviderModel: "hash", Driver: with.model, Options: with.options, Open: with.open,
		Price: with.price,
	}
	if with.limit > 0 {
		mc.Limit = providers.NewLimit(with.limit)
	}
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{mc}, Hooks: with.hooks})
	if err != nil {
		t.Fatal(err)
	}
	cfg := server.Config{Engine: engine, Version: "test", Logger: slog.New(slog.DiscardHandler)}
	if with.change != nil {
		with.change(&cfg)
	}
	b := &bundle{server: server.New(cfg), model: with.model, served: make(chan error, 1)}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { b.served <- b.server.Serve(listener) }()
	b.conn, err = grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	b.client = weirv1.NewInferenceServiceClient(b.conn)
	t.Cleanup(func() { b.stop(t) })
	return b
}

func (b *bundle) stop(t *testing.T) {
	t.Helper()
	if err := b.conn.Close(); err != nil {
		t.Error(err)
	}
	b.server.Close()
	if err := <-b.served; err != nil {
		t.Error(err)
	}
}

// stream is one Predict stream of a test.
type stream struct {
	weirv1.InferenceService_PredictClient

	t       *testing.T
	started *weirv1.PredictStarted
}

func (b *bundle) predict(t *testing.T, start *weirv1.PredictStart) *stream {
	t.Helper()
	s := b.dial(t, t.Context())
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: start}})
	s.started = s.recv().GetStarted()
	if s.started == nil {
		t.Fatal("the first message is not started")
	}
	return s
}

func (b *bundle) dial(t *testing.T, ctx context.Context) *stream {
	t.Helper()
	raw, err := b.client.Predict(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return &stream{InferenceService_PredictClient: raw, t: t}
}

func (s *stream) send(m *weirv1.PredictRequest) {
	s.t.Helper()
	if err := s.Send(m); err != nil {
		s.t.Fatalf("sending: %v", err)
	}
}

func (s *stream) record(r *weirv1.Record) {
	s.t.Helper()
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Record{Record: r}})
}

func (s *stream) text(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		s.record(&weirv1.Record{Text: text})
	}
}

func (s *stream) recv() *weirv1.PredictResponse {
	s.t.Helper()
	m, err := s.Recv()
	if err != nil {
		s.t.Fatalf("receiving: %v", err)
	}
	return m
}

// results reads n results, whatever else comes between.
func (s *stream) results(n int) []*weirv1.Result {
	s.t.Helper()
	var out []*weirv1.Result
	for len(out) < n {
		out = append(out, s.recv().GetResults().GetResults()...)
	}
	return out
}

// rest reads to the end of the stream and returns the results and how it ended.
func (s *stream) rest() ([]*weirv1.Result, error) {
	var out []*weirv1.Result
	for {
		m, err := s.Recv()
		if err != nil {
			return out, err
		}
		out = append(out, m.GetResults().GetResults()...)
	}
}

func (s *stream) halfClose() {
	s.t.Helper()
	if err := s.CloseSend(); err != nil {
		s.t.Fatal(err)
	}
}

// after waits for real time: only for what has no event to wait for, such as a time-out of the transport.
func after(d time.Duration) <-chan time.Time { return time.After(d) }
