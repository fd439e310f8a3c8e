// Package batching decides when records leave together.
//
// A [Batcher] gathers items that its sources add, cuts them into batches and gives each batch to a function in a goroutine
// of its own. [Policy] holds the rules and is pure: no clock, no lock, no goroutine. The package is generic and uses only
// the standard library; it does not know what a record, a prompt or a provider is, never waits inside Add, and puts no
// bound of its own on what is gathered: that bound is the window of whoever adds.
package batching

import "time"

// Policy says when a batch leaves. The zero value sends every item alone, at once.
type Policy struct {
	// Size is the most items in a batch; values below 1 count as 1.
	Size int
	// MaxBytes is the most bytes in a batch; 0 means no bound. An item that is larger leaves alone.
	MaxBytes int
	// MaxWeight is the most weight in a batch, a second size that whoever adds reckons with, such as tokens; 0 means no bound.
	// An item that is heavier leaves alone.
	MaxWeight int
	// Timeout is how long the first item of a batch waits for others; 0 means not at all.
	Timeout time.Duration
}

// The stall guard sends an incomplete batch that cannot be expected to grow: at least stallShare of the capacity is
// unanswered, and nothing has happened for stallQuiet. It is there for clients that use places of their window for other
// things than records (Flink's watermarks take slots of the same queue), so that an exact count never comes together.
//
// While other batches are being processed it also wants besideShare of a batch, and twice the silence: more than the half
// batch that the effective size may leave over of the capacity, and more than what comes in while results leave in pieces.
const (
	stallQuiet       = 10 * time.Millisecond
	besideQuiet      = 2 * stallQuiet
	stallShareParts  = 8 // of stallShareOf
	stallShareOf     = 10
	besideShareParts = 6 // of besideShareOf
	besideShareOf    = 10
)

// EffectiveSize splits capacity, the most items that can be unanswered at once, evenly into batches of at most size.
//
// A batch larger than the capacity never fills, and one that leaves a remainder of the capacity behind leaves those places
// unused for ever. So: as many whole batches of size as fit, unless more than half a batch would be left over and one batch
// more makes each smaller by less than what it brings into use: 39 are two batches of 19, not one of 20 (5 % smaller, 46 % of
// the places more in use), but 2,048 are batches of 3, not of 2. Capacities and sizes below 1 count as 1.
func EffectiveSize(size, capacity int) int {
	size, capacity = max(size, 1), max(capacity, 1)
	if capacity <= size {
		return capacity
	}
	rest := capacity % size
	if rest <= size/2 {
		return size
	}
	batches := capacity/size + 1
	smaller := capacity / batches
	gained := batches*smaller - (capacity - rest)
	if gained*size > (size-smaller)*capacity { // gained/capacity against (size-smaller)/size
		return smaller
	}
	return size
}

// Reason says why a batch left.
type Reason string

// The reasons why a batch leaves.
const (
	// ReasonFull: it holds the effective size.
	ReasonFull Reason = "full"
	// ReasonBytes: the next item would not fit into MaxBytes.
	ReasonBytes Reason = "bytes"
	// ReasonWeight: the next item would not fit into MaxWeight.
	ReasonWeight Reason = "weight"
	// ReasonTimeout: its first item has waited for Timeout, or an item could miss its deadline.
	ReasonTimeout Reason = "timeout"
	// ReasonFlush: somebody asked for it, or a source has ended.
	ReasonFlush Reason = "flush"
	// ReasonStall: nothing more can be expected.
	ReasonStall Reason = "stall"
	// reasonNone: it stays.
	reasonNone Reason = ""
)

// situation is everything that decides whether the gathered items leave.
type situation struct {
	gathered int       // items gathered
	bytes    int       // their bytes
	weight   int       // their weight
	flushed  bool      // somebody asked for the first of them
	leaveBy  time.Time // when the first must leave, by Timeout or by a deadline
	quiet    time.Time // when something last happened: an arrival, an answer, the end of a batch
	inFlight int       // batches of this batcher being processed
	room     int       // items that can still come before one is answered
	capacity int       // most items that can be unanswered at the moment
	held     bool      // every active source is held: none can add before something is answered
}

// decide says why a batch leaves now; with reasonNone, again is when to look once more (zero: not before something happens).
func (p Policy) decide(s situation, now time.Time) (why Reason, again time.Time) {
	switch {
	case s.gathered == 0:
		return reasonNone, time.Time{}
	case s.gathered >= EffectiveSize(p.Size, s.capacity):
		return ReasonFull, time.Time{}
	case p.MaxBytes > 0 && s.bytes >= p.MaxBytes:
		return ReasonBytes, time.Time{}
	case p.MaxWeight > 0 && s.weight >= p.MaxWeight:
		return ReasonWeight, time.Time{}
	case s.flushed:
		return ReasonFlush, time.Time{}
	case !now.Before(s.leaveBy):
		return ReasonTimeout, time.Time{}
	}
	silence, stalled := s.stalled(p.Size)
	if !stalled {
		return reasonNone, s.leaveBy
	}
	stall := s.quiet.Add(silence)
	if !now.Before(stall) {
		return ReasonStall, time.Time{}
	}
	return reasonNone, earlier(stall, s.leaveBy)
}

// stalled reports whether only silence is missing for the stall guard to strike, and how much.
func (s situation) stalled(size int) (silence time.Duration, ok bool) {
	scarce := s.held || s.room*stallShareOf <= s.capacity*(stallShareOf-stallShareParts)
	if s.inFlight == 0 {
		return stallQuiet, scarce
	}
	return besideQuiet, scarce && s.gathered*besideShareOf >= EffectiveSize(size, s.capacity)*besideShareParts
}

// earlier returns the earlier of two times, where zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
