package batching

import (
	"slices"
	"time"
)

// restAfter is how long a source counts as active after its last answer: a client needs a moment to send the next item.
const restAfter = 20 * time.Millisecond

// Item is something to be batched.
type Item[T any] struct {
	Value T
	// Bytes is its size, for Policy.MaxBytes.
	Bytes int
	// Weight is its size for Policy.MaxWeight.
	Weight int
	// Deadline is when it is too late; zero means never. Half of the time up to it may be spent waiting in a batch.
	Deadline time.Time
}

// Source is one of those who add to a Batcher: a stream. Its methods may be called by several goroutines at once.
type Source[T any] struct {
	batcher    *Batcher[T]
	capacity   int
	unanswered int
	active     bool
	held       bool
	gone       bool
	rested     time.Time // when the last item was answered
}

// Join returns a new source that has at most capacity items unanswered at once (at least 1). The capacities of the active
// sources together decide the effective size of a batch; a source is active while an item of it is unanswered, and for 20 ms
// after. The source must Leave in the end.
func (b *Batcher[T]) Join(capacity int) *Source[T] {
	return &Source[T]{batcher: b, capacity: max(capacity, 1)}
}

// Add gathers items, in order, and reports whether it did: a source that has left adds nothing more. It does not wait: what
// bounds the items gathered is the caller's own window.
func (s *Source[T]) Add(items ...Item[T]) bool {
	b := s.batcher
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.gone {
		return false
	}
	now := time.Now()
	b.take(s, len(items))
	b.quiet = now
	for i := range items {
		b.queue.push(s.entry(&items[i], now))
	}
	b.advance(now)
	return true
}

func (s *Source[T]) entry(item *Item[T], now time.Time) entry[T] {
	e := entry[T]{
		value:    item.Value,
		source:   s,
		bytes:    item.Bytes,
		weight:   item.Weight,
		leaveBy:  now.Add(s.batcher.cfg.Policy.Timeout),
		deadline: item.Deadline,
	}
	if !e.deadline.IsZero() {
		e.leaveBy = earlier(e.leaveBy, now.Add(e.deadline.Sub(now)/2))
	}
	return e
}

// Skip counts n items that are answered without being added: they take places of the capacity until then.
func (s *Source[T]) Skip(n int) {
	b := s.batcher
	b.mu.Lock()
	defer b.mu.Unlock()
	if !s.gone {
		b.take(s, n)
	}
}

func (b *Batcher[T]) take(s *Source[T], n int) {
	s.unanswered += n
	b.crew.unanswered += n
	b.crew.activate(s)
}

// Answered says that n items of the source have been answered, so that it may add as many again.
func (s *Source[T]) Answered(n int) {
	b := s.batcher
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.gone {
		return
	}
	s.unanswered -= n
	b.crew.unanswered -= n
	b.quiet = time.Now()
	if s.unanswered == 0 {
		b.crew.rest(s, b.quiet)
	}
	b.advance(b.quiet)
}

// Hold says whether the source is kept from adding, although it has fewer items unanswered than its capacity, until one is
// answered: its window is full by bytes.
func (s *Source[T]) Hold(held bool) {
	b := s.batcher
	b.mu.Lock()
	defer b.mu.Unlock()
	b.crew.hold(s, held)
	b.advance(time.Now())
}

// Flush lets what is gathered leave, of other sources too: they share the batch.
func (s *Source[T]) Flush() { s.batcher.Flush() }

// Leave ends the source and returns its items that have not left. Its batches in flight go on.
func (s *Source[T]) Leave() []T {
	b := s.batcher
	b.mu.Lock()
	defer b.mu.Unlock()
	s.gone = true
	b.crew.unanswered -= s.unanswered
	mine := b.queue.remove(func(e *entry[T]) bool { return e.source == s })
	b.crew.dismiss(s)
	b.advance(time.Now())
	b.checkIdle()
	return values(mine)
}

// crew is the active sources of a Batcher. The Batcher's lock guards it.
type crew[T any] struct {
	total      int          // their capacities together
	unanswered int          // items of theirs
	active     int          // how many they are
	held       int          // how many of them are held
	resting    []*Source[T] // active ones with nothing unanswered, in the order in which they came to rest
}

func (c *crew[T]) activate(s *Source[T]) {
	if s.active {
		return
	}
	s.active = true
	c.active++
	c.total += s.capacity
	if s.held {
		c.held++
	}
}

func (c *crew[T]) hold(s *Source[T], held bool) {
	if s.held == held {
		return
	}
	s.held = held
	switch {
	case !s.active:
	case held:
		c.held++
	default:
		c.held--
	}
}

// rest notes that a source has nothing unanswered; capacity dismisses it when it has stayed so for restAfter.
func (c *crew[T]) rest(s *Source[T], now time.Time) {
	s.rested = now
	if !slices.Contains(c.resting, s) {
		c.resting = append(c.resting, s)
	}
}

// capacity returns how many items can be unanswered at once now.
func (c *crew[T]) capacity(now time.Time) int {
	kept := c.resting[:0]
	for _, s := range c.resting {
		switch {
		case s.unanswered > 0 || !s.active: // busy again, or gone
		case now.Sub(s.rested) >= restAfter:
			c.dismiss(s)
		default:
			kept = append(kept, s)
		}
	}
	clear(c.resting[len(kept):])
	c.resting = kept
	return c.total
}

// nextRest returns when capacity may change without anything happening; zero: it does not.
func (c *crew[T]) nextRest() time.Time {
	var next time.Time
	for _, s := range c.resting {
		next = earlier(next, s.rested.Add(restAfter))
	}
	return next
}

func (c *crew[T]) allHeld() bool { return c.active > 0 && c.held == c.active }

func (c *crew[T]) dismiss(s *Source[T]) {
	if !s.active {
		return
	}
	s.active = false
	c.active--
	c.total -= s.capacity
	if s.held {
		c.held--
	}
}
