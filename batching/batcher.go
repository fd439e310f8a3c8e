package batching

import (
	"sync"
	"sync/atomic"
	"time"
)

// Gate bounds how many batches are processed at once, over as many batchers as share it. A batch that may leave waits at the
// gate and goes on filling up to its effective size while it does.
type Gate interface {
	// Enter takes a place: true means it is taken now, false that ready is called once, later, when it is. It does not wait.
	Enter(ready func()) bool
	// Leave gives a place back.
	Leave()
}

// Config says how a Batcher works. Process is required.
type Config[T any] struct {
	Policy Policy
	// Gate bounds the batches in flight; nil means no bound.
	Gate Gate
	// Process gets each batch, in a goroutine that has no other to process meanwhile; the batch is its to keep.
	Process func(batch []T, why Reason)
	// Expired gets the items whose deadline passes before they leave. It is called without locks held; nil drops them.
	Expired func(items []T)
}

// Batcher gathers items into batches. Its methods may be called by several goroutines at once. It owns one timer, a goroutine for
// each batch in flight, and at most one that rests until the next batch, for no longer than [restAtMost]; none works on once Idle is
// closed.
type Batcher[T any] struct {
	cfg Config[T]

	mu       sync.Mutex
	queue    gathering[T]
	crew     crew[T]
	inFlight int        // batches being processed
	spare    *worker[T] // rests; nil: none does
	waiting  *ticket[T] // a place at the gate has been asked for
	quiet    time.Time  // when something last happened
	timer    *time.Timer
	wakes    time.Time // when timer fires; zero: it does not
	closed   bool
	idle     chan struct{} // closed when closed and nothing is in flight
}

// New returns an empty Batcher.
func New[T any](cfg Config[T]) *Batcher[T] {
	return &Batcher[T]{cfg: cfg, idle: make(chan struct{})}
}

// Gathered returns how many items wait.
func (b *Batcher[T]) Gathered() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.queue.len()
}

// InFlight returns how many batches are being processed.
func (b *Batcher[T]) InFlight() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inFlight
}

// Flush lets everything that is gathered leave as soon as the gate has room. It does not wait for that.
func (b *Batcher[T]) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flush()
}

func (b *Batcher[T]) flush() {
	b.queue.due = b.queue.len()
	b.advance(time.Now())
}

// Close lets what is gathered leave. Items that are added later leave at once. Idle tells when nothing is in flight.
// Close may be called more than once.
func (b *Batcher[T]) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.closed = true
	b.dismiss()
	b.flush()
	b.checkIdle()
}

// Idle is closed when the Batcher is closed and nothing is gathered or in flight.
func (b *Batcher[T]) Idle() <-chan struct{} { return b.idle }

func (b *Batcher[T]) checkIdle() {
	if !b.closed || b.inFlight > 0 || b.queue.len() > 0 {
		return
	}
	b.arm(time.Time{})
	if b.waiting != nil {
		b.waiting.batcher.Store(nil)
		b.waiting = nil
	}
	select {
	case <-b.idle:
	default:
		close(b.idle)
	}
}

// advance sends every batch that may leave and finds a place at the gate. b.mu is held.
func (b *Batcher[T]) advance(now time.Time) {
	for {
		why, again := b.decide(now)
		if why == reasonNone {
			b.arm(again)
			return
		}
		if b.waiting != nil || !b.enter() {
			b.arm(b.queue.expires.time())
			return
		}
		b.dispatch(why)
	}
}

func (b *Batcher[T]) decide(now time.Time) (why Reason, again time.Time) {
	if b.queue.len() == 0 {
		return reasonNone, time.Time{}
	}
	capacity := b.crew.capacity(now)
	why, again = b.cfg.Policy.decide(situation{
		gathered: b.queue.len(),
		bytes:    b.queue.bytes,
		weight:   b.queue.weight,
		flushed:  b.queue.due > 0 || b.closed,
		leaveBy:  b.queue.leaveBy(),
		quiet:    b.quiet,
		inFlight: b.inFlight,
		room:     capacity - b.crew.unanswered,
		capacity: capacity,
		held:     b.crew.allHeld(),
	}, now)
	return why, earlier(earlier(again, b.queue.expires.time()), b.crew.nextRest())
}

// ticket is what the gate knows of a Batcher that waits. A Batcher that ends tears it up: a waiter cannot leave the queue of
// the gate, but it need not keep the whole Batcher alive there.
type ticket[T any] struct{ batcher atomic.Pointer[Batcher[T]] }

// enter takes a place at the gate, or asks for one. b.mu is held, so entered cannot overtake the note that we wait.
func (b *Batcher[T]) enter() bool {
	gate := b.cfg.Gate
	if gate == nil {
		return true
	}
	t := &ticket[T]{}
	t.batcher.Store(b)
	ready := func() {
		if b := t.batcher.Load(); b != nil {
			b.entered()
			return
		}
		gate.Leave()
	}
	if gate.Enter(ready) {
		return true
	}
	b.waiting = t
	return false
}

// entered is called by the gate when the place that was asked for is there.
func (b *Batcher[T]) entered() {
	b.mu.Lock()
	b.waiting = nil
	now := time.Now()
	why, _ := b.decide(now)
	if why != reasonNone {
		b.dispatch(why)
	}
	b.advance(now)
	b.checkIdle()
	b.mu.Unlock()
	if why == reasonNone { // what waited has gone another way
		b.cfg.Gate.Leave()
	}
}

// dispatch cuts a batch and starts it; a place at the gate is held for it. b.mu is held.
func (b *Batcher[T]) dispatch(why Reason) {
	size := EffectiveSize(b.cfg.Policy.Size, b.crew.total)
	entries := b.queue.cut(size, b.cfg.Policy)
	batch := make([]T, len(entries))
	for i := range entries {
		batch[i] = entries[i].value
	}
	b.inFlight++
	b.start(job[T]{batch, why})
}

// finished ends a batch of w and reports whether w rests from then on: it does if it can, unless another does already.
func (b *Batcher[T]) finished(w *worker[T], canRest bool) (rests bool) {
	b.mu.Lock()
	b.inFlight--
	b.quiet = time.Now()
	if rests = canRest && b.spare == nil && !b.closed; rests {
		w.prepare(b.quiet)
		b.spare = w
	}
	b.advance(b.quiet)
	b.checkIdle()
	b.mu.Unlock()
	if b.cfg.Gate != nil {
		b.cfg.Gate.Leave()
	}
	return rests
}

// arm makes the timer fire at again or earlier; zero means not at all. A timer that fires early finds nothing to do and is
// armed again: that is cheaper than to move it with every arrival. b.mu is held.
func (b *Batcher[T]) arm(again time.Time) {
	if again.IsZero() {
		if b.closed && b.timer != nil {
			b.timer.Stop()
			b.wakes = time.Time{}
		}
		return
	}
	if !b.wakes.IsZero() && !again.Before(b.wakes) {
		return
	}
	b.wakes = again
	wait := time.Until(again)
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, b.wake)
		return
	}
	b.timer.Reset(wait)
}

func (b *Batcher[T]) wake() {
	b.mu.Lock()
	b.wakes = time.Time{}
	now := time.Now()
	expired := b.expire(now)
	b.advance(now)
	b.checkIdle()
	b.mu.Unlock()
	if len(expired) > 0 && b.cfg.Expired != nil {
		b.cfg.Expired(expired)
	}
}

// expire takes out the items whose deadline has passed. b.mu is held.
func (b *Batcher[T]) expire(now time.Time) []T {
	if next := b.queue.expires.time(); next.IsZero() || now.Before(next) {
		return nil
	}
	return values(b.queue.remove(func(e *entry[T]) bool {
		return !e.deadline.IsZero() && !now.Before(e.deadline)
	}))
}

func values[T any](entries []entry[T]) []T {
	items := make([]T, len(entries))
	for i := range entries {
		items[i] = entries[i].value
	}
	return items
}
