package telemetry_test

import (
	"context"
	"testing"
	"time"

	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
)

// TestLimitsAreSeen looks at a provider with two keys: what its limits let through, who waits, what rests, and who fell back.
func TestLimitsAreSeen(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t)
	places := providers.NewLimit(1)
	set := providers.NewThrottle(providers.ThrottleConfig{Rates: providers.Rates{Requests: 90}})
	asked := providers.NewThrottle(providers.ThrottleConfig{Rates: providers.Rates{Requests: 60}})
	s.telemetry.ObserveProvider("pool", places, nil)
	s.telemetry.ObserveThrottles("pool", set, asked)
	telemetryOfNobody(s.telemetry)
	busy := providers.Chain(refusing{}, providers.ChainConfig{Throttle: asked})
	_, _ = busy.Complete(t.Context(), &providers.Request{})
	places.Enter(func() {})
	places.Enter(func() {})
	s.telemetry.InferenceHooks().FellBack("m", "other", providers.KindQuota)
	got := values(scrape(t, s))
	for series, want := range map[string]float64{
		`weir_provider_pace{provider="pool"}`:                90 + 57, // a refusal slows down by 4 %
		`weir_provider_waiting{provider="pool"}`:             1,
		`weir_provider_paused{provider="pool"}`:              1,
		`weir_fallbacks_total{model="m",why="out_of_quota"}`: 1,
	} {
		if got[series] != want {
			t.Errorf("%s = %v, want %v", series, got[series], want)
		}
	}
}

// telemetryOfNobody observes the throttles of a provider that is not there: nothing happens.
func telemetryOfNobody(t *telemetry.Telemetry) {
	t.ObserveThrottles("nobody", providers.NewThrottle(providers.ThrottleConfig{}))
}

// refusing is a provider that asks for a minute of rest.
type refusing struct{}

// Complete refuses.
func (refusing) Complete(context.Context, *providers.Request) (*providers.Response, error) {
	return nil, &providers.Error{Kind: providers.KindRateLimited, Status: 429, RetryAfter: time.Minute}
}
