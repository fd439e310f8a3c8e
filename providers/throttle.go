package providers

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ThrottleConfig is what is known of an account's limits beforehand. The zero value knows nothing and learns everything.
type ThrottleConfig struct {
	// Rates are those that the operator sets: they hold whatever the provider says. What is 0 is learned.
	Rates Rates
}

// acceptsWithin is how long a provider counts as one that accepts calls after the last one that it did: two windows of those
// that count by the minute.
const acceptsWithin = 2 * time.Minute

// Throttle keeps an account inside its limits: calls, tokens read and tokens written in a minute, over all models and streams
// that use its key. Each call takes an estimate of its tokens before it is sent and settles with what it used; a call for which
// there is no room waits, first come, first served. It fails with [KindRateLimited] only where the wait would pass its deadline, and
// then at once.
//
// The limits are those that the operator sets, or else those that the provider names with its answers ([Quota]); beside both, a
// refusal (429) makes all calls wait as long as the provider asks for, and slows them down as far as it takes ([AIMD]). Where
// nothing of all this is known, nothing waits.
//
// Its methods may be called by several goroutines at once. It starts none of its own, but for a moment when the time comes that
// somebody waits for. It keeps what it learns of at most 64 models; its queue is as long as there are calls that wait, so no longer
// than there are calls in flight.
//
// [AIMD]: https://en.wikipedia.org/wiki/Additive_increase/multiplicative_decrease
type Throttle struct {
	mu       sync.Mutex
	buckets  [buckets]bucket
	pacing   pacing
	held     time.Time // when the pace last made somebody wait
	rests    time.Time // nothing is sent before
	forecast forecast
	typical  cost // of a call
	queue    []*waiter
	ahead    cost // of all in queue
	sent     cost // of all calls under way
	timer    *time.Timer
	moved    func()    // told when there may be room; nil: nobody
	answered time.Time // when the provider last accepted a call
}

// waiter is a call that waits for room.
type waiter struct {
	req      *Request
	have     cost      // what its batch has taken for it
	need     cost      // beside that
	deadline time.Time // zero: none
	done     chan struct{}
	err      *Error // why it is not sent; after done
}

// NewThrottle returns a Throttle with full buckets.
func NewThrottle(cfg ThrottleConfig) *Throttle {
	t := &Throttle{}
	now := time.Now()
	for which, limit := range map[int]int{
		bucketRequests: cfg.Rates.Requests, bucketTokens: cfg.Rates.Tokens,
		bucketInput: cfg.Rates.InputTokens, bucketOutput: cfg.Rates.OutputTokens,
	} {
		if limit > 0 {
			t.buckets[which].put(float64(limit), time.Minute, now)
			t.buckets[which].set = true
		}
	}
	return t
}

// begin waits until a call may be sent and returns what it has taken for it. A call whose batch has entered with a [Limit] has
// taken most of that already.
func (t *Throttle) begin(ctx context.Context, req *Request) (cost, *Error) {
	w := &waiter{req: req, have: permitOf(ctx).spend(t)}
	w.deadline, _ = ctx.Deadline()
	if err := t.send(ctx, w); err != nil {
		t.change(func(now time.Time) { t.take(cost{}.minus(w.have), now) })
		return cost{}, err
	}
	return w.have.plus(w.need), nil
}

// send waits until a call may be sent.
func (t *Throttle) send(ctx context.Context, w *waiter) *Error {
	t.mu.Lock()
	waits, err := t.join(w)
	t.mu.Unlock()
	if waits {
		return t.await(ctx, w)
	}
	return err
}

// join takes what a call needs, or queues for it, or says that this would take too long. t.mu is held.
func (t *Throttle) join(w *waiter) (waits bool, err *Error) {
	now := time.Now()
	full := t.forecast.cost(w.req)
	w.need = full.minus(w.have)
	t.typical.input += forecastShare * (full.input - t.typical.input)
	t.typical.output += forecastShare * (full.output - t.typical.output)
	soonest := t.mustWait(w.need, now)
	if len(t.queue) == 0 && soonest == 0 {
		t.goes(w, now)
		return false, nil
	}
	if err := tooSlow(soonest, w.deadline, now); err != nil {
		return false, err
	}
	w.done = make(chan struct{})
	t.queue, t.ahead = append(t.queue, w), t.ahead.plus(w.need)
	t.serve(now)
	return true, nil
}

// goes takes what a call needs. t.mu is held.
func (t *Throttle) goes(w *waiter, now time.Time) {
	t.take(w.need, now)
	t.sent = t.sent.plus(w.have).plus(w.need)
	t.pacing.sent(now)
}

// await waits for a waiter's turn.
func (t *Throttle) await(ctx context.Context, w *waiter) *Error {
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
		t.abandon(w)
		return ended(ctx, nil)
	}
}

// tooSlow is why a call that can be sent soonest after a wait is not sent; nil where its deadline allows the wait.
func tooSlow(soonest time.Duration, deadline, now time.Time) *Error {
	if deadline.IsZero() || now.Add(soonest).Before(deadline) {
		return nil
	}
	message := fmt.Sprintf("not sent: the account's limits have room for it in %v, and its time is over before; raise the limit,"+
		" give records more time, or send fewer", soonest.Round(time.Millisecond))
	return &Error{Kind: KindRateLimited, Message: message, RetryAfter: soonest, Unsent: true}
}

// mustWait returns how long a call has to wait now, and notes where that is for the pace. t.mu is held.
func (t *Throttle) mustWait(need cost, now time.Time) time.Duration {
	wait := t.wait(t.ahead, need, now)
	if wait > 0 && t.buckets[bucketPacing].wait(t.ahead.requests, need.requests, now) > 0 {
		t.held = now
	}
	return wait
}

// wait returns how long until a call may be sent that needs so much, behind others. t.mu is held.
func (t *Throttle) wait(ahead, need cost, now time.Time) time.Duration {
	longest := max(t.rests.Sub(now), 0)
	for which := range t.buckets {
		longest = max(longest, t.buckets[which].wait(ahead.of(which), need.of(which), now))
	}
	return longest
}

func (t *Throttle) take(what cost, now time.Time) {
	for which := range t.buckets {
		t.buckets[which].take(what.of(which), now)
	}
}

// serve lets the calls go that there is room for, in order, and sets the timer for the next. t.mu is held.
func (t *Throttle) serve(now time.Time) {
	for len(t.queue) > 0 {
		first := t.queue[0]
		t.ahead = t.ahead.minus(first.need)
		first.need = t.forecast.cost(first.req).minus(first.have) // more is known than when it came
		t.ahead = t.ahead.plus(first.need)
		if wait := t.wait(cost{}, first.need, now); wait > 0 {
			t.arm(wait)
			return
		}
		t.goes(first, now)
		t.dismiss(0)
	}
	if t.timer != nil {
		t.timer.Stop()
	}
}

// dismiss takes a waiter out of the queue and tells it. t.mu is held.
func (t *Throttle) dismiss(i int) {
	w := t.queue[i]
	t.queue = slices.Delete(t.queue, i, i+1)
	t.ahead = t.ahead.minus(w.need)
	if len(t.queue) == 0 {
		t.ahead = cost{} // so that rounding does not add up
	}
	close(w.done)
}

func (t *Throttle) arm(wait time.Duration) {
	if t.timer == nil {
		t.timer = time.AfterFunc(wait, func() { t.change(func(time.Time) {}) })
		return
	}
	t.timer.Reset(wait)
}

// change changes something that others may wait for.
func (t *Throttle) change(what func(now time.Time)) {
	t.mu.Lock()
	now := time.Now()
	what(now)
	t.serve(now)
	moved := t.moved
	if len(t.queue) > 0 {
		moved = nil // who has left already goes first
	}
	t.mu.Unlock()
	if moved != nil {
		moved()
	}
}

// abandon ends the wait of a call whose caller has gone.
func (t *Throttle) abandon(w *waiter) {
	t.change(func(now time.Time) {
		if i := slices.Index(t.queue, w); i >= 0 {
			t.dismiss(i)
			return
		}
		if w.err == nil { // its turn came in the same moment
			t.take(cost{}.minus(w.need), now)
			t.sent = t.sent.minus(w.have).minus(w.need)
		}
	})
}

// admit takes what a call usually needs, for a batch that has not left; otherwise it says how long there is no room.
func (t *Throttle) admit() (grant, time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	need := cost{requests: 1, input: t.typical.input, output: t.typical.output}
	wait := t.mustWait(need, now)
	if len(t.queue) > 0 || wait > 0 {
		return grant{}, max(wait, leastWait), false
	}
	t.take(need, now)
	return grant{throttle: t, cost: need}, 0, true
}

// soonest returns how long at least until n more calls have been sent.
func (t *Throttle) soonest(n int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	calls := t.ahead.requests + float64(max(n-1, 0))
	return t.wait(cost{requests: calls}, cost{requests: 1}, now)
}

// notify sets who is told when there may be room.
func (t *Throttle) notify(moved func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moved = moved
}

// accepts reports whether the provider has accepted calls of late, though it refuses some.
func (t *Throttle) accepts() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.answered.IsZero() && time.Since(t.answered) < acceptsWithin
}

// ThrottleState is what a Throttle does at the moment.
type ThrottleState struct {
	// PerMinute is how many calls a minute it lets through; 0: no bound of calls is known.
	PerMinute float64
	// Waiting is how many calls wait, batches that have not left not counted.
	Waiting int
	// Resting is how long nothing is sent, because the provider has asked for it; 0: it has not.
	Resting time.Duration
}

// State returns what it does at the moment.
func (t *Throttle) State() ThrottleState {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := ThrottleState{PerMinute: t.known(), Waiting: len(t.queue), Resting: max(time.Until(t.rests), 0)}
	if pace := t.pacing.perMinute; pace > 0 && (s.PerMinute == 0 || pace < s.PerMinute) {
		s.PerMinute = pace
	}
	return s
}
