package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/server"
)

// TestManyEmptyRecords: a message of 15 MB that would unfold to 700 MiB is refused before it does.
func TestManyEmptyRecords(t *testing.T) {
	t.Parallel()
	b := start(t, setup{})
	s := b.predict(t, &weirv1.PredictStart{})
	records := make([]*weirv1.Record, 1_000_000)
	for i := range records {
		records[i] = &weirv1.Record{}
	}
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Records{Records: &weirv1.RecordBatch{Records: records}}})
	_, err := s.rest()
	if err == nil || !strings.Contains(err.Error(), "more than 65536 records and fields") {
		t.Errorf("%v", err)
	}
}

// TestRenderPromptIsBounded: a dry run does not render more than a message may hold.
func TestRenderPromptIsBounded(t *testing.T) {
	t.Parallel()
	b := start(t, setup{})
	_, err := b.client.RenderPrompt(t.Context(), &weirv1.RenderPromptRequest{
		Options: map[string]string{"batch.prompt.template": strings.Repeat("{{#records}}{{text}}{{/records}}", 1000)},
		Records: recordsOf(slicesOf(400, strings.Repeat("x", 400))...),
	})
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "fewer records") {
		t.Errorf("%v", err)
	}
}

func slicesOf(n int, text string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = text
	}
	return out
}

// TestBadRecordsTakeNoCapacity: records that are refused do not make the batches of the others smaller.
func TestBadRecordsTakeNoCapacity(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "20", "batch.timeout.ms": "5000"}})
	s := b.predict(t, &weirv1.PredictStart{MaxInFlight: 40})
	for round := range 5 {
		for range 10 {
			s.text(" ")
		}
		s.results(10)
		for i := range 20 {
			s.text(fmt.Sprint(round, i))
		}
		s.results(20)
	}
	if calls := b.model.calls.Load(); calls > 6 {
		t.Errorf("%d calls for 5 times 20 records", calls)
	}
}

// TestGoneAtTheGate: streams that are gone do not wait for a place at a provider that hangs.
func TestGoneAtTheGate(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := start(t, setup{model: &model{before: g.wait}, options: map[string]string{"batch.size": "2", "batch.timeout.ms": "0"}, limit: 1})
	holder := b.predict(t, &weirv1.PredictStart{})
	holder.text("holds the place")
	<-g.arrived
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		s := b.dial(t, ctx)
		s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: &weirv1.PredictStart{}}})
		s.recv()
		s.text("waits")
		cancel()
	}
	waitFor(t, func() bool { return b.server.Streams() == 1 })
	close(g.open)
	holder.results(1)
}

// TestDrainWhileReading: a drain in the middle of a large message answers what it promised, at once.
func TestDrainWhileReading(t *testing.T) {
	t.Parallel()
	for range 5 {
		b := start(t, setup{
			options: map[string]string{"batch.size": "1000", "batch.timeout.ms": "60000"},
			change:  func(c *server.Config) { c.DrainTimeout = 20 * time.Second },
		})
		s := b.predict(t, &weirv1.PredictStart{})
		records := recordsOf(slicesOf(14, strings.Repeat("x", 900_000))...)
		s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Records{Records: &weirv1.RecordBatch{Records: records}}})
		down := make(chan error, 1)
		go func() { down <- b.server.Shutdown(context.WithoutCancel(t.Context())) }()
		last := uint64(0)
		results := 0
		for {
			m, err := s.Recv()
			if err != nil {
				if status.Code(err) != codes.Unavailable && !errors.Is(err, io.EOF) {
					t.Error(err)
				}
				break
			}
			last = max(last, m.GetDrain().GetLastSequence())
			results += len(m.GetResults().GetResults())
		}
		if err := <-down; err != nil || uint64(results) != last {
			t.Errorf("drain promised %d, %d came: %v", last, results, err)
		}
	}
}

// TestWindowUpdatesAreTheLatest: a window that moves to and fro while the client does not read is told once, as it is.
func TestWindowUpdatesAreTheLatest(t *testing.T) {
	t.Parallel()
	b := start(t, setup{change: func(c *server.Config) { c.WindowBytes, c.HeldBytes = 1<<20, 2<<20 }})
	first := b.predict(t, &weirv1.PredictStart{})
	for range 20 {
		second, third := b.predict(t, &weirv1.PredictStart{}), b.predict(t, &weirv1.PredictStart{})
		for _, s := range []*stream{second, third} {
			s.halfClose()
			if _, err := s.rest(); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		waitFor(t, func() bool { return b.server.Streams() == 1 })
	}
	first.halfClose()
	last := uint64(0)
	for {
		m, err := first.Recv()
		if err != nil {
			break
		}
		if w := m.GetWindowUpdate().GetWindow(); w != nil {
			last = w.GetBytes()
		}
	}
	if last != 0 && last != 1<<20 {
		t.Errorf("the last update says %d bytes, the window has %d", last, 1<<20)
	}
}
