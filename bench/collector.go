package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	{"GOGC=400", "GOMEMLIMIT=48MiB"},
	{"GOGC=400", "GOMEMLIMIT=512MiB"},
	{"GOGC=400", "GOMEMLIMIT=1GiB"},
	{"GOGC=off", "GOMEMLIMIT=256MiB"},
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
	figures = append(figures, figure{what: "memory, peak", unit: "MiB", sample: samples{peak / mib}})
	held, err := l.hold(ctx, p)
	if err != nil {
		return nil, err
	}
	rest, err := rested(ctx, p.weir)
	return append(append(figures, held...), figure{what: "memory at rest", unit: "MiB", sample: samples{rest / mib}}), err
}

// The load of hold.
const (
	heldStreams = 16
	heldRecord  = 64 * kib
	heldRecords = 600 // of each stream
)

// hold sends large records on several streams, for a model that is slower than they come.
func (l *lab) hold(ctx context.Context, p *pair) ([]figure, error) {
	load := &load{
		model: modelSlow, options: map[string]string{"batch.size": "20"}, texts: make([]string, 50), perMessage: 20, window: 2048,
	}
	want := map[string]string{}
	for i := range load.texts {
		load.texts[i] = strings.Repeat(l.reviews[i]+" ", heldRecord/len(l.reviews[i]))
		want[load.texts[i]] = hashed(load.texts[i])
	}
	load.check = func(text, value string) bool { return want[text] == value }
	failed := make(chan error, heldStreams)
	cpu, err := p.weir.used(func() error {
		for range heldStreams {
			go func() {
				_, err := load.run(ctx, p.weirConn, l.count(heldRecords))
				failed <- err
			}()
		}
		var errs []error
		for range heldStreams {
			errs = append(errs, <-failed)
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return nil, err
	}
	peak, err := p.weir.peak()
	records := float64(heldStreams * l.count(heldRecords))
	return []figure{
		{what: "memory, peak, 16 streams of 64 KiB records", unit: "MiB", sample: samples{peak / mib}},
		{what: "server CPU a record of 64 KiB", unit: "us", sample: samples{micros(cpu) / records}},
	}, err
}
