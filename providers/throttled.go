package providers

import (
	"context"
	"time"
)

// throttled is the link that lets an attempt wait until the account has room for it.
type throttled struct {
	next     Provider
	throttle *Throttle
}

func newThrottled(next Provider, throttle *Throttle) Provider {
	if throttle == nil {
		return next
	}
	return &throttled{next: next, throttle: throttle}
}

// Complete waits for room and makes an attempt.
func (l *throttled) Complete(ctx context.Context, req *Request) (*Response, error) {
	taken, late := l.throttle.begin(ctx, req)
	if late != nil {
		return nil, late
	}
	begun := time.Now()
	resp, err := l.next.Complete(ctx, req)
	l.throttle.end(req, taken, begun, outcome{resp, AsError(err)})
	return resp, err
}
