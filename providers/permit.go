package providers

import (
	"context"
	"sync"
	"time"
)

// grant is what a batch has taken of a throttle before it left.
type grant struct {
	throttle *Throttle
	cost     cost
}

// giveBack gives it back unused.
func (g grant) giveBack() {
	if g.throttle != nil {
		g.throttle.change(func(now time.Time) { g.throttle.take(cost{}.minus(g.cost), now) })
	}
}

// permit is a grant on its way to the first call of its batch. A nil permit is none.
type permit struct {
	mu    sync.Mutex
	grant grant
}

type permitKey struct{}

func permitOf(ctx context.Context) *permit {
	p, _ := ctx.Value(permitKey{}).(*permit)
	return p
}

// spend returns what the permit has of a throttle, once.
func (p *permit) spend(of *Throttle) cost {
	if p == nil {
		return cost{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.grant.throttle != of {
		return cost{}
	}
	taken := p.grant.cost
	p.grant = grant{}
	return taken
}

// throttle returns whose room the permit has; nil: nobody's.
func (p *permit) throttle() *Throttle {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.grant.throttle
}

// close gives back what was not spent.
func (p *permit) close() {
	p.mu.Lock()
	g := p.grant
	p.grant = grant{}
	p.mu.Unlock()
	g.giveBack()
}
