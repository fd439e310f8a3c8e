package providers_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/providers"
)

func TestLimitDefault(t *testing.T) {
	for _, n := range []int{-1, 0} {
		if got := providers.NewLimit(n).Most(); got != providers.DefaultLimit {
			t.Errorf("NewLimit(%d).Most() = %d, want %d", n, got, providers.DefaultLimit)
		}
	}
}

// TestLimitAgainstModel drives a Limit with any sequence of Enter and Leave and compares it with a plain queue.
func TestLimitAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 4).Draw(t, "most")
		limit := providers.NewLimit(most)
		var inside, queue, got, want []int
		steps := rapid.SliceOfN(rapid.Bool(), 1, 200).Draw(t, "enter or leave")
		for id, enter := range steps {
			switch {
			case enter && limit.Enter(func() { got = append(got, id) }):
				inside = append(inside, id)
			case enter:
				queue = append(queue, id)
			case len(inside) > 0:
				limit.Leave()
				inside = inside[1:]
			}
			for len(inside) < most && len(queue) > 0 {
				inside, want, queue = append(inside, queue[0]), append(want, queue[0]), queue[1:]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("places were not given in order (-want +got):\n%s", diff)
			}
			if limit.InFlight() != len(inside) {
				t.Fatalf("InFlight() = %d, want %d", limit.InFlight(), len(inside))
			}
		}
	})
}

// TestLimitConcurrently has many goroutines enter and leave: never more than the limit inside, and nobody starves.
func TestLimitConcurrently(t *testing.T) {
	const most, callers, rounds = 3, 16, 200
	limit := providers.NewLimit(most)
	var inside, peak atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range rounds {
				ready := make(chan struct{}, 1)
				if !limit.Enter(func() { ready <- struct{}{} }) {
					<-ready
				}
				raise(&peak, inside.Add(1))
				inside.Add(-1)
				limit.Leave()
			}
		})
	}
	wg.Wait()
	if peak.Load() > most {
		t.Errorf("%d inside at once, want at most %d", peak.Load(), most)
	}
	if limit.InFlight() != 0 {
		t.Errorf("%d places were never given back", limit.InFlight())
	}
}

// raise sets peak to n where n is higher.
func raise(peak *atomic.Int64, n int64) {
	for {
		old := peak.Load()
		if n <= old || peak.CompareAndSwap(old, n) {
			return
		}
	}
}

func TestLimitReadyMayLeaveAndEnter(t *testing.T) {
	limit := providers.NewLimit(1)
	limit.Enter(nil)
	var order []string
	limit.Enter(func() {
		order = append(order, "no longer needed")
		limit.Enter(func() { order = append(order, "third") })
		limit.Leave()
	})
	limit.Enter(func() { order = append(order, "second"); limit.Leave() })
	limit.Leave()
	if diff := cmp.Diff([]string{"no longer needed", "second", "third"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if limit.InFlight() != 1 {
		t.Errorf("InFlight() = %d, want 1", limit.InFlight())
	}
}

func TestLimitLeaveTooMany(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a Leave without Enter went unseen")
		}
	}()
	providers.NewLimit(1).Leave()
}

// TestLimitQueueDoesNotGrow keeps a queue busy for long: its memory follows the waiters, not the calls.
func TestLimitQueueDoesNotGrow(t *testing.T) {
	limit := providers.NewLimit(1)
	limit.Enter(nil)
	ready := func() {}
	for range 3 {
		limit.Enter(ready)
	}
	allocs := testing.AllocsPerRun(100_000, func() {
		limit.Enter(ready)
		limit.Leave()
	})
	if allocs != 0 {
		t.Errorf("%v allocations a call in a steady queue, want 0", allocs)
	}
}

func ExampleLimit() {
	limit := providers.NewLimit(1)
	first := limit.Enter(func() {})
	second := limit.Enter(func() { fmt.Println("second: the place is mine") })
	fmt.Println(first, second)
	limit.Leave()
	// Output:
	// true false
	// second: the place is mine
}

func BenchmarkLimit(b *testing.B) {
	limit := providers.NewLimit(1)
	ready := func() {}
	b.ReportAllocs()
	for b.Loop() {
		limit.Enter(ready)
		limit.Leave()
	}
}

func BenchmarkLimitWaiting(b *testing.B) {
	limit := providers.NewLimit(1)
	ready := func() {}
	limit.Enter(ready)
	b.ReportAllocs()
	for b.Loop() {
		limit.Enter(ready)
		limit.Leave()
	}
}
