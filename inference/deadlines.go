package inference

import (
	"context"
	"time"
)

// deadlineMargin is how long before its deadline a record is given up, so that the result is there in time.
const deadlineMargin = 10 * time.Millisecond

// tooLateAt returns when the record is given up; zero: never.
func (p *pending) tooLateAt() time.Time {
	if p.record.Deadline.IsZero() {
		return time.Time{}
	}
	return p.record.Deadline.Add(-deadlineMargin)
}

// isLate reports whether there is no time left for the record.
func (p *pending) isLate(now time.Time) bool {
	at := p.tooLateAt()
	return !at.IsZero() && !now.Before(at)
}

// withDeadline ends ctx when no record of a part has time left: at the latest of their deadlines, or never where one has
// none. A record whose time is over earlier is given up by watch, and its neighbours' call goes on.
func (r *run) withDeadline(ctx context.Context, asked part) (context.Context, context.CancelFunc) {
	var latest time.Time
	for _, place := range asked.places {
		at := r.records[place].tooLateAt()
		if at.IsZero() {
			return ctx, func() {}
		}
		if at.After(latest) {
			latest = at
		}
	}
	return context.WithDeadline(ctx, latest)
}

// watch gives records up as their time comes, until stop is called. Records without deadlines cost nothing.
func (r *run) watch() (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.nextLate()
	if next.IsZero() {
		return func() {}
	}
	r.late = time.AfterFunc(time.Until(next), r.giveUp)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.late.Stop()
		r.over = true
	}
}

// giveUp gives every record whose time is over its result and waits for the next.
func (r *run) giveUp() {
	r.mu.Lock()
	settled := r.settleLate(time.Now())
	if next := r.nextLate(); !next.IsZero() && !r.over && r.late != nil {
		r.late.Reset(time.Until(next))
	}
	r.mu.Unlock()
	r.deliver(settled)
}

// settleLate settles the records whose time is over. r.mu is held.
func (r *run) settleLate(now time.Time) settled {
	var out settled
	for i := range r.records {
		p := &r.records[i]
		if !p.settled && p.isLate(now) {
			p.attempts = max(p.attempts, p.calls) // the call under way has not told yet how often it was made
			r.settle(&out, p, Result{Err: p.late()})
		}
	}
	return out
}

// late is why a record was given up: its last trouble, if it was being asked about again.
func (p *pending) late() *Error {
	err := tooLate()
	if p.why != nil {
		err.Message += "; it was asked about again, because " + p.why.Message
	}
	return err
}

// nextLate returns when the next record is to be given up; zero: none is. r.mu is held.
func (r *run) nextLate() time.Time {
	var next time.Time
	for i := range r.records {
		at := r.records[i].tooLateAt()
		if !r.records[i].settled && !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}
