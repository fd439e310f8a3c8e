package main

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
)

// singleAtOnce is how many calls are in flight in singleRow.
const singleAtOnce = 32

func singleRow() row {
	return row{
		name: "single",
		what: "32 records in flight, batch.size=1, a model server without latency over HTTP",
		how: "32 goroutines call `weir simulate` directly (net/http); then one stream with 32 unanswered records goes " +
			"through `weir serve`, which calls the same simulator. They take turns; the ratio is that of a round's two " +
			"runs. Client, weir and simulator share the machine's cores. CPU is that of `weir serve` alone.",
		measure: measureSingle,
	}
}

// scene is a simulator without latency, a weir in front of it, an echo, and a client without any of them.
type scene struct {
	simulator, weir, echo *process
	weirConn, echoConn    *grpc.ClientConn
	direct                *direct
}

// newScene starts everything for so many calls at once.
func (l *lab) newScene(ctx context.Context, calls int) (*scene, error) {
	s := &scene{}
	if err := s.start(ctx, l, calls); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *scene) start(ctx context.Context, l *lab, calls int) (err error) {
	if s.simulator, err = l.simulator(ctx); err != nil {
		return err
	}
	if s.weir, err = l.upstream(ctx, s.simulator.address, calls); err != nil {
		return err
	}
	if s.echo, err = l.child(ctx, roleSettings{name: roleEcho}); err != nil {
		return err
	}
	if s.weirConn, err = dial(s.weir.address); err != nil {
		return err
	}
	if s.echoConn, err = dial(s.echo.address); err != nil {
		return err
	}
	s.direct = newDirect(s.simulator.address, calls, l.reviews, l.labelled)
	return nil
}

func (s *scene) close() error {
	if s.direct != nil {
		s.direct.close()
	}
	p := pair{weir: s.weir, echo: s.echo, weirConn: s.weirConn, echoConn: s.echoConn}
	err := p.close()
	if s.simulator != nil {
		err = errors.Join(err, s.simulator.stop())
	}
	return err
}

func measureSingle(ctx context.Context, l *lab) ([]figure, error) {
	s, err := l.newScene(ctx, singleAtOnce)
	if err != nil {
		return nil, err
	}
	figures, err := s.singles(ctx, l)
	return figures, errors.Join(err, s.close())
}

func (s *scene) singles(ctx context.Context, l *lab) ([]figure, error) {
	calls := l.count(20_000)
	load := l.single(singleAtOnce)
	var ratio, weirRate, directRate, cpu samples
	err := l.each(ctx, func(counts bool) error {
		directTook, err := s.direct.run(ctx, calls, singleAtOnce)
		if err != nil {
			return err
		}
		var weirTook time.Duration
		used, err := s.weir.used(func() (err error) {
			weirTook, err = load.run(ctx, s.weirConn, calls)
			return err
		})
		if err != nil || !counts {
			return err
		}
		ratio.add(directTook.Seconds() / weirTook.Seconds())
		weirRate.add(float64(calls) / weirTook.Seconds())
		directRate.add(float64(calls) / directTook.Seconds())
		cpu.add(micros(used) / float64(calls))
		return nil
	})
	return []figure{
		{what: "calls/s over a direct client's", sample: ratio, limit: 0.5, kind: atLeast},
		{what: "server CPU a call", unit: "us", sample: cpu, limit: 160, kind: atMost},
		{what: "weir", unit: "calls/s", sample: weirRate},
		{what: "direct", unit: "calls/s", sample: directRate},
	}, err
}
