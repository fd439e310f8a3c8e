package providers

import "time"

// How refusals change the pace.
const (
	// paceLeast and paceMost bound it, in calls a minute.
	paceLeast, paceMost = 1.0, 1e6
	// paceSearch is by what factor a search slows down at a refusal, paceClimb by what it speeds up at an answer.
	paceSearch, paceClimb = 0.7, 1.25
	// paceBack is by what part a pace that was found goes back at a refusal, and paceReturn how long it takes to come back.
	paceBack   = 0.06
	paceReturn = 150 * time.Second
	// paceStart is the least pace after the first refusal.
	paceStart = 120.0
	// paceFloor is the part of the best minute's calls that no refusal goes below, while paceServed of the calls are accepted: a
	// provider that refuses some however slow they come is not helped by less.
	paceFloor, paceServed = 0.5, 0.75
	// paceNear is the part of the ceiling below which a refusal may be chance.
	paceNear = 0.97
	// paceKnown is how many calls it takes to know what part is accepted.
	paceKnown = 20
	// paceIdle is the most time between two answers that counts.
	paceIdle = 5 * time.Second
)

// pacing is how many calls a minute a provider accepts that refuses some (429): what there is to go by where it does not say
// its limits, and where somebody else uses the same account. It starts at the rate of the calls before the first refusal and
// searches by factors until it has met a refusal from below. From then on it goes back by a tenth at a refusal, and on while
// calls wait for it, by a cubic curve: quickly at first, hardly at all around the rate that was refused last, so that it stays
// there longest, and ever quicker beyond. So the provider refuses about one call in as many as it accepts in two and a half
// minutes, and a fortieth of what it would accept goes unused.
type pacing struct {
	perMinute float64 // 0: nothing was refused yet
	ceiling   float64 // the rate that was refused last
	searching bool
	climbed   bool          // a call was accepted since the last refusal
	back      time.Time     // when it last went back
	late      time.Time     // when a call was last refused that had been sent before that
	grown     time.Time     // until when growth has been counted
	growth    time.Duration // how long it has grown since it went back
	best      float64       // the most calls that were accepted in a minute
	begun     recent        // calls that were sent
	answered  recent        // those that were accepted
	denied    recent        // and those that were not
}

// sent notes that a call is sent.
func (p *pacing) sent(now time.Time) { p.begun.add(now) }

// refused notes that a call was refused which began at begun; known is the limit in calls a minute that is known otherwise, 0:
// none. It reports whether the pace has changed. Calls that were under way when it last did say nothing new; nor, where a limit
// is known, do those that were sent before the last of them was refused, because they came for the same room.
func (p *pacing) refused(begun, now time.Time, known float64) bool {
	p.denied.add(now)
	if begun.Before(p.back) {
		p.late = now
		return false
	}
	if known > 0 && begun.Before(p.late) {
		return false
	}
	if p.isChance(now) {
		p.searching = p.searching || p.climbed // the ceiling was chance too
		p.ceiling = max(p.ceiling, 2*p.perMinute)
		return false
	}
	from, factor := p.perMinute, paceSearch
	switch {
	case from == 0 && known > 0:
		from, factor = known, 1-paceBack
	case from == 0:
		from = max(p.begun.perMinute(now), paceStart/paceSearch)
	case p.climbed, known > 0: // what is known is not far off, and there is nothing to search for
		factor = 1 - paceBack
	}
	accepted := p.answered.inMinute(now)
	if all := accepted + p.denied.inMinute(now); all >= paceKnown && accepted < paceServed*all {
		p.best = accepted
	}
	if p.answered.isWhole(now) { // a provider that refuses has accepted as much in a minute as it does
		from = min(from, p.best)
	}
	first := p.perMinute == 0 && known == 0
	if p.ceiling = max(from, p.best, paceLeast); first {
		p.ceiling = 0 // a few calls, at the start of a job mostly, say little of the rate that was refused
	}
	p.perMinute = min(max(from*factor, paceFloor*p.best, paceLeast), paceMost)
	p.searching, p.climbed = factor == paceSearch, false
	p.back, p.grown, p.growth = now, now, 0
	return true
}

// isChance reports whether a refusal does not come of the pace: it is well below the rate that was refused last, and nearly all calls
// are accepted.
func (p *pacing) isChance(now time.Time) bool {
	accepted := p.answered.inMinute(now)
	all := accepted + p.denied.inMinute(now)
	return p.perMinute > 0 && p.perMinute < paceNear*p.ceiling && all >= paceKnown && accepted >= paceServed*all
}

// accepted notes that a call was answered which began at begun; waiting says that others wait for the pace, known is as above.
// It reports whether the pace has changed.
func (p *pacing) accepted(begun, now time.Time, waiting bool, known float64) bool {
	p.answered.add(now)
	p.best = max(p.best, p.answered.inMinute(now))
	if p.perMinute == 0 || begun.Before(p.back) {
		return false
	}
	p.climbed = true
	span := min(now.Sub(p.grown), paceIdle)
	p.grown = now
	if !waiting {
		return false
	}
	p.growth += span
	p.grow()
	if known > 0 && p.perMinute >= known {
		p.perMinute = 0 // what is known is enough
	}
	return true
}

// grow raises the pace after one more call was accepted.
func (p *pacing) grow() {
	if p.searching {
		p.perMinute = min(p.perMinute*paceClimb, paceMost)
		if near := (1 - paceBack) * p.ceiling; p.ceiling > 0 && p.perMinute >= near {
			p.perMinute, p.searching, p.growth = near, false, 0
		}
		return
	}
	x := p.growth.Seconds()/paceReturn.Seconds() - 1
	p.perMinute = max(p.perMinute, p.ceiling*(1+paceBack*x*x*x))
	if x > 1 { // the rate that was refused last is past: what it was says nothing any more
		p.searching, p.ceiling = true, 0
	}
}

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
