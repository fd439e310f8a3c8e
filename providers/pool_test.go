package providers_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/providers"
)

// pooled is a chain around a pool of drivers, with a limit of calls a minute each; 0: none known.
func pooled(perMinute int, rested *[]string, drivers ...providers.Provider) (providers.Provider, *providers.Pool) {
	cfg := providers.PoolConfig{Rested: func(lane string, rest time.Duration, why *providers.Error) {
		if rested != nil {
			*rested = append(*rested, fmt.Sprintf("%s %v %s", lane, rest, why.Kind))
		}
	}}
	for i, driver := range drivers {
		cfg.Lanes = append(cfg.Lanes, providers.Lane{
			Name: fmt.Sprintf("key %d", i+1), Driver: driver, Breaker: providers.NewBreaker(providers.BreakerConfig{}),
			Throttle: providers.NewThrottle(providers.ThrottleConfig{Rates: providers.Rates{Requests: perMinute}}),
		})
	}
	pool := providers.NewPool(cfg)
	return providers.Chain(pool, providers.ChainConfig{MaxRetries: 3, Pool: pool}), pool
}

// says returns a driver that always ends calls with an error.
func says(kind providers.Kind, retryAfter time.Duration) *ledger {
	return &ledger{answer: func(int) step { return fail(providers.Error{Kind: kind, Message: "no", RetryAfter: retryAfter}) }}
}

// TestPoolLeastLoaded: calls go to the lane with the fewest, and as many a minute as all lanes allow.
func TestPoolLeastLoaded(t *testing.T) {
	t.Run("calls in flight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			quick, slow := &ledger{latency: time.Second}, &ledger{latency: 9 * time.Second}
			chain, pool := pooled(0, nil, slow, quick)
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					for range 100 {
						_, _ = chain.Complete(t.Context(), request(1, 1))
					}
				})
			}
			wg.Wait()
			if n := len(quick.calls); n < 750 || n > 950 {
				t.Errorf("%d of 1,000 calls on the quick lane, want about nine of ten", n)
			}
			for _, l := range pool.State() {
				if l.InFlight != 0 {
					t.Errorf("%d calls in flight on %s at the end", l.InFlight, l.Name)
				}
			}
		})
	})
	t.Run("limits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, b, c := &ledger{latency: time.Second}, &ledger{latency: time.Second}, &ledger{latency: time.Second}
			chain, pool := pooled(60, nil, a, b, c)
			limit := providers.NewLimit(16)
			limit.Pool(pool)
			start := time.Now()
			var wg sync.WaitGroup
			for range 300 {
				wg.Go(func() {
					ready := make(chan struct{})
					if !limit.Enter(func() { close(ready) }) {
						<-ready
					}
					defer limit.Leave()
					ctx, end := limit.Begin(t.Context())
					defer end()
					if _, err := chain.Complete(ctx, request(1, 1)); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if took := time.Since(start); took > 103*time.Second || len(a.calls) != 100 || len(b.calls) != 100 {
				t.Errorf("300 calls in %v, %d %d %d on the lanes; want 100s and 100 each", took, len(a.calls), len(b.calls), len(c.calls))
			}
		})
	})
}

// TestPoolRests: a lane whose key is refused rests, the call goes on to the next, and the lane is tried again when its rest is over.
func TestPoolRests(t *testing.T) {
	for name, test := range map[string]struct {
		bad    *ledger
		rested []string
		calls  int // on the bad lane in an hour
	}{
		"unauthorized": {says(providers.KindUnauthorized, 0), []string{
			"key 1 1m0s unauthorized", "key 1 2m0s unauthorized", "key 1 4m0s unauthorized", "key 1 8m0s unauthorized", "key 1 16m0s unauthorized", "key 1 30m0s unauthorized",
		}, 6},
		"out of quota": {says(providers.KindQuota, time.Hour), []string{"key 1 30m0s out of quota", "key 1 30m0s out of quota"}, 2},
		"busy for long": {says(providers.KindRateLimited, 40*time.Minute), []string{
			"key 1 5m0s rate limited", "key 1 5m0s rate limited", "key 1 5m0s rate limited", "key 1 5m0s rate limited",
			"key 1 5m0s rate limited", "key 1 5m0s rate limited", "key 1 5m0s rate limited", "key 1 5m0s rate limited",
			"key 1 5m0s rate limited", "key 1 5m0s rate limited", "key 1 5m0s rate limited", "key 1 5m0s rate limited",
		}, 12},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var rested []string
				good := &ledger{}
				chain, _ := pooled(0, &rested, test.bad, good)
				for start := time.Now(); time.Since(start) < time.Hour; pause(t.Context(), time.Second) {
					if _, err := chain.Complete(t.Context(), request(1, 1)); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(test.rested, rested); diff != "" {
					t.Errorf("rests (-want +got):\n%s", diff)
				}
				if len(test.bad.calls) != test.calls {
					t.Errorf("%d calls on the bad lane, want %d", len(test.bad.calls), test.calls)
				}
			})
		})
	}
}

// TestPoolAllRest: when no lane is left, calls fail without being sent, and the error says why each lane rests.
func TestPoolAllRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := says(providers.KindUnauthorized, 0), says(providers.KindQuota, 0)
		chain, _ := pooled(0, nil, a, b)
		for range 3 {
			_, err := chain.Complete(t.Context(), request(1, 1))
			e := providers.AsError(err)
			if e == nil || e.Kind.Retriable() || !strings.Contains(e.Message, "key 1 for 1m0s (unauthorized), key 2 for 1m0s (out of quota)") {
				t.Errorf("%v", err)
			}
		}
		if len(a.calls) != 1 || len(b.calls) != 1 {
			t.Errorf("%d and %d calls, want one each", len(a.calls), len(b.calls))
		}
	})
}

// TestPoolEndpointIsDown: the calls of an endpoint that fails are repeated on another, and its breaker keeps further ones away.
func TestPoolEndpointIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down, up := says(providers.KindUnavailable, 0), &ledger{}
		chain, _ := pooled(0, nil, down, up)
		for range 1000 {
			if _, err := chain.Complete(t.Context(), request(1, 1)); err != nil {
				t.Fatal(err)
			}
		}
		if len(down.calls) != 1 {
			t.Errorf("%d calls to the endpoint that is down, want 1: the other takes all while it answers", len(down.calls))
		}
	})
}

// TestFallback: which errors make another model answer, what the response says of it, and what the error says when all fail.
func TestFallback(t *testing.T) {
	kinds := map[providers.Kind]bool{
		providers.KindUnavailable: true, providers.KindTimeout: true, providers.KindRateLimited: true, providers.KindMalformed: true,
		providers.KindUnauthorized: true, providers.KindQuota: true, providers.KindUnknownModel: true,
		providers.KindBadRequest: false, providers.KindContextOverflow: false, providers.KindRefused: false, providers.KindInternal: false,
	}
	for kind, falls := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			var told []string
			asked := ""
			other := providers.Chain(&ledger{answer: func(int) step { return succeed }}, providers.ChainConfig{})
			chain := providers.Fallback(providers.Chain(says(kind, 0), providers.ChainConfig{}), providers.FallbackConfig{
				Alternatives: []providers.Alternative{
					{Name: "b", Model: "their b", Chain: providers.Chain(says(providers.KindUnavailable, 0), providers.ChainConfig{})},
					{Name: "c", Model: "their c", Chain: named{other, &asked}, Limit: providers.NewLimit(1)},
				},
				FellBack: func(to string, why *providers.Error) { told = append(told, to+": "+why.Kind.String()) },
			})
			req := request(1, 1)
			resp, err := chain.Complete(t.Context(), req)
			if !falls {
				if err == nil || len(told) > 0 || providers.AsError(err).Kind != kind {
					t.Errorf("%v, told %q; want the error alone", err, told)
				}
				return
			}
			if err != nil || resp.FellBack != "answered by model c instead: "+kind.String() || resp.Attempts != 3 || asked != "their c" || req.Model != "m" {
				t.Errorf("%+v, %v, asked %q", resp, err, asked)
			}
			if diff := cmp.Diff([]string{"b: " + kind.String(), "c: unavailable"}, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("all fail", func(t *testing.T) {
		chain := providers.Fallback(says(providers.KindRateLimited, 0), providers.FallbackConfig{
			Alternatives: []providers.Alternative{{Name: "b", Chain: says(providers.KindRefused, 0)}, {Name: "c", Chain: says(providers.KindQuota, 0)}},
		})
		_, err := chain.Complete(t.Context(), request(1, 1))
		if want := "rate limited: no; model b instead: refused"; err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	})
}

// named notes what model is asked for.
type named struct {
	providers.Provider
	model *string
}

// Complete notes the model.
func (n named) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	*n.model = req.Model
	return n.Provider.Complete(ctx, req) //nolint:wrapcheck // the chain's own
}

// TestFallbackWaitsForAPlace: a call that waits for a place of the alternative ends with its caller, and the place is not lost.
func TestFallbackWaitsForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := providers.NewLimit(1)
		limit.Enter(nil)
		chain := providers.Fallback(says(providers.KindQuota, 0), providers.FallbackConfig{
			Alternatives: []providers.Alternative{{Name: "b", Chain: &ledger{}, Limit: limit}},
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := chain.Complete(ctx, request(1, 1)); err == nil {
			t.Error("it was answered although there was no place")
		}
		limit.Leave()
		if limit.InFlight() != 0 || limit.Waiting() != 0 {
			t.Errorf("%d inside, %d waiting", limit.InFlight(), limit.Waiting())
		}
		if _, err := chain.Complete(t.Context(), request(1, 1)); err != nil {
			t.Error(err)
		}
	})
}

// TestPoolModelIsForbidden: keys that may not use one model go on with the others.
func TestPoolModelIsForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rested []string
		a, b := &choosy{forbidden: "dear"}, &choosy{forbidden: "dear"}
		chain, _ := pooled(0, &rested, a, b)
		ask := func(model string) *providers.Error {
			req := request(1, 1)
			req.Model = model
			_, err := chain.Complete(t.Context(), req)
			return providers.AsError(err)
		}
		for range 3 {
			if err := ask("dear"); err == nil || err.Kind != providers.KindUnauthorized || !strings.Contains(err.Message, "key 2 for 1m0s (unauthorized)") {
				t.Errorf("the model that no key may use: %v", err)
			}
			if err := ask("cheap"); err != nil {
				t.Errorf("the model that all keys may use: %v", err)
			}
		}
		if a.refused != 1 || b.refused != 1 || len(rested) != 2 {
			t.Errorf("asked %d and %d times for what is forbidden, rested %q; want once each", a.refused, b.refused, rested)
		}
	})
}

// choosy is a driver whose key may not use one model.
type choosy struct {
	forbidden string
	refused   int
}

// Complete refuses that model.
func (c *choosy) Complete(_ context.Context, req *providers.Request) (*providers.Response, error) {
	if req.Model == c.forbidden {
		c.refused++
		return nil, &providers.Error{Kind: providers.KindUnauthorized, Status: 403, Message: "no"}
	}
	return &providers.Response{}, nil
}
