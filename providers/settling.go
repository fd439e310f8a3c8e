package providers

import "time"

// end settles a call that was sent: taken is what begin returned.
func (t *Throttle) end(req *Request, taken cost, begun time.Time, done outcome) {
	t.change(func(now time.Time) {
		t.sent = t.sent.minus(taken)
		t.settle(req, taken, done, now)
		t.learn(done.quota(), begun, now)
		switch {
		case done.err == nil:
			t.accepted(begun, now)
		case done.err.Kind == KindRateLimited:
			t.refused(begun, now, done.err.RetryAfter)
		case done.err.Status > 0:
			t.answered = now // with a no, but not with that one
		}
	})
}

// outcome is how a call ended: with a response or an error.
type outcome struct {
	resp *Response
	err  *Error
}

func (o outcome) quota() *Quota {
	if o.err != nil {
		return o.err.Quota
	}
	return o.resp.Quota
}

// learn takes over what the provider says of its limits.
func (t *Throttle) learn(q *Quota, begun, now time.Time) {
	if q == nil {
		return
	}
	for which, said := range [...]Allowance{
		bucketRequests: q.Requests, bucketTokens: q.Tokens, bucketInput: q.InputTokens, bucketOutput: q.OutputTokens,
	} {
		t.buckets[which].learn(said, t.sent.of(which), begun, now)
	}
}

// settle gives back what a call has not used, and takes what it has used beyond its estimate. A call that was refused has used no
// tokens.
func (t *Throttle) settle(req *Request, taken cost, done outcome, now time.Time) {
	if done.err != nil {
		if done.err.Kind == KindRateLimited {
			t.take(cost{}.minus(cost{input: taken.input, output: taken.output}), now)
		}
		return
	}
	usage := done.resp.Usage
	if !usage.Reported {
		return
	}
	used := cost{requests: taken.requests, input: float64(max(usage.PromptTokens, 0)), output: float64(max(usage.CompletionTokens, 0))}
	t.take(used.minus(taken), now)
	t.forecast.learn(req, usage)
}

func (t *Throttle) accepted(begun, now time.Time) {
	t.answered = now
	waits := 2*time.Duration(float64(time.Minute)/max(t.pacing.perMinute, 1)) + time.Second
	if t.pacing.accepted(begun, now, now.Sub(t.held) <= waits, t.known()) {
		t.buckets[bucketPacing].put(t.pacing.perMinute, time.Minute, now)
	}
}

func (t *Throttle) refused(begun, now time.Time, retryAfter time.Duration) {
	if until := now.Add(min(retryAfter, MaxRetryAfter)); until.After(t.rests) {
		t.rests = until
	}
	if t.pacing.refused(begun, now, t.known(), t.sent.requests) {
		pacing := &t.buckets[bucketPacing]
		pacing.put(t.pacing.perMinute, time.Minute, now)
		pacing.level = min(pacing.level, 0) // what was saved would leave at once, and be refused too
	}
	t.giveUp(now)
}

// giveUp tells the calls whose wait has become too long. t.mu is held.
func (t *Throttle) giveUp(now time.Time) {
	ahead := cost{}
	for i := 0; i < len(t.queue); {
		w := t.queue[i]
		if w.err = tooSlow(t.wait(ahead, w.need, now), w.deadline, now); w.err != nil {
			t.dismiss(i)
			continue
		}
		ahead = ahead.plus(w.need)
		i++
	}
}

// known returns the limit of calls a minute that does not come from refusals; 0: none.
func (t *Throttle) known() float64 {
	if b := &t.buckets[bucketRequests]; b.limit > 0 && b.period <= time.Minute {
		return b.limit
	}
	return 0
}
