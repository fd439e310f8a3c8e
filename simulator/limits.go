package simulator

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// places are for the calls that are worked on at once.
type places struct {
	free    chan struct{} // nil: no limit
	queue   bool
	waiting atomic.Int64
}

func newPlaces(cfg Config) *places {
	p := &places{queue: cfg.Queue}
	if cfg.MaxConcurrent > 0 {
		p.free = make(chan struct{}, cfg.MaxConcurrent)
	}
	return p
}

// take takes a place. Where calls queue it waits for one, until ctx ends or the server is closed.
func (p *places) take(ctx context.Context, closed <-chan struct{}) bool {
	if p.free == nil {
		return true
	}
	select {
	case p.free <- struct{}{}:
		return true
	default:
	}
	if !p.queue {
		return false
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > MaxWaiting {
		return false
	}
	select {
	case p.free <- struct{}{}:
		return true
	case <-ctx.Done():
	case <-closed:
	}
	return false
}

func (p *places) give() {
	if p.free != nil {
		<-p.free
	}
}

// allowance is how many calls may come in a minute.
type allowance struct {
	perMinute int
	limiter   *rate.Limiter
}

func newAllowance(perMinute int) *allowance {
	if perMinute == 0 {
		return nil
	}
	return &allowance{perMinute: perMinute, limiter: rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)}
}

// take takes one call of the allowance; where none is left it says how long to wait. The headers are OpenAI's.
func (a *allowance) take() (header [][2]string, wait time.Duration) {
	if a == nil {
		return nil, 0
	}
	now := time.Now()
	taken := a.limiter.AllowN(now, 1)
	left := a.limiter.TokensAt(now)
	if !taken {
		wait = a.time(1 - left)
	}
	return [][2]string{
		{"X-Ratelimit-Limit-Requests", strconv.Itoa(a.perMinute)},
		{"X-Ratelimit-Remaining-Requests", strconv.Itoa(max(int(left), 0))},
		{"X-Ratelimit-Reset-Requests", a.time(float64(a.perMinute) - left).Round(time.Millisecond).String()},
	}, wait
}

// time is how long this many calls take to come back.
func (a *allowance) time(calls float64) time.Duration {
	return max(time.Duration(calls*60/float64(a.perMinute)*float64(time.Second)), time.Nanosecond)
}
