package providers

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Defaults of a [Breaker].
const (
	// DefaultBreakerFailures is how many failures in a row open it.
	DefaultBreakerFailures = 10
	// DefaultBreakerRest is how long it stays open at first; each probe that fails doubles that.
	DefaultBreakerRest = time.Second
	// DefaultBreakerMost is the longest time it stays open.
	DefaultBreakerMost = 30 * time.Second
)

// BreakerConfig says when a Breaker opens. The zero value has the defaults.
type BreakerConfig struct {
	// Failures is how many failures in a row open it. Default [DefaultBreakerFailures].
	Failures int
	// Rest is how long it stays open before it lets one probe through, and Most the longest that this doubles to. Defaults
	// [DefaultBreakerRest] and [DefaultBreakerMost].
	Rest, Most time.Duration
	// Moved is told when it opens and when it closes, after the fact, by the goroutine of the call that made it. nil: nobody.
	Moved func(open bool)
}

// Breaker is a circuit breaker: after so many failures in a row it lets nothing through for a while, then one probe, and
// closes with the first success. Its methods may be called by several goroutines at once; none waits. A nil Breaker is
// always closed.
type Breaker struct {
	cfg BreakerConfig

	mu       sync.Mutex
	failures int // in a row
	open     bool
	probing  bool
	rest     time.Duration
	until    time.Time // when open: no probe before
}

// NewBreaker returns a closed Breaker.
func NewBreaker(cfg BreakerConfig) *Breaker {
	if cfg.Failures <= 0 {
		cfg.Failures = DefaultBreakerFailures
	}
	if cfg.Rest <= 0 {
		cfg.Rest = DefaultBreakerRest
	}
	if cfg.Most <= 0 {
		cfg.Most = DefaultBreakerMost
	}
	cfg.Most = max(cfg.Most, cfg.Rest)
	return &Breaker{cfg: cfg}
}

// Allow reports whether a call may be made, and if not, how long until a probe may. A call that was allowed must be followed
// by Succeeded, Failed or Abandoned.
func (b *Breaker) Allow() (ok bool, wait time.Duration) {
	if b == nil {
		return true, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return true, 0
	}
	if wait := time.Until(b.until); wait > 0 {
		return false, wait
	}
	if b.probing {
		return false, b.rest
	}
	b.probing = true
	return true, 0
}

// Succeeded closes it.
func (b *Breaker) Succeeded() {
	if b == nil {
		return
	}
	b.mu.Lock()
	moved := b.open
	b.failures, b.open, b.probing, b.rest = 0, false, false, 0
	b.mu.Unlock()
	b.tell(moved, false)
}

// Failed counts a failure.
func (b *Breaker) Failed() {
	if b == nil {
		return
	}
	b.mu.Lock()
	b.failures++
	moved := !b.open && b.failures >= b.cfg.Failures
	if moved || b.probing {
		b.rest = min(max(2*b.rest, b.cfg.Rest), b.cfg.Most)
		b.until = time.Now().Add(b.rest)
		b.open, b.probing = true, false
	}
	b.mu.Unlock()
	b.tell(moved, true)
}

// Abandoned says that a call has ended without showing anything, such as one that its caller has cancelled.
func (b *Breaker) Abandoned() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// Open reports whether it is open, with a probe under way or without.
func (b *Breaker) Open() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

func (b *Breaker) tell(moved, open bool) {
	if moved && b.cfg.Moved != nil {
		b.cfg.Moved(open)
	}
}

// fuse is the link that makes no attempt while the provider's breaker is open.
type fuse struct {
	next    Provider
	breaker *Breaker
}

func newFuse(next Provider, breaker *Breaker) Provider {
	if breaker == nil {
		return next
	}
	return &fuse{next: next, breaker: breaker}
}

// Complete makes an attempt, or fails with errUnsent.
func (f *fuse) Complete(ctx context.Context, req *Request) (*Response, error) {
	ok, wait := f.breaker.Allow()
	if !ok {
		message := fmt.Sprintf("not sent: the provider has failed %d times in a row or more and rests; it is tried again in %v",
			f.breaker.cfg.Failures, wait.Round(100*time.Millisecond))
		return nil, &Error{Kind: KindUnavailable, Message: message, RetryAfter: wait, Unsent: true}
	}
	resp, err := f.next.Complete(ctx, req)
	f.judge(ctx, AsError(err))
	return resp, err
}

// judge says what an attempt shows about the provider. One that says no has answered.
func (f *fuse) judge(ctx context.Context, err *Error) {
	switch {
	case err == nil:
		f.breaker.Succeeded()
	case err.Kind == KindCancelled || ctx.Err() != nil || err.Kind == KindInternal || err.Unsent:
		f.breaker.Abandoned()
	case err.Kind == KindUnavailable || err.Kind == KindTimeout || err.Kind == KindMalformed:
		f.breaker.Failed()
	default:
		f.breaker.Succeeded()
	}
}
