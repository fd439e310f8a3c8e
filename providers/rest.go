package providers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxRestingModels is for how many models a lane can rest apart; beyond it, the lane rests as a whole.
const maxRestingModels = 64

// rest is how long a lane is not asked, and why.
type rest struct {
	until  time.Time
	length time.Duration // of the last time
	why    *Error
}

// rest returns what keeps the lane from being asked for a model, the longest; nil: nothing does.
func (l *lane) rest(model string, now time.Time) *rest {
	var longest *rest
	for _, r := range [...]*rest{&l.rests, l.models[model]} {
		if r != nil && now.Before(r.until) && (longest == nil || r.until.After(longest.until)) {
			longest = r
		}
	}
	return longest
}

// restAfter returns what rests after an error: the lane, or what it is asked for. A key that may not use one model (403) may use the
// others.
func (l *lane) restAfter(model string, err *Error) *rest {
	if err.Kind != KindUnauthorized || err.Status != http.StatusForbidden {
		return &l.rests
	}
	r := l.models[model]
	switch {
	case r != nil:
		return r
	case len(l.models) >= maxRestingModels:
		return &l.rests
	case l.models == nil:
		l.models = make(map[string]*rest)
	}
	r = &rest{}
	l.models[model] = r
	return r
}

// begin begins a rest after an error and returns how long it is; 0: there is none.
func (r *rest) begin(err *Error, now time.Time) time.Duration {
	length := r.after(err)
	if length > 0 {
		r.until, r.why = now.Add(length), err
	}
	return length
}

// after returns how long to rest after an error; 0: not at all.
func (r *rest) after(err *Error) time.Duration {
	switch {
	case err.Kind == KindUnauthorized || err.Kind == KindQuota:
		r.length = min(max(2*r.length, LaneRest), LaneRestMost)
		return max(r.length, min(err.RetryAfter, LaneRestMost))
	case err.Kind == KindRateLimited && err.RetryAfter >= LaneLongWait:
		return min(err.RetryAfter, MaxRetryAfter)
	default:
		return 0
	}
}

// left notes how a call on a lane has ended.
func (p *Pool) left(l *lane, model string, err *Error) {
	length := p.note(l, model, err)
	if length > 0 && p.rested != nil {
		p.rested(l.Name, length, err)
	}
}

// note returns how long the lane rests from now on, where it begins to.
func (p *Pool) note(l *lane, model string, err *Error) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.inFlight--
	if err == nil {
		l.failed, l.rests.length = time.Time{}, 0
		delete(l.models, model)
		return 0
	}
	now := time.Now()
	if !err.Unsent && err.Kind.Retriable() {
		l.failed = now
	}
	if err.Unsent || l.rest(model, now) != nil {
		return 0 // it rests already: calls that were under way say the same
	}
	return l.restAfter(model, err).begin(err, now)
}

// allRest is the error of a call for which there is no lane: that of the lane which is ready first.
func (p *Pool) allRest(model string) *Error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	var first *rest
	for _, l := range p.lanes {
		r := l.rest(model, now)
		if r == nil { // it is ready again by now
			return &Error{Kind: KindUnavailable, Message: "not sent: no key or endpoint is ready", Unsent: true}
		}
		if first == nil || r.until.Before(first.until) {
			first = r
		}
	}
	return &Error{
		Kind: first.why.Kind, Status: first.why.Status, Unsent: true, RetryAfter: max(first.until.Sub(now), leastWait),
		Message: "not sent: all keys or endpoints of the provider rest: " + strings.Join(p.reasons(model, now), ", "),
	}
}

// explain adds to the last error of a call what the other lanes do.
func (p *Pool) explain(model string, last *Error) *Error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := *last
	if reasons := p.reasons(model, time.Now()); len(reasons) > 0 {
		said := slices.DeleteFunc([]string{e.Message}, func(s string) bool { return s == "" })
		e.Message = strings.Join(append(said, "no other key or endpoint is left: "+strings.Join(reasons, ", ")), "; ")
	}
	return &e
}

// reasons says which lanes rest for a model, for how long, and why. p.mu is held.
func (p *Pool) reasons(model string, now time.Time) []string {
	var all []string
	for _, l := range p.lanes {
		if r := l.rest(model, now); r != nil {
			all = append(all, fmt.Sprintf("%s for %v (%s)", l.Name, r.until.Sub(now).Round(time.Second), r.why.Kind))
		}
	}
	return all
}
