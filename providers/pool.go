package providers

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// How long a lane of a [Pool] rests.
const (
	// LaneRest is how long a key that was refused rests at first; each further refusal doubles that.
	LaneRest = time.Minute
	// LaneRestMost is the longest that this doubles to.
	LaneRestMost = 30 * time.Minute
	// LaneLongWait is from what Retry-After on a key rests that has too much to do; a shorter wait is its throttle's.
	LaneLongWait = 10 * time.Second
	// LaneShy is how long a lane whose call has failed otherwise comes after those whose calls have not.
	LaneShy = 5 * time.Second
)

// Lane is one key or endpoint of a [Pool].
type Lane struct {
	// Name tells it from the others in messages, such as "key 2". It must not be the key.
	Name string
	// Driver makes its calls.
	Driver Provider
	// Throttle keeps it inside its limits and Breaker stops calls to it when it fails; each may be nil.
	Throttle *Throttle
	Breaker  *Breaker
}

// PoolConfig is what a Pool is made of.
type PoolConfig struct {
	// Lanes are at least one.
	Lanes []Lane
	// Rested is told when a lane begins to rest: its name, for how long, and why. It must not wait. nil: nobody is told.
	Rested func(lane string, rest time.Duration, why *Error)
}

// Pool is several keys or endpoints that can do the same, as one provider. Each call goes to the lane that can take it soonest, and
// of those to the one with the fewest calls. A lane that says no to a key (401, 402), or asks for a long wait (429), rests, and the
// call goes on to the next, each lane once at most; so does one that finds a breaker open. One that says that a key may not do this
// (403) rests for that model alone. A rest is bounded and ends by itself. When
// all lanes rest, a call fails at once, and its error says why each does.
//
// Its methods may be called by several goroutines at once; it starts none.
type Pool struct {
	lanes  []*lane
	rested func(string, time.Duration, *Error)

	mu sync.Mutex // guards what changes of the lanes
}

type lane struct {
	Lane

	inFlight int
	failed   time.Time // when its last call has; zero: it has not
	rests    rest
	models   map[string]*rest // what it may not be asked for, by model
}

// NewPool returns a Pool with all lanes ready.
func NewPool(cfg PoolConfig) *Pool {
	p := &Pool{rested: cfg.Rested}
	for _, l := range cfg.Lanes {
		p.lanes = append(p.lanes, &lane{Lane: l})
	}
	return p
}

type laneKey struct{}

// Complete makes a call on the lane that the chain has chosen, or outside of a chain on the one with the fewest calls.
func (p *Pool) Complete(ctx context.Context, req *Request) (*Response, error) {
	return p.on(ctx, req.Model, func(driver Provider) (*Response, error) { return driver.Complete(ctx, req) })
}

// on makes a call on a lane.
func (p *Pool) on(ctx context.Context, model string, call func(driver Provider) (*Response, error)) (*Response, error) {
	if chosen, ok := ctx.Value(laneKey{}).(*lane); ok {
		return call(chosen.Driver)
	}
	chosen := p.pick(model, nil, nil)
	if chosen == nil {
		return nil, p.allRest(model)
	}
	resp, err := call(chosen.Driver)
	p.left(chosen, model, AsError(err))
	return resp, err
}

// route is the link that chooses a lane. Each has its own breaker and throttle before the common rest of the chain.
type route struct {
	pool  *Pool
	links map[*lane]Provider
}

func newRoute(next Provider, pool *Pool) Provider {
	r := &route{pool: pool, links: make(map[*lane]Provider, len(pool.lanes))}
	for _, l := range pool.lanes {
		r.links[l] = newFuse(newThrottled(onLane{next, l}, l.Throttle), l.Breaker)
	}
	return r
}

// onLane tells the pool at the end of the chain which lane was chosen at its beginning.
type onLane struct {
	next Provider
	lane *lane
}

// Complete passes the call on.
func (o onLane) Complete(ctx context.Context, req *Request) (*Response, error) {
	return o.next.Complete(context.WithValue(ctx, laneKey{}, o.lane), req)
}

// Complete makes an attempt on one lane after another, until one does not refuse it.
func (r *route) Complete(ctx context.Context, req *Request) (*Response, error) {
	var tried []*lane
	var last *Error
	for {
		chosen := r.pool.pick(req.Model, tried, permitOf(ctx))
		switch {
		case chosen == nil && last == nil:
			return nil, r.pool.allRest(req.Model)
		case chosen == nil:
			return nil, r.pool.explain(req.Model, last)
		}
		resp, err := r.links[chosen].Complete(ctx, req)
		last = AsError(err)
		r.pool.left(chosen, req.Model, last)
		if last == nil || ctx.Err() != nil || !isLanesOwn(last) {
			return resp, err
		}
		tried = append(tried, chosen)
	}
}

// isLanesOwn reports whether another lane may do what one has refused.
func isLanesOwn(err *Error) bool {
	return err.Unsent || err.Kind == KindUnauthorized || err.Kind == KindQuota || err.Kind == KindRateLimited
}

// pick takes the best lane for a model, of those that do not rest and were not tried; nil: there is none. The batch's own room, if it still
// has any, is on the lane that it was taken of.
func (p *Pool) pick(model string, tried []*lane, has *permit) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	ready := p.ready(model, tried)
	if len(ready) == 0 {
		return nil
	}
	chosen := ready[0]
	if i := slices.IndexFunc(ready, func(l *lane) bool { return l.Throttle != nil && l.Throttle == has.throttle() }); i >= 0 {
		chosen = ready[i]
	}
	chosen.inFlight++
	return chosen
}

// ready returns the lanes that do not rest, for any model where that is "", and were not tried, the best first. p.mu is held.
func (p *Pool) ready(model string, tried []*lane) []*lane {
	now := time.Now()
	var ready []*lane
	for _, l := range p.lanes {
		if l.rest(model, now) == nil && !slices.Contains(tried, l) {
			ready = append(ready, l)
		}
	}
	slices.SortStableFunc(ready, func(a, b *lane) int {
		return cmp.Or(order(a.Breaker.Open(), b.Breaker.Open()), order(a.isShy(now), b.isShy(now)),
			cmp.Compare(a.wait(), b.wait()), cmp.Compare(a.inFlight, b.inFlight))
	})
	return ready
}

// isShy reports whether the lane's last call failed a moment ago.
func (l *lane) isShy(now time.Time) bool { return now.Sub(l.failed) < LaneShy }

// order puts what is false first.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// wait returns how long a call on the lane would have to wait, at least.
func (l *lane) wait() time.Duration {
	if l.Throttle == nil {
		return 0
	}
	return l.Throttle.soonest(1)
}

// accepts reports whether a lane has accepted calls of late.
func (p *Pool) accepts() bool {
	return slices.ContainsFunc(p.lanes, func(l *lane) bool { return l.Throttle != nil && l.Throttle.accepts() })
}

// admit takes the right to a call of the best lane that has room. Where no lane is ready it lets the batch through, which then
// learns why.
func (p *Pool) admit() (grant, time.Duration, bool) {
	p.mu.Lock()
	ready := p.ready("", nil)
	p.mu.Unlock()
	least := MaxRetryAfter
	for _, l := range ready {
		if l.Throttle == nil {
			return grant{}, 0, true
		}
		g, wait, ok := l.Throttle.admit()
		if ok {
			return g, 0, true
		}
		least = min(least, wait)
	}
	return grant{}, least, len(ready) == 0
}

// soonest returns how long at least until n more calls have been sent: when all lanes share them.
func (p *Pool) soonest(n int) time.Duration {
	least := MaxRetryAfter
	for _, l := range p.lanes {
		if l.Throttle == nil {
			return 0
		}
		least = min(least, l.Throttle.soonest((n+len(p.lanes)-1)/len(p.lanes)))
	}
	return least
}

// notify sets who is told when there may be room on a lane.
func (p *Pool) notify(moved func()) {
	for _, l := range p.lanes {
		if l.Throttle != nil {
			l.Throttle.notify(moved)
		}
	}
}

// Throttles returns those of its lanes.
func (p *Pool) Throttles() []*Throttle {
	var all []*Throttle
	for _, l := range p.lanes {
		if l.Throttle != nil {
			all = append(all, l.Throttle)
		}
	}
	return all
}

// LaneState is what a lane of a Pool does at the moment.
type LaneState struct {
	Name     string
	InFlight int
	// Resting is how long it rests; 0: it does not.
	Resting time.Duration
}

// State returns what the lanes do at the moment.
func (p *Pool) State() []LaneState {
	p.mu.Lock()
	defer p.mu.Unlock()
	states := make([]LaneState, len(p.lanes))
	for i, l := range p.lanes {
		states[i] = LaneState{Name: l.Name, InFlight: l.inFlight, Resting: max(time.Until(l.rests.until), 0)}
	}
	return states
}
