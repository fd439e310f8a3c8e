package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
)

const (
	kib = 1 << 10
	mib = 1 << 20

	idleStreams = 1000
	idleStep    = 100             // streams between two collections
	idlePause   = 3 * time.Second // before a reading: what is idle may need a moment to notice
	// maxStreams is the bound of roleWeir: room for the idle streams and the one that warms up.
	maxStreams = 4096
)

func idleRow() row {
	return row{
		name: "idle",
		what: "memory of an idle server, and of an idle stream",
		how: "Idle: VmRSS of `weir serve` with the embedded model, just started, and again after it has labelled the " +
			"10,000 reviews. A stream: 1,000 connections with one Predict stream each, that was opened and has had 20 " +
			"records answered; the growth of VmRSS over 1,000. It is measured on weir's packages in a child of the " +
			"benchmark, because that can be told to collect its garbage: before each reading and, as streams come over " +
			"hours and not within a second, after every 100 streams.",
		measure: measureIdle,
	}
}

func measureIdle(ctx context.Context, l *lab) ([]figure, error) {
	var fresh, used, stream, opened samples
	for range max(1, min(l.rounds, 3)) {
		if err := measureIdleServer(ctx, l, &fresh, &used); err != nil {
			return nil, err
		}
		if err := measureIdleStreams(ctx, l, &opened, &stream); err != nil {
			return nil, err
		}
	}
	return []figure{
		{what: "weir serve, just started", unit: "MiB", sample: fresh, limit: 30, kind: atMost},
		{what: "weir serve, idle after 10,000 reviews", unit: "MiB", sample: used},
		{what: "an idle stream on its own connection, after 20 records", unit: "KiB", sample: stream, limit: 48, kind: atMost},
		{what: "the same before its first record", unit: "KiB", sample: opened},
	}, nil
}

func measureIdleServer(ctx context.Context, l *lab, fresh, used *samples) (err error) {
	weir, err := l.serve(ctx, "{}")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, weir.stop()) }()
	memory, err := weir.resident()
	if err != nil {
		return err
	}
	fresh.add(memory / mib)
	conn, err := dial(weir.address)
	if err != nil {
		return err
	}
	load := &load{
		options: map[string]string{"batch.size": "20"},
		texts:   l.reviews, perMessage: 16, window: 2048, check: l.labelled,
	}
	if _, err := load.run(ctx, conn, len(l.reviews)); err != nil {
		return errors.Join(err, conn.Close())
	}
	if err := conn.Close(); err != nil {
		return err
	}
	memory, err = weir.resident()
	used.add(memory / mib)
	return err
}

// measureIdleStreams opens many streams, and looks at the server before, after, and after each has had some work.
func measureIdleStreams(ctx context.Context, l *lab, opened, worked *samples) (err error) {
	weir, err := l.child(ctx, roleSettings{name: roleWeir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, weir.stop()) }()
	crowd := &crowd{load: l.hashLoad(20), weir: weir}
	defer crowd.leave()
	if err := crowd.join(ctx, 20); err != nil { // what is there once is not a stream's
		return err
	}
	if err := crowd.work(ctx); err != nil {
		return err
	}
	before, err := rested(ctx, weir)
	if err != nil {
		return err
	}
	streams := l.count(idleStreams)
	if err := crowd.join(ctx, streams); err != nil {
		return err
	}
	atOpen, err := rested(ctx, weir)
	if err != nil {
		return err
	}
	if err := crowd.work(ctx); err != nil {
		return err
	}
	pause(ctx.Done(), idlePause)
	after, err := rested(ctx, weir)
	opened.add((atOpen - before) / float64(streams) / kib)
	worked.add((after - before) / float64(streams) / kib)
	return err
}

// rested returns what a server needs when it has collected its garbage.
func rested(ctx context.Context, p *process) (float64, error) {
	for range 5 { // pools are emptied by the second collection, and each one halves a stack that is too large
		if err := p.rest(ctx); err != nil {
			return 0, err
		}
	}
	return p.resident()
}

// crowd is many streams, each on a connection of its own.
type crowd struct {
	load    *load
	weir    *process
	conns   []*grpc.ClientConn
	streams []*stream
}

func (c *crowd) join(ctx context.Context, n int) error {
	for range n {
		conn, err := dial(c.weir.address)
		if err != nil {
			return err
		}
		c.conns = append(c.conns, conn)
		s, err := c.load.open(ctx, conn)
		if err != nil {
			return fmt.Errorf("stream %d: %w", len(c.streams)+1, err)
		}
		c.streams = append(c.streams, s)
		if err := c.restAt(ctx, len(c.streams)); err != nil {
			return err
		}
	}
	return nil
}

// restAt lets the server collect after every idleStep streams. Real streams come over hours: with a thousand in a second,
// what each leaves behind would be measured as if it needed it.
func (c *crowd) restAt(ctx context.Context, streams int) error {
	if streams%idleStep != 0 {
		return nil
	}
	return c.weir.rest(ctx)
}

// work sends a batch on every stream.
func (c *crowd) work(ctx context.Context) error {
	for i, s := range c.streams {
		if _, err := s.pass(20); err != nil {
			return fmt.Errorf("stream %d: %w", i+1, err)
		}
		if err := c.restAt(ctx, i+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) leave() {
	for _, s := range c.streams {
		s.cancel()
	}
	for _, conn := range c.conns {
		_ = conn.Close() // it is not needed any more
	}
}
