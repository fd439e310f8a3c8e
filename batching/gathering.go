package batching

import "time"

// entry is one gathered item.
type entry[T any] struct {
	value    T
	source   *Source[T]
	bytes    int
	weight   int
	leaveBy  time.Time // zero: never; the timeout or, if that is earlier, half the way to the deadline
	deadline time.Time // zero: none
}

// gathering is the queue of items that have not left. It knows no policy, clock or lock.
type gathering[T any] struct {
	entries []entry[T] // entries[head:] are gathered
	head    int
	usual   int // how many there were when the queue was last emptied
	first   int // the number of entries[head]: items are numbered as they come
	bytes   int
	weight  int
	due     int      // how many of the first were flushed
	early   earliest // leaveBy of those with a deadline
	expires earliest // their deadlines
}

func (g *gathering[T]) len() int { return len(g.entries) - g.head }

func (g *gathering[T]) push(e entry[T]) {
	g.mind(g.first+g.len(), &e)
	if g.entries == nil {
		g.entries = make([]entry[T], 0, g.usual)
	}
	g.entries = append(g.entries, e)
	g.bytes += e.bytes
	g.weight += e.weight
}

// mind notes an item's deadline.
func (g *gathering[T]) mind(number int, e *entry[T]) {
	if !e.deadline.IsZero() {
		g.early.push(number, e.leaveBy)
		g.expires.push(number, e.deadline)
	}
}

// leaveBy returns when a batch must leave; there must be an item. Without deadlines the first item's time is the earliest.
func (g *gathering[T]) leaveBy() time.Time { return earlier(g.entries[g.head].leaveBy, g.early.time()) }

// cut takes the first items: at most size of them and, unless it is a single one, no more than there is room for.
func (g *gathering[T]) cut(size int, p Policy) []entry[T] {
	n, bytes, weight := 0, 0, 0
	for _, e := range g.entries[g.head:] {
		if n == size || n > 0 && (over(bytes+e.bytes, p.MaxBytes) || over(weight+e.weight, p.MaxWeight)) {
			break
		}
		n++
		bytes += e.bytes
		weight += e.weight
	}
	batch := g.take(n)
	g.bytes -= bytes
	g.weight -= weight
	g.due = max(0, g.due-n)
	g.first += n
	g.early.drop(g.first)
	g.expires.drop(g.first)
	return batch
}

// over reports whether a sum is above a bound; 0 is none.
func over(sum, bound int) bool { return bound > 0 && sum > bound }

// take takes the first n items out. Where these are all, they leave with the room they have: no copy, and a queue that
// stays empty holds nothing.
func (g *gathering[T]) take(n int) []entry[T] {
	if n == g.len() {
		batch := g.entries[g.head:]
		g.entries, g.head, g.usual = nil, 0, n
		return batch
	}
	batch := make([]entry[T], n)
	copy(batch, g.entries[g.head:])
	clear(g.entries[g.head : g.head+n])
	g.head += n
	g.compact()
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
		g.weight -= e.weight
		if i < due {
			g.due--
		}
	}
	clear(g.entries[g.head+len(kept):])
	g.entries = g.entries[:g.head+len(kept)]
	g.early, g.expires = earliest{}, earliest{}
	for i := range g.entries[g.head:] {
		g.mind(g.first+i, &g.entries[g.head+i])
	}
	return removed
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

// earliest is the earliest of the times of a queue's items: a push forgets every time that a later item's precedes, so the
// first one kept is the earliest. A push and a drop cost a constant time on average, however long the queue is.
type earliest struct{ kept []numbered }

type numbered struct {
	number int
	at     time.Time
}

func (e *earliest) push(number int, at time.Time) {
	n := len(e.kept)
	for n > 0 && !e.kept[n-1].at.Before(at) {
		n--
	}
	e.kept = append(e.kept[:n], numbered{number, at})
}

// drop forgets the items before a number.
func (e *earliest) drop(before int) {
	n := 0
	for n < len(e.kept) && e.kept[n].number < before {
		n++
	}
	e.kept = e.kept[n:]
}

// time returns the earliest time; zero where there is none.
func (e *earliest) time() time.Time {
	if len(e.kept) == 0 {
		return time.Time{}
	}
	return e.kept[0].at
}
