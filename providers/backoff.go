package providers

import (
	"math/rand/v2"
	"time"
)

// Backoff says how long to wait before a call is repeated: First before the second attempt, then Factor times longer
// each time, at most Most. Each wait is drawn evenly from half to one and a half times that, still at most Most, so that
// the calls which failed together do not come back together. The zero value is the default of each.
type Backoff struct {
	// First is the wait before the second attempt; default 250 ms.
	First time.Duration
	// Most is the longest wait; default 20 s.
	Most time.Duration
	// Factor is how much longer each wait is than the one before; default 2, at least 1.
	Factor float64
}

// withDefaults returns b with its zero values filled in.
func (b Backoff) withDefaults() Backoff {
	if b.First <= 0 {
		b.First = 250 * time.Millisecond
	}
	if b.Most <= 0 {
		b.Most = 20 * time.Second
	}
	if b.Factor == 0 {
		b.Factor = 2
	}
	b.Factor = max(b.Factor, 1)
	return b
}

// wait returns how long to wait after the given attempt (1, 2, …) failed. Where the provider says when it will have
// room, the wait is at least that, and up to a tenth longer for the same reason as above.
func (b Backoff) wait(attempt int, retryAfter time.Duration) time.Duration {
	step := float64(b.First)
	for range attempt - 1 {
		step = min(step*b.Factor, float64(b.Most))
	}
	wait := min(time.Duration(step*(0.5+rand.Float64())), b.Most)
	asked := min(retryAfter, MaxRetryAfter)
	if asked <= 0 {
		return wait
	}
	return max(wait, asked+rand.N(asked/10+1))
}
