package providers_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/providers"
)

// raw hangs and returns what a driver that classifies nothing would.
func raw(ctx context.Context) (*providers.Response, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// late gives an answer of its own in the moment in which the time is over.
func late(ctx context.Context) (*providers.Response, error) {
	<-ctx.Done()
	return nil, &providers.Error{Kind: providers.KindUnauthorized, Message: "just in time"}
}

// TestWhoseTimeIsOver tells the attempt's time from the caller's.
func TestWhoseTimeIsOver(t *testing.T) {
	const (
		ours     = "within request.timeout.ms (1s)"
		theirs   = "the caller's deadline"
		timeout  = providers.KindTimeout
		deadline = time.Second
	)
	tests := map[string]struct {
		step    step
		request time.Duration // the attempt's time
		caller  time.Duration // the caller's; 0: none
		kind    providers.Kind
		message string
		cause   error
	}{
		"the attempt's":                      {hang, deadline, 0, timeout, ours, nil},
		"the attempt's, unclassified":        {raw, deadline, 0, timeout, ours, nil},
		"the attempt's, before the caller's": {hang, deadline, time.Minute, timeout, ours, nil},
		"the caller's":                       {hang, time.Minute, deadline, timeout, theirs, context.DeadlineExceeded},
		"the caller's, unclassified":         {raw, time.Minute, deadline, timeout, theirs, context.DeadlineExceeded},
		"both":                               {hang, deadline, deadline, timeout, theirs, context.DeadlineExceeded},
		"another error stays":                {late, deadline, 0, providers.KindUnauthorized, "just in time", nil},
		"another error stays, caller's":      {late, time.Minute, deadline, providers.KindUnauthorized, "just in time", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.caller > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.caller)
					defer cancel()
				}
				start := time.Now()
				cfg := providers.ChainConfig{RequestTimeout: test.request}
				_, err := providers.Chain(&driver{script: []step{test.step}}, cfg).Complete(ctx, &providers.Request{})
				if took := time.Since(start); took != deadline {
					t.Errorf("returned after %v, want %v", took, deadline)
				}
				if e := providers.AsError(err); e.Kind != test.kind || !strings.Contains(e.Message, test.message) {
					t.Errorf("%v, want %v: …%s…", e, test.kind, test.message)
				}
				if errors.Is(err, context.DeadlineExceeded) != (test.cause != nil) {
					t.Errorf("%v does not say whose time was over", err)
				}
			})
		})
	}
}

func TestCallerCancelsAnAttempt(t *testing.T) {
	for name, hangs := range map[string]step{"classified": hang, "unclassified": raw} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, why := range []error{nil, errors.New("the caller is told to stop")} {
					checkCancelled(t, hangs, why)
				}
			})
		})
	}
}

// checkCancelled cancels a call, with or without a cause, and wants an error that says it.
func checkCancelled(t *testing.T, hangs step, why error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(time.Second, func() { cancel(why) })
	provider := providers.Chain(&driver{script: []step{hangs}}, providers.ChainConfig{MaxRetries: 3})
	_, err := provider.Complete(ctx, &providers.Request{})
	e := providers.AsError(err)
	if e.Kind != providers.KindCancelled || e.Attempts != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%v after %d attempts, want cancelled after 1", e, e.Attempts)
	}
	want := "the caller ended the call"
	if why != nil {
		want = why.Error()
	}
	if e.Message != want {
		t.Errorf("message %q, want %q", e.Message, want)
	}
}

// TestEachAttemptHasItsOwnTime has every attempt hang until the caller's deadline strikes in the fourth.
func TestEachAttemptHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		d := &driver{script: []step{hang}}
		atOnce := providers.Backoff{First: time.Nanosecond, Factor: 1}
		cfg := providers.ChainConfig{MaxRetries: 9, RequestTimeout: 2 * time.Second, Backoff: atOnce}
		_, err := providers.Chain(d, cfg).Complete(ctx, &providers.Request{})
		for _, wait := range d.waits() {
			within(t, "time of an attempt", wait, 2*time.Second, 2*time.Second+time.Millisecond)
		}
		if e := providers.AsError(err); e.Attempts != 4 || !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%v after %d attempts, want the caller's deadline in attempt 4", e, e.Attempts)
		}
	})
}

func TestAttemptTimeDefault(t *testing.T) {
	d := &driver{script: []step{hang, succeed}}
	cfg := providers.ChainConfig{MaxRetries: 1, Backoff: providers.Backoff{First: time.Nanosecond}}
	run(t, d, cfg, func(*providers.Response, *providers.Error) {
		within(t, "time of an attempt", d.waits()[0], providers.DefaultRequestTimeout, providers.DefaultRequestTimeout+time.Millisecond)
	})
}
