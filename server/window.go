package server

import (
	"sync"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
)

// The most that leaves in one message.
const (
	maxResultsPerMessage = 256
	maxBytesPerMessage   = 1 << 20
)

// minSlots is how many slots a window begins with.
const minSlots = 4

// window is a stream's accepted records without a sent result: its slots, in record order. It is the flow control (no free
// slot: no reading) and the order (the oldest slot leaves first) at once. A slot is taken for each accepted record, filled
// exactly once, and given back when its result is about to leave.
type window struct {
	ordered bool

	mu         sync.Mutex
	maxRecords int
	maxBytes   int
	open       int    // slots taken and not given back
	bytes      int    // of their records
	last       uint64 // sequence of the last record
	closed     bool
	slots      []slot        // grows by doubling up to maxRecords: most streams never need all of it
	head, tail uint64        // ordered: numbers head to tail-1 are taken, each at its number modulo len(slots)
	free       []uint64      // unordered: a number is an index into slots; these are free
	ready      []uint64      // unordered: these are filled, in that order
	room       chan struct{} // has a token when a slot may have become free
	filled     chan struct{} // has a token when a result may have become ready
}

// slot is one accepted record.
type slot struct {
	result   *weirv1.Result // nil: not filled yet
	sequence uint64
	bytes    int
	taken    bool
}

func newWindow(records, bytes int, ordered bool) *window {
	return &window{
		ordered:    ordered,
		maxRecords: records,
		maxBytes:   bytes,
		room:       make(chan struct{}, 1),
		filled:     make(chan struct{}, 1),
	}
}

// blocked says what keeps a record out.
type blocked int

const (
	blockedNot blocked = iota
	blockedByRecords
	blockedByBytes
	blockedForEver
)

// take takes a slot for a record and returns its number. One record always fits.
func (w *window) take(sequence uint64, bytes int) (uint64, blocked) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return 0, blockedForEver
	case w.open >= w.maxRecords:
		return 0, blockedByRecords
	case w.open > 0 && w.bytes+bytes > w.maxBytes:
		return 0, blockedByBytes
	}
	number := w.number()
	*w.at(number) = slot{sequence: sequence, bytes: bytes, taken: true}
	w.open++
	w.bytes += bytes
	w.last = sequence
	return number, blockedNot
}

// number returns the number of a free slot.
func (w *window) number() uint64 {
	if w.ordered {
		if w.tail-w.head == uint64(len(w.slots)) {
			w.grow()
		}
		w.tail++
		return w.tail - 1
	}
	if len(w.free) == 0 {
		w.slots = append(w.slots, slot{})
		return uint64(len(w.slots) - 1)
	}
	number := w.free[len(w.free)-1]
	w.free = w.free[:len(w.free)-1]
	return number
}

func (w *window) at(number uint64) *slot {
	if w.ordered {
		number &= uint64(len(w.slots) - 1)
	}
	return &w.slots[number]
}

func (w *window) grow() {
	old := w.slots
	w.slots = make([]slot, max(minSlots, 2*len(old)))
	for n := w.head; n < w.tail; n++ {
		*w.at(n) = old[n&uint64(len(old)-1)]
	}
}

// fill puts results into their slots. The result of a slot that is filled already is a fault of ours; the first one stays.
func (w *window) fill(from []inference.Result, results []*weirv1.Result) {
	w.mu.Lock()
	wake := false
	for i := range from {
		n := from[i].Tag
		s := w.at(n)
		if !s.taken || s.result != nil || (w.ordered && n-w.head >= w.tail-w.head) {
			continue
		}
		results[i].Sequence = s.sequence
		s.result = results[i]
		weight := weight(s.result) // a result that waits to be read takes room as its record did
		s.bytes += weight
		w.bytes += weight
		if !w.ordered {
			w.ready = append(w.ready, n)
		}
		wake = wake || !w.ordered || n == w.head
	}
	w.mu.Unlock()
	if wake {
		signal(w.filled)
	}
}

// next returns the results that may leave now, up to the bounds of a message, and gives their slots back: before they are
// sent, or a client that is quick to answer would find the window still full.
func (w *window) next() []*weirv1.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*weirv1.Result
	if w.ordered {
		out = w.nextInOrder()
	} else {
		out = w.nextReady()
	}
	if len(out) > 0 {
		signal(w.room)
	}
	if w.open == 0 && len(w.slots) > minSlots {
		w.slots, w.free, w.ready = nil, nil, nil // an idle stream keeps no room that a burst needed
	}
	return out
}

func (w *window) nextInOrder() []*weirv1.Result {
	n, bytes := w.head, 0
	for n < w.tail && n-w.head < maxResultsPerMessage && bytes < maxBytesPerMessage {
		r := w.at(n).result
		if r == nil {
			break
		}
		bytes += weight(r)
		n++
	}
	if n == w.head {
		return nil
	}
	out := make([]*weirv1.Result, 0, n-w.head)
	for ; w.head < n; w.head++ {
		out = append(out, w.give(w.head))
	}
	return out
}

func (w *window) nextReady() []*weirv1.Result {
	var out []*weirv1.Result
	bytes := 0
	for i, n := range w.ready {
		if i == maxResultsPerMessage || bytes >= maxBytesPerMessage {
			break
		}
		bytes += weight(w.at(n).result)
		out = append(out, w.give(n))
	}
	w.ready = append(w.ready[:0], w.ready[len(out):]...)
	return out
}

// give gives a slot back.
func (w *window) give(number uint64) *weirv1.Result {
	s := w.at(number)
	result := s.result
	w.open--
	w.bytes -= s.bytes
	*s = slot{}
	if !w.ordered {
		w.free = append(w.free, number)
	}
	return result
}

// empty reports whether every accepted record has its result sent or about to be.
func (w *window) empty() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open == 0
}

// size returns the present bounds.
func (w *window) size() *weirv1.Window {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &weirv1.Window{Records: uint32(w.maxRecords), Bytes: uint64(w.maxBytes)} //nolint:gosec // bounded and positive
}

// resize moves the bound in bytes and reports whether it is another one.
func (w *window) resize(bytes int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if bytes == w.maxBytes {
		return false
	}
	w.maxBytes = bytes
	signal(w.room)
	return true
}

func (w *window) isClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// close keeps further records out and returns the sequence of the last one that was let in; 0 if none was.
func (w *window) close() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	signal(w.room)
	signal(w.filled)
	return w.last
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// weight is about what a result takes in a message.
func weight(r *weirv1.Result) int {
	const overhead = 48
	switch o := r.GetOutcome().(type) {
	case *weirv1.Result_Text:
		return overhead + len(o.Text)
	case *weirv1.Result_Json:
		return overhead + len(o.Json)
	case *weirv1.Result_Values:
		n := overhead
		for _, f := range o.Values.GetFields() {
			n += len(f.GetName()) + len(f.GetText()) + len(f.GetJson())
		}
		return n
	case *weirv1.Result_Embedding:
		return overhead + 4*len(o.Embedding.GetValues())
	case *weirv1.Result_Error:
		return overhead + len(o.Error.GetMessage())
	}
	return overhead
}
