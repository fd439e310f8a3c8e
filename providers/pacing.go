package providers

import (
	"math"
	"time"
)

// How refusals change the pace.
const (
	// paceLeast and paceMost bound it, in calls a minute.
	paceLeast, paceMost = 1.0, 1e6
	// paceStart is the least pace after the first refusal, and paceBelow by what factor that is below the rate before.
	paceStart, paceBelow = 120.0, 0.7
	// paceSettle and paceSettleCalls are how long a pace is kept before its refusals count, and how many of its calls: what was
	// refused before came too close, and says nothing of the rate.
	paceSettle, paceSettleCalls = 2 * time.Second, 3
	// paceMuch: where more of a pace's calls is refused, it is too fast by far, and what was accepted shows how fast it may be; and
	// where more than paceSome is, of at least paceSure calls, which is how many it takes to know that.
	paceMuch, paceSome, paceSure = 0.25, 0.05, 20
	// paceUnsure is how much faster it may be than what was measured, in standard deviations of that; paceLeap is the least factor
	// where the calls are too few to measure.
	paceUnsure, paceLeap = 1.5, 0.3
	// paceLook is after how many refusals they are looked at together, with paceLookLeast calls at least, and paceLooks how often in a row
	// too many must have been refused to try whether they would be at any pace.
	paceLook, paceLookLeast, paceLooks = 5, 20, 4
	// paceOld is after how many calls of a pace they are counted anew.
	paceOld = 100
	// paceOwn is how many times as much must have been refused as a search for the limit brings, paceUsual the least part, and paceAll what
	// part is so much that it says nothing; below paceSlow calls a minute such a search itself brings too much.
	paceOwn, paceUsual, paceAll, paceSlow = 6.0, 0.01, 0.6, 15.0
	// A try at half the pace has as many calls as let paceExpect refusals be expected, but paceLookMost at most, and is made paceProbes
	// times.
	paceExpect, paceLookMost, paceProbes = 6, 500, 2
	// paceBack is by what part a pace that was found goes back at a refusal, and paceReturn how long it takes to come back.
	paceBack, paceReturn = 0.04, 150 * time.Second
	// paceNear is the part of the ceiling below which a refusal may be chance, for paceCalm after it went back.
	paceNear, paceCalm = 0.98, 10 * time.Second
	// paceDouble is how long a search takes to double the pace, paceOpen the same where no rate is known that was refused, and
	// paceDoubleCalls how many calls at least.
	paceDouble, paceOpen, paceDoubleCalls = 10 * time.Second, 5 * time.Second, 20
	// paceFloor is the part of the best minute's calls that no refusal goes below.
	paceFloor = 0.5
	// paceSlowest is how long some must be refused at the floor before it moves.
	paceSlowest = 2 * time.Minute
	// paceIdle is the most time between two answers that counts.
	paceIdle = 5 * time.Second
	// paceAway is how long nothing may be accepted before a provider counts as away, and paceReturns the part of what it accepted
	// before that it is asked for when it is back; paceProbe is the part that it is asked for meanwhile.
	paceAway, paceReturns, paceProbe = 30 * time.Second, 0.5, 0.01
)

// pacing is how many calls a minute a provider accepts that refuses some (429): what there is to go by where it does not say
// its limits, and where somebody else uses the same account. It starts below the rate of the calls before the first refusal.
//
// Where much is refused of a pace's own calls, it goes to the rate that was accepted, and searches on from there as far as that
// may be wrong. Otherwise it goes back at a refusal to just below the rate that was accepted since it last did, which is the
// limit, whatever the account had saved meanwhile; and on while calls wait for it by a cubic curve, as [CUBIC] does: quickly at
// first, hardly at all around that rate, so that it stays there longest, and ever quicker beyond. So a provider refuses about one
// call in as many as it accepts in three minutes, and about a thirtieth of what it would accept goes unused.
//
// A provider that accepts nothing for a while is away, and shows nothing of its rate. When it accepts a call again it gets half of what it
// accepted before, and half of that the next time, unless it has accepted more meanwhile.
//
// Where again and again more is refused than a search for the limit brings, and still is at half the pace, the provider refuses some
// calls however slow they come: such a part of them does not count any more.
//
// [CUBIC]: https://www.rfc-editor.org/rfc/rfc9438
type pacing struct {
	perMinute float64 // 0: nothing was refused yet
	ceiling   float64 // the rate that was refused last; 0: none that is still true
	searching bool

	back    time.Time // when it last changed for a refusal
	under   float64   // calls that were under way then; 0: it does not matter any more
	behind  float64   // and of those the ones that were refused
	late    time.Time // when the last of them was
	kept    float64   // calls that were sent since and not refused
	pace    tally     // of the calls since, the last ones
	long    tally     // of calls at any pace, the last ones
	looks   int       // how often in a row too many of those were refused
	probing bool      // half the pace is tried, to see whether they still are
	doubt   tally     // of the calls that gave rise to that
	proved  float64   // the rate that was accepted of them
	vain    int       // 1: the last such try showed nothing, and twice as many looks come before the next
	usual   float64   // what part of the calls is refused at any pace
	excused float64   // the most that it may be

	grown  time.Time     // until when growth has been counted
	growth time.Duration // how long it has grown since it went back
	best   float64       // the most calls that were accepted in a minute
	served float64       // and those in the last minute before the provider was away
	lately time.Time     // when it last accepted a call
	since  time.Time     // and when the first after it was away

	begun    recent // calls that were sent
	answered recent // those that were accepted
	denied   recent // and those that were not
}

// tally is a number of calls.
type tally struct {
	from          time.Time
	sent, refused float64
}

// share is what part of them was refused.
func (t *tally) share() float64 { return t.refused / max(t.sent, t.refused, 1) }

// sent notes that a call is sent.
func (p *pacing) sent(now time.Time) {
	p.begun.add(now)
	p.kept++
	p.pace.sent++
	p.long.sent++
}

// refused notes that a call was refused which began at begun; known is the limit in calls a minute that is known otherwise, 0:
// none; under is how many others are under way. It reports whether the pace has changed. Calls that were under way when it last did
// say nothing new, unless most of them are refused; nor, where a limit is known, do those that were sent before the last of them
// was refused, because they came for the same room.
func (p *pacing) refused(begun, now time.Time, known, under float64) bool {
	p.denied.add(now)
	if !begun.Before(p.long.from) {
		p.long.refused++
	}
	if begun.Before(p.back) {
		p.late = now
		p.behind++
		return known == 0 && p.halve(now)
	}
	if known > 0 && begun.Before(p.late) {
		return false
	}
	p.kept--
	p.pace.refused++
	if !p.judge(now, known) {
		return false
	}
	p.under = under
	return true
}

// judge moves the pace after one of its own calls was refused, and reports whether it has.
func (p *pacing) judge(now time.Time, known float64) bool {
	p.lookBack(now)
	switch {
	case p.perMinute == 0:
		p.begin(now, known)
	case p.look(now):
	case p.probing, p.isTooEarly(now), p.isUsual(), p.perMinute <= p.floor():
		return false
	case p.isFarOff(now):
		p.measure(now)
	case p.searching, p.perMinute >= paceNear*p.ceiling, now.Sub(p.back) > paceCalm:
		p.goBack(now)
	default:
		return false
	}
	return true
}

// halve goes to half the pace where most of a burst was refused, of which the first refusal has shown little. The burst was not sent at
// that pace, so the pace is no ceiling: it may be a guess, of the few calls before the first one that was refused.
func (p *pacing) halve(now time.Time) bool {
	if p.probing || p.under == 0 || p.behind <= 2 || p.behind < p.under/2 {
		return false
	}
	least := paceLeast
	if p.ceiling == 0 {
		least = min(p.perMinute, paceStart)
	}
	p.goTo(max(p.perMinute/2, least), true, now)
	return true
}

// lookBack notes what a whole minute of calls has shown: a provider that refuses many has accepted as much as it does.
func (p *pacing) lookBack(now time.Time) {
	accepted := p.answered.inMinute(now)
	much := paceMuch
	if p.usual == 0 && p.perMinute > 0 && p.perMinute <= p.floor() && now.Sub(p.back) > paceSlowest { // it would go lower, and may have to
		much = 2 * paceSome
	}
	if all := accepted + p.denied.inMinute(now); all >= paceSure && accepted < (1-much)*all {
		p.best = accepted
	}
}

// begin starts at the limit that is known, or at the rate of the calls so far.
func (p *pacing) begin(now time.Time, known float64) {
	p.trust()
	if known > 0 {
		p.ceiling = known
		p.goTo((1-paceBack)*known, false, now)
		return
	}
	p.ceiling = 0 // a few calls, at the start of a job mostly, say little of the rate that was refused
	p.goTo(max(paceBelow*p.begun.perMinute(now), paceStart), true, now)
}

// isTooEarly reports whether the pace is too new for its refusals to count.
func (p *pacing) isTooEarly(now time.Time) bool {
	return now.Sub(p.back) < max(paceSettle, time.Duration(paceSettleCalls/p.perMinute*float64(time.Minute)))
}

// isUsual reports whether no more was refused than at any pace, by what chance may bring.
func (p *pacing) isUsual() bool {
	return p.usual > 0 && p.pace.refused <= 3+min(2*p.usual, p.usual+paceMuch/2)*p.pace.sent
}

// isFarOff reports whether so much was refused that a small step helps nothing. Few calls are enough where all came much slower than
// they might, as they do where each refusal asks for a long wait.
func (p *pacing) isFarOff(now time.Time) bool {
	if p.pace.share() <= paceMuch {
		return p.pace.share() > paceSome && p.pace.sent >= paceSure
	}
	slow := p.perMinute * now.Sub(p.pace.from).Minutes() / max(p.pace.sent, 1)
	return p.pace.refused > 2 || p.pace.refused*slow > 4
}

// look looks at the last calls of all paces when some were refused, for whether they would be at any pace, and reports whether the pace
// has changed for that.
func (p *pacing) look(now time.Time) bool {
	if p.probing {
		return p.lookAtProbe(now)
	}
	if p.long.refused < paceLook || p.long.sent < paceLookLeast {
		return false
	}
	last := p.long
	p.long = tally{from: now}
	share := (last.refused - 1) / (last.sent - 1) // less one, because it is a refusal that ends the count
	if p.usual = min(p.usual+(share-p.usual)/4, p.excused); p.usual < paceUsual {
		p.usual = 0
	}
	own := 1 / (p.perMinute * paceReturn.Minutes()) // what going on until one is refused brings of itself
	if share <= max(paceOwn*own, paceUsual, 2*p.usual) || share >= paceAll || p.perMinute < paceSlow || !p.answered.isWhole(now) {
		p.trust()
		return false
	}
	p.looks++
	p.doubt.sent += last.sent
	p.doubt.refused += last.refused
	if p.looks < paceLooks<<p.vain {
		return false
	}
	p.probe(now)
	return true
}

// trust takes refusals for those of a limit again, and ends a try that is under way.
func (p *pacing) trust() { p.looks, p.probing, p.doubt = 0, false, tally{} }

// probe tries half the pace, before what is refused is taken for the usual.
func (p *pacing) probe(now time.Time) {
	p.probing, p.looks, p.best = true, 0, 0
	p.proved = (1 - p.doubt.share()) * p.perMinute
	p.goTo(p.perMinute/2, false, now)
	p.ceiling, p.long = p.perMinute, p.pace
}

// lookAtProbe ends a probe when it has shown something.
func (p *pacing) lookAtProbe(now time.Time) bool {
	if p.long.sent < min(max(paceExpect/p.doubt.share(), paceLookLeast), paceLookMost) {
		return false
	}
	share := p.long.share()
	p.long = tally{from: now}
	if share < p.doubt.share()/3 || share >= paceAll {
		p.endProbe(now)
		return true
	}
	if p.looks++; p.looks < paceProbes {
		return false
	}
	p.excuse(share, now)
	return true
}

// endProbe goes back to what was accepted before the probe: less is refused at half the pace, so that is the limit.
func (p *pacing) endProbe(now time.Time) {
	p.trust()
	p.best, p.ceiling, p.vain = p.proved, p.proved, 1
	p.goTo((1-paceBack)*p.proved, false, now)
}

// excuse takes what was refused for the usual, and searches for a pace at which more is.
func (p *pacing) excuse(share float64, now time.Time) {
	p.trust()
	p.usual, p.excused, p.ceiling, p.vain = share, share, 0, 0
	p.goTo(max(p.perMinute, p.proved), true, now)
}

// measure goes to the rate that was accepted, or where the calls are few towards it.
func (p *pacing) measure(now time.Time) {
	sent := max(p.pace.sent, p.pace.refused)
	served := max(sent-p.pace.refused, 1)
	rate := min(served/sent*p.perMinute, 2*served/now.Sub(p.pace.from).Minutes()) // the latter where few calls came
	p.ceiling = p.perMinute
	if sent >= paceSure {
		unsure := paceUnsure * math.Sqrt(p.pace.refused/sent/served)
		p.ceiling = min(p.ceiling, max(rate*(1+unsure), p.best))
	} else {
		rate = max(rate, paceLeap*p.perMinute)
	}
	p.goTo((1-paceBack)*rate, true, now)
}

// goBack goes to just below the rate that was accepted since it last did.
func (p *pacing) goBack(now time.Time) {
	p.ceiling = p.perMinute
	if p.pace.refused > 2 {
		p.ceiling *= min(1, (1-p.pace.share())/(1-paceBack))
	}
	if p.kept >= paceSure {
		p.ceiling = min(p.ceiling, max(p.kept/now.Sub(p.back).Minutes(), (1-paceBack)*p.perMinute))
	}
	p.goTo((1-paceBack)*p.ceiling, false, now)
}

func (p *pacing) goTo(perMinute float64, searching bool, now time.Time) {
	p.perMinute, p.searching = min(max(perMinute, p.floor()), paceMost), searching
	p.back, p.grown, p.growth, p.kept = now, now, 0, 0
	p.pace, p.under, p.behind = tally{from: now}, 0, 0
}

// floor is how slow it is at least.
func (p *pacing) floor() float64 { return max(paceFloor*p.best, paceProbe*p.served, paceLeast) }

// accepted notes that a call was answered which began at begun; waiting says that others wait for the pace, known is as above.
// It reports whether the pace has changed.
func (p *pacing) accepted(begun, now time.Time, waiting bool, known float64) bool {
	p.answered.add(now)
	p.best = max(p.best, p.answered.inMinute(now))
	wasAway := p.serve(now)
	if p.perMinute == 0 || begun.Before(p.back) {
		return false
	}
	if wasAway { // what was refused meanwhile shows nothing of a pace
		p.trust()
		p.long = tally{from: now}
	}
	if wasAway && p.perMinute < paceReturns*p.served {
		p.ceiling, p.served = p.served, paceReturns*p.served
		p.goTo(p.served, true, now)
		return true
	}
	if p.pace.sent >= paceOld { // older calls say less
		if p.pace.share() < p.usual/3 {
			p.usual, p.excused, p.looks = 0, 0, 0
		}
		p.pace = tally{from: now}
	}
	if p.probing && p.look(now) {
		return true
	}
	span := min(now.Sub(p.grown), paceIdle)
	p.grown = now
	if !waiting {
		return false
	}
	p.growth += span
	p.grow(span)
	if known > 0 && p.perMinute >= known {
		p.perMinute = 0 // what is known is enough
	}
	return true
}

// serve notes what is accepted, and reports whether nothing was for a while.
func (p *pacing) serve(now time.Time) (wasAway bool) {
	if wasAway = now.Sub(p.lately) > paceAway; wasAway {
		p.since = now
	}
	p.lately = now
	if accepted := p.answered.inMinute(now); accepted > p.served || now.Sub(p.since) > time.Minute {
		p.served = accepted
	}
	return wasAway
}

// grow raises the pace after one more call was accepted.
func (p *pacing) grow(span time.Duration) {
	if p.searching {
		double := paceDouble
		if p.ceiling == 0 {
			double = paceOpen
		}
		p.perMinute = min(p.perMinute*math.Exp2(min(span.Seconds()/double.Seconds(), 1.0/paceDoubleCalls)), paceMost)
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
