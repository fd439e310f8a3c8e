package batching

import "time"

// entry is one gathered item.
type entry[T any] struct {
	value    T
	source   *Source[T]
	bytes    int
	leaveBy  time.Time // zero: never; the timeout or, if that is earlier, half the way to the deadline
	deadline time.Time // zero: none
}

// gathering is the queue of items that have not left. It knows no policy, clock or lock.
type gathering[T any] struct {
	entries   []entry[T] // entries[head:] are gathered
	head      int
	bytes     int
	due       int       // how many of the first were flushed
	deadlines int       // how many have a deadline
	early     time.Time // earliest leaveBy among those with a deadline; zero: none
	expires   time.Time // earliest deadline; zero: none
}

func (g *gathering[T]) len() int { return len(g.entries) - g.head }

func (g *gathering[T]) push(e entry[T]) {
	g.entries = append(g.entries, e)
	g.bytes += e.bytes
	if !e.deadline.IsZero() {
		g.deadlines++
		g.mind(&e)
	}
}

// mind counts an item's deadline in.
func (g *gathering[T]) mind(e *entry[T]) {
	g.early = earlier(g.early, e.leaveBy)
	g.expires = earlier(g.expires, e.deadline)
}

// leaveBy returns when a batch must leave; there must be an item. Without deadlines the first item's time is the earliest.
func (g *gathering[T]) leaveBy() time.Time { return earlier(g.entries[g.head].leaveBy, g.early) }

// cut takes the first items: at most size of them and, unless it is a single one, at most maxBytes (0: no bound).
func (g *gathering[T]) cut(size, maxBytes int) []entry[T] {
	n, bytes := 0, 0
	for _, e := range g.entries[g.head:] {
		if n == size || (n > 0 && maxBytes > 0 && bytes+e.bytes > maxBytes) {
			break
		}
		n++
		bytes += e.bytes
	}
	batch := make([]entry[T], n)
	copy(batch, g.entries[g.head:])
	clear(g.entries[g.head : g.head+n])
	g.head += n
	g.bytes -= bytes
	g.due = max(0, g.due-n)
	g.compact()
	g.recount(batch)
	return batch
}

// remove takes out every item that matches.
func (g *gathering[T]) remove(match func(*entry[T]) bool) []entry[T] {
	var removed []entry[T]
	kept := g.entries[g.head:g.head]
	due := g.due
	for i, e := range g.entries[g.head:] {
		if !match(&e) {
			kept = append(kept, e)
			continue
		}
		removed = append(removed, e)
		g.bytes -= e.bytes
		if i < due {
			g.due--
		}
	}
	clear(g.entries[g.head+len(kept):])
	g.entries = g.entries[:g.head+len(kept)]
	g.recount(removed)
	return removed
}

// recount brings the figures about deadlines up to date after some items have gone.
func (g *gathering[T]) recount(gone []entry[T]) {
	if g.deadlines == 0 {
		return
	}
	for i := range gone {
		if !gone[i].deadline.IsZero() {
			g.deadlines--
		}
	}
	g.early, g.expires = time.Time{}, time.Time{}
	if g.deadlines == 0 {
		return
	}
	for i := range g.entries[g.head:] {
		if e := &g.entries[g.head+i]; !e.deadline.IsZero() {
			g.mind(e)
		}
	}
}

// compact gives the room of items that have left back to the queue, at a cost of at most one copy an item.
func (g *gathering[T]) compact() {
	if g.head < len(g.entries)/2 && g.head < len(g.entries) {
		return
	}
	rest := copy(g.entries, g.entries[g.head:])
	clear(g.entries[rest:])
	g.entries = g.entries[:rest]
	g.head = 0
}
