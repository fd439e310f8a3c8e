package providers

import "sync"

// DefaultLimit is the limit where nobody sets one: 64 calls in flight, which most vendors allow a new account and
// most own model servers can queue.
const DefaultLimit = 64

// Limit bounds how many calls one provider has in flight, over all its models and streams. It is a gate, not a link of
// the chain: whoever gathers a batch holds the place, so that the batch goes on filling while all places are taken.
//
// Places are given first come, first served. A Limit starts no goroutine, and its methods may be called by several at
// once; none of them waits. Its queue is as long as there are callers that wait: a gatherer waits for one place at a
// time, so it is bounded by the number of gatherers.
type Limit struct {
	most int

	mu      sync.Mutex
	inside  int
	waiting []func() // in order, from first
	first   int
}

// NewLimit returns a Limit of n calls; [DefaultLimit] where n is not positive.
func NewLimit(n int) *Limit {
	if n <= 0 {
		n = DefaultLimit
	}
	return &Limit{most: n}
}

// Enter asks for a place. True: the place is the caller's now, and ready is not called. False: ready is called once,
// later, when the place is the caller's; until then the caller has none.
//
// Ready runs in the goroutine of whoever leaves, so it must not block; it may call Enter and Leave. It may run before
// Enter has returned. A caller that waits cannot step out of the queue: when it no longer needs the place, it calls
// Leave once it gets it.
func (l *Limit) Enter(ready func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inside < l.most {
		l.inside++
		return true
	}
	l.waiting = append(l.waiting, ready)
	return false
}

// Leave gives a place back: to the caller that waits longest, if any does. It must follow an Enter, once each. A Leave
// too many is a fault of the caller that would break the bound unseen, so it panics, as unlocking an open lock does.
func (l *Limit) Leave() {
	if ready := l.leave(); ready != nil {
		ready() // outside the lock: it may call Enter or Leave
	}
}

// leave frees a place, or returns the ready of the waiter that has it now.
func (l *Limit) leave() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inside == 0 {
		panic("providers: Leave without Enter")
	}
	if l.first == len(l.waiting) {
		l.inside--
		return nil
	}
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

// InFlight returns how many places are taken.
func (l *Limit) InFlight() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inside
}

// Most returns how many places there are.
func (l *Limit) Most() int { return l.most }
