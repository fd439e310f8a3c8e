package client

import (
	"fmt"
	"sync"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// The most that leaves in one message; one record always fits.
const (
	maxRecordsPerMessage = 512
	maxBytesPerMessage   = 1 << 20
)

// window is what a stream has unanswered, and how much that may be. A record enters before it is sent and leaves with its
// result.
type window struct {
	unordered bool

	mu      sync.Mutex
	records int // the bounds
	bytes   int
	open    int // what is unanswered
	held    int
	next    uint64         // the sequence of a record that has none
	queue   []entry        // ordered: the unanswered ones from first on
	first   int            //
	sizes   map[uint64]int // unordered: by sequence
	room    chan struct{}  // has a token when there may be room
}

type entry struct {
	sequence uint64
	bytes    int
}

func newWindow(bounds *weirv1.Window, unordered bool) *window {
	w := &window{unordered: unordered, next: 1, room: make(chan struct{}, 1), sizes: make(map[uint64]int)}
	w.resize(bounds)
	return w
}

// enter lets in as many of the records as have room now and fit into one message, and returns their number.
func (w *window) enter(records []*weirv1.Record) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	message := 0
	for i, r := range records {
		size := sizeOf(r)
		full := w.open > 0 && (w.open >= w.records || w.held+size > w.bytes)
		if full || i == maxRecordsPerMessage || i > 0 && message+size > maxBytesPerMessage {
			return i
		}
		message += size
		w.add(r, size)
	}
	return len(records)
}

func (w *window) add(r *weirv1.Record, size int) {
	sequence := w.next
	if r.Sequence != nil {
		sequence = r.GetSequence()
	}
	w.next = sequence + 1
	w.open++
	w.held += size
	if w.unordered {
		w.sizes[sequence] = size
	} else {
		w.queue = append(w.queue, entry{sequence, size})
	}
}

// leave lets the records of the results out. Its error says that the server broke the contract.
func (w *window) leave(results []*weirv1.Result) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range results {
		size, err := w.remove(r.GetSequence())
		if err != nil {
			return err
		}
		w.open--
		w.held -= size
	}
	w.compact()
	signal(w.room)
	return nil
}

func (w *window) remove(sequence uint64) (int, error) {
	if w.unordered {
		size, ok := w.sizes[sequence]
		if !ok {
			return 0, fmt.Errorf("the server sent a result for record %d, which is not unanswered", sequence)
		}
		delete(w.sizes, sequence)
		return size, nil
	}
	if w.first == len(w.queue) || w.queue[w.first].sequence != sequence {
		return 0, fmt.Errorf("the server sent a result for record %d, which is not the next one", sequence)
	}
	w.first++
	return w.queue[w.first-1].bytes, nil
}

// compact moves the queue to the front once half of it is used up.
func (w *window) compact() {
	if 2*w.first >= len(w.queue) {
		w.queue = w.queue[:copy(w.queue, w.queue[w.first:])]
		w.first = 0
	}
}

func (w *window) resize(bounds *weirv1.Window) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records = int(bounds.GetRecords())
	w.bytes = int(min(bounds.GetBytes(), 1<<40))
	signal(w.room)
}

// unanswered returns how many records are in.
func (w *window) unanswered() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

// sizeOf is what the server counts of a record: text, names and values.
func sizeOf(r *weirv1.Record) int {
	n := len(r.GetText())
	for _, f := range r.GetFields() {
		n += len(f.GetName()) + len(f.GetText()) + len(f.GetJson())
	}
	return n
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
