package telemetry

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/weir-ml/weir/providers"
)

// gauges are what others count and telemetry reads when somebody collects.
type gauges struct {
	mu      sync.Mutex
	streams func() int
	limits  map[string]limit
}

type limit struct {
	places     *providers.Limit
	breaker    *providers.Breaker
	throttles  []*providers.Throttle
	attributes metric.ObserveOption
}

// ObserveStreams makes what open returns the value of weir.streams.open; give it the server's Streams. Open is called
// whenever somebody collects and must not wait.
func (t *Telemetry) ObserveStreams(open func() int) {
	g := &t.counts.gauges
	g.mu.Lock()
	defer g.mu.Unlock()
	g.streams = open
}

// ObserveProvider makes the places of a provider the values of weir.provider.in_flight and weir.provider.limit, and its
// breaker (or nil) that of weir.provider.resting, in place of those that the provider had before; a nil limit takes the
// provider out.
func (t *Telemetry) ObserveProvider(provider string, places *providers.Limit, breaker *providers.Breaker) {
	g := &t.counts.gauges
	g.mu.Lock()
	defer g.mu.Unlock()
	if places == nil {
		delete(g.limits, provider)
		return
	}
	if g.limits == nil {
		g.limits = make(map[string]limit)
	}
	set := attribute.NewSet(attribute.String(attrProvider, provider))
	g.limits[provider] = limit{places: places, breaker: breaker, attributes: metric.WithAttributeSet(set)}
}

// ObserveThrottles makes what the throttles of a provider do, one for each key, the values of weir.provider.pace,
// weir.provider.waiting and weir.provider.paused. The provider is observed already.
func (t *Telemetry) ObserveThrottles(provider string, throttles ...*providers.Throttle) {
	g := &t.counts.gauges
	g.mu.Lock()
	defer g.mu.Unlock()
	if l, ok := g.limits[provider]; ok {
		l.throttles = throttles
		g.limits[provider] = l
	}
}

func (g *gauges) observe(to metric.Observer, c *counts) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.streams != nil {
		to.ObserveInt64(c.instruments[streamsOpen].number, int64(g.streams()))
	}
	for _, l := range g.limits {
		to.ObserveInt64(c.instruments[providerInFlight].number, int64(l.places.InFlight()), l.attributes)
		to.ObserveInt64(c.instruments[providerLimit].number, int64(l.places.Most()), l.attributes)
		to.ObserveInt64(c.instruments[providerResting].number, resting(l.breaker), l.attributes)
		l.observeThrottles(to, c)
	}
}

func (l *limit) observeThrottles(to metric.Observer, c *counts) {
	pace, waiting, paused := 0.0, l.places.Waiting(), 0
	for _, t := range l.throttles {
		s := t.State()
		pace += s.PerMinute
		waiting += s.Waiting
		if s.Resting > 0 {
			paused++
		}
	}
	to.ObserveInt64(c.instruments[providerPace].number, int64(pace), l.attributes)
	to.ObserveInt64(c.instruments[providerWaiting].number, int64(waiting), l.attributes)
	to.ObserveInt64(c.instruments[providerPaused].number, int64(paused), l.attributes)
}

func resting(b *providers.Breaker) int64 {
	if b.Open() {
		return 1
	}
	return 0
}
