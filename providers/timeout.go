package providers

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// timeout is the link that ends an attempt when its time is over, and that says whose time it was.
type timeout struct {
	next Provider
	most time.Duration
}

func newTimeout(next Provider, most time.Duration) Provider {
	if most <= 0 {
		most = DefaultRequestTimeout
	}
	return &timeout{next: next, most: most}
}

// Complete makes one attempt within the time it may take.
func (t *timeout) Complete(ctx context.Context, req *Request) (*Response, error) {
	deadline := time.Now().Add(t.most)
	if theirs, ok := ctx.Deadline(); ok && !theirs.After(deadline) {
		// The caller's deadline strikes first: a timer of ours would cost and never fire.
		resp, err := t.next.Complete(ctx, req)
		return resp, t.blame(ctx, ctx, err)
	}
	attempt, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	resp, err := t.next.Complete(attempt, req)
	return resp, t.blame(ctx, attempt, err)
}

// blame says whose time was over where err is the end of attempt; any other error stays as it is.
func (t *timeout) blame(ctx, attempt context.Context, err error) error {
	if err == nil || !over(attempt) || !isTimeUp(err) {
		return err
	}
	if over(ctx) {
		return ended(ctx, err)
	}
	e := *AsError(err)
	e.Kind, e.Err = KindTimeout, nil
	e.Message = fmt.Sprintf("no complete answer within request.timeout.ms (%v)", t.most)
	return &e
}

// over reports whether ctx has ended. A connection knows the deadline too and may notice it a moment before ctx does.
func over(ctx context.Context) bool {
	if ctx.Err() != nil {
		return true
	}
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

// isTimeUp reports whether err may be the end of a context. A 401 that arrives in the last moment is not.
func isTimeUp(err error) bool {
	if e := AsError(err); e.Kind == KindTimeout || e.Kind == KindCancelled {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// ended returns the error of a call whose caller's ctx has ended; err is what the driver made of it, or nil.
func ended(ctx context.Context, err error) *Error {
	e := &Error{}
	if err != nil {
		*e = *AsError(err)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		e.Kind, e.Err = KindCancelled, context.Canceled
		e.Message = whyCancelled(ctx)
		return e
	}
	e.Kind, e.Err = KindTimeout, context.DeadlineExceeded
	e.Message = "the caller's deadline passed before there was a complete answer"
	return e
}

// whyCancelled is the cause that the caller gave, in its words: it may end a call for another who still reads the error.
func whyCancelled(ctx context.Context) string {
	if why := context.Cause(ctx); !errors.Is(why, context.Canceled) {
		return why.Error()
	}
	return "the caller ended the call"
}
