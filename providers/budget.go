package providers

import (
	"sync"
	"time"
)

// How a [Budget] counts.
const (
	// BudgetShare is how much may be asked again, of what is asked for the first time.
	BudgetShare = 0.2
	// BudgetWindow is the time that counts, up to now.
	BudgetWindow = time.Minute
	budgetSlices = 12
)

// Budget bounds what is asked again, in records: at most [BudgetShare] of those that were asked about first within the last
// [BudgetWindow], but always as many as a floor that the caller names, so that a small job can be repaired whole. It keeps a
// provider in trouble, or a model that cannot answer, from being paid several times over. Its methods may be called by
// several goroutines at once; none waits. A nil Budget has no bound.
type Budget struct {
	mu     sync.Mutex
	slices [budgetSlices]budgetSlice
	start  time.Time
	at     int64 // the number of the newest slice, from start
	inside int   // calls between Begin and End
}

// budgetSlice is what happened in a part of the window; calls is the most that were in flight together.
type budgetSlice struct{ earned, spent, calls int }

// NewBudget returns a Budget with nothing earned or spent.
func NewBudget() *Budget { return &Budget{} }

// Earn counts n records that are asked about for the first time.
func (b *Budget) Earn(n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slices[b.turn()].earned += n
}

// Begin counts a call in flight. Each of them has a floor of its own: when a provider goes away for a second, all calls in flight
// fail at once, and each of them can be repeated.
func (b *Budget) Begin() { b.flight(1) }

// End takes back a Begin.
func (b *Budget) End() { b.flight(-1) }

func (b *Budget) flight(change int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := &b.slices[b.turn()]
	now.calls = max(now.calls, b.inside) // those that a new slice begins with
	b.inside += change
	now.calls = max(now.calls, b.inside)
}

// Spend takes what n records cost that are asked about again, and reports whether the budget has it; floor is what it has
// in any case, for each of the calls that were in flight together within the window, at least once.
func (b *Budget) Spend(n, floor int) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.turn()
	earned, spent, calls := 0, 0, max(b.inside, 1)
	for _, s := range b.slices {
		earned, spent, calls = earned+s.earned, spent+s.spent, max(calls, s.calls)
	}
	if spent+n > max(floor*calls, int(BudgetShare*float64(earned))) {
		return false
	}
	b.slices[now].spent += n
	return true
}

// turn empties the slices that are too old and returns the place of the newest. b.mu is held.
func (b *Budget) turn() int {
	if b.start.IsZero() {
		b.start = time.Now()
	}
	number := int64(time.Since(b.start) / (BudgetWindow / budgetSlices)) // a clock that is set back changes nothing
	for n := max(b.at+1, number-budgetSlices+1); n <= number; n++ {
		b.slices[n%budgetSlices] = budgetSlice{}
	}
	b.at = max(b.at, number)
	return int(b.at % budgetSlices)
}
