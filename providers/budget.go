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
	slices [budgetSlices]struct{ earned, spent int }
	at     int64 // the number of the newest slice
}

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

// Spend takes what n records cost that are asked about again, and reports whether the budget has it; floor is what it has
// in any case.
func (b *Budget) Spend(n, floor int) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.turn()
	earned, spent := 0, 0
	for _, s := range b.slices {
		earned, spent = earned+s.earned, spent+s.spent
	}
	if spent+n > max(floor, int(BudgetShare*float64(earned))) {
		return false
	}
	b.slices[now].spent += n
	return true
}

// turn empties the slices that are too old and returns the place of the newest. b.mu is held.
func (b *Budget) turn() int {
	number := time.Now().UnixNano() / int64(BudgetWindow/budgetSlices)
	for n := max(b.at+1, number-budgetSlices+1); n <= number; n++ {
		b.slices[n%budgetSlices].earned, b.slices[n%budgetSlices].spent = 0, 0
	}
	b.at = max(b.at, number)
	return int(b.at % budgetSlices)
}
