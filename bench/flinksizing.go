package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

func flinkSizingRow() row {
	return row{
		name: "flink-sizing",
		what: "Sizing ML_PREDICT on weir",
		how: "Capacity is `max-concurrent-operations` of each subtask, and each subtask has a stream of its own, so a full run " +
			"makes about parallelism x capacity / call time records a second, where capacity counts in whole batches. " +
			"One local Flink 2.1.1 job for each line, over real reviews against `weir simulate " +
			"--latency 200ms --latency-per-prompt-token 10us`, which takes any number of calls at once; about five seconds of " +
			"records each, one run. Time is from the first row at ML_PREDICT to the last result, so the end of the input, where " +
			"the last batches may wait for `batch.timeout.ms`, is part of it. The mean batch is records over calls.",
		apart:   true,
		file:    "flink-sizing.md",
		measure: measureFlinkSizing,
	}
}

// flinkSize is one line of the table.
type flinkSize struct{ batch, capacity, parallelism, timeout int }

func flinkSizes() []flinkSize {
	return []flinkSize{
		{1, 10, 1, 1000},
		{1, 10, 2, 1000},
		{1, 120, 2, 1000},
		{10, 10, 1, 1000},
		{10, 10, 2, 1000},
		{10, 60, 2, 1000},
		{10, 120, 2, 1000},
		{20, 10, 2, 1000},
		{20, 20, 2, 1000},
		{20, 30, 2, 1000},
		{20, 30, 2, 100},
		{20, 64, 2, 1000},
		{20, 64, 2, 100},
		{20, 120, 1, 1000},
		{20, 120, 2, 1000},
		{20, 120, 4, 1000},
		{20, 240, 2, 1000},
		{50, 50, 2, 1000},
		{50, 64, 2, 1000},
		{50, 100, 2, 1000},
		{50, 200, 2, 1000},
	}
}

// rows are about five seconds of them, if batches are full: a whole number of batches for each subtask.
func (s flinkSize) rows() int {
	const calls = 25 // one after the other
	each := s.capacity * calls / max(s.batch, 1) * s.batch
	return each * s.parallelism
}

func measureFlinkSizing(ctx context.Context, l *lab) (figures []figure, err error) {
	f, err := l.flink(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	model, err := l.simulator(ctx, flinkModel...)
	if err != nil {
		return nil, err
	}
	defer model.stop() //nolint:errcheck // it has answered; how it ends is no matter
	weir, err := l.flinkUpstream(ctx, model.address, manyCalls)
	if err != nil {
		return nil, err
	}
	defer weir.stop() //nolint:errcheck // the same
	var table strings.Builder
	table.WriteString("| batch.size | capacity | parallelism | batch.timeout.ms | records/s | calls | mean batch | most calls at once |\n" +
		"|---|---|---|---|---|---|---|---|\n")
	for _, size := range flinkSizes() {
		line, err := size.measure(ctx, l, f, model, weir)
		if err != nil {
			return nil, fmt.Errorf("%+v: %w", size, err)
		}
		table.WriteString(line)
	}
	l.aside = table.String()
	return nil, nil
}

// measure returns the line of the table.
func (s flinkSize) measure(ctx context.Context, l *lab, f *flink, model, weir *process) (string, error) {
	rows := l.count(s.rows())
	job := weirJob(weir.address, s.batch, s.capacity, rows)
	job.Parallelism = s.parallelism
	job.Config["batch.timeout.ms"] = strconv.Itoa(s.timeout)
	if _, err := model.calls(ctx); err != nil {
		return "", err
	}
	outcome, err := f.run(job)
	if err != nil {
		return "", err
	}
	if err := outcome.check(l, job, l.labelled); err != nil {
		return "", err
	}
	stats, err := model.calls(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("| %d | %d | %d | %s | %s | %s | %.1f | %d |\n", s.batch, s.capacity, s.parallelism,
		grouped(int64(s.timeout)), number(float64(rows)/outcome.wall().Seconds()), grouped(int64(stats.Calls)),
		float64(rows)/float64(stats.Calls), stats.MostConcurrent), nil
}
