package client

import (
	"fmt"
	"sync"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// spare is how many items may be in a queue beyond the window: those without a record wait for their turn.
const spare = 4096

// queue is the items of a run that are not back yet, in order. The sender of a stream takes from it, the receiver answers.
type queue[T any] struct {
	run  *Run[T]
	room chan struct{} // has a token when there may be room

	mu         sync.Mutex // also while an item is emitted, so that items are emitted in order
	items      []T        // from first on
	first      int
	sent       int // how many from first on were given to the stream
	most       int // how many there may be
	over       bool
	back       uint64
	everOpened bool
}

func newQueue[T any](run *Run[T]) *queue[T] {
	return &queue[T]{run: run, room: make(chan struct{}, 1)}
}

// restart begins with another stream: everything is to be sent again.
func (q *queue[T]) restart(window int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent, q.most, q.everOpened = 0, window+spare, true
}

// take returns the next records to send: at least one, more where they are there already; none where the items or the
// session have ended. Its error is that of Emit.
func (q *queue[T]) take(session *Session, records []*weirv1.Record) ([]*weirv1.Record, error) {
	for len(records) == 0 {
		again, err := q.fill(session)
		if err != nil {
			return nil, err
		}
		records = q.unsent(records)
		if !again {
			return records, nil
		}
	}
	return records, nil
}

// fill makes sure that there is something to send, and reports whether more may come.
func (q *queue[T]) fill(session *Session) (bool, error) {
	if q.hasUnsent() {
		return true, nil
	}
	if !q.waitForRoom(session) {
		return false, nil
	}
	select {
	case item, ok := <-q.run.Items:
		return ok, q.add(item, ok)
	case <-session.over:
		return false, nil
	case <-session.drained:
		return false, nil
	}
}

// waitForRoom reports false where the session ends first.
func (q *queue[T]) waitForRoom(session *Session) bool {
	for q.full() {
		select {
		case <-q.room:
		case <-session.over:
			return false
		case <-session.drained:
			return false
		}
	}
	return true
}

// add takes an item in, and those behind it that are there already.
func (q *queue[T]) add(item T, ok bool) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gather(item, ok)
	before := q.back
	err := q.settle()
	if err == nil && q.back > before {
		err = q.idle()
	}
	return err
}

func (q *queue[T]) gather(item T, ok bool) {
	for n := 1; ok; n++ {
		q.items = append(q.items, item)
		if n == sendTogether {
			return
		}
		select {
		case item, ok = <-q.run.Items:
		default:
			return
		}
	}
	q.over = true
}

// unsent marks the records that were not given to the stream yet as given and appends them.
func (q *queue[T]) unsent(to []*weirv1.Record) []*weirv1.Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	for ; q.first+q.sent < len(q.items) && len(to) < sendTogether; q.sent++ {
		if record := q.run.Record(q.items[q.first+q.sent]); record != nil {
			to = append(to, record)
		}
	}
	return to
}

// answer hands the items of results back, and those without a record around them. Its error is errBroken at a result
// that only says that the stream ended first: its item and all behind it are to be sent again.
func (q *queue[T]) answer(results []*weirv1.Result) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, result := range results {
		if why := result.GetError(); why.GetReason() == weirv1.Reason_REASON_CANCELLED {
			return fmt.Errorf("%w: %s", errBroken, why.GetMessage())
		}
		if err := q.emit(result); err != nil {
			return err
		}
		if err := q.settle(); err != nil {
			return err
		}
	}
	return q.idle()
}

func (q *queue[T]) idle() error {
	if q.run.Idle == nil {
		return nil
	}
	return q.run.Idle()
}

// settle hands back the items that wait for no result.
func (q *queue[T]) settle() error {
	for q.first < len(q.items) && q.run.Record(q.items[q.first]) == nil {
		if err := q.emit(nil); err != nil {
			return err
		}
	}
	return nil
}

// emit hands the first item back.
func (q *queue[T]) emit(result *weirv1.Result) error {
	var none T
	item := q.items[q.first]
	q.items[q.first] = none
	q.first++
	q.sent = max(q.sent-1, 0)
	q.back++
	q.compact()
	signal(q.room)
	return q.run.Emit(item, result)
}

func (q *queue[T]) compact() {
	if 2*q.first < len(q.items) {
		return
	}
	n := copy(q.items, q.items[q.first:])
	clear(q.items[n:])
	q.items, q.first = q.items[:n], 0
}

func (q *queue[T]) hasUnsent() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.first+q.sent < len(q.items)
}

func (q *queue[T]) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)-q.first >= q.most
}

func (q *queue[T]) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.first == len(q.items)
}

// ended reports whether no more items come and all were given to the stream.
func (q *queue[T]) ended() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.over && q.first+q.sent == len(q.items)
}

func (q *queue[T]) answered() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.back
}
