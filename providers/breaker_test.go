package providers_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/providers"
)

func unavailable() step { return fail(providers.Error{Kind: providers.KindUnavailable}) }

// TestBreakerOpensAndProbes: after failures in a row nothing is sent, then one probe; each that fails doubles the rest, and
// the first that succeeds closes it.
func TestBreakerOpensAndProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moves []bool
		b := providers.NewBreaker(providers.BreakerConfig{
			Failures: 3, Rest: time.Second, Most: 3 * time.Second, Moved: func(open bool) { moves = append(moves, open) },
		})
		for range 3 {
			if ok, _ := b.Allow(); !ok {
				t.Fatal("open before its failures")
			}
			b.Failed()
		}
		for _, rest := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second} {
			if ok, wait := b.Allow(); ok || wait != rest {
				t.Errorf("allowed %v, wait %v, want %v", ok, wait, rest)
			}
			<-time.After(rest)
			if ok, _ := b.Allow(); !ok {
				t.Errorf("no probe after %v", rest)
			}
			if ok, _ := b.Allow(); ok {
				t.Error("two probes at once")
			}
			b.Failed()
		}
		<-time.After(3 * time.Second)
		b.Allow()
		b.Abandoned() // the caller of the probe went away: the next one may try
		if ok, _ := b.Allow(); !ok {
			t.Error("a probe that was abandoned holds its place")
		}
		b.Succeeded()
		if ok, _ := b.Allow(); !ok || b.Open() {
			t.Error("still open after a success")
		}
		if diff := cmp.Diff([]bool{true, false}, moves); diff != "" {
			t.Errorf("moves (-want +got):\n%s", diff)
		}
	})
}

// TestChainWithAnOpenBreaker: a call waits for the provider to be tried again and counts only what was sent.
func TestChainWithAnOpenBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := providers.NewBreaker(providers.BreakerConfig{Failures: 2, Rest: 2 * time.Second})
		d := &driver{script: []step{unavailable(), unavailable(), succeed}}
		begin := time.Now()
		resp, err := providers.Chain(d, providers.ChainConfig{MaxRetries: 3, Breaker: b}).Complete(t.Context(), &providers.Request{})
		if err != nil || resp.Attempts != 3 {
			t.Fatalf("%+v, %v", resp, err)
		}
		within(t, "the whole call", time.Since(begin), 2*time.Second, 4*time.Second)
	})
}

// TestWhatABreakerCounts: an answer that says no is an answer.
func TestWhatABreakerCounts(t *testing.T) {
	for kind := providers.KindInternal; kind <= providers.KindCancelled; kind++ {
		b := providers.NewBreaker(providers.BreakerConfig{Failures: 1})
		d := &driver{script: []step{fail(providers.Error{Kind: kind})}}
		chain := providers.Chain(d, providers.ChainConfig{Breaker: b})
		if _, err := chain.Complete(t.Context(), &providers.Request{}); err == nil {
			t.Fatal("no error")
		}
		want := kind == providers.KindUnavailable || kind == providers.KindTimeout || kind == providers.KindMalformed
		if b.Open() != want {
			t.Errorf("%v: open %v, want %v", kind, b.Open(), want)
		}
	}
}

// TestUnsent: what an open breaker holds back was no attempt, and says when there will be one.
func TestUnsent(t *testing.T) {
	b := providers.NewBreaker(providers.BreakerConfig{Failures: 1, Rest: time.Minute})
	chain := providers.Chain(&driver{script: []step{unavailable()}}, providers.ChainConfig{Breaker: b})
	_, _ = chain.Complete(t.Context(), &providers.Request{})
	_, err := chain.Complete(t.Context(), &providers.Request{})
	e := providers.AsError(err)
	if !e.Unsent || e.Attempts != 0 || e.RetryAfter < 59*time.Second || e.Kind != providers.KindUnavailable {
		t.Errorf("%+v", e)
	}
}

// TestBudget: a fifth of the last minute, or the floor.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := providers.NewBudget()
		if !b.Spend(60, 60) || b.Spend(1, 60) {
			t.Error("the floor is not the bound of a budget that has earned nothing")
		}
		b.Earn(1000)
		if !b.Spend(140, 60) || b.Spend(1, 60) {
			t.Error("a fifth is not the bound")
		}
		<-time.After(providers.BudgetWindow + 5*time.Second)
		if !b.Spend(10, 10) || b.Spend(1, 10) {
			t.Error("what was earned and spent a minute ago still counts")
		}
	})
}

// TestBudgetOfCallsInFlight: each call of those that were in flight together within the window has a floor.
func TestBudgetOfCallsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := providers.NewBudget()
		for range 3 {
			b.Begin()
		}
		if !b.Spend(120, 60) {
			t.Error("three calls in flight have not three floors")
		}
		for range 3 {
			b.End()
		}
		if !b.Spend(60, 60) || b.Spend(1, 60) {
			t.Error("the calls that have just ended do not count as those in flight do")
		}
		b.Begin() // one goes on for longer than the window
		<-time.After(providers.BudgetWindow + 5*time.Second)
		if !b.Spend(60, 60) || b.Spend(1, 60) {
			t.Error("the floor is not that of the one call in flight")
		}
		b.End()
	})
}

// TestChainWithoutBudget: the last error says that it was not repeated, and why; rate limits cost nothing.
func TestChainWithoutBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := providers.ChainConfig{MaxRetries: 5, Budget: providers.NewBudget(), BudgetFloor: 40}
		d := &driver{script: []step{unavailable()}}
		_, err := providers.Chain(d, cfg).Complete(t.Context(), &providers.Request{Records: 20})
		if e := providers.AsError(err); e.Attempts != 3 {
			t.Errorf("%d attempts, want one and two of 20 records that the floor has", e.Attempts)
		}
		d = &driver{script: []step{fail(providers.Error{Kind: providers.KindRateLimited})}}
		_, err = providers.Chain(d, cfg).Complete(t.Context(), &providers.Request{Records: 20})
		if e := providers.AsError(err); e.Attempts != 6 {
			t.Errorf("%d attempts of a call that is rate limited, want all 6", e.Attempts)
		}
	})
}

// TestCancelledProbe: who cancels a call shows nothing about the provider.
func TestCancelledProbe(t *testing.T) {
	b := providers.NewBreaker(providers.BreakerConfig{Failures: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := &driver{script: []step{unavailable()}}
	_, err := providers.Chain(d, providers.ChainConfig{Breaker: b}).Complete(ctx, &providers.Request{})
	if b.Open() || err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("open %v, %v", b.Open(), err)
	}
}
