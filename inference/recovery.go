package inference

import (
	"context"
	"time"

	"github.com/weir-ml/weir/providers"
)

// deadlineMargin is how long before a record's deadline its call ends, so that the result is there in time.
const deadlineMargin = 10 * time.Millisecond

// again says which open records are asked again after a reply; nil means none. It is the one place that decides so: the
// chain has already repeated what the provider may have failed at by chance.
//
// Today one thing is asked again: a call that ended because the deadline of SOME of its records had come. The others have
// time left and must not pay for their neighbours. Each round ends at least one record, and there are at most max.retries
// rounds beyond the first.
func (r *run) again(ctx context.Context, round int, reply reply) func(*pending) bool {
	if reply.err == nil || reply.err.Kind != providers.KindTimeout || ctx.Err() != nil || round > r.plan.options.MaxRetries {
		return nil
	}
	late := 0
	for i := range r.open {
		if r.open[i].isLate() {
			late++
		}
	}
	if late == 0 {
		return nil // it was request.timeout.ms, and the chain has retried
	}
	return func(p *pending) bool { return !p.isLate() }
}

// isLate reports whether there is no time left to ask for the record.
func (p *pending) isLate() bool {
	return !p.record.Deadline.IsZero() && time.Until(p.record.Deadline) <= deadlineMargin
}

// withDeadline ends ctx shortly before the earliest deadline of the records.
func withDeadline(ctx context.Context, records []pending) (context.Context, context.CancelFunc) {
	var earliest time.Time
	for i := range records {
		d := records[i].record.Deadline
		if !d.IsZero() && (earliest.IsZero() || d.Before(earliest)) {
			earliest = d
		}
	}
	if earliest.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, earliest.Add(-deadlineMargin))
}
