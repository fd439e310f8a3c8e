package batching_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/batching"
)

// left is a batch that has left, and when.
type left struct {
	At    time.Duration
	Items []int
	Why   batching.Reason
}

// bench is a Batcher whose batches are written down; each is processed for the time call.
type bench struct {
	*batching.Batcher[int]
	start   time.Time
	call    time.Duration
	mu      sync.Mutex
	left    []left
	expired []int
}

func newBench(policy batching.Policy, gate batching.Gate, call time.Duration) *bench {
	b := &bench{start: time.Now(), call: call}
	b.Batcher = batching.New(batching.Config[int]{Policy: policy, Gate: gate, Process: b.process, Expired: b.expire})
	return b
}

func (b *bench) process(batch []int, why batching.Reason) {
	b.mu.Lock()
	b.left = append(b.left, left{time.Since(b.start), batch, why})
	b.mu.Unlock()
	<-time.After(b.call)
}

func (b *bench) expire(items []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expired = append(b.expired, items...)
}

// finish closes the Batcher, waits for it and compares what left.
func (b *bench) finish(t *testing.T, want []left) {
	t.Helper()
	b.Close()
	<-b.Idle()
	if diff := cmp.Diff(want, b.left); diff != "" {
		t.Errorf("batches that left (-want +got):\n%s", diff)
	}
}

func (b *bench) wantExpired(t *testing.T, want []int) {
	t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if diff := cmp.Diff(want, b.expired); diff != "" {
		t.Errorf("expired (-want +got):\n%s", diff)
	}
}

func items(values ...int) []batching.Item[int] {
	out := make([]batching.Item[int], len(values))
	for i, v := range values {
		out[i] = batching.Item[int]{Value: v, Bytes: v}
	}
	return out
}

// places is a Gate: the simplest that keeps the contract.
type places struct {
	mu      sync.Mutex
	free    int
	waiting []func()
}

func (p *places) Enter(ready func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free == 0 {
		p.waiting = append(p.waiting, ready)
		return false
	}
	p.free--
	return true
}

func (p *places) Leave() {
	p.mu.Lock()
	if len(p.waiting) == 0 {
		p.free++
		p.mu.Unlock()
		return
	}
	next := p.waiting[0]
	p.waiting = p.waiting[1:]
	p.mu.Unlock()
	next()
}

func TestBatcherLeaves(t *testing.T) {
	t.Parallel()
	const second, ms = time.Second, time.Millisecond
	policy := batching.Policy{Size: 3, MaxBytes: 100, Timeout: second}
	tests := []struct {
		name string
		run  func(b *bench, s *batching.Source[int])
		want []left
	}{
		{"full", func(_ *bench, s *batching.Source[int]) {
			s.Add(items(1, 2, 3, 4, 5, 6)...)
		}, []left{{0, []int{1, 2, 3}, batching.ReasonFull}, {0, []int{4, 5, 6}, batching.ReasonFull}}},
		{"timeout counts from the first item", func(_ *bench, s *batching.Source[int]) {
			s.Add(items(1)...)
			<-time.After(600 * ms)
			s.Add(items(2)...)
			<-time.After(second)
		}, []left{{second, []int{1, 2}, batching.ReasonTimeout}}},
		{"timeout of the rest counts from its own first item", func(_ *bench, s *batching.Source[int]) {
			s.Add(items(1, 2)...)
			<-time.After(600 * ms)
			s.Add(items(3, 4)...)
			<-time.After(2 * second)
		}, []left{{600 * ms, []int{1, 2, 3}, batching.ReasonFull}, {1600 * ms, []int{4}, batching.ReasonTimeout}}},
		{"bytes: before an item that would not fit", func(_ *bench, s *batching.Source[int]) {
			s.Add(items(60, 70)...)
			<-time.After(2 * second)
		}, []left{{0, []int{60}, batching.ReasonBytes}, {second, []int{70}, batching.ReasonTimeout}}},
		{"an item over the bytes leaves alone", func(_ *bench, s *batching.Source[int]) {
			s.Add(items(1, 500, 2)...)
			<-time.After(2 * second)
		}, []left{{0, []int{1}, batching.ReasonFull}, {0, []int{500}, batching.ReasonBytes}, {second, []int{2}, batching.ReasonTimeout}}},
		{"flush", func(_ *bench, s *batching.Source[int]) {
			s.Add(items(1)...)
			s.Flush()
			s.Add(items(2)...)
			<-time.After(2 * second)
		}, []left{{0, []int{1}, batching.ReasonFlush}, {second, []int{2}, batching.ReasonTimeout}}},
		{"half of the time to a deadline", func(_ *bench, s *batching.Source[int]) {
			s.Add(items(1)...)
			s.Add(batching.Item[int]{Value: 2, Deadline: time.Now().Add(400 * ms)})
			<-time.After(2 * second)
		}, []left{{200 * ms, []int{1, 2}, batching.ReasonTimeout}}},
		{"close", func(_ *bench, s *batching.Source[int]) {
			s.Add(items(1)...)
		}, []left{{0, []int{1}, batching.ReasonFlush}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(policy, nil, 0)
				test.run(b, b.Join(100))
				synctest.Wait()
				slices.SortStableFunc(b.left, func(x, y left) int { return x.Items[0] - y.Items[0] })
				slices.SortStableFunc(test.want, func(x, y left) int { return x.Items[0] - y.Items[0] })
				b.finish(t, test.want)
			})
		})
	}
}

// TestBusyGate: while every place is taken a batch goes on filling, and leaves with all it has got by then.
func TestBusyGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(batching.Policy{Size: 4, Timeout: 10 * time.Millisecond}, &places{free: 1}, time.Second)
		s := b.Join(100)
		s.Add(items(1)...)
		<-time.After(100 * time.Millisecond)
		s.Add(items(2)...)
		<-time.After(100 * time.Millisecond)
		s.Add(items(3, 4)...)
		<-time.After(100 * time.Millisecond)
		s.Add(items(5, 6)...)
		<-time.After(5 * time.Second)
		b.finish(t, []left{
			{10 * time.Millisecond, []int{1}, batching.ReasonTimeout},
			{1010 * time.Millisecond, []int{2, 3, 4, 5}, batching.ReasonFull},
			{2010 * time.Millisecond, []int{6}, batching.ReasonTimeout},
		})
	})
}

// TestExpired: an item that waits at the gate past its deadline is handed out as expired, and never processed.
func TestExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(batching.Policy{Size: 2}, &places{free: 1}, time.Second)
		s := b.Join(100)
		s.Add(items(1)...)
		s.Add(batching.Item[int]{Value: 2, Deadline: time.Now().Add(300 * time.Millisecond)})
		<-time.After(299 * time.Millisecond)
		b.wantExpired(t, nil)
		<-time.After(2 * time.Millisecond)
		b.wantExpired(t, []int{2})
		b.finish(t, []left{{0, []int{1}, batching.ReasonTimeout}})
	})
}

// TestSharedCapacity: with several sources the active ones together decide the size, and one that is full does not make
// batches of one.
func TestSharedCapacity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(batching.Policy{Size: 20, Timeout: time.Second}, nil, 200*time.Millisecond)
		first, second := b.Join(2), b.Join(2)
		first.Add(items(1)...) // capacity 2: effective size 2
		second.Add(items(2)...)
		first.Add(items(3)...) // capacity 4: full at 4
		synctest.Wait()
		if len(b.left) != 0 {
			t.Errorf("left before the sources were full: %v", b.left)
		}
		second.Add(items(4)...)
		synctest.Wait()
		first.Answered(2)
		second.Answered(2)
		<-time.After(250 * time.Millisecond) // second is at rest: capacity 2
		first.Add(items(5, 6)...)
		<-time.After(time.Millisecond)
		b.finish(t, []left{
			{0, []int{1, 2, 3, 4}, batching.ReasonFull},
			{250 * time.Millisecond, []int{5, 6}, batching.ReasonFull},
		})
	})
}

// TestHeld: a source whose window is full by bytes cannot fill its batch; once nothing is in flight it leaves.
func TestHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(batching.Policy{Size: 20, Timeout: time.Minute}, nil, 0)
		s := b.Join(100)
		s.Add(items(1, 2)...)
		s.Hold(true)
		<-time.After(time.Second)
		s.Hold(false)
		b.finish(t, []left{{10 * time.Millisecond, []int{1, 2}, batching.ReasonStall}})
	})
}

func TestLeaveReturnsWhatHasNotLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(batching.Policy{Size: 3, Timeout: time.Minute}, nil, 0)
		gone, stays := b.Join(9), b.Join(9)
		gone.Add(items(1)...)
		stays.Add(items(2)...)
		if diff := cmp.Diff([]int{1}, gone.Leave()); diff != "" {
			t.Errorf("Leave (-want +got):\n%s", diff)
		}
		stays.Add(items(3, 4)...)
		synctest.Wait()
		b.finish(t, []left{{0, []int{2, 3, 4}, batching.ReasonFull}})
	})
}

// TestEveryItemOnce adds from several goroutines through a narrow gate, with deadlines, flushes and sources that leave, and
// finds each item exactly once: processed, expired or returned by Leave.
func TestEveryItemOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 7).Draw(rt, "size")
		free := rapid.IntRange(1, 3).Draw(rt, "places")
		counts := rapid.SliceOfN(rapid.IntRange(0, 60), 1, 5).Draw(rt, "items of each source")
		leaves := rapid.IntRange(0, len(counts)).Draw(rt, "sources that leave early")
		synctest.Test(t, func(*testing.T) {
			b := newBench(batching.Policy{Size: size, MaxBytes: 1000, Timeout: 5 * time.Millisecond}, &places{free: free}, time.Millisecond)
			returned := addConcurrently(b, counts, leaves)
			b.Close()
			<-b.Idle()
			checkOnce(rt, b, returned, counts)
		})
	})
}

func addConcurrently(b *bench, counts []int, leaves int) []int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var returned []int
	for n, count := range counts {
		source := b.Join(10)
		wg.Go(func() {
			for i := range count {
				item := batching.Item[int]{Value: n*1000 + i, Bytes: 100 * (i % 5)}
				if i%7 == 3 {
					item.Deadline = time.Now().Add(time.Duration(i) * time.Millisecond)
				}
				source.Add(item)
				if i%11 == 5 {
					<-time.After(time.Millisecond)
					source.Flush()
				}
			}
			if n >= leaves {
				return
			}
			rest := source.Leave()
			mu.Lock()
			returned = append(returned, rest...)
			mu.Unlock()
		})
	}
	wg.Wait()
	return returned
}

func checkOnce(t *rapid.T, b *bench, returned, counts []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := slices.Concat(returned, b.expired)
	for _, l := range b.left {
		seen = append(seen, l.Items...)
	}
	var want []int
	for n, count := range counts {
		for i := range count {
			want = append(want, n*1000+i)
		}
	}
	slices.Sort(seen)
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Fatalf("items (-want +got):\n%s", diff)
	}
}

// TestEndedBehindTheGate: a Batcher that ends while it waits for a place is idle at once, and the place goes on to others.
func TestEndedBehindTheGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := &places{free: 1}
		holder := newBench(batching.Policy{Size: 1}, gate, time.Second)
		holder.Join(1).Add(items(1)...)
		gone := newBench(batching.Policy{Size: 1}, gate, 0)
		source := gone.Join(1)
		source.Add(items(2)...)
		source.Leave()
		gone.Close()
		<-gone.Idle()
		last := newBench(batching.Policy{Size: 1}, gate, 0)
		last.Join(1).Add(items(3)...)
		holder.finish(t, []left{{0, []int{1}, batching.ReasonFull}})
		last.finish(t, []left{{time.Second, []int{3}, batching.ReasonFull}})
		gone.finish(t, nil)
	})
}
