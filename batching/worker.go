package batching

import "time"

// restAtMost is how long a worker rests before it ends: a client that waits for each result sends its next record sooner, and an idle
// stream has none.
const restAtMost = 50 * time.Millisecond

// worker is a goroutine that processes batches, one after another. One may rest between them, so that a stream which waits for each
// of its results finds a stack that is large enough for a call already: to grow and copy a new one was a tenth of what weir adds to
// a call about one record (ADR 27). Where several batches are in flight, nobody waits for the others' stacks.
type worker[T any] struct {
	next  chan job[T] // nil: it has not rested yet
	since time.Time   // when it began to rest
	look  *time.Timer // when to look whether it has rested for long enough; to move it with every rest would cost more
}

// job is a batch to process.
type job[T any] struct {
	batch []T
	why   Reason
}

// prepare readies w to rest.
func (w *worker[T]) prepare(now time.Time) {
	w.since = now
	if w.next == nil {
		w.next, w.look = make(chan job[T], 1), time.NewTimer(restAtMost)
	}
}

// start hands a job to the worker that rests, or to a new one. b.mu is held.
func (b *Batcher[T]) start(j job[T]) {
	if w := b.spare; w != nil {
		b.spare = nil
		w.next <- j // which has room: it gets one job each time that it rests
		return
	}
	go b.work(j)
}

// work processes a job, and those that come while it rests.
func (b *Batcher[T]) work(j job[T]) {
	w := &worker[T]{}
	for more := true; more && b.process(w, j); {
		j, more = b.rest(w)
	}
	if w.look != nil {
		w.look.Stop()
	}
}

// process processes a job, and reports whether w rests from then on. A goroutine that ends in the middle of it does not.
func (b *Batcher[T]) process(w *worker[T], j job[T]) (rests bool) {
	ended := false
	defer func() { rests = b.finished(w, ended) }()
	b.cfg.Process(j.batch, j.why)
	ended = true
	return false
}

// rest waits for the next job. false: none comes, and w ends.
func (b *Batcher[T]) rest(w *worker[T]) (j job[T], more bool) {
	for {
		select {
		case j, more = <-w.next:
			return j, more
		case <-w.look.C: // what it carries is when it was due, which may be long ago
			if b.retire(w, time.Now()) {
				return j, false
			}
		}
	}
}

// retire takes away the worker if it has rested for long enough, and has not been given a job or dismissed meanwhile. Otherwise it sets
// the timer again.
func (b *Batcher[T]) retire(w *worker[T], now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := restAtMost - now.Sub(w.since)
	if left <= 0 && b.spare == w {
		b.spare = nil
		return true
	}
	if left <= 0 {
		left = restAtMost
	}
	w.look.Reset(left)
	return false
}

// dismiss ends the worker that rests. b.mu is held.
func (b *Batcher[T]) dismiss() {
	if b.spare != nil {
		close(b.spare.next)
		b.spare = nil
	}
}
