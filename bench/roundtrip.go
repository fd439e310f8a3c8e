package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc"
)

func roundTripRow() row {
	return row{
		name: "roundtrip",
		what: "one record in flight, batch.size=1, a model server without latency over HTTP",
		how: "Four round trips take turns, call by call: a direct HTTP call (net/http) to `weir simulate`; a record through " +
			"the gRPC echo; a record through a bare proxy, whose handler receives it, calls the same simulator with weir's " +
			"driver and sends the reply, with no window, batches, deadlines, retries or metrics; and a record through " +
			"`weir serve`. What weir adds is its round trip less the direct call, and is told as a multiple of the echo's " +
			"round trip, for the p50 and the p99 of each: (weir - direct) / echo.",
		measure: measureRoundTrip,
	}
}

// trips are the ways of a record that take turns, and how long each call took.
type trips struct {
	direct, echo, proxy, weir trip
}

type trip struct {
	call func() error
	took []time.Duration
}

// single is a load of one record a call, for the model behind the simulator.
func (l *lab) single(window int) *load {
	return &load{
		model: modelUpstream, options: map[string]string{"batch.size": "1"},
		texts: l.reviews, perMessage: 1, window: window, check: l.labelled,
	}
}

func measureRoundTrip(ctx context.Context, l *lab) ([]figure, error) {
	s, err := l.newScene(ctx, 1)
	if err != nil {
		return nil, err
	}
	figures, err := s.roundTrips(ctx, l)
	return figures, errors.Join(err, s.close())
}

func (s *scene) roundTrips(ctx context.Context, l *lab) (figures []figure, err error) {
	proxy, err := l.child(ctx, roleSettings{name: roleProxy, upstream: s.simulator.address})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, proxy.stop()) }()
	proxyConn, err := dial(proxy.address)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, proxyConn.Close()) }()
	model := l.single(1)
	echoed := *model
	echoed.check = same
	t := &trips{direct: s.directTrip(ctx)}
	for _, way := range []struct {
		trip *trip
		load *load
		conn *grpc.ClientConn
	}{{&t.echo, &echoed, s.echoConn}, {&t.proxy, model, proxyConn}, {&t.weir, model, s.weirConn}} {
		opened, err := way.load.open(ctx, way.conn)
		if err != nil {
			return nil, err
		}
		defer opened.cancel()
		way.trip.call = opened.call
	}
	return t.measure(ctx, l)
}

// directTrip asks the simulator about one text after another.
func (s *scene) directTrip(ctx context.Context) trip {
	next := 0
	return trip{call: func() error {
		next++
		return s.direct.call(ctx, next)
	}}
}

func (t *trips) measure(ctx context.Context, l *lab) ([]figure, error) {
	figures := []figure{
		{what: "what weir adds over an echo's round trip, p50", limit: 1.3, kind: atMost},
		{what: "the same, p99", limit: 1.6, kind: atMost},
		{what: "what the bare proxy adds, p50"},
		{what: "the same, p99"},
		{what: "weir, p50", unit: "us"},
		{what: "proxy, p50", unit: "us"},
		{what: "direct, p50", unit: "us"},
		{what: "echo, p50", unit: "us"},
		{what: "weir, p99", unit: "us"},
		{what: "proxy, p99", unit: "us"},
		{what: "direct, p99", unit: "us"},
		{what: "echo, p99", unit: "us"},
	}
	err := l.each(ctx, func(counts bool) error {
		if err := t.calls(ctx, l.count(4000)); err != nil || !counts {
			return err
		}
		for i, value := range t.values() {
			figures[i].sample.add(value)
		}
		return nil
	})
	return figures, err
}

// values are those of a round, in the order of the figures.
func (t *trips) values() []float64 {
	p50, p99 := t.times(0.5), t.times(0.99)
	ratios := []float64{p50.added(p50.weir), p99.added(p99.weir), p50.added(p50.proxy), p99.added(p99.proxy)}
	return slices.Concat(ratios, p50.micros(), p99.micros())
}

// times are a quantile of each.
type times struct{ weir, proxy, direct, echo time.Duration }

func (t *trips) times(q float64) times {
	return times{
		weir: quantile(t.weir.took, q), proxy: quantile(t.proxy.took, q),
		direct: quantile(t.direct.took, q), echo: quantile(t.echo.took, q),
	}
}

// added is what a round trip is above the direct call, as a multiple of the echo's.
func (t times) added(took time.Duration) float64 { return float64(took-t.direct) / float64(t.echo) }

func (t times) micros() []float64 {
	return []float64{micros(t.weir), micros(t.proxy), micros(t.direct), micros(t.echo)}
}

// calls makes n calls of each kind, in turn.
func (t *trips) calls(ctx context.Context, n int) error {
	ways := []*trip{&t.direct, &t.echo, &t.proxy, &t.weir}
	for _, way := range ways {
		way.took = way.took[:0]
	}
	for range n {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, way := range ways {
			begin := time.Now()
			if err := way.call(); err != nil {
				return err
			}
			way.took = append(way.took, time.Since(begin))
		}
	}
	return nil
}

func micros(d time.Duration) float64 { return d.Seconds() * 1e6 }
