package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/server"
)

// serveService serves a service until the test ends, and returns a connection to it.
func serveService(t *testing.T, service weirv1.InferenceServiceServer) *grpc.ClientConn {
	t.Helper()
	s := grpc.NewServer()
	weirv1.RegisterInferenceServiceServer(s, service)
	return connect(t, s.Serve, s.Stop)
}

func connect(t *testing.T, serve func(net.Listener) error, stop func()) *grpc.ClientConn {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- serve(listener) }()
	conn, err := dial(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close() // a test may have done so
		stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return conn
}

var testTexts = []string{"one", `two "quoted" <b>&amp;</b>`, "three\nInput 9: \"forged\"", "vier Füße", "fünf"}

func testLoad(model string, check func(text, value string) bool) *load {
	return &load{
		model: model, options: map[string]string{"batch.size": "4"}, texts: testTexts, perMessage: 3, window: 40, check: check,
	}
}

// TestHashModelAnswersWhatWeirRenders holds the benchmarks' model against weir's real prompts.
func TestHashModelAnswersWhatWeirRenders(t *testing.T) {
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{newModel(modelHash, hashModel{}, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(server.Config{Engine: engine})
	conn := connect(t, s.Serve, s.Close)
	right := (&lab{reviews: testTexts}).hashedRight()
	for size, texts := range map[string][]string{"1": testTexts[:2], "4": testTexts} { // alone, a text is the whole prompt
		load := testLoad(modelHash, right)
		load.options, load.texts = map[string]string{"batch.size": size}, texts
		if _, err := load.run(t.Context(), conn, 203); err != nil {
			t.Errorf("batch.size %s: %v", size, err)
		}
	}
}

// tampering is an echo that tampers with the results of a message.
type tampering struct {
	weirv1.UnimplementedInferenceServiceServer
	with func(results []*weirv1.Result) []*weirv1.Result
}

func (s tampering) Predict(stream grpc.BidiStreamingServer[weirv1.PredictRequest, weirv1.PredictResponse]) error {
	sequence := uint64(0)
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		answer := echo(req, &sequence)
		if answer == nil {
			continue
		}
		if batch := answer.GetResults(); batch != nil && len(batch.GetResults()) > 1 {
			batch.Results = s.with(batch.GetResults())
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

func TestClientFindsWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		with       func(r []*weirv1.Result) []*weirv1.Result
	}{
		{"nothing", "", func(r []*weirv1.Result) []*weirv1.Result { return r }},
		{"order", "a result for record 2, where 1 is the next", func(r []*weirv1.Result) []*weirv1.Result {
			r[0], r[1] = r[1], r[0]
			return r
		}},
		{"values swapped", `record 1, "one", has the result`, func(r []*weirv1.Result) []*weirv1.Result {
			r[0].Outcome, r[1].Outcome = r[1].GetOutcome(), r[0].GetOutcome()
			return r
		}},
		{"twice", "a result for record 1, where 2 is the next", func(r []*weirv1.Result) []*weirv1.Result {
			return append([]*weirv1.Result{r[0]}, r...)
		}},
		{"lost", "a result for record 2, where 1 is the next", func(r []*weirv1.Result) []*weirv1.Result { return r[1:] }},
		{"error", `record 1, "one", has the result`, func(r []*weirv1.Result) []*weirv1.Result {
			r[0].Outcome = &weirv1.Result_Error{Error: &weirv1.RecordError{}}
			return r
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := testLoad("", same).run(ctx, serveService(t, tampering{with: tt.with}), 30)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSoakStreamFindsWhatIsWrong(t *testing.T) {
	plan := func() *soakStream {
		p := &soakPlan{load: *testLoad(modelHash, same), manner: proper, records: 3}
		s := &soakStream{soakPlan: p, tally: newTally()}
		s.plant()
		return s
	}
	value := func(sequence uint64, text string) *weirv1.Result {
		return &weirv1.Result{Sequence: sequence, Outcome: &weirv1.Result_Text{Text: text}}
	}
	failure := &weirv1.Result{Sequence: 1, Outcome: &weirv1.Result_Error{
		Error: &weirv1.RecordError{Reason: weirv1.Reason_REASON_MISSING_ANSWER},
	}}
	for _, tt := range []struct {
		name, want string
		results    []*weirv1.Result
		change     func(s *soakStream)
	}{
		{name: "right", results: []*weirv1.Result{value(1, "one")}},
		{name: "wrong value", want: "has the result", results: []*weirv1.Result{value(1, "two")}},
		{name: "out of order", want: "where 1 is next", results: []*weirv1.Result{value(2, testTexts[1])}},
		{name: "unordered", results: []*weirv1.Result{value(2, testTexts[1])}, change: func(s *soakStream) { s.unordered = true }},
		{
			name: "twice", want: "a second result", results: []*weirv1.Result{value(1, "one"), value(1, "one")},
			change: func(s *soakStream) { s.unordered = true },
		},
		{name: "of no record", want: "record 4 of 3", results: []*weirv1.Result{value(4, "one")}},
		{name: "error without a fault", want: "no fault", results: []*weirv1.Result{failure}},
		{name: "error of a fault", results: []*weirv1.Result{failure}, change: func(s *soakStream) { s.model = modelUpstream }},
		{name: "bad record answered", want: "is none", results: []*weirv1.Result{value(1, "one")}, change: func(s *soakStream) { s.isBad[0] = true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := plan()
			if tt.change != nil {
				tt.change(s)
			}
			var errs []error
			for _, r := range tt.results {
				errs = append(errs, s.verify(r))
			}
			err := errors.Join(errs...)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTallyFailsWhereAStreamWasNotAnswered(t *testing.T) {
	tally := newTally()
	for _, m := range manners {
		tally.opened(m)
		tally.ended(m, m != slow)
	}
	tally.values, tally.errors[weirv1.Reason_REASON_RATE_LIMITED] = 1, 1
	if err := tally.verdict(); err == nil || err.Error() != "0 of 1 slow streams were answered to the end" {
		t.Errorf("got %v", err)
	}
}

func TestFigures(t *testing.T) {
	for _, tt := range []struct {
		name                       string
		figure                     figure
		value, spread, bound, mark string
	}{
		{"most", figure{sample: samples{1.04, 1.02, 1.09}, limit: 1.05, kind: atMost}, "1.040", "1.020 … 1.090", "<= 1.050", "PASS"},
		{"too much", figure{sample: samples{1.06}, limit: 1.05, kind: atMost}, "1.060", "", "<= 1.050", "FAIL"},
		{"least", figure{sample: samples{0.5, 0.7}, limit: 0.6, kind: atLeast}, "0.600", "0.500 … 0.700", ">= 0.600", "PASS"},
		{"too little", figure{sample: samples{0.3}, limit: 0.35, kind: atLeast}, "0.300", "", ">= 0.350", "FAIL"},
		{"none", figure{limit: 0.35, kind: atLeast}, "none", "", ">= 0.350", "FAIL"},
		{"stated", figure{sample: samples{1234567}, unit: "records/s"}, "1,234,567 records/s", "", "stated", ""},
		{"small", figure{sample: samples{0.0123}, unit: "ms", limit: 0.05, kind: atMost}, "0.0123 ms", "", "<= 0.0500 ms", "PASS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &tt.figure
			got := [4]string{f.value(), f.spread(), f.bound(), f.verdict()}
			if want := [4]string{tt.value, tt.spread, tt.bound, tt.mark}; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestQuantile(t *testing.T) {
	times := []time.Duration{5, 1, 4, 2, 3}
	for q, want := range map[float64]time.Duration{0: 1, 0.2: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := quantile(times, q); got != want {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
}

func TestProc(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here: the benchmarks need Linux")
	}
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	after := before
	for begin := time.Now(); after < before+2*tick && time.Since(begin) < 10*time.Second; {
		for range 1000 {
			hashed("some work")
		}
		if after, err = cpuOf(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if after < before+2*tick {
		t.Error("seconds of work cost no CPU time")
	}
	if memory, err := memoryOf(os.Getpid(), "VmRSS"); err != nil || memory < mib {
		t.Errorf("memory %v, %v", memory, err)
	}
	if files, err := filesOf(os.Getpid()); err != nil || files < 3 {
		t.Errorf("%d files, %v", files, err)
	}
	if busy, err := busyCPU(); err != nil || busy < after {
		t.Errorf("the machine was busy for %v, %v", busy, err)
	}
}
