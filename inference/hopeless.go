package inference

import (
	"fmt"
	"time"
)

// hopeless says why a record that comes behind others in the same Submit cannot be sent before its time is over: the batches that
// its gatherer has before it alone take longer by the account's limits. nil: it may be, or has no deadline.
func (s *Stream) hopeless(r *Record, ahead int, now time.Time) *Error {
	limit := s.plan.model.Limit
	if r.Deadline.IsZero() || limit == nil {
		return nil
	}
	batches := (s.gatherer.batcher.Gathered()+ahead)/max(s.plan.options.BatchSize, 1) + 1
	wait := limit.Soonest(batches)
	if now.Add(wait).Before(r.Deadline) {
		return nil
	}
	message := fmt.Sprintf("not sent: the limits of provider %s have room for it in %v, after its time is over; send fewer records at"+
		" once, give them more time, or raise the limit", s.plan.model.Provider, wait.Round(time.Millisecond))
	return &Error{Reason: ReasonRateLimited, Message: message}
}
