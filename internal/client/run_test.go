package client_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
	"github.com/weir-ml/weir/server"
)

// job is an item of a run: its text is asked; an empty one has nothing to ask.
type job struct{ text string }

// back is an item that came back.
type back struct {
	text, answer string
	asked        bool
}

// collected is a run over jobs that collects what comes back.
type collected struct {
	run  client.Run[job]
	back []back
}

func newCollected(c *client.Client, jobs []job) *collected {
	items := make(chan job, len(jobs))
	for _, j := range jobs {
		items <- j
	}
	close(items)
	all := &collected{}
	all.run = client.Run[job]{
		Client: c,
		Items:  items,
		Record: func(j job) *weirv1.Record {
			if j.text == "" {
				return nil
			}
			return &weirv1.Record{Text: j.text}
		},
		Emit: func(j job, result *weirv1.Result) error {
			all.back = append(all.back, back{text: j.text, answer: result.GetText(), asked: result != nil})
			return nil
		},
		Pause: func(context.Context, time.Duration) error { return nil },
	}
	return all
}

// backOf is what must come back of jobs where the server answers a text with itself.
func backOf(jobs []job) []back {
	var all []back
	for _, j := range jobs {
		all = append(all, back{text: j.text, answer: j.text, asked: j.text != ""})
	}
	return all
}

// echo answers records with their text until it has sent so many results, and then ends the stream as how says.
type echo struct {
	window int
	limits []int // results of each stream; behind the last one there is no limit
	how    func(stream predictStream, next uint64) error

	mu      sync.Mutex
	streams int
}

func (e *echo) limit() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.streams++
	if e.streams > len(e.limits) {
		return 1 << 30
	}
	return e.limits[e.streams-1]
}

func (e *echo) predict(stream predictStream) error {
	limit := e.limit()
	if err := started(stream, &weirv1.Window{Records: uint32(e.window), Bytes: 1 << 20}); err != nil {
		return err
	}
	sequence := uint64(0)
	for {
		req, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // the client has half-closed
		}
		for _, r := range recordsOf(req) {
			if sequence++; int(sequence) > limit {
				return e.how(stream, sequence)
			}
			if err := stream.Send(results(text(sequence, r.GetText()))); err != nil {
				return err
			}
		}
	}
}

func unavailable(predictStream, uint64) error { return status.Error(codes.Unavailable, "gone") }

// cancelled answers one more record with CANCELLED, as a server does whose drain time is over.
func cancelled(stream predictStream, next uint64) error {
	_ = stream.Send(results(&weirv1.Result{Sequence: next, Outcome: &weirv1.Result_Error{
		Error: &weirv1.RecordError{Reason: weirv1.Reason_REASON_CANCELLED},
	}}))
	return status.Error(codes.Unavailable, "gone")
}

// early ends the stream well, though records are unanswered.
func early(predictStream, uint64) error { return nil }

// full says that there is no room.
func full(predictStream, uint64) error { return status.Error(codes.ResourceExhausted, "full") }

// TestRunLosesNothing breaks streams at any place, in any way: each item comes back once, in order, with its own answer.
func TestRunLosesNothing(t *testing.T) {
	ways := []func(predictStream, uint64) error{unavailable, early, full, cancelled}
	var now atomic.Pointer[echo]
	c := startScripted(t, func(stream predictStream) error { return now.Load().predict(stream) })
	rapid.Check(t, func(rt *rapid.T) {
		jobs := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 3), func(n int) job { return job{strings.Repeat("x", n)} }), 0, 200).Draw(rt, "jobs")
		for i := range jobs {
			if jobs[i].text != "" {
				jobs[i].text += string(rune('a' + i%26))
			}
		}
		e := &echo{
			window: rapid.IntRange(1, 40).Draw(rt, "window"),
			limits: rapid.SliceOfN(rapid.IntRange(0, 50), 0, 8).Draw(rt, "limits"),
			how:    rapid.SampledFrom(ways).Draw(rt, "how"),
		}
		now.Store(e)
		all := newCollected(c, jobs)
		if err := all.run.Do(t.Context()); err != nil {
			rt.Fatal(err)
		}
		if want := backOf(jobs); !slices.Equal(all.back, want) {
			rt.Fatalf("%v came back, want %v", all.back, want)
		}
	})
}

func TestRunThroughARealServer(t *testing.T) {
	c := startReal(t, server.Config{WindowRecords: 64}, nil, map[string]string{"batch.size": "20", "batch.timeout.ms": "5"})
	var jobs []job
	for n := range 3000 {
		jobs = append(jobs, job{map[string]string{"positive": "I love it", "negative": "I hate it"}[label(uint64(n))]})
	}
	all := newCollected(c, jobs)
	idle := 0
	all.run.Idle = func() error { idle++; return nil }
	if err := all.run.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, b := range all.back {
		if b.answer != label(uint64(n)) {
			t.Fatalf("item %d: %v", n, b)
		}
	}
	if len(all.back) != len(jobs) || idle == 0 {
		t.Errorf("%d items came back, want %d; idle %d times", len(all.back), len(jobs), idle)
	}
}

// TestRunGivesUp tries so often in a row, no more, and starts counting again where a result came.
func TestRunGivesUp(t *testing.T) {
	e := &echo{window: 4, limits: []int{1, 0, 0, 1, 0, 0, 0, 0, 0}, how: unavailable}
	all := newCollected(startScripted(t, e.predict), []job{{"a"}, {"b"}, {"c"}})
	var tries []int
	var waits []time.Duration
	all.run.Reconnects = 3
	all.run.Retrying = func(_ error, try int, wait time.Duration) {
		tries = append(tries, try)
		waits = append(waits, wait)
	}
	if err := all.run.Do(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("the error is %v", err)
	}
	if want := []int{1, 2, 3, 1, 2, 3}; !slices.Equal(tries, want) {
		t.Errorf("tries %v, want %v", tries, want)
	}
	if want := []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}; !slices.Equal(waits[:3], want) {
		t.Errorf("waits %v, want %v", waits[:3], want)
	}
	if want := backOf([]job{{"a"}, {"b"}}); !slices.Equal(all.back, want) {
		t.Errorf("%v came back, want %v", all.back, want)
	}
}

func TestRunEnds(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		change func(all *collected)
	}{
		{"Emit fails", func(all *collected) {
			all.run.Emit = func(job, *weirv1.Result) error { return broken }
		}},
		{"Emit fails where nothing is asked", func(all *collected) {
			all.run.Record = func(job) *weirv1.Record { return nil }
			all.run.Emit = func(job, *weirv1.Result) error { return broken }
		}},
		{"Idle fails", func(all *collected) { all.run.Idle = func() error { return broken } }},
		{"Started fails", func(all *collected) { all.run.Started = func(*weirv1.PredictStarted) error { return broken } }},
		{"Pause fails", func(all *collected) { all.run.Pause = func(context.Context, time.Duration) error { return broken } }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &echo{window: 4, limits: []int{1}, how: unavailable}
			all := newCollected(startScripted(t, e.predict), []job{{"a"}, {"b"}, {"c"}})
			c.change(all)
			if err := all.run.Do(t.Context()); !errors.Is(err, broken) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestRunIsRefused(t *testing.T) {
	c := startReal(t, server.Config{}, nil, nil)
	all := newCollected(c, []job{{"a"}})
	all.run.Start.Model = "nobody"
	all.run.Retrying = func(error, int, time.Duration) { t.Error("it was tried again") }
	if err := all.run.Do(t.Context()); status.Code(err) != codes.NotFound {
		t.Errorf("an unknown model: %v", err)
	}
	all.run.Client = dial(t, "127.0.0.1:1")
	if err := all.run.Do(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("no server: %v", err)
	}
}

// TestRunIsCancelled ends a run that waits: for items, for results, for room, or for another try.
func TestRunIsCancelled(t *testing.T) {
	for _, c := range []struct {
		name   string
		echo   *echo
		change func(all *collected, cancel context.CancelFunc)
	}{
		{"waiting for items", &echo{window: 4}, func(all *collected, cancel context.CancelFunc) {
			all.run.Items = make(chan job)
			all.run.Started = func(*weirv1.PredictStarted) error { cancel(); return nil }
		}},
		{"waiting for a try", &echo{window: 4, limits: []int{0}, how: unavailable}, func(all *collected, cancel context.CancelFunc) {
			all.run.Pause = nil
			all.run.Retrying = func(error, int, time.Duration) { cancel() }
		}},
		{"waiting for results and room", &echo{window: 1, limits: []int{1}, how: func(stream predictStream, _ uint64) error {
			<-stream.Context().Done()
			return nil
		}}, func(all *collected, cancel context.CancelFunc) {
			all.run.Idle = func() error { cancel(); return nil }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			all := newCollected(startScripted(t, c.echo.predict), []job{{"a"}, {"b"}, {"c"}, {"d"}})
			c.change(all, cancel)
			if err := all.run.Do(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// TestRunIsBounded has one item unanswered and many behind it that ask nothing: they wait in the queue, but not all of them.
func TestRunIsBounded(t *testing.T) {
	const items = 20_000
	source := make(chan job, items)
	source <- job{"a"}
	for range items - 1 {
		source <- job{}
	}
	close(source)
	c := startScripted(t, func(stream predictStream) error {
		if err := started(stream, &weirv1.Window{Records: 1, Bytes: 100}); err != nil {
			return err
		}
		if _, err := stream.Recv(); err != nil {
			return err
		}
		if left := settled(stream.Context(), source); left < items-4096-64-1 {
			t.Errorf("%d items were taken while the first one is unanswered", items-left)
		}
		if err := stream.Send(results(text(1, "a"))); err != nil {
			return err
		}
		_, _ = stream.Recv()
		return nil
	})
	all := newCollected(c, nil)
	all.run.Items = source
	if err := all.run.Do(t.Context()); err != nil || len(all.back) != items {
		t.Errorf("%d items came back, %v", len(all.back), err)
	}
}

// settled waits until nobody has taken an item for a while, and returns how many are left.
func settled(ctx context.Context, source chan job) int {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	left := len(source)
	for same := 0; same < 50; same++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return left
		}
		if len(source) != left {
			left, same = len(source), 0
		}
	}
	return left
}
