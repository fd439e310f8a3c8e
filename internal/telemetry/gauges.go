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
	}
}

func resting(b *providers.Breaker) int64 {
	if b.Open() {
		return 1
	}
	return 0
}
