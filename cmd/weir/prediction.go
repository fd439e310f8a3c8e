package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
)

// prediction is one run of predict.
type prediction struct {
	flags    *predictFlags
	options  map[string]string
	strict   bool
	in       *input
	done     resumption
	sink     *sink
	out      output
	columns  resultColumns
	progress *progress

	rows    chan row
	started chan struct{} // closed when the columns are known
	stopped error         // why the input was not read to its end; valid when rows is closed
}

// openOutput opens what the rows are written to, and moves the input behind those that are there.
func (p *prediction) openOutput(stdout io.Writer) error {
	f := p.flags
	if f.out == "" {
		p.sink = newSink("standard output", stdout, nil)
		return nil
	}
	if sameFile(f.out, p.in.file) {
		return misuse("--out %s is the input", f.out)
	}
	var file *os.File
	var err error
	if f.resume {
		file, p.done, err = resumeOutput(f.out, p.in)
	} else {
		file, err = createOutput(f.out, f.overwrite)
	}
	if err != nil {
		return err
	}
	p.sink = newSink(f.out, file, file)
	p.sink.written = p.done.rows
	return nil
}

func sameFile(path string, file *os.File) bool {
	if file == nil {
		return false
	}
	a, errA := os.Stat(path)
	b, errB := file.Stat()
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// heartbeat keeps a stream open through proxies while a slow model thinks.
const heartbeat = 20 * time.Second

func (p *prediction) run(ctx context.Context, c *client.Client, stderr io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.rows = make(chan row, 256)
	p.started = make(chan struct{})
	live := isTerminal(stderr) && (p.sink.file != nil || !isTerminal(os.Stdout))
	p.progress = newProgress(stderr, live, p.flags.quiet)
	p.progress.update(func(t *tally) { t.size, t.before, t.start = p.in.size, p.done.rows, p.done.end })
	go p.read(ctx)
	run := &client.Run[row]{
		Client:     c,
		Start:      client.Start{Model: p.flags.model, Options: p.options, MaxInFlight: p.flags.maxInFlight, Heartbeat: heartbeat},
		Items:      p.rows,
		Record:     func(r row) *weirv1.Record { return r.record },
		Emit:       p.emit,
		Idle:       p.sink.flush,
		Started:    p.open,
		Retrying:   p.retrying,
		Reconnects: orNever(p.flags.reconnects),
	}
	err := run.Do(ctx)
	if err == nil {
		err = p.stopped
	}
	return p.finish(ctx, err)
}

// orNever makes 0 tries never.
func orNever(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// read reads the input into rows, once the columns are known, until its end or that of ctx.
func (p *prediction) read(ctx context.Context) {
	defer close(p.rows)
	select {
	case <-p.started:
	case <-ctx.Done():
		return
	}
	for {
		r, err := p.in.next()
		if err == nil {
			err = p.check(r)
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			p.stopped = err
			return
		}
		select {
		case p.rows <- r:
		case <-ctx.Done():
			return
		}
	}
}

// check returns why a row ends the run.
func (p *prediction) check(r row) error {
	if p.strict && r.problem != "" {
		return fmt.Errorf("line %d: %s (--strict)", r.line, r.problem)
	}
	return p.clash(r)
}

// clash returns an error where the row has a column already that would be added.
func (p *prediction) clash(r row) error {
	if name := p.columns.clash(r); name != "" {
		return misuse("line %d: the input has a column %q already; --prefix puts something before the added names", r.line, name)
	}
	return nil
}

// open is told what each stream got. The first one names the columns; a later one must have the same.
func (p *prediction) open(started *weirv1.PredictStarted) error {
	columns := columnsOf(started, p.flags.prefix)
	if p.out != nil {
		if strings.Join(columns.values, ",") != strings.Join(p.columns.values, ",") {
			return fmt.Errorf("the server came back with other values (%s, before %s); finish with --resume, once it is as before",
				strings.Join(columns.values, ", "), strings.Join(p.columns.values, ", "))
		}
		return nil
	}
	for _, w := range started.GetWarnings() {
		p.progress.sayf("note: %s", w)
	}
	p.columns, p.out = columns, p.in.output(columns)
	if p.in.ahead != nil { // before anything is written
		if err := p.clash(*p.in.ahead); err != nil {
			return err
		}
	}
	p.progress.update(func(t *tally) { t.batch = largestBatch(started) })
	if err := p.header(); err != nil {
		return err
	}
	close(p.started)
	return nil
}

// largestBatch is the most records that a call of the stream can have.
func largestBatch(started *weirv1.PredictStarted) int {
	if started.GetOptions()["batch.scope"] == "model" { // a batch may then have records of other streams
		var size int
		_, _ = fmt.Sscan(started.GetOptions()["batch.size"], &size)
		return size
	}
	return int(started.GetEffectiveBatchSize())
}

// header writes the header, or checks that of an earlier run.
func (p *prediction) header() error {
	header := p.out.header()
	if p.done.header == nil {
		return p.sink.write(header)
	}
	if string(header) != string(p.done.header) {
		return misuse("--resume: %s has other columns than this run would add (%s)", p.flags.out, strings.Join(p.columns.values, ", "))
	}
	return nil
}

// emit writes a row.
func (p *prediction) emit(r row, result *weirv1.Result) error {
	res := outcomeOf(r, result)
	p.sink.scratch = p.out.appendRow(p.sink.scratch[:0], r, res)
	if err := p.sink.write(p.sink.scratch); err != nil {
		return err
	}
	p.sink.written++
	p.progress.update(func(t *tally) { t.add(r, result, res) })
	return nil
}

func (p *prediction) retrying(why error, try int, wait time.Duration) {
	most := p.flags.reconnects
	p.progress.sayf("the stream broke: %v; going on in %v (try %d of %d)", refusal(why), wait, try, most)
}

// finish says how it went.
func (p *prediction) finish(ctx context.Context, err error) error {
	t, took := p.progress.end()
	if ctx.Err() != nil {
		return p.interrupted(ctx)
	}
	if err != nil {
		if p.sink.written > 0 {
			p.progress.sayf("%s", t.summary(took))
			p.progress.sayf("%s", p.howToGoOn())
		}
		return err
	}
	p.progress.sayf("%s", t.summary(took))
	if len(t.errors) == 0 {
		return nil
	}
	p.progress.sayf("first error, %s", t.first)
	return &failure{code: exitRecords}
}

// interrupted keeps what is done.
func (p *prediction) interrupted(ctx context.Context) error {
	if err := p.sink.close(); err != nil {
		return err
	}
	return interrupted(ctx, p.howToGoOn())
}

func (p *prediction) howToGoOn() string {
	if p.sink.file == nil {
		return fmt.Sprintf("%s written; with --out FILE a run can go on later", count(p.sink.written, "row"))
	}
	return fmt.Sprintf("%s in %s; the same command with --resume (instead of --overwrite) goes on behind them",
		count(p.sink.written, "row"), p.sink.name)
}
