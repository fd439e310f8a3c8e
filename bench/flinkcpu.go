package main

import (
	"context"
	"errors"
	"time"
)

func flinkCPURow() row {
	return row{
		name: "flink-cpu",
		what: "What a row costs Flink's JVM on weir's connector, beyond an identity function",
		how: "The same ML_PREDICT job in one warm JVM, with weir's connector and with an identity AsyncPredictFunction, in " +
			"turns; the CPU time of the whole JVM by its own count, over the rows. At full speed: 200,000 rows, capacity 120, " +
			"parallelism 2, answers of a model without latency in batches of 20, and the identity answers at once. At 200 ms " +
			"a call: 20,000 rows, and the identity answers after 206 ms. Server and model are other processes and do not count. " +
			"At 200 ms a call the JVM's own threads use more than the connector, and their noise is as large as the difference.",
		apart:   true,
		measure: measureFlinkCPU,
	}
}

// flinkPace is one speed at which the connector's CPU is measured.
type flinkPace struct {
	what  string
	model []string      // the simulator's flags
	after time.Duration // as long as a batch takes with them
	rows  int
	batch int
	limit float64 // 0: none

	weir, identity, beyond samples
}

func flinkPaces() []*flinkPace {
	return []*flinkPace{
		{what: "full speed, batches of 20", rows: 200_000, batch: 20, limit: 50},
		{what: "200 ms a call, batches of 20", model: flinkModel, after: 206 * time.Millisecond, rows: 20_000, batch: 20, limit: 50},
		{what: "full speed, single", rows: 100_000, batch: 1},
	}
}

func measureFlinkCPU(ctx context.Context, l *lab) (figures []figure, err error) {
	f, err := l.flink(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	for _, pace := range flinkPaces() {
		if err := pace.measure(ctx, l, f); err != nil {
			return nil, err
		}
		figures = append(figures, pace.figures()...)
	}
	return figures, nil
}

func (p *flinkPace) measure(ctx context.Context, l *lab, f *flink) error {
	model, err := l.simulator(ctx, p.model...)
	if err != nil {
		return err
	}
	defer model.stop() //nolint:errcheck // it has answered; how it ends is no matter
	weir, err := l.flinkUpstream(ctx, model.address, manyCalls)
	if err != nil {
		return err
	}
	defer weir.stop() //nolint:errcheck // the same
	return l.each(ctx, func(counts bool) error { return p.round(l, f, weir.address, counts) })
}

func (p *flinkPace) round(l *lab, f *flink, address string, counts bool) error {
	rows := l.count(p.rows)
	weir, err := flinkCPU(l, f, weirJob(address, p.batch, 120, rows), l.labelled)
	if err != nil {
		return err
	}
	same := func(text, value string) bool { return value == text }
	identity, err := flinkCPU(l, f, identityJob(rows, p.after), same)
	if err != nil || !counts {
		return err
	}
	p.weir.add(weir)
	p.identity.add(identity)
	p.beyond.add(weir - identity)
	return nil
}

// flinkCPU returns the microseconds of CPU that a row of the job takes.
func flinkCPU(l *lab, f *flink, job *flinkJob, right func(text, value string) bool) (float64, error) {
	outcome, err := f.run(job)
	if err != nil {
		return 0, err
	}
	return outcome.CPUMillis * 1000 / float64(job.Rows), outcome.check(l, job, right)
}

func (p *flinkPace) figures() []figure {
	beyond := figure{what: "the connector's CPU a row, " + p.what, unit: "us", sample: p.beyond}
	if p.limit > 0 {
		beyond.kind, beyond.limit = atMost, p.limit
	}
	return []figure{
		beyond,
		{what: "the whole job, " + p.what, unit: "us", sample: p.weir},
		{what: "the identity's, " + p.what, unit: "us", sample: p.identity},
	}
}
