package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/server"
)

// gate is a model's before that waits until the test opens it, and counts who waits.
type gate struct {
	open    chan struct{}
	waiting atomic.Int64
	records atomic.Int64
	arrived chan struct{}
}

func newGate() *gate { return &gate{open: make(chan struct{}), arrived: make(chan struct{}, 10_000)} }

func (g *gate) wait(ctx context.Context, texts []string) error {
	g.waiting.Add(1)
	g.records.Add(int64(len(texts)))
	g.arrived <- struct{}{}
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return &providers.Error{Kind: providers.KindCancelled, Message: "cancelled", Err: ctx.Err()}
	}
}

// TestWindow: with a model that does not answer, no more records than the window reach it, however many are sent.
func TestWindow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		asked uint32
		cfg   func(*server.Config)
		text  string
		want  int64
	}{
		{"the client's", 30, nil, "short", 30},
		{"the server's", 500, func(c *server.Config) { c.WindowRecords = 40 }, "short", 40},
		{"bytes", 0, func(c *server.Config) { c.WindowBytes = 10_000 }, strings.Repeat("x", 990), 10},
		{"one record always fits", 0, func(c *server.Config) { c.WindowBytes = 100 }, strings.Repeat("x", 990), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			b := start(t, setup{
				model:   &model{before: g.wait},
				options: map[string]string{"batch.size": "10", "batch.timeout.ms": "20"},
				change:  test.cfg,
			})
			s := b.predict(t, &weirv1.PredictStart{MaxInFlight: test.asked})
			const sent = 200
			in := make([]string, sent)
			for i := range in {
				in[i] = fmt.Sprintf("%s%d", test.text, i)
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				s.text(in...)
				s.halfClose()
			})
			for g.records.Load() < test.want {
				<-g.arrived
			}
			<-after(100 * time.Millisecond) // more would come now, if the window did not hold
			if got := g.records.Load(); got != test.want {
				t.Errorf("%d records reached the model, want the window of %d", got, test.want)
			}
			close(g.open)
			got, err := s.rest()
			wg.Wait()
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			checkResults(t, in, got, true)
		})
	}
}

// TestSlowReader: a client that does not read is ended after the stall limit; its neighbour on the same connection does
// not notice.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	b := start(t, setup{
		model:   &model{rewrite: func(string) string { return strings.Repeat("y", 100_000) }},
		options: map[string]string{},
		change:  func(c *server.Config) { c.StallTimeout = time.Second },
	})
	slow := b.predict(t, &weirv1.PredictStart{MaxInFlight: 64})
	var wg sync.WaitGroup
	wg.Go(func() {
		x := &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Record{Record: &weirv1.Record{Text: "x"}}}
		for err := error(nil); err == nil; {
			err = slow.Send(x)
		}
	})
	quick := b.predict(t, &weirv1.PredictStart{})
	quick.text("a", "b", "c")
	quick.results(3)
	waitFor(t, func() bool { return b.server.Streams() == 1 })
	_, err := slow.rest() // what was on its way, and then the status
	wg.Wait()
	if status.Code(err) != codes.Aborted || !strings.Contains(err.Error(), "stall_timeout") {
		t.Errorf("%v, want ABORTED that names limits.stall_timeout", err)
	}
	quick.text("d")
	quick.results(1)
}

// TestDeadlines: a record's own time is kept; its neighbours in the call, with more time or without a limit, are not charged
// for it.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := start(t, setup{model: &model{before: g.wait}, options: map[string]string{"batch.size": "3", "batch.timeout.ms": "1000"}})
	s := b.predict(t, &weirv1.PredictStart{Order: weirv1.Order_ORDER_UNORDERED})
	s.record(&weirv1.Record{Text: "a"})
	s.record(&weirv1.Record{Text: "b", Timeout: durationpb.New(300 * time.Millisecond)})
	s.record(&weirv1.Record{Text: "c", Timeout: durationpb.New(time.Hour)})
	late := s.results(1)[0]
	if late.GetSequence() != 2 || late.GetError().GetReason() != weirv1.Reason_REASON_DEADLINE_EXCEEDED || late.GetAttempts() != 1 {
		t.Errorf("late record: %v", late)
	}
	close(g.open)
	got := s.results(2)
	if got[0].GetText() != answerTo("a") || got[1].GetText() != answerTo("c") || got[0].GetAttempts() != 1 {
		t.Errorf("neighbours: %v", got)
	}
}

// TestStreamDeadline: the call's own deadline gives typed results before it ends the stream.
func TestStreamDeadline(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := start(t, setup{model: &model{before: g.wait}, options: map[string]string{"batch.size": "2", "batch.timeout.ms": "10"}})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	s := b.dial(t, ctx)
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: &weirv1.PredictStart{}}})
	s.recv()
	s.text("a", "b", "c")
	for i, r := range s.results(3) {
		if r.GetError().GetReason() != weirv1.Reason_REASON_DEADLINE_EXCEEDED {
			t.Errorf("result %d: %v", i+1, r)
		}
	}
}

// TestClientGone: the calls of a client that goes away are cancelled, and nothing of it stays.
func TestClientGone(t *testing.T) {
	t.Parallel()
	g := newGate()
	cancelled := make(chan struct{})
	b := start(t, setup{
		model: &model{before: func(ctx context.Context, texts []string) error {
			err := g.wait(ctx, texts)
			if err != nil {
				close(cancelled)
			}
			return err
		}},
		options: map[string]string{"batch.size": "5", "batch.timeout.ms": "60000"},
	})
	ctx, cancel := context.WithCancel(t.Context())
	s := b.dial(t, ctx)
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: &weirv1.PredictStart{}}})
	s.recv()
	s.text(texts(8)...) // one batch in flight, three records gathered
	<-g.arrived
	cancel()
	<-cancelled
	waitFor(t, func() bool { return b.server.Streams() == 0 })
}

// waitFor polls: for conditions that nothing tells of.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		<-after(10 * time.Millisecond)
	}
	t.Fatal("waited in vain")
}

// TestDrain: on shutdown what was accepted is answered, the client learns what was not, and the stream ends with
// UNAVAILABLE.
func TestDrain(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := start(t, setup{model: &model{before: g.wait}, options: map[string]string{"batch.size": "4", "batch.timeout.ms": "60000"}})
	s := b.predict(t, &weirv1.PredictStart{})
	in := texts(6)
	s.text(in...)
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Ping{Ping: &weirv1.Ping{}}})
	s.recv() // the pong: all six have been read
	<-g.arrived
	down := make(chan error, 1)
	go func() { down <- b.server.Shutdown(t.Context()) }()
	drain := s.recv().GetDrain()
	if drain.GetLastSequence() != 6 || drain.GetGrace().AsDuration() != server.DefaultDrainTimeout {
		t.Errorf("drain: %v", drain)
	}
	s.text("too late")
	<-g.arrived // the rest was flushed
	close(g.open)
	got, err := s.rest()
	checkResults(t, in, got, true)
	if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "sequence 6") {
		t.Errorf("%v, want UNAVAILABLE that says 6", err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

// TestDrainAfterHalfClose: a client that has said all it has to say ends with OK.
func TestDrainAfterHalfClose(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := start(t, setup{model: &model{before: g.wait}, options: map[string]string{"batch.size": "4"}})
	s := b.predict(t, &weirv1.PredictStart{})
	s.text("a")
	s.halfClose()
	<-g.arrived
	down := make(chan error, 1)
	go func() { down <- b.server.Shutdown(t.Context()) }()
	if s.recv().GetDrain() == nil {
		t.Error("no drain")
	}
	close(g.open)
	got, err := s.rest()
	checkResults(t, []string{"a"}, got, true)
	if !errors.Is(err, io.EOF) {
		t.Errorf("%v, want OK", err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

// TestDrainTimeout: a provider that hangs does not hold the server: the records end as CANCELLED and learn that the server
// stopped, and Shutdown says so.
func TestDrainTimeout(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{"stream", "model"} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			drainInVain(t, scope)
		})
	}
}

// drainInVain drains two streams that share batches or do not.
func drainInVain(t *testing.T, scope string) {
	t.Helper()
	g := newGate()
	b := start(t, setup{
		model:   &model{before: g.wait},
		options: map[string]string{"batch.size": "2", "batch.timeout.ms": "60000", "batch.scope": scope},
		limit:   1,
		change:  func(c *server.Config) { c.DrainTimeout = 200 * time.Millisecond },
	})
	streams := []*stream{b.predict(t, &weirv1.PredictStart{}), b.predict(t, &weirv1.PredictStart{})}
	for _, s := range streams {
		s.text(texts(7)...)
		s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Ping{Ping: &weirv1.Ping{}}})
		s.recv() // the pong: all seven have been read
	}
	<-g.arrived
	down := make(chan error, 1)
	go func() { down <- b.server.Shutdown(t.Context()) }()
	for _, s := range streams {
		got, err := s.rest()
		if status.Code(err) != codes.Unavailable || len(got) != 7 {
			t.Errorf("%d results, %v", len(got), err)
		}
		for _, r := range got {
			if e := r.GetError(); e.GetReason() != weirv1.Reason_REASON_CANCELLED || !strings.Contains(e.GetMessage(), "drain time was over") {
				t.Errorf("%v, want CANCELLED because the drain time was over", r)
			}
		}
	}
	if err := <-down; err == nil {
		t.Error("Shutdown said nothing about records that were given up")
	}
}

// TestFull: a server with no room for another stream says so, and when to come back.
func TestFull(t *testing.T) {
	t.Parallel()
	b := start(t, setup{change: func(c *server.Config) { c.MaxStreams = 2 }})
	first := b.predict(t, &weirv1.PredictStart{})
	b.predict(t, &weirv1.PredictStart{})
	third := b.dial(t, t.Context())
	_, err := third.Recv()
	if status.Code(err) != codes.ResourceExhausted {
		t.Fatalf("%v, want RESOURCE_EXHAUSTED", err)
	}
	details := status.Convert(err).Details()
	if len(details) != 1 {
		t.Fatalf("details: %v", details)
	}
	if retry, ok := details[0].(*errdetails.RetryInfo); !ok || retry.GetRetryDelay().AsDuration() != time.Second {
		t.Errorf("details: %v", details)
	}
	first.halfClose()
	if _, err := first.rest(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return b.server.Streams() == 1 })
	b.predict(t, &weirv1.PredictStart{})
}

// TestWindowUpdate: the streams share the bytes that the server may hold, and learn when their part moves.
func TestWindowUpdate(t *testing.T) {
	t.Parallel()
	b := start(t, setup{change: func(c *server.Config) { c.WindowBytes, c.HeldBytes = 1<<20, 2<<20 }})
	first := b.predict(t, &weirv1.PredictStart{MaxInFlight: 7})
	b.predict(t, &weirv1.PredictStart{})
	if got := first.started.GetWindow().GetBytes(); got != 1<<20 {
		t.Errorf("window of %d bytes", got)
	}
	third := b.predict(t, &weirv1.PredictStart{})
	update := first.recv().GetWindowUpdate().GetWindow()
	if update.GetBytes() != 512<<10 || update.GetRecords() != 7 {
		t.Errorf("window moved to %v, want half of it", update)
	}
	if got := third.started.GetWindow().GetBytes(); got != 512<<10 {
		t.Errorf("the third stream's window: %d bytes", got)
	}
	third.halfClose()
	if _, err := third.rest(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if got := first.recv().GetWindowUpdate().GetWindow().GetBytes(); got != 1<<20 {
		t.Errorf("window moved back to %d bytes", got)
	}
}

// TestSharedBatches: with batch.scope=model the streams of a model fill batches together, and each gets its own results.
func TestSharedBatches(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "20", "batch.timeout.ms": "5000", "batch.scope": "model"}})
	const streams, records = 10, 200
	var wg sync.WaitGroup
	for n := range streams {
		s := b.predict(t, &weirv1.PredictStart{MaxInFlight: 4})
		in := make([]string, records)
		for i := range in {
			in[i] = fmt.Sprintf("stream %d record %d", n, i)
		}
		wg.Go(func() { pingPong(t, s, in, 4) })
	}
	wg.Wait()
	if calls := b.model.calls.Load(); calls > 250 {
		t.Errorf("%d calls for %d records of %d streams with 4 unanswered each; batches of one stream alone would be 500", calls, streams*records, streams)
	}
}

// pingPong keeps at most window records unanswered and checks every result.
func pingPong(t *testing.T, s *stream, in []string, window int) {
	t.Helper()
	sent, got := 0, []*weirv1.Result{}
	for len(got) < len(in) {
		for sent < len(in) && sent-len(got) < window {
			s.text(in[sent])
			sent++
		}
		if sent == len(in) {
			s.halfClose()
			rest, err := s.rest()
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			got = append(got, rest...)
			break
		}
		got = append(got, s.recv().GetResults().GetResults()...)
	}
	checkResults(t, in, got, true)
}

// TestSharedCallOutlivesOneStream: a shared call is cancelled only when nobody waits for it any more.
func TestSharedCallOutlivesOneStream(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := start(t, setup{model: &model{before: g.wait}, options: map[string]string{"batch.size": "2", "batch.timeout.ms": "5000", "batch.scope": "model"}})
	ctx, cancel := context.WithCancel(t.Context())
	gone := b.dial(t, ctx)
	gone.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: &weirv1.PredictStart{}}})
	gone.recv()
	stays := b.predict(t, &weirv1.PredictStart{})
	gone.text("a")
	stays.text("b")
	<-g.arrived
	cancel()
	waitFor(t, func() bool { return b.server.Streams() == 1 })
	close(g.open)
	if got := stays.results(1)[0]; got.GetText() != answerTo("b") {
		t.Errorf("%v", got)
	}
}

// TestManyStreams runs 200 streams at once through few places at the provider.
func TestManyStreams(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "5", "batch.timeout.ms": "20"}, limit: 8})
	var wg sync.WaitGroup
	for n := range 200 {
		wg.Go(func() {
			s := b.predict(t, &weirv1.PredictStart{MaxInFlight: uint32(1 + n%13)})
			in := make([]string, 40)
			for i := range in {
				in[i] = fmt.Sprintf("%d/%d", n, i)
			}
			pingPong(t, s, in, 1+n%13)
		})
	}
	wg.Wait()
	waitFor(t, func() bool { return b.server.Streams() == 0 })
}
