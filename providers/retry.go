package providers

import (
	"context"
	"time"
)

// retry is the link that makes a call again where its error may pass. It counts the attempts.
type retry struct {
	next    Provider
	retries int
	backoff Backoff
	budget  *Budget
	floor   int
	hooks   Hooks
	hasty   bool
	// accepts reports whether the provider has accepted calls of late; nil: nobody knows.
	accepts func() bool
}

// maxFreeRefusals is how many refusals of a call cost it none of its repeats.
const maxFreeRefusals = 16

func newRetry(next Provider, cfg ChainConfig) Provider {
	return &retry{
		next: next, retries: max(cfg.MaxRetries, 0), backoff: cfg.Backoff.withDefaults(),
		budget: cfg.Budget, floor: cfg.BudgetFloor, hooks: cfg.Hooks, accepts: cfg.accepts(), hasty: cfg.Hasty,
	}
}

// maxLessons is how often one call is made again because the driver has learned something: there are few things that it
// can leave out.
const maxLessons = 4

// Complete makes the call until it succeeds or there is no use in repeating it. A call that taught the driver something is
// repeated at once, beside the retries: nothing has failed that will pass, the question was put wrongly.
func (r *retry) Complete(ctx context.Context, req *Request) (*Response, error) {
	r.budget.Begin()
	defer r.budget.End()
	sent, lessons, free := 0, 0, 0
	for attempt := 1; ; {
		resp, err := r.attempt(ctx, req, sent+1)
		if err == nil {
			return resp, nil
		}
		if !err.Unsent {
			sent++
		}
		err.Attempts = sent
		if err.Learned && lessons < maxLessons && ctx.Err() == nil {
			lessons++
			continue
		}
		if r.isFree(err, free+1) {
			free++
			attempt--
		}
		wait, again := r.decide(ctx, attempt, req, err)
		if !again {
			return nil, err
		}
		if !pause(ctx, wait) {
			return nil, ended(ctx, err)
		}
		attempt++
	}
}

// isFree reports whether the repeat after err costs none of the call's repeats: while the provider accepts calls, one that it
// refuses (429) has only come too early and waits for its turn; the throttle has slowed down by then.
func (r *retry) isFree(err *Error, refusals int) bool {
	return r.accepts != nil && err.Kind == KindRateLimited && !err.Unsent && refusals <= maxFreeRefusals && r.accepts()
}

// attempt makes one attempt. Its error is a copy that knows the attempts: a driver may return the same one twice.
func (r *retry) attempt(ctx context.Context, req *Request, attempt int) (*Response, *Error) {
	start := r.clock()
	resp, cause := r.next.Complete(ctx, req)
	var err *Error
	if cause != nil {
		e := *AsError(cause)
		e.Attempts = attempt
		err = &e
	} else {
		resp.Attempts = attempt
	}
	if r.hooks.CallDone != nil {
		r.hooks.CallDone(attempt, time.Since(start), resp, err)
	}
	return resp, err
}

// afford reports whether there is budget to repeat a call after err. Where nothing was sent, or the provider has asked for
// the wait, it costs nothing.
func (r *retry) afford(req *Request, err *Error) bool {
	return err.Unsent || err.Kind == KindRateLimited || r.budget.Spend(max(req.Records, 1), r.floor)
}

// decide says whether the call goes on after err, and after what wait.
func (r *retry) decide(ctx context.Context, attempt int, req *Request, err *Error) (time.Duration, bool) {
	if !err.Kind.Retriable() || attempt > r.retries || ctx.Err() != nil || (r.hasty && err.Unsent) {
		return 0, false
	}
	wait := r.backoff.wait(max(attempt, 1), err.RetryAfter)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return 0, false // to wait for an attempt that can no longer be made helps nobody
	}
	if !r.afford(req, err) {
		err.Message += "; not repeated, because too many calls were of late: at most a fifth of the last minute's records"
		return 0, false
	}
	if r.hooks.Retrying != nil {
		r.hooks.Retrying(attempt, wait, err)
	}
	return wait, true
}

// pause waits, and reports false where ctx ends first.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// clock returns the time where somebody wants to know how long an attempt takes.
func (r *retry) clock() time.Time {
	if r.hooks.CallDone == nil {
		return time.Time{}
	}
	return time.Now()
}
