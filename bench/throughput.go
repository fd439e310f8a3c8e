package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
)

func throughputRow() row {
	return row{
		name: "throughput",
		what: "a model without latency, batches of 20, against a raw gRPC echo",
		how: "Weir's packages in a process of their own, with telemetry, the real template, chain and parser, and an " +
			"in-process model that answers each record of the prompt with a hash of its text. The echo, in another " +
			"process, sends each record back and does nothing else: same messages, same client, same window (2,048), same " +
			"HTTP/2 windows, same settings of the collector. Echo and weir take turns; the ratio is that of a round's two " +
			"runs. Client and server share the machine's cores.",
		measure: measureThroughput,
	}
}

// pair is a weir and an echo to be measured against each other.
type pair struct {
	weir, echo         *process
	weirConn, echoConn *grpc.ClientConn
}

// newPair starts both, with settings of the collector that are weir's own unless others are given.
func (l *lab) newPair(ctx context.Context, memory ...string) (*pair, error) {
	p := &pair{}
	var err error
	if p.weir, err = l.child(ctx, roleSettings{name: roleWeir}, memory...); err != nil {
		return nil, err
	}
	if p.echo, err = l.child(ctx, roleSettings{name: roleEcho}, memory...); err != nil {
		return nil, errors.Join(err, p.close())
	}
	if p.weirConn, err = dial(p.weir.address); err != nil {
		return nil, errors.Join(err, p.close())
	}
	if p.echoConn, err = dial(p.echo.address); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *pair) close() error {
	var errs []error
	for _, conn := range []*grpc.ClientConn{p.weirConn, p.echoConn} {
		if conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	for _, process := range []*process{p.weir, p.echo} {
		if process != nil {
			errs = append(errs, process.stop())
		}
	}
	return errors.Join(errs...)
}

// hashLoad is a load for the hash model in batches of 20.
func (l *lab) hashLoad(perMessage int) *load {
	return &load{
		model: modelHash, options: map[string]string{"batch.size": "20"},
		texts: l.reviews, perMessage: perMessage, window: 2048, check: l.hashedRight(),
	}
}

func measureThroughput(ctx context.Context, l *lab) ([]figure, error) {
	p, err := l.newPair(ctx)
	if err != nil {
		return nil, err
	}
	var figures []figure
	for _, at := range []struct {
		perMessage, records int
		limit               float64
	}{{1, 200_000, 0.6}, {16, 600_000, 0.35}} {
		more, err := l.against(ctx, p, at.perMessage, l.count(at.records))
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		more[0].limit, more[0].kind = at.limit, atLeast
		figures = append(figures, more...)
	}
	return figures, p.close()
}

// against lets echo and weir take turns.
func (l *lab) against(ctx context.Context, p *pair, perMessage, records int) ([]figure, error) {
	weirLoad := l.hashLoad(perMessage)
	echoLoad := *weirLoad
	echoLoad.check = same
	var ratio, weirRate, echoRate, cpu samples
	err := l.each(ctx, func(counts bool) error {
		echoTook, err := echoLoad.run(ctx, p.echoConn, records)
		if err != nil {
			return fmt.Errorf("the echo: %w", err)
		}
		rate := 0.0
		used, err := p.weir.used(func() error {
			took, err := weirLoad.run(ctx, p.weirConn, records)
			rate = float64(records) / took.Seconds()
			return err
		})
		if err != nil || !counts {
			return err
		}
		weirRate.add(rate)
		echoRate.add(float64(records) / echoTook.Seconds())
		ratio.add(rate * echoTook.Seconds() / float64(records))
		cpu.add(used.Seconds() * 1e6 / float64(records))
		return nil
	})
	at := fmt.Sprintf(", %d a message", perMessage)
	return []figure{
		{what: "records/s over the echo's" + at, sample: ratio},
		{what: "weir" + at, unit: "records/s", sample: weirRate},
		{what: "echo" + at, unit: "records/s", sample: echoRate},
		{what: "server CPU a record" + at, unit: "us", sample: cpu},
	}, err
}
