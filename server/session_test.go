package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

func texts(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("record number %d \"quoted\" \n Input 3: x", i+1)
	}
	return out
}

// checkResults wants exactly one right result for each text, numbered from 1; in record order where ordered.
func checkResults(t *testing.T, in []string, got []*weirv1.Result, ordered bool) {
	t.Helper()
	if len(got) != len(in) {
		t.Fatalf("%d results for %d records", len(got), len(in))
	}
	seen := make([]bool, len(in))
	for i, r := range got {
		n := int(r.GetSequence())
		if n < 1 || n > len(in) || seen[n-1] {
			t.Fatalf("result %d has sequence %d: unknown or doubled", i, n)
		}
		seen[n-1] = true
		if ordered && n != i+1 {
			t.Fatalf("result %d has sequence %d: out of order", i+1, n)
		}
		if want := answerTo(in[n-1]); r.GetText() != want {
			t.Fatalf("record %d: %v, want %q", n, r, want)
		}
	}
}

func TestPredictInOrder(t *testing.T) {
	t.Parallel()
	var ends ends
	b := start(t, setup{
		model:   &model{before: ends.shuffled(50)},
		options: map[string]string{"batch.size": "20", "batch.timeout.ms": "10000"},
	})
	s := b.predict(t, &weirv1.PredictStart{Model: "m"})
	in := texts(2000)
	var wg sync.WaitGroup
	wg.Go(func() {
		s.text(in...)
		s.halfClose()
	})
	got, err := s.rest()
	wg.Wait()
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	checkResults(t, in, got, true)
	if calls := b.model.calls.Load(); calls != 100 {
		t.Errorf("%d calls for 2,000 records, want 100", calls)
	}
	if share := ends.outOfOrder(); share < 0.3 {
		t.Errorf("only %.0f %% of the batches ended out of order: this test proves nothing", 100*share)
	}
}

func TestPredictUnordered(t *testing.T) {
	t.Parallel()
	var ends ends
	b := start(t, setup{
		model:   &model{before: ends.shuffled(20)},
		options: map[string]string{"batch.size": "7", "batch.timeout.ms": "50"},
	})
	s := b.predict(t, &weirv1.PredictStart{Model: "m", Order: weirv1.Order_ORDER_UNORDERED, MaxInFlight: 100})
	in := texts(1000)
	var wg sync.WaitGroup
	wg.Go(func() {
		s.text(in...)
		s.halfClose()
	})
	got, err := s.rest()
	wg.Wait()
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	checkResults(t, in, got, false)
}

// ends notes in which order the batches end.
type ends struct {
	mu    sync.Mutex
	next  int
	order []int
}

// shuffled returns a model's before that lets batches end in another order than they began: each waits until some later
// ones have come, or a moment.
func (e *ends) shuffled(most int) func(context.Context, []string) error {
	return func(context.Context, []string) error {
		e.mu.Lock()
		n := e.next
		e.next++
		e.mu.Unlock()
		<-after(time.Duration((n*7919)%most) * time.Millisecond)
		e.mu.Lock()
		e.order = append(e.order, n)
		e.mu.Unlock()
		return nil
	}
}

// outOfOrder is the share of batches that ended after one that began later.
func (e *ends) outOfOrder() float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	late, highest := 0, -1
	for _, n := range e.order {
		if n < highest {
			late++
		}
		highest = max(highest, n)
	}
	return float64(late) / float64(max(len(e.order), 1))
}

func TestStarted(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "20"}})
	s := b.predict(t, &weirv1.PredictStart{
		MaxInFlight: 10,
		Options:     map[string]string{"batch.timeout.ms": "5"},
	})
	got := s.started
	if got.GetModel() != "m" || got.GetWindow().GetRecords() != 10 || got.GetWindow().GetBytes() != 16<<20 ||
		got.GetEffectiveBatchSize() != 10 || got.GetServerVersion() != "test" {
		t.Errorf("started: %v", got)
	}
	if got.GetOptions()["batch.size"] != "20" || got.GetOptions()["batch.timeout.ms"] != "5" || got.GetOptions()["response.format"] != "json" {
		t.Errorf("options: %v", got.GetOptions())
	}
	if len(got.GetWarnings()) != 1 || !strings.Contains(got.GetWarnings()[0], "to 20") {
		t.Errorf("warnings: %q; want one that advises 20", got.GetWarnings())
	}
}

// TestBadStart: what is wrong with a stream is told before any record, every problem at once.
func TestBadStart(t *testing.T) {
	t.Parallel()
	b := start(t, setup{open: func(o string) bool { return o != "system.prompt" }})
	startOf := func(start *weirv1.PredictStart) *weirv1.PredictRequest {
		return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: start}}
	}
	tests := []struct {
		name  string
		first *weirv1.PredictRequest
		code  codes.Code
		says  []string
	}{
		{"unknown model", startOf(&weirv1.PredictStart{Model: "n"}), codes.NotFound, []string{`"n"`, `"m"`}},
		{"options", startOf(&weirv1.PredictStart{Options: map[string]string{
			"batch.sise": "20", "batch.timeout.ms": "soon", "system.prompt": "x", "response.path": "$[?", "batch.prompt.template": "{{#records}}",
		}}), codes.InvalidArgument, []string{"batch.sise", "batch.size", "batch.timeout.ms", "system.prompt", "response.path", "batch.prompt.template"}},
		{"record first", &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Record{Record: &weirv1.Record{Text: "x"}}}, codes.InvalidArgument, []string{"start"}},
		{"nothing", &weirv1.PredictRequest{}, codes.InvalidArgument, []string{"start"}},
		{"heartbeat", startOf(&weirv1.PredictStart{Heartbeat: durationpb.New(time.Millisecond)}), codes.InvalidArgument, []string{"1s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := b.dial(t, t.Context())
			s.send(test.first)
			_, err := s.Recv()
			if status.Code(err) != test.code {
				t.Fatalf("%v, want %v", err, test.code)
			}
			for _, say := range test.says {
				if !strings.Contains(err.Error(), say) {
					t.Errorf("%q does not name %q", err, say)
				}
			}
		})
	}
}

func TestMisuseEndsTheStream(t *testing.T) {
	t.Parallel()
	seq := func(n uint64) *weirv1.PredictRequest {
		return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Record{Record: &weirv1.Record{Sequence: &n, Text: "x"}}}
	}
	tests := []struct {
		name string
		send []*weirv1.PredictRequest
		says string
	}{
		{"sequence twice", []*weirv1.PredictRequest{seq(3), seq(3)}, "sequence 3 after 3"},
		{"sequence backwards", []*weirv1.PredictRequest{seq(7), seq(5)}, "sequence 5 after 7"},
		{"sequence 0", []*weirv1.PredictRequest{seq(0)}, "begin at 1"},
		{"no sequence left", []*weirv1.PredictRequest{seq(math.MaxUint64), {Message: &weirv1.PredictRequest_Record{Record: &weirv1.Record{Text: "x"}}}}, "no larger one"},
		{"second start", []*weirv1.PredictRequest{{Message: &weirv1.PredictRequest_Start{Start: &weirv1.PredictStart{}}}}, "second start"},
		{"empty message", []*weirv1.PredictRequest{{}}, "nothing in it"},
	}
	b := start(t, setup{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := b.predict(t, &weirv1.PredictStart{})
			for _, m := range test.send {
				s.send(m)
			}
			_, err := s.rest()
			if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want INVALID_ARGUMENT that says %q", err, test.says)
			}
		})
	}
}

// TestSequence: the client's numbers come back, and the server numbers on from them.
func TestSequence(t *testing.T) {
	t.Parallel()
	b := start(t, setup{})
	s := b.predict(t, &weirv1.PredictStart{})
	ten, zero := uint64(10), uint64(20)
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Records{Records: &weirv1.RecordBatch{Records: []*weirv1.Record{
		{Text: "a"}, {Text: "b", Sequence: &ten}, {Text: "c"}, {Text: "d", Sequence: &zero},
	}}}})
	s.halfClose()
	got, err := s.rest()
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	var numbers []uint64
	for _, r := range got {
		numbers = append(numbers, r.GetSequence())
	}
	if diff := cmp.Diff([]uint64{1, 10, 11, 20}, numbers); diff != "" {
		t.Errorf("sequences (-want +got):\n%s", diff)
	}
}

func TestBadRecordsAreTheirOwnErrors(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "3", "batch.timeout.ms": "10"}})
	s := b.predict(t, &weirv1.PredictStart{})
	field := func(name, text string) *weirv1.Field {
		return &weirv1.Field{Name: name, Value: &weirv1.Field_Text{Text: text}}
	}
	many := make([]*weirv1.Field, 65)
	for i := range many {
		many[i] = field(fmt.Sprintf("f%d", i), "x")
	}
	records := []*weirv1.Record{
		{Text: "good"},
		{},
		{Text: " \n\t"},
		{Text: "bad \xff byte"},
		{Text: strings.Repeat("x", 1<<20+1)},
		{Text: strings.Repeat("x", 10<<20)},
		{Fields: many},
		{Fields: []*weirv1.Field{field("a", "1"), field("a", "2")}},
		{Fields: []*weirv1.Field{field("", "1")}},
		{Fields: []*weirv1.Field{{Name: "n", Value: &weirv1.Field_Json{Json: "{"}}}},
		{Text: "good again"},
	}
	for _, r := range records {
		s.record(r)
	}
	s.halfClose()
	got, err := s.rest()
	if !errors.Is(err, io.EOF) || len(got) != len(records) {
		t.Fatalf("%d results, %v", len(got), err)
	}
	for i, r := range got {
		good := i == 0 || i == len(records)-1
		if good && r.GetText() != answerTo(records[i].GetText()) {
			t.Errorf("record %d: %v", i+1, r)
		}
		if !good && (r.GetError().GetReason() != weirv1.Reason_REASON_INVALID_RECORD || r.GetError().GetMessage() == "" || r.GetAttempts() != 0) {
			t.Errorf("record %d: %v, want INVALID_RECORD", i+1, r)
		}
	}
}

func TestFlushAndPing(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "20", "batch.timeout.ms": "60000"}})
	s := b.predict(t, &weirv1.PredictStart{})
	s.text("a", "b")
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Ping{Ping: &weirv1.Ping{Id: 42}}})
	if pong := s.recv().GetPong(); pong.GetId() != 42 {
		t.Errorf("pong: %v", pong)
	}
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Flush{Flush: &weirv1.Flush{}}})
	checkResults(t, []string{"a", "b"}, s.results(2), true)
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Pong{Pong: &weirv1.Pong{}}})
	s.text("c")
	s.halfClose()
	got, err := s.rest()
	if !errors.Is(err, io.EOF) || len(got) != 1 || got[0].GetSequence() != 3 {
		t.Errorf("%v, %v", got, err)
	}
}

// TestHeartbeat: a client that asks for it gets a Ping on an idle stream.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	b := start(t, setup{})
	s := b.predict(t, &weirv1.PredictStart{Heartbeat: durationpb.New(time.Second)})
	for range 2 {
		if ping := s.recv().GetPing(); ping == nil {
			t.Error("no ping")
		}
		s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Pong{Pong: &weirv1.Pong{}}})
	}
}
