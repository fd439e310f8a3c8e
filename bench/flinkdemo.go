package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// The demo in Flink: all reviews in batches, and so many of them through the provider that Flink has itself.
const (
	demoRows      = 10_000
	demoPeerRows  = 1_000
	demoBatch     = 20
	demoCapacity  = 120
	demoShown     = 8
	demoBlankRow  = 3
	demoTextWidth = 60
)

// demoFlink runs the same SQL twice, and prints rows of the result and both runs side by side. It fails where a row is not
// what it must be.
func demoFlink(ctx context.Context, l *lab) (err error) {
	var copied bytes.Buffer
	d := &flinkDemo{lab: l, out: io.MultiWriter(l.out, &copied)}
	err = d.play(ctx)
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; everything that it had started is ended")
	case err != nil || !l.write:
		return err
	}
	return writeFlinkDemo(filepath.Join(l.root, "docs", "demo.md"), copied.String())
}

type flinkDemo struct {
	*lab
	out io.Writer
}

func (d *flinkDemo) play(ctx context.Context) (err error) {
	fmt.Fprint(d.out, "weir in Flink SQL: ML_PREDICT over real reviews\n\n")
	model, err := d.simulator(ctx, flinkModel...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, model.stop()) }()
	weir, err := d.flinkUpstream(ctx, model.address, manyCalls)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, weir.stop()) }()
	fmt.Fprintf(d.out, "  model server   %s, 200 ms a call\n  weir serve     %s\n", model.address, weir.address)
	f, err := d.flink(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	fmt.Fprintf(d.out, "  Flink          2.1.1, in this machine's memory, parallelism %d\n\n", flinkParallelism)
	return d.compare(ctx, f, model, weir)
}

func (d *flinkDemo) compare(ctx context.Context, f *flink, model, weir *process) error {
	batches := weirJob(weir.address, demoBatch, demoCapacity, demoRows)
	batches.Texts = map[int]string{demoBlankRow: "   "}
	fmt.Fprint(d.out, indented(batches.sql()))
	weirRun, err := d.run(ctx, f, model, batches)
	if err != nil {
		return err
	}
	if err := d.show(batches, weirRun.outcome); err != nil {
		return err
	}
	peerRun, err := d.run(ctx, f, model, peerJob(model.address, demoCapacity, demoPeerRows))
	if err != nil {
		return err
	}
	if err := peerRun.outcome.check(d.lab, peerRun.job, d.labelled); err != nil {
		return err
	}
	return d.table(peerRun, weirRun)
}

// flinkRun is a job with its outcome and the model server's counts.
type flinkRun struct {
	job     *flinkJob
	outcome *flinkOutcome
	stats   simulatorStats
	price   float64 // of a call
}

func (d *flinkDemo) run(ctx context.Context, f *flink, model *process, job *flinkJob) (*flinkRun, error) {
	if _, err := model.calls(ctx); err != nil {
		return nil, err
	}
	outcome, err := f.run(job)
	if err != nil {
		return nil, err
	}
	stats, err := model.calls(ctx)
	price := priceOfSingle
	if job.With["provider"] == "weir" {
		price = priceOfBatch
	}
	return &flinkRun{job: job, outcome: outcome, stats: stats, price: price}, err
}

// show prints the first rows, and holds all of them: a label each, but an error for the blank one.
func (d *flinkDemo) show(job *flinkJob, outcome *flinkOutcome) error {
	table := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "\n  id\ttext\tlabel\terror\n")
	for id := range demoShown {
		text, reason := d.text(job, id), errorOf(outcome, id)
		fmt.Fprintf(table, "  %d\t%s\t%s\t%s\n", id, short(text), orNull(outcome.Labels[id]), reason)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "  …\n\n")
	return d.checkRows(job, outcome)
}

func (d *flinkDemo) checkRows(job *flinkJob, outcome *flinkOutcome) error {
	if len(outcome.Labels) != job.Rows || outcome.Twice > 0 || len(outcome.Errors) != len(job.Texts) {
		return fmt.Errorf("%d rows, %d twice, %d with an error", len(outcome.Labels), outcome.Twice, len(outcome.Errors))
	}
	for id, label := range outcome.Labels {
		_, blank := job.Texts[id]
		if blank != (label == nil) || !blank && !d.labelled(d.text(job, id), *label) {
			return fmt.Errorf("row %d has the wrong label", id)
		}
	}
	return nil
}

func (d *flinkDemo) text(job *flinkJob, id int) string {
	if text, ok := job.Texts[id]; ok {
		return text
	}
	return d.reviews[id]
}

// table prints both runs side by side.
func (d *flinkDemo) table(peer, weir *flinkRun) error {
	table := tabwriter.NewWriter(d.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	line := func(what string, value func(r *flinkRun) string) {
		fmt.Fprintf(table, "  %s\t%s\t%s\t\n", what, value(peer), value(weir))
	}
	fmt.Fprint(table, "  \tflink-model-openai\tweir\t\n")
	line("rows", func(r *flinkRun) string { return grouped(int64(r.job.Rows)) })
	line("model calls", func(r *flinkRun) string { return grouped(int64(r.stats.Calls)) })
	line("most calls at once", func(r *flinkRun) string { return grouped(int64(r.stats.MostConcurrent)) })
	line("wall time", func(r *flinkRun) string { return fmt.Sprintf("%.1f s", r.outcome.wall().Seconds()) })
	line("rows a second", func(r *flinkRun) string { return number(r.rate()) })
	line("prompt tokens a row", func(r *flinkRun) string { return number(float64(r.stats.PromptTokens) / float64(r.job.Rows)) })
	line("cost of 10,000 rows, by the call", func(r *flinkRun) string { return fmt.Sprintf("$%.2f", r.cost()) })
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(d.out, "\n  ok  every row once; labels equal to the model's own; one error, on row %d, which is blank\n"+
		"  %.1f x the rows a second, %.1f x fewer calls, %.0f %% less cost by the call\n", demoBlankRow,
		weir.rate()/peer.rate(), peer.callsPerRow()/weir.callsPerRow(), 100*(1-weir.cost()/peer.cost()))
	return err
}

func (r *flinkRun) rate() float64 { return float64(r.job.Rows) / r.outcome.wall().Seconds() }

func (r *flinkRun) callsPerRow() float64 { return float64(r.stats.Calls) / float64(r.job.Rows) }

func (r *flinkRun) cost() float64 { return r.callsPerRow() * demoRows * r.price }

// errorOf is what row id has in its error column.
func errorOf(outcome *flinkOutcome, id int) string {
	for _, line := range outcome.Errors {
		if reason, ok := strings.CutPrefix(line, fmt.Sprintf("%d: ", id)); ok {
			return reason
		}
	}
	return "NULL"
}

func orNull(label *string) string {
	if label == nil {
		return "NULL"
	}
	return *label
}

func short(text string) string {
	runes := []rune(text)
	if len(runes) <= demoTextWidth {
		return text
	}
	return string(runes[:demoTextWidth-1]) + "…"
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

// The place of the run in docs/demo.md.
const (
	flinkDemoBegin = "```\n$ make demo-flink\n"
	flinkDemoEnd   = "```\n"
)

// writeFlinkDemo replaces the run in a page, which must have one.
func writeFlinkDemo(file, run string) error {
	page, err := os.ReadFile(file) //nolint:gosec // in the repository
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(page), flinkDemoBegin)
	_, after, closed := strings.Cut(rest, flinkDemoEnd)
	if !found || !closed {
		return fmt.Errorf("%s has no place for the run, a block that begins with %q", file, flinkDemoBegin)
	}
	return os.WriteFile(file, []byte(before+flinkDemoBegin+run+flinkDemoEnd+after), 0o644) //nolint:gosec // a page for all
}
