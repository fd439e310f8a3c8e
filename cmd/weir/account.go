package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/providers"
)

// newAccount makes what the models of a provider share.
func newAccount(name string, p config.Provider, log *slog.Logger) (account, error) {
	a := account{kind: p.Kind, limit: providers.NewLimit(p.MaxInFlight), close: func() {}}
	lanes, err := a.lanes(name, p, log)
	if err != nil {
		a.close()
		return account{}, err
	}
	if len(lanes) == 1 {
		a.driver, a.fuse, a.throttle = lanes[0].Driver, lanes[0].Breaker, lanes[0].Throttle
		a.limit.Throttle(a.throttle)
		return a, nil
	}
	a.pool = providers.NewPool(providers.PoolConfig{Lanes: lanes, Rested: func(lane string, rest time.Duration, why *providers.Error) {
		log.Warn("a key or endpoint of the provider rests: the others go on", "provider", name, "lane", lane,
			"for", rest.String(), "why", why.Kind.String(), "status", why.Status)
	}})
	a.driver = a.pool
	a.limit.Pool(a.pool)
	return a, nil
}

// lanes makes one lane for each key or endpoint.
func (a *account) lanes(name string, p config.Provider, log *slog.Logger) ([]providers.Lane, error) {
	rates := providers.Rates(p.Rates)
	what := "key"
	if len(p.Endpoints) > 0 {
		what = "endpoint"
	}
	var lanes []providers.Lane
	for i, one := range p.Lanes() {
		driver, closes, err := newDriver(one)
		if err != nil {
			return nil, err
		}
		before := a.close
		a.close = func() { before(); closes() }
		lane := fmt.Sprintf("%s %d", what, i+1)
		lanes = append(lanes, providers.Lane{
			Name: lane, Driver: driver, Breaker: newBreaker(nameOf(name, lane, len(p.APIKeys)+len(p.Endpoints)), log),
			Throttle: providers.NewThrottle(providers.ThrottleConfig{Rates: rates}),
		})
	}
	return lanes, nil
}

// nameOf is what the log calls a lane: the provider, where it has only one.
func nameOf(provider, lane string, several int) string {
	if several == 0 {
		return provider
	}
	return provider + ", " + lane
}

// throttles are those of the account's lanes.
func (a *account) throttles() []*providers.Throttle {
	if a.pool != nil {
		return a.pool.Throttles()
	}
	return []*providers.Throttle{a.throttle}
}

// kindsOf are the errors that an operator may name.
func kindsOf(words []string) []providers.Kind {
	kinds := map[string]providers.Kind{
		"unavailable": providers.KindUnavailable, "timeout": providers.KindTimeout, "rate-limited": providers.KindRateLimited,
		"malformed": providers.KindMalformed, "unauthorized": providers.KindUnauthorized, "quota": providers.KindQuota,
		"unknown-model": providers.KindUnknownModel,
	}
	if len(words) == 0 {
		return nil
	}
	out := make([]providers.Kind, len(words))
	for i, word := range words {
		out[i] = kinds[word]
	}
	return out
}
