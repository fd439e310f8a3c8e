package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// fillLatency is a call's time where calls are counted, fillRateLatency where their rate is measured.
const (
	fillLatency     = 20 * time.Millisecond
	fillRateLatency = 200 * time.Millisecond
)

// capacities are how many unanswered records a client has, with the limits of the calls for 10,000 records and of the
// records a second at fillRateLatency.
var capacities = []struct {
	records int
	calls   float64
	rate    float64
}{{10, 1060, 45}, {25, 545, 90}, {39, 560, 150}, {128, 545, 400}}

func fillRow() row {
	return row{
		name: "fill",
		what: "calls for 10,000 records, batch.size=20, by the client's capacity",
		how: "A client as Flink's ordered async operator is one: at most C records unanswered, and a record of its own " +
			"message for each result that arrives. `weir serve` in front of `weir simulate`, a stream for each C, all at " +
			"once. Calls are counted over 10,000 records with calls of 20 ms; records/s over 1,200 (C = 128: 6,000) with " +
			"calls of 200 ms. One run each, because what waits is the clock and not the machine. Each stream has a server " +
			"of its own, so that the calls are its own.",
		measure: measureFill,
	}
}

func measureFill(ctx context.Context, l *lab) ([]figure, error) {
	calls, rates := make(samples, len(capacities)), make(samples, len(capacities))
	errs := make([]error, 2*len(capacities))
	var all sync.WaitGroup
	for i, c := range capacities {
		all.Go(func() { calls[i], _, errs[2*i] = fill(ctx, l, i, l.count(10_000), fillLatency) })
		records := 1200
		if c.records > 100 {
			records = 6000
		}
		all.Go(func() { _, rates[i], errs[2*i+1] = fill(ctx, l, i, l.count(records), fillRateLatency) })
	}
	all.Wait()
	figures := make([]figure, 0, 2*len(capacities))
	share := float64(l.count(10_000)) / 10_000
	for i, c := range capacities {
		figures = append(figures, figure{
			what: fmt.Sprintf("calls, C = %d", c.records), sample: samples{calls[i]}, limit: c.calls * share, kind: atMost,
		})
	}
	for i, c := range capacities {
		figures = append(figures, figure{
			what: fmt.Sprintf("rate at 200 ms a call, C = %d", c.records), unit: "records/s",
			sample: samples{rates[i]}, limit: c.rate, kind: atLeast,
		})
	}
	return figures, errors.Join(errs...)
}

// fill runs records with the capacity of that number and returns the calls and the records a second.
func fill(ctx context.Context, l *lab, capacity, records int, latency time.Duration) (calls, rate float64, err error) {
	simulator, err := l.simulator(ctx, "--latency", latency.String())
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, simulator.stop()) }()
	weir, err := l.upstream(ctx, simulator.address, 64)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, weir.stop()) }()
	var conn *grpc.ClientConn
	if conn, err = dial(weir.address); err != nil {
		return 0, 0, err
	}
	defer conn.Close() //nolint:errcheck // it is not needed any more
	load := l.single(capacities[capacity].records)
	load.options = map[string]string{"batch.size": "20"}
	took, err := load.run(ctx, conn, records)
	if err != nil {
		return 0, 0, err
	}
	stats, err := simulator.calls(ctx)
	return float64(stats.Calls), float64(records) / took.Seconds(), err
}
