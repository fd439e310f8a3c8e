package main

import (
	"math"
	"sync"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// histogram counts durations in buckets that are each 2 % wider than the one before, so it is small however many there are.
type histogram struct {
	buckets [1600]int
	n       int
	most    time.Duration
}

const bucketWidth = 1.02

func (h *histogram) add(d time.Duration) {
	bucket := int(math.Log(max(float64(d), 1)) / math.Log(bucketWidth))
	h.buckets[min(bucket, len(h.buckets)-1)]++
	h.n++
	h.most = max(h.most, d)
}

// quantile returns the duration that the part q of all is not above, to 2 %.
func (h *histogram) quantile(q float64) time.Duration {
	rest := int(math.Ceil(q * float64(h.n)))
	for i, n := range h.buckets {
		if rest -= n; rest <= 0 {
			return min(time.Duration(math.Pow(bucketWidth, float64(i+1))), h.most)
		}
	}
	return h.most
}

// sent is when each unanswered record of a stream was given to be sent.
type sent struct {
	mu sync.Mutex
	at map[uint64]time.Time
}

func newSent() *sent { return &sent{at: make(map[uint64]time.Time)} }

func (s *sent) add(records []*weirv1.Record, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.at[r.GetSequence()] = at
	}
}

func (s *sent) take(sequence uint64) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.at[sequence]
	delete(s.at, sequence)
	return at
}
