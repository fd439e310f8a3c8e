package batching_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-ml/weir/batching"
)

func TestEffectiveSize(t *testing.T) {
	t.Parallel()
	tests := []struct{ size, capacity, want int }{
		{20, 10, 10},
		{20, 19, 19},
		{20, 20, 20},
		{20, 25, 20},
		{20, 30, 20},
		{20, 31, 15},
		{20, 39, 19},
		{20, 40, 20},
		{20, 64, 20},
		{20, 128, 20},
		{50, 10, 10},
		{50, 100, 50},
		{1, 10, 1},
		{0, 0, 1},
		{-3, -7, 1},
		{1000, 2048, 1000},
		{3, 2048, 3},
		{7, 2048, 7},
		{50, 2048, 50},
		{64, 100, 50},
	}
	for _, test := range tests {
		if got := batching.EffectiveSize(test.size, test.capacity); got != test.want {
			t.Errorf("EffectiveSize(%d, %d) = %d, want %d", test.size, test.capacity, got, test.want)
		}
	}
}

// TestEffectiveSizeFits checks what the rule promises: never above the size or the capacity, more than half of the size where
// the capacity allows it, and smaller than the size only where more than half a batch would be left over.
func TestEffectiveSizeFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 1000).Draw(t, "size")
		capacity := rapid.IntRange(1, 10000).Draw(t, "capacity")
		got := batching.EffectiveSize(size, capacity)
		if got > size || got > capacity || 2*got <= min(size, capacity) {
			t.Fatalf("EffectiveSize(%d, %d) = %d: outside half of it..min(size, capacity)", size, capacity, got)
		}
		if rest := capacity % size; capacity >= size && got < size && 2*rest <= size {
			t.Fatalf("EffectiveSize(%d, %d) = %d, although whole batches leave only %d", size, capacity, got, rest)
		}
	})
}
