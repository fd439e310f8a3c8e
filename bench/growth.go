package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/grpc"
)

const (
	growthStreams = 4
	growthStep    = 1_000_000 // records of all streams together
	growthSteps   = 3
)

func growthRow() row {
	return row{
		name: "growth",
		what: "3 million records on the same four streams",
		how: "Weir's packages with the model without latency, as for throughput; four streams, 16 records a message, " +
			"windows of 2,048. After each million, with the streams open and idle, the server collects its garbage, and " +
			"VmRSS, goroutines and allocations (runtime's own counters from /metrics) are read. Goroutines under load are " +
			"read while the records run.",
		measure: measureGrowth,
	}
}

// state is what a server has and has done.
type state struct {
	memory     float64
	goroutines float64
	objects    float64 // allocated since the start
	bytes      float64
}

func stateOf(ctx context.Context, p *process) (state, error) {
	memory, err := rested(ctx, p)
	if err != nil {
		return state{}, err
	}
	now := state{memory: memory, goroutines: math.Inf(1)}
	for range 10 { // a scrape has goroutines of its own, and not always as many
		<-time.After(100 * time.Millisecond)
		m, err := p.metrics(ctx)
		if err != nil {
			return state{}, err
		}
		now.goroutines = min(now.goroutines, m["go_goroutines"])
		now.objects, now.bytes = m["go_memstats_mallocs_total"], m["go_memstats_alloc_bytes_total"]
	}
	return now, nil
}

func measureGrowth(ctx context.Context, l *lab) (figures []figure, err error) {
	weir, err := l.child(ctx, roleSettings{name: roleWeir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, weir.stop()) }()
	conn, err := dial(weir.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // it is not needed any more
	g := &growth{lab: l, weir: weir}
	if err := g.open(ctx, conn); err != nil {
		return nil, err
	}
	if err := g.step(ctx, l.count(growthStep/5)); err != nil { // to warm up
		return nil, err
	}
	g.states, g.busy = g.states[:0], g.busy[:0]
	if err := g.look(ctx); err != nil {
		return nil, err
	}
	for range growthSteps {
		if err := g.step(ctx, l.count(growthStep)); err != nil {
			return nil, err
		}
	}
	return g.figures(float64(l.count(growthStep))), nil
}

type growth struct {
	*lab
	weir    *process
	streams []*stream
	states  []state
	busy    samples // goroutines under load
}

func (g *growth) open(ctx context.Context, conn *grpc.ClientConn) error {
	for range growthStreams {
		s, err := g.hashLoad(16).open(ctx, conn)
		if err != nil {
			return err
		}
		g.streams = append(g.streams, s)
	}
	return nil
}

// look notes what the server has now that it is idle.
func (g *growth) look(ctx context.Context) error {
	now, err := stateOf(ctx, g.weir)
	g.states = append(g.states, now)
	return err
}

// step sends records on all streams at once.
func (g *growth) step(ctx context.Context, records int) error {
	done := make(chan error, len(g.streams))
	for _, s := range g.streams {
		go func() {
			_, err := s.pass(records / len(g.streams))
			done <- err
		}()
	}
	sample := time.NewTicker(100 * time.Millisecond)
	defer sample.Stop()
	var errs []error
	for left := len(g.streams); left > 0; {
		select {
		case err := <-done:
			errs = append(errs, err)
			left--
		case <-sample.C:
			m, err := g.weir.metrics(ctx)
			errs = append(errs, err)
			g.busy.add(m["go_goroutines"])
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return g.look(ctx)
}

func (g *growth) figures(step float64) []figure {
	start, first, last := g.states[0], g.states[1], g.states[growthSteps]
	second := g.states[growthSteps-1]
	objects := func(from, to state) samples { return samples{(to.objects - from.objects) / step} }
	millions := func(n int) string { return fmt.Sprintf("after %d M records", n) }
	return []figure{
		{what: "memory after 3 M over memory after 1 M records", sample: samples{last.memory / first.memory}, limit: 1.1, kind: atMost},
		{what: "memory " + millions(1), unit: "MiB", sample: samples{first.memory / mib}},
		{what: "memory " + millions(growthSteps), unit: "MiB", sample: samples{last.memory / mib}},
		{what: "goroutines after 3 M over those after 1 M", sample: samples{last.goroutines / first.goroutines}, limit: 1, kind: atMost},
		{what: "goroutines, four streams idle", sample: samples{last.goroutines}},
		{what: "goroutines under load", sample: g.busy},
		{what: "allocations a record, 1st million", sample: objects(start, first)},
		{what: "allocations a record, 3rd million", sample: objects(second, last)},
		{
			what:   "allocations a record, 3rd over 1st million",
			sample: samples{objects(second, last)[0] / objects(start, first)[0]}, limit: 1.02, kind: atMost,
		},
		{what: "bytes allocated a record", sample: samples{(last.bytes - second.bytes) / step}},
	}
}
