package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The proposal's prices of a call, and an example of a token's, in dollars.
const (
	priceOfSingle     = 0.002
	priceOfBatch      = 0.006
	priceOfPrompt     = 0.15e-6
	priceOfCompletion = 0.60e-6
)

// The model of the Flink jobs.
var flinkModel = []string{"--latency", "200ms", "--latency-per-prompt-token", "10us"}

// What the peer's HTTP client makes at once, and weir where both shall make the same.
const (
	peerCalls = 5
	manyCalls = 512
)

func flinkRow() row {
	return row{
		name: "flink",
		what: "ML_PREDICT in Flink beside flink-model-openai: 10,000 real reviews, 200 ms a call",
		how: "One local Flink 2.1.1 job (MiniCluster, one JVM, parallelism 2, capacity = `max-concurrent-operations` of each " +
			"subtask) for each line, over the same reviews and the same `weir simulate --latency 200ms " +
			"--latency-per-prompt-token 10us`. The peer is flink-model-openai 2.1.0 as it comes: a call for each row, and its " +
			"HTTP client makes five at once whatever the capacity. `weir serve` has the two models of the demo. Where it says " +
			"5 calls, the model takes no more at once and the rest wait. Time is from the first row at ML_PREDICT to the last " +
			"result; planning is apart. Calls, most calls at once and tokens are the simulator's own counts. By the call is " +
			"$0.002 for one row and $0.006 for a batch, as the proposal reckons; by the token is $0.15 a million prompt tokens " +
			"and $0.60 a million completion tokens, an example. Every label is compared with the embedded model's own. What " +
			"takes minutes runs once; it mostly sleeps. Where the model takes any number of calls, single calls through weir " +
			"are as fast as batches and cost as the peer's do; where it takes only so many at once, batches are faster, too.",
		apart:   true,
		measure: measureFlink,
	}
}

// flinkWay is one way to have the reviews labelled.
type flinkWay struct {
	what     string
	peer     bool
	batch    int
	capacity int
	calls    int  // the most that the model takes at once; manyCalls: any number
	once     bool // it takes minutes

	rows     int
	walls    samples
	planning samples
	stats    simulatorStats
}

func (w *flinkWay) costByCall() float64 {
	if w.batch == 1 {
		return float64(w.stats.Calls) * priceOfSingle
	}
	return float64(w.stats.Calls) * priceOfBatch
}

func (w *flinkWay) costByToken() float64 {
	return float64(w.stats.PromptTokens)*priceOfPrompt + float64(w.stats.CompletionTokens)*priceOfCompletion
}

// job is the way's job between these servers.
func (w *flinkWay) job(model, weir string, rows int) *flinkJob {
	if w.peer {
		return peerJob(model, w.capacity, rows)
	}
	return weirJob(weir, w.batch, w.capacity, rows)
}

const (
	wayPeer = iota
	wayBatches64
	waySingle64
	wayBatches120
	waySingle120
	wayBatchesFew
	waySingleFew
)

func flinkWays() []*flinkWay {
	return []*flinkWay{
		wayPeer:       {what: "flink-model-openai as it comes", peer: true, batch: 1, capacity: 120, calls: manyCalls, once: true},
		wayBatches64:  {what: "weir", batch: 20, capacity: 64, calls: manyCalls},
		waySingle64:   {what: "weir", batch: 1, capacity: 64, calls: manyCalls},
		wayBatches120: {what: "weir", batch: 20, capacity: 120, calls: manyCalls},
		waySingle120:  {what: "weir", batch: 1, capacity: 120, calls: manyCalls},
		wayBatchesFew: {what: "weir, 5 calls at once", batch: 20, capacity: 120, calls: peerCalls, once: true},
		waySingleFew:  {what: "weir, 5 calls at once", batch: 1, capacity: 120, calls: peerCalls, once: true},
	}
}

func measureFlink(ctx context.Context, l *lab) (figures []figure, err error) {
	f, err := l.flink(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	ways := flinkWays()
	for round := range l.rounds + 1 {
		for _, way := range ways {
			if way.once && round != 1 {
				continue // round 0 is to warm up
			}
			if err := way.measure(ctx, l, f, l.count(10_000), round > 0); err != nil {
				return nil, fmt.Errorf("%s, batch.size %d, capacity %d: %w", way.what, way.batch, way.capacity, err)
			}
		}
	}
	l.aside = waysTable(ways)
	return flinkFigures(ways), nil
}

// measure runs a way once, between servers of its own.
func (w *flinkWay) measure(ctx context.Context, l *lab, f *flink, rows int, counts bool) (err error) {
	flags := flinkModel
	if w.calls != manyCalls {
		flags = slices.Concat(flags, []string{"--max-concurrent", strconv.Itoa(w.calls), "--queue"})
	}
	model, err := l.simulator(ctx, flags...)
	if err != nil {
		return err
	}
	defer model.stop() //nolint:errcheck // it has answered; how it ends is no matter
	weir, err := l.flinkUpstream(ctx, model.address, w.calls)
	if err != nil {
		return err
	}
	defer weir.stop() //nolint:errcheck // the same
	job := w.job(model.address, weir.address, rows)
	outcome, err := f.run(job)
	if err != nil {
		return err
	}
	if err := outcome.check(l, job, l.labelled); err != nil || !counts {
		return err
	}
	w.rows = rows
	w.walls.add(outcome.wall().Seconds())
	w.planning.add(outcome.PlanningMillis / 1000)
	w.stats, err = model.calls(ctx)
	return err
}

// waysTable is the comparison.
func waysTable(ways []*flinkWay) string {
	var b strings.Builder
	b.WriteString("| | batch.size | capacity | calls | most at once | wall time | rows/s | prompt tokens | completion tokens " +
		"| by the call | by the token | planning |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, w := range ways {
		wall := w.walls.median()
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %d | %.1f s | %s | %s | %s | $%.2f | $%.3f | %.1f s |\n",
			w.what, w.batch, w.capacity, grouped(int64(w.stats.Calls)), w.stats.MostConcurrent, wall,
			number(w.rate()), grouped(int64(w.stats.PromptTokens)), grouped(int64(w.stats.CompletionTokens)),
			w.costByCall(), w.costByToken(), w.planning.median())
	}
	return b.String()
}

func (w *flinkWay) rate() float64 { return float64(w.rows) / w.walls.median() }

func flinkFigures(ways []*flinkWay) []figure {
	peer, batches, single := ways[wayPeer], ways[wayBatches120], ways[waySingleFew]
	over := func(slow, fast *flinkWay) samples {
		return fast.walls.each(func(wall float64) float64 { return slow.walls.median() / wall })
	}
	return []figure{
		{
			what: "calls, one for each row over batches of 20", kind: atLeast, limit: 20,
			sample: samples{float64(peer.stats.Calls) / float64(batches.stats.Calls)},
		},
		{what: "time, the peer as it comes over batches of 20, capacity 120", sample: over(peer, batches), limit: 20, kind: atLeast},
		{what: "time, the peer as it comes over batches of 20, capacity 64", sample: over(peer, ways[wayBatches64])},
		{
			what: "time, one call for each row over batches of 20, 5 calls at once both", kind: atLeast, limit: 13,
			sample: over(single, ways[wayBatchesFew]),
		},
		{
			what: "cost by the call, less than one call for each row", unit: "%", kind: atLeast, limit: 80,
			sample: samples{100 * (1 - batches.costByCall()/peer.costByCall())},
		},
		{
			what: "cost by the token, over one call for each row", sample: samples{batches.costByToken() / peer.costByToken()},
		},
	}
}
