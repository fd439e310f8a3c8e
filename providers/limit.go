package providers

import (
	"context"
	"slices"
	"sync"
	"time"
)

// DefaultLimit is the limit where nobody sets one: 64 calls in flight, which most vendors allow a new account and
// most own model servers can queue.
const DefaultLimit = 64

// Limit bounds how many calls one provider has in flight, over all its models and streams, and with a pace also how fast they
// follow one another. It is a gate, not a link of the chain: whoever gathers a batch holds the place, so that the batch goes on
// filling while all places are taken or the account's limits have no room.
//
// Places are given first come, first served. As a gatherer waits for one place at a time, gatherers take turns, however much each
// has gathered, and the queue is no longer than there are gatherers. A Limit's methods may be called by several goroutines at
// once; none of them waits. It starts no goroutine, but for a moment when there is room again in time.
type Limit struct {
	most int
	pace pacer // nil: none

	mu      sync.Mutex
	inside  int
	waiting []func() // in order, from first
	first   int
	timer   *time.Timer
	granted []grant       // of batches that have entered and not begun, in order
	ended   int           // batches that have ended and not left
	absent  int           // of those inside, who wait for a place elsewhere
	empty   chan struct{} // closed when all do; nil: nobody looks
}

// pacer says how fast calls may follow one another.
type pacer interface {
	// admit takes the right to a call now; otherwise it says when to ask again.
	admit() (grant, time.Duration, bool)
	// soonest returns how long it takes at least until n more calls have been sent.
	soonest(n int) time.Duration
	// notify sets who is told when there may be room earlier than admit has said.
	notify(moved func())
}

// NewLimit returns a Limit of n calls; [DefaultLimit] where n is not positive.
func NewLimit(n int) *Limit {
	if n <= 0 {
		n = DefaultLimit
	}
	return &Limit{most: n}
}

// Throttle makes batches wait here for a throttle too, before the first of them enters. Each batch then enters with the right
// to one call; see Begin. A Limit has one throttle or pool, and these have one Limit.
func (l *Limit) Throttle(t *Throttle) { l.follow(t) }

// Pool is Throttle for a pool: a batch enters when a lane has room.
func (l *Limit) Pool(p *Pool) { l.follow(p) }

// follow sets the pace.
func (l *Limit) follow(p pacer) {
	l.pace = p
	p.notify(l.wake)
}

// Enter asks for a place. True: the place is the caller's now, and ready is not called. False: ready is called once,
// later, when the place is the caller's; until then the caller has none.
//
// Ready runs in the goroutine of whoever leaves, or of a timer, so it must not block; it may call Enter and Leave. It may run
// before Enter has returned. A caller that waits cannot step out of the queue: when it no longer needs the place, it calls
// Leave once it gets it.
func (l *Limit) Enter(ready func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == len(l.waiting) && l.inside < l.most && l.admit() {
		l.inside++
		return true
	}
	l.waiting = append(l.waiting, ready)
	return false
}

// admit takes the right to a call, or sets the timer for the next time to ask. l.mu is held.
func (l *Limit) admit() bool {
	if l.pace == nil {
		return true
	}
	g, wait, ok := l.pace.admit()
	if !ok {
		l.arm(wait)
		return false
	}
	l.granted = append(l.granted, g)
	return true
}

func (l *Limit) arm(wait time.Duration) {
	if l.timer == nil {
		l.timer = time.AfterFunc(wait, l.wake)
		return
	}
	l.timer.Reset(wait)
}

// wake lets in who may enter.
func (l *Limit) wake() {
	for {
		l.mu.Lock()
		ready := l.next()
		l.mu.Unlock()
		if ready == nil {
			return
		}
		ready() // outside the lock: it may call Enter or Leave
	}
}

// Begin hands the right to a call that a batch has entered with to the first call which is made with the context it returns;
// what follows from the same batch waits in the chain. The batch calls end after its last call and before Leave. A nil Limit,
// and one without a throttle, gives ctx back.
func (l *Limit) Begin(ctx context.Context) (_ context.Context, end func()) {
	if l == nil || l.pace == nil {
		return ctx, func() {}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &permit{}
	if len(l.granted) > 0 {
		p.grant = l.granted[0]
		l.granted = slices.Delete(l.granted, 0, 1)
	}
	return context.WithValue(ctx, permitKey{}, p), func() { l.end(p) }
}

func (l *Limit) end(p *permit) {
	l.mu.Lock()
	l.ended++
	l.mu.Unlock()
	p.close()
}

// Leave gives a place back: to the caller that waits longest, if any does. It must follow an Enter, once each. A Leave
// too many is a fault of the caller that would break the bound unseen, so it panics, as unlocking an open lock does.
func (l *Limit) Leave() {
	unused, ready := l.leave()
	unused.giveBack()
	if ready != nil {
		ready()
	}
}

// leave frees a place. It returns what was taken for a batch that has never begun, and the ready of the waiter that enters.
func (l *Limit) leave() (unused grant, ready func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inside == 0 {
		panic("providers: Leave without Enter")
	}
	l.inside--
	switch {
	case l.ended > 0:
		l.ended--
	case len(l.granted) > 0:
		unused = l.granted[0]
		l.granted = slices.Delete(l.granted, 0, 1)
	}
	return unused, l.next()
}

// next lets the caller enter that waits longest, and returns its ready; nil: nobody enters. l.mu is held.
func (l *Limit) next() func() {
	if l.first == len(l.waiting) || l.inside >= l.most || !l.admit() {
		return nil
	}
	l.inside++
	ready := l.waiting[l.first]
	l.waiting[l.first] = nil
	l.first++
	l.compact()
	return ready
}

// compact moves the waiters to the front once at least half of the queue is used up, so that a queue that never runs
// empty does not grow. Each waiter is moved at most once on average.
func (l *Limit) compact() {
	if 2*l.first < len(l.waiting) {
		return
	}
	n := copy(l.waiting, l.waiting[l.first:])
	clear(l.waiting[n:])
	l.waiting, l.first = l.waiting[:n], 0
}

// Soonest returns how long it takes at least, by what is known now, until n more calls have been sent; 0 where nothing holds
// them back, and for a nil Limit.
func (l *Limit) Soonest(n int) time.Duration {
	if l == nil || l.pace == nil {
		return 0
	}
	return l.pace.soonest(n)
}

// Waiting returns how many callers wait for a place.
func (l *Limit) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting) - l.first
}

// InFlight returns how many places are taken.
func (l *Limit) InFlight() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inside
}

// Most returns how many places there are.
func (l *Limit) Most() int { return l.most }
