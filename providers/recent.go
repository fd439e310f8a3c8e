package providers

import "time"

// recent counts the calls of the last minute, in slices of time.
type recent struct {
	slices [recentSlices]int
	newest int64
	first  time.Time
}

const (
	recentSlices = 12
	recentSlice  = time.Minute / recentSlices
	// recentLeast is the least time that a rate is made of.
	recentLeast = time.Second
)

func (r *recent) add(now time.Time) {
	if r.first.IsZero() {
		r.first = now
	}
	r.turn(now)
	r.slices[r.newest%recentSlices]++
}

// sum returns how many there were, and in what time before now.
func (r *recent) sum(now time.Time) (calls float64, span time.Duration) {
	r.turn(now)
	for _, n := range r.slices {
		calls += float64(n)
	}
	return calls, time.Minute - recentSlice + now.Sub(r.first)%recentSlice
}

// inMinute returns how many there were in the last minute.
func (r *recent) inMinute(now time.Time) float64 {
	calls, span := r.sum(now)
	if !r.isWhole(now) {
		return calls
	}
	return calls / span.Minutes()
}

// perMinute returns the rate of the last minute, or of the time since the first call where that is shorter.
func (r *recent) perMinute(now time.Time) float64 {
	calls, span := r.sum(now)
	return calls / min(max(now.Sub(r.first), recentLeast), span).Minutes()
}

// isWhole reports whether there were calls a minute ago and before.
func (r *recent) isWhole(now time.Time) bool {
	return !r.first.IsZero() && now.Sub(r.first) >= time.Minute
}

// turn empties the slices that are too old. They are counted from the first call, because a clock that is set back would keep the old
// ones for as long.
func (r *recent) turn(now time.Time) {
	if r.first.IsZero() {
		return
	}
	number := int64(now.Sub(r.first) / recentSlice)
	for n := max(r.newest+1, number-recentSlices+1); n <= number; n++ {
		r.slices[n%recentSlices] = 0
	}
	r.newest = max(r.newest, number)
}
