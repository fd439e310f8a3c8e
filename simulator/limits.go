package simulator

import (
	"context"
	"sync/atomic"
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
