package batching_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-ml/weir/batching"
)

// TestWeight: no batch is heavier than it may be, but for an item that is so alone, and no batch is smaller than it has to.
func TestWeight(t *testing.T) {
	t.Parallel()
	const most, size = 100, 8
	rapid.Check(t, func(rt *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 130), 1, 60).Draw(rt, "weights")
		var b *bench
		synctest.Test(t, func(*testing.T) {
			b = newBench(batching.Policy{Size: size, MaxWeight: most, Timeout: time.Second}, nil, time.Millisecond)
			s := b.Join(1000)
			for i, w := range weights {
				s.Add(batching.Item[int]{Value: i, Weight: w})
			}
			b.Close()
			<-b.Idle()
		})
		checkWeights(rt, b, weights, most)
	})
}

func checkWeights(t *rapid.T, b *bench, weights []int, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := make(map[int]left, len(b.left)) // by the first item
	for _, l := range b.left {
		next[l.Items[0]] = l
	}
	for at := 0; at < len(weights); {
		l, ok := next[at]
		if !ok {
			t.Fatalf("no batch begins with item %d", at)
		}
		sum := 0
		for _, item := range l.Items {
			sum += weights[item]
		}
		if len(l.Items) > 1 && sum > most {
			t.Fatalf("%v weigh %d, at most %d may", l.Items, sum, most)
		}
		at += len(l.Items)
		if at < len(weights) && l.Why == batching.ReasonWeight && sum < most && sum+weights[at] <= most {
			t.Fatalf("%v left for their weight, %d, although item %d would have fitted", l.Items, sum, at)
		}
	}
}

// TestWeightLeaves: a batch leaves at once when the next item would not fit, and says why.
func TestWeightLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(batching.Policy{Size: 10, MaxWeight: 100, Timeout: time.Second}, nil, time.Millisecond)
		s := b.Join(1000)
		for i, w := range []int{60, 70, 20, 100} {
			s.Add(batching.Item[int]{Value: i, Weight: w})
		}
		synctest.Wait()
		slices.SortFunc(b.left, func(x, y left) int { return x.Items[0] - y.Items[0] }) // two left at once
		b.finish(t, []left{
			{0, []int{0}, batching.ReasonWeight}, {0, []int{1, 2}, batching.ReasonWeight}, {0, []int{3}, batching.ReasonWeight},
		})
	})
}
