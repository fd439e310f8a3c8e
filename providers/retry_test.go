package providers_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/providers"
)

// within fails where got is not from low to high.
func within(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %v, want from %v to %v", what, got, low, high)
	}
}

func seconds(values ...float64) []time.Duration {
	steps := make([]time.Duration, len(values))
	for i, v := range values {
		steps[i] = time.Duration(v * float64(time.Second))
	}
	return steps
}

func TestBackoffGrowsWithinItsJitter(t *testing.T) {
	tests := map[string]struct {
		backoff providers.Backoff
		steps   []time.Duration // before jitter
		most    time.Duration
	}{
		"default": {
			providers.Backoff{},
			seconds(0.25, 0.5, 1, 2, 4, 8, 16, 20, 20),
			20 * time.Second,
		},
		"own": {
			providers.Backoff{First: time.Second, Factor: 3, Most: 5 * time.Second},
			seconds(1, 3, 5),
			5 * time.Second,
		},
		"factor below one": {
			providers.Backoff{First: time.Second, Factor: 0.1},
			seconds(1, 1),
			20 * time.Second,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			distinct := map[time.Duration]bool{}
			for range 50 {
				d := &driver{script: []step{fail(providers.Error{Kind: providers.KindUnavailable})}}
				cfg := providers.ChainConfig{MaxRetries: len(test.steps), Backoff: test.backoff}
				run(t, d, cfg, func(*providers.Response, *providers.Error) {
					for i, wait := range d.waits() {
						within(t, "wait", wait, test.steps[i]/2, min(test.steps[i]*3/2, test.most))
					}
					distinct[d.waits()[0]] = true
				})
			}
			if len(distinct) < 25 {
				t.Errorf("only %d different first waits in 50 calls: no jitter", len(distinct))
			}
		})
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	tests := map[string]struct{ asked, low, high time.Duration }{
		"longer than the back-off":      {90 * time.Second, 90 * time.Second, 99 * time.Second},
		"shorter than the back-off":     {time.Millisecond, 125 * time.Millisecond, 375 * time.Millisecond},
		"longer than the longest":       {time.Hour, providers.MaxRetryAfter, providers.MaxRetryAfter * 11 / 10},
		"negative":                      {-time.Second, 125 * time.Millisecond, 375 * time.Millisecond},
		"longer than the request limit": {time.Minute, time.Minute, 66 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			limited := fail(providers.Error{Kind: providers.KindRateLimited, RetryAfter: test.asked})
			d := &driver{script: []step{limited, succeed}}
			cfg := providers.ChainConfig{MaxRetries: 1, RequestTimeout: time.Second}
			run(t, d, cfg, func(_ *providers.Response, err *providers.Error) {
				if err != nil {
					t.Fatalf("%v, want a response", err)
				}
				within(t, "wait", d.waits()[0], test.low, test.high)
			})
		})
	}
}

func TestNoWaitBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		limited := fail(providers.Error{Kind: providers.KindRateLimited, Message: "429", RetryAfter: 10 * time.Second})
		d := &driver{script: []step{fail(providers.Error{Kind: providers.KindUnavailable}), limited}}
		start := time.Now()
		_, err := providers.Chain(d, providers.ChainConfig{MaxRetries: 9}).Complete(ctx, &providers.Request{})
		within(t, "time", time.Since(start), 0, time.Second)
		if e := providers.AsError(err); e.Kind != providers.KindRateLimited || e.Message != "429" || e.Attempts != 2 {
			t.Errorf("%v after %d attempts, want the last error after 2", e, e.Attempts)
		}
	})
}

func TestCancelDuringTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		limited := fail(providers.Error{Kind: providers.KindRateLimited, Status: 429, RetryAfter: time.Minute})
		d := &driver{script: []step{limited}}
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := providers.Chain(d, providers.ChainConfig{MaxRetries: 9}).Complete(ctx, &providers.Request{})
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("returned after %v, want at once when the caller ends the call at 3s", took)
		}
		if e := providers.AsError(err); e.Kind != providers.KindCancelled || e.Attempts != 1 || !errors.Is(e, context.Canceled) {
			t.Errorf("%v after %d attempts, want cancelled after 1", e, e.Attempts)
		}
	})
}

func TestNoAttemptAfterTheCallerIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := &driver{script: []step{func(context.Context) (*providers.Response, error) {
			cancel()
			return nil, &providers.Error{Kind: providers.KindUnavailable}
		}}}
		_, err := providers.Chain(d, providers.ChainConfig{MaxRetries: 9}).Complete(ctx, &providers.Request{})
		if e := providers.AsError(err); len(d.starts) != 1 || e.Kind != providers.KindUnavailable {
			t.Errorf("%d calls, %v; want 1 and the driver's own error", len(d.starts), e)
		}
	})
}
