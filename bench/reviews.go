package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc"
)

// The load of reviewsRow, as the user's own: 10,000 reviews to a model that takes 300 ms for 20 of them.
const (
	reviewBatch   = 20
	reviewLatency = 300 * time.Millisecond
)

func reviewsRow() row {
	return row{
		name: "reviews",
		what: "10,000 real reviews in batches of 20 over HTTP, 300 ms a call",
		how: "`weir serve` in front of `weir simulate --latency 300ms`, each a process of its own. One stream, 20 records " +
			"a message, as many unanswered as the calls hold (calls x 20). Wall time is from the first record to the last " +
			"result, over the least that 500 calls take so many at once: 8 x 300 ms at 64, 16 x 300 ms at 32. Every label " +
			"is compared with the embedded model's own of that review, and the simulator's count of calls is read. CPU is " +
			"that of `weir serve` alone, from /proc.",
		measure: measureReviews,
	}
}

func measureReviews(ctx context.Context, l *lab) ([]figure, error) {
	var figures []figure
	for _, at := range []struct {
		calls int
		limit float64
	}{{64, 1.05}, {32, 1.03}} {
		more, err := measureReviewsAt(ctx, l, at.calls, at.limit)
		if err != nil {
			return nil, fmt.Errorf("%d calls at once: %w", at.calls, err)
		}
		figures = append(figures, more...)
	}
	return figures, nil
}

func measureReviewsAt(ctx context.Context, l *lab, calls int, limit float64) ([]figure, error) {
	simulator, err := l.simulator(ctx, "--latency", reviewLatency.String())
	if err != nil {
		return nil, err
	}
	defer simulator.stop() //nolint:errcheck // it has answered; how it ends is no matter
	weir, err := l.upstream(ctx, simulator.address, calls)
	if err != nil {
		return nil, err
	}
	defer weir.stop() //nolint:errcheck // the same
	conn, err := dial(weir.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // the same
	r := &reviewsRun{lab: l, simulator: simulator, weir: weir, conn: conn, calls: calls}
	if err := l.each(ctx, func(counts bool) error { return r.round(ctx, counts) }); err != nil {
		return nil, err
	}
	at := fmt.Sprintf(", %d at once", calls)
	return []figure{
		{what: "wall time over the least possible" + at, sample: r.wall, limit: limit, kind: atMost},
		{what: "wall time" + at, unit: "s", sample: r.seconds},
		{what: "calls" + at, sample: r.made, limit: float64(r.leastCalls()), kind: atMost},
		{what: "server CPU a record" + at, unit: "ms", sample: r.cpu, limit: 0.05, kind: atMost},
	}, nil
}

// reviewsRun is what the rounds of one number of calls share.
type reviewsRun struct {
	*lab
	simulator, weir *process
	conn            *grpc.ClientConn
	calls           int

	wall, seconds, made, cpu samples
}

func (r *reviewsRun) records() int { return min(r.count(10_000), len(r.reviews)) }

func (r *reviewsRun) leastCalls() int { return (r.records() + reviewBatch - 1) / reviewBatch }

func (r *reviewsRun) round(ctx context.Context, counts bool) error {
	load := &load{
		model: modelUpstream, options: map[string]string{"batch.size": strconv.Itoa(reviewBatch)},
		texts: r.reviews, perMessage: reviewBatch, window: r.calls * reviewBatch, check: r.labelled,
	}
	if _, err := r.simulator.calls(ctx); err != nil {
		return err
	}
	var took time.Duration
	cpu, err := r.weir.used(func() (err error) {
		took, err = load.run(ctx, r.conn, r.records())
		return err
	})
	if err != nil {
		return err
	}
	stats, err := r.simulator.calls(ctx)
	if err != nil || !counts {
		return err
	}
	waves := (r.leastCalls() + r.calls - 1) / r.calls
	r.wall.add(took.Seconds() / (float64(waves) * reviewLatency.Seconds()))
	r.seconds.add(took.Seconds())
	r.made.add(float64(stats.Calls))
	r.cpu.add(milliseconds(cpu) / float64(r.records()))
	return nil
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
