package main

import (
	"context"
	"errors"
	"fmt"
)

func collectorRow() row {
	return row{
		name:  "collector",
		extra: true,
		what:  "speed against memory by GOGC and GOMEMLIMIT",
		how: "As for throughput, with weir's collector set in turn to each choice and the echo at Go's defaults. Peak is " +
			"VmHWM after all of it; live is VmRSS at rest after a collection. docs/adr/0011-memory-and-gc.md has the " +
			"table.",
		measure: measureCollector,
	}
}

// collectors are the choices.
var collectors = [][]string{
	{"GOGC=100", "GOMEMLIMIT=off"},
	{"GOGC=200", "GOMEMLIMIT=off"},
	{"GOGC=400", "GOMEMLIMIT=off"},
	{"GOGC=800", "GOMEMLIMIT=off"},
	{"GOGC=off", "GOMEMLIMIT=64MiB"},
	{"GOGC=off", "GOMEMLIMIT=256MiB"},
	{"GOGC=400", "GOMEMLIMIT=48MiB"},
	{"GOGC=400", "GOMEMLIMIT=256MiB"},
}

func measureCollector(ctx context.Context, l *lab) ([]figure, error) {
	var figures []figure
	for _, memory := range collectors {
		more, err := measureCollectorAt(ctx, l, memory)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", memory, err)
		}
		for i := range more {
			more[i].what = fmt.Sprintf("%s %s: %s", memory[0], memory[1], more[i].what)
		}
		figures = append(figures, more...)
	}
	return figures, nil
}

func measureCollectorAt(ctx context.Context, l *lab, memory []string) (figures []figure, err error) {
	p, err := l.newPair(ctx, memory...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	for _, at := range []struct{ perMessage, records int }{{1, 150_000}, {16, 400_000}} {
		more, err := l.against(ctx, p, at.perMessage, l.count(at.records))
		if err != nil {
			return nil, err
		}
		figures = append(figures, more...)
	}
	peak, err := p.weir.peak()
	if err != nil {
		return nil, err
	}
	rest, err := rested(ctx, p.weir)
	return append(figures,
		figure{what: "memory, peak", unit: "MiB", sample: samples{peak / mib}},
		figure{what: "memory at rest", unit: "MiB", sample: samples{rest / mib}},
	), err
}
