package providers

import (
	"math"
	"time"
)

// Rates are what an account may use in a minute. What is 0 is not known.
type Rates struct {
	// Requests are calls; Tokens those of prompt and answer together, InputTokens and OutputTokens apart.
	Requests, Tokens, InputTokens, OutputTokens int
}

// cost is what one call takes of the buckets.
type cost struct{ requests, input, output float64 }

// plus returns both together.
func (c cost) plus(other cost) cost {
	return cost{c.requests + other.requests, c.input + other.input, c.output + other.output}
}

// minus returns what is left of c when other is taken off; cost{}.minus(c), when it is taken, gives c back.
func (c cost) minus(other cost) cost {
	return cost{c.requests - other.requests, c.input - other.input, c.output - other.output}
}

// The buckets of an account. pacing is weir's own: what refusals have taught.
const (
	bucketRequests = iota
	bucketTokens
	bucketInput
	bucketOutput
	bucketPacing
	buckets
)

// of returns what c takes of one of the buckets.
func (c cost) of(which int) float64 {
	switch which {
	case bucketTokens:
		return c.input + c.output
	case bucketInput:
		return c.input
	case bucketOutput:
		return c.output
	default:
		return c.requests
	}
}

// leastWait is the shortest wait: less would be lost in the precision of the sums, and wake somebody for nothing.
const leastWait = 100 * time.Microsecond

// bucket is one of an account's limits: it fills evenly and holds what a second brings, at least one. So calls are spread
// over the minute, as providers ask for that enforce a minute's limit by the second, and no minute has more than the limit:
// the rate is smaller by what the bucket holds. Who takes more than it holds waits until it is full and leaves it in debt.
//
// A limit of an hour or a day is not spread: the bucket holds all of it, and what the provider says is left of it counts. Where that
// is nothing, one call in five minutes asks again, because what a provider says may be wrong, or another model's.
type bucket struct {
	limit  float64 // 0: none is known, and nothing waits
	period time.Duration
	until  time.Time // the period is not taken for a shorter one before
	set    bool      // by the operator: what the provider says is not listened to
	level  float64
	at     time.Time // when level was true
	asked  time.Time // when more was taken last than there is
}

// put sets the limit. What the bucket holds stays, but no more than it has room for.
func (b *bucket) put(limit float64, period time.Duration, now time.Time) {
	fresh := b.limit == 0
	b.fill(now)
	b.limit, b.period = limit, period
	if fresh || b.level > b.room() {
		b.level = b.room()
	}
}

// room is what the bucket holds when it is full.
func (b *bucket) room() float64 {
	if b.period > time.Minute {
		return b.limit
	}
	return max(1, b.limit*float64(time.Second)/float64(b.period))
}

// perSecond is how fast it fills.
func (b *bucket) perSecond() float64 {
	if b.period > time.Minute {
		return b.limit / b.period.Seconds()
	}
	return (b.limit - b.room() + 1) / b.period.Seconds()
}

// fill adds what time has brought.
func (b *bucket) fill(now time.Time) {
	if b.limit > 0 {
		b.level = min(b.room(), b.level+max(now.Sub(b.at).Seconds(), 0)*b.perSecond())
	}
	b.at = now
}

// take takes n, or gives -n back. It does not ask whether there is enough.
func (b *bucket) take(n float64, now time.Time) {
	b.fill(now)
	if b.limit > 0 {
		if n > b.level {
			b.asked = now
		}
		b.level = min(b.room(), b.level-n)
	}
}

// wait returns how long until n may be taken, when ahead has been taken before; 0 means now.
func (b *bucket) wait(ahead, n float64, now time.Time) time.Duration {
	b.fill(now)
	if b.limit == 0 || n <= 0 {
		return 0
	}
	const precision = 1e-9
	missing := ahead + min(n, b.room()) - b.level
	if missing <= precision {
		return 0
	}
	wait := time.Duration(math.Ceil(min(missing/b.perSecond(), longestWait.Seconds()) * float64(time.Second)))
	if b.period > time.Minute && !b.set {
		again := b.asked.Add(MaxRetryAfter).Sub(now)
		if again <= 0 {
			return 0
		}
		wait = min(wait, again)
	}
	return max(wait, leastWait)
}

// longestWait is the longest wait that is told apart from others.
const longestWait = 365 * 24 * time.Hour

// learn takes over what the provider says of the limit with the answer to a call that began at begun: what is left is as old
// as that, and some has come back since. sent is what the calls take that are under way.
func (b *bucket) learn(said Allowance, sent float64, begun, now time.Time) {
	if !said.Said() || b.set {
		return
	}
	limit, period := float64(said.Limit), periodOf(said.Reset)
	if limit == b.limit && now.Before(b.until) {
		period = max(period, b.period)
	}
	if limit != b.limit || period != b.period {
		b.put(limit, period, now)
		b.until = now
	}
	if until := now.Add(said.Reset); until.After(b.until) {
		b.until = until
	}
	b.fill(now)
	left := float64(max(said.Left, 0)) + now.Sub(begun).Seconds()*b.perSecond()
	if b.period > time.Minute { // a day's calls may come back at midnight, all at once
		b.level = min(left-sent, b.room())
		return
	}
	b.level = min(b.level, left)
}

// periodOf returns the time that a limit counts for: a provider says only how long until all of it is back, which is at
// most that. What looks too short at first is found when more of the limit is used, and holds until that is back.
func periodOf(reset time.Duration) time.Duration {
	switch {
	case reset <= time.Minute+time.Second:
		return time.Minute
	case reset <= time.Hour+time.Second:
		return time.Hour
	default:
		return 24 * time.Hour
	}
}
