package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
)

// predictFlags are the command line of predict.
type predictFlags struct {
	target
	request

	fields      []string
	format      string
	out         string
	prefix      string
	maxInFlight int
	reconnects  int
	resume      bool
	overwrite   bool
	strict      bool
	quiet       bool
}

const predictLong = `Streams the rows of a JSONL or CSV file, or of standard input, through a server, and writes each row with the
model's answer added, in the input's order.

What the model sees: the columns named by --field; where there is one, its text. Without --field it is the column "text".
What is written: the input's row as it is, then the column "prediction", or one column for each name of
response.value.field where that is a list, and "error" (in JSONL only where there is one). --prefix puts something before
these names where the input has them already.

A row that cannot be read, or that the model gives no answer for, has its error in its row, and the exit code is then 3;
with --strict the first row that cannot be read ends the run. Where the connection breaks or the server stops, the run
goes on with the rows that have no answer yet.

Ctrl-C keeps every row that is done. With --out FILE the same command with --resume goes on behind them: it compares the
rows of FILE with the input, drops a last row that is not complete, and asks for the rest only.

The input is read as it goes, so its size does not matter. On a terminal a bar shows how far it is. The number of calls is
the least that can have been made: the server says how many calls a row was part of, not which.`

func newPredict() *cobra.Command {
	var f predictFlags
	cmd := &cobra.Command{
		Use:   "predict [FILE|-]",
		Short: "Send the rows of a file through a server",
		Long:  predictLong,
		Example: `  weir predict reviews.jsonl > labelled.jsonl
  weir predict reviews.csv --field review --out labelled.csv
  weir predict reviews.csv --field review --out labelled.csv --resume
  weir predict tickets.jsonl -m triage --field subject,body -o response.value.field=team,urgency
  tail -f events.jsonl | weir predict - --server weir.example:9347 --tls --token env:WEIR_TOKEN`,
		Args: cobra.MaximumNArgs(1),
		RunE: action(func(cmd *cobra.Command, args []string) error {
			path := "-"
			if len(args) == 1 {
				path = args[0]
			}
			return f.run(cmd, path)
		}).run,
	}
	f.flags(cmd)
	return cmd
}

func (f *predictFlags) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.request.flags(flags)
	flags.StringArrayVarP(&f.fields, "field", "f", nil, "`name` of a column that the model sees; several with commas, or repeated (default text)")
	flags.StringVar(&f.format, "format", "", "jsonl or csv (default: what the file's name ends in, else jsonl)")
	flags.StringVar(&f.out, "out", "", "`file` for the output (default standard output)")
	flags.BoolVar(&f.resume, "resume", false, "go on with the output of an earlier run")
	flags.BoolVar(&f.overwrite, "overwrite", false, "replace an output that is there already")
	flags.StringVar(&f.prefix, "prefix", "", "`text` before the names of the added columns")
	flags.BoolVar(&f.strict, "strict", false, "end at the first row that cannot be read")
	flags.IntVar(&f.maxInFlight, "max-in-flight", 0, "most rows without an answer; 0: as many as the server allows")
	flags.IntVar(&f.reconnects, "reconnects", client.DefaultReconnects, "most tries in a row to go on after a broken connection")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no bar, no summary, no warnings")
	f.target.flags(flags)
}

func (f *predictFlags) run(cmd *cobra.Command, path string) error {
	if f.resume && f.out == "" {
		return misuse("--resume goes on with a file: say which with --out")
	}
	set, err := f.set()
	if err != nil {
		return err
	}
	in, err := openInput(path, f.format, f.fields, cmd.InOrStdin())
	if err != nil {
		return err
	}
	defer in.close()
	if in.empty {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has no rows; nothing to do\n", in.name)
		return nil
	}
	p := &prediction{flags: f, in: in, strict: f.strict, options: set}
	if err := p.openOutput(cmd.OutOrStdout()); err != nil {
		return err
	}
	err = f.withClient(cmd.Context(), func(ctx context.Context, c *client.Client) error {
		return p.run(ctx, c, cmd.ErrOrStderr())
	})
	if closed := p.sink.close(); err == nil {
		err = closed
	}
	return err
}

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
	p.progress.update(func(t *tally) { t.size, t.before = p.in.size, p.done.rows })
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
	if name := p.columns.clash(r); name != "" {
		return misuse("line %d: the input has a column %q already; --prefix puts something before the names of the added ones", r.line, name)
	}
	if p.strict && r.problem != "" {
		return fmt.Errorf("line %d: %s (--strict)", r.line, r.problem)
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
		p.progress.say("note: %s", w)
	}
	p.columns, p.out = columns, p.in.output(columns)
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
	p.progress.say("the stream broke: %v; going on in %v (try %d of %d)", refusal(why), wait, try, most)
}

// finish says how it went.
func (p *prediction) finish(ctx context.Context, err error) error {
	t, took := p.progress.end()
	if ctx.Err() != nil {
		return p.interrupted(ctx)
	}
	if err != nil {
		if p.sink.written > 0 {
			p.progress.say("%s", t.summary(took))
			p.progress.say("%s", p.howToGoOn())
		}
		return err
	}
	p.progress.say("%s", t.summary(took))
	if len(t.errors) == 0 {
		return nil
	}
	p.progress.say("first error, %s", t.first)
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
		return fmt.Sprintf("%s rows are written; with --out FILE a run can go on later", number(p.sink.written))
	}
	return fmt.Sprintf("%s rows are in %s; the same command with --resume (instead of --overwrite) goes on behind them",
		number(p.sink.written), p.sink.name)
}
