package main

import (
	"context"
	"errors"
	"time"
)

func roundTripRow() row {
	return row{
		name: "roundtrip",
		what: "one record in flight, batch.size=1, a model server without latency over HTTP",
		how: "Three round trips take turns, call by call: a direct HTTP call (net/http) to `weir simulate`, a record " +
			"through the gRPC echo, and a record through `weir serve`, which calls the same simulator. What weir adds is " +
			"its round trip less the direct call, and is told as a multiple of the echo's round trip, for the p50 and the " +
			"p99 of each of the three: (weir - direct) / echo.",
		measure: measureRoundTrip,
	}
}

// triple is what the three round trips need.
type triple struct {
	direct     *direct
	echo, weir *stream
	directTime []time.Duration
	echoTime   []time.Duration
	weirTime   []time.Duration
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

func (s *scene) roundTrips(ctx context.Context, l *lab) ([]figure, error) {
	weirLoad := l.single(1)
	echoLoad := *weirLoad
	echoLoad.check = same
	t := &triple{direct: s.direct}
	var err error
	if t.echo, err = echoLoad.open(ctx, s.echoConn); err != nil {
		return nil, err
	}
	defer t.echo.cancel()
	if t.weir, err = weirLoad.open(ctx, s.weirConn); err != nil {
		return nil, err
	}
	defer t.weir.cancel()
	var ratio50, ratio99, weir50, direct50, echo50, weir99, direct99, echo99 samples
	err = l.each(ctx, func(counts bool) error {
		if err := t.calls(ctx, l.count(4000)); err != nil || !counts {
			return err
		}
		w, d, e := quantile(t.weirTime, 0.5), quantile(t.directTime, 0.5), quantile(t.echoTime, 0.5)
		ratio50.add(float64(w-d) / float64(e))
		weir50.add(micros(w))
		direct50.add(micros(d))
		echo50.add(micros(e))
		w, d, e = quantile(t.weirTime, 0.99), quantile(t.directTime, 0.99), quantile(t.echoTime, 0.99)
		ratio99.add(float64(w-d) / float64(e))
		weir99.add(micros(w))
		direct99.add(micros(d))
		echo99.add(micros(e))
		return nil
	})
	return []figure{
		{what: "what weir adds over an echo's round trip, p50", sample: ratio50, limit: 1.3, kind: atMost},
		{what: "the same, p99", sample: ratio99, limit: 1.6, kind: atMost},
		{what: "weir, p50", unit: "us", sample: weir50},
		{what: "direct, p50", unit: "us", sample: direct50},
		{what: "echo, p50", unit: "us", sample: echo50},
		{what: "weir, p99", unit: "us", sample: weir99},
		{what: "direct, p99", unit: "us", sample: direct99},
		{what: "echo, p99", unit: "us", sample: echo99},
	}, err
}

// calls makes n calls of each kind, in turn.
func (t *triple) calls(ctx context.Context, n int) error {
	t.directTime, t.echoTime, t.weirTime = t.directTime[:0], t.echoTime[:0], t.weirTime[:0]
	for i := range n {
		begin := time.Now()
		if err := t.direct.call(ctx, i); err != nil {
			return err
		}
		directDone := time.Now()
		if err := t.echo.call(); err != nil {
			return err
		}
		echoDone := time.Now()
		if err := t.weir.call(); err != nil {
			return err
		}
		t.weirTime = append(t.weirTime, time.Since(echoDone))
		t.echoTime = append(t.echoTime, echoDone.Sub(directDone))
		t.directTime = append(t.directTime, directDone.Sub(begin))
	}
	return nil
}

func micros(d time.Duration) float64 { return d.Seconds() * 1e6 }
