package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
)

// benchFlags are the command line of bench.
type benchFlags struct {
	target
	request

	records     int
	duration    time.Duration
	streams     int
	maxInFlight int
	perMessage  int
	unordered   bool
	file        string
	fields      []string
}

const benchLong = `Sends records through a server as fast as it takes them and says how fast that was: records a second, the time from the
moment a record may be sent to its result, tokens, and the least number of model calls.

The records are short texts made up on the spot, or the rows of a file, again and again. Where the server calls a
provider that costs money, so does this.`

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Load a server and measure it",
		Long:  benchLong,
		Example: `  weir bench
  weir bench --records 100000 --streams 4
  weir bench --duration 30s --max-in-flight 10 --per-message 1
  weir bench --file reviews.jsonl -o batch.size=50`,
		Args: cobra.NoArgs,
		RunE: action(func(cmd *cobra.Command, _ []string) error { return f.run(cmd) }).run,
	}
	flags := cmd.Flags()
	f.request.flags(flags)
	flags.IntVarP(&f.records, "records", "n", 10_000, "how many records to send")
	flags.DurationVar(&f.duration, "duration", 0, "send for this long, instead of a number of records")
	flags.IntVar(&f.streams, "streams", 1, "how many streams to send on")
	flags.IntVar(&f.maxInFlight, "max-in-flight", 0, "most unanswered records of a stream; 0: as many as the server allows")
	flags.IntVar(&f.perMessage, "per-message", 16, "most records in a message")
	flags.BoolVar(&f.unordered, "unordered", false, "take results in any order")
	flags.StringVar(&f.file, "file", "", "JSONL or CSV `file` whose rows are sent (default made-up texts)")
	fieldFlags(flags, &f.fields)
	f.target.flags(flags)
	return cmd
}

func (f *benchFlags) run(cmd *cobra.Command) error {
	if f.streams < 1 || f.perMessage < 1 || f.records < 1 || f.duration < 0 {
		return misuse("--streams, --per-message and --records must be at least 1, --duration not negative")
	}
	set, err := f.set()
	if err != nil {
		return err
	}
	b := &load{flags: f, start: client.Start{Model: f.model, Options: set, MaxInFlight: f.maxInFlight, Unordered: f.unordered}}
	if b.texts, err = f.texts(cmd.InOrStdin()); err != nil {
		return err
	}
	err = f.withClient(cmd.Context(), b.run)
	if b.took > 0 && b.tally.rows > 0 {
		b.report(cmd.OutOrStdout())
	}
	return err
}

// maxBenchRows is how many rows of a file bench keeps.
const maxBenchRows = 100_000

// texts are the records to send, again and again.
func (f *benchFlags) texts(stdin io.Reader) ([]*weirv1.Record, error) {
	if f.file == "" {
		return madeUp(), nil
	}
	in, err := openInput(f.file, "", f.fields, stdin)
	if err != nil {
		return nil, err
	}
	defer in.close()
	var records []*weirv1.Record
	for len(records) < maxBenchRows {
		r, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if r.record != nil {
			records = append(records, r.record)
		}
	}
	if len(records) == 0 {
		return nil, misuse("%s has no rows to send", f.file)
	}
	return records, nil
}

// madeUp are a few hundred short texts, all different.
func madeUp() []*weirv1.Record {
	subjects := []string{"The film", "This phone", "The battery", "Their service", "The food", "That book", "The hotel"}
	verdicts := []string{
		"is wonderful", "is terrible", "arrived on a Tuesday", "works as described", "was a waste of money",
		"is better than I hoped", "broke within a week",
	}
	ends := []string{"and I would buy it again.", "and I want my money back.", "so far.", "which is what I needed.", "after all."}
	records := make([]*weirv1.Record, 0, len(subjects)*len(verdicts)*len(ends))
	for _, s := range subjects {
		for _, v := range verdicts {
			for _, e := range ends {
				records = append(records, &weirv1.Record{Text: s + " " + v + " " + e})
			}
		}
	}
	return records
}

// load is one run of bench.
type load struct {
	flags *benchFlags
	start client.Start
	texts []*weirv1.Record
	next  atomic.Int64
	took  time.Duration

	mu      sync.Mutex
	tally   tally
	times   histogram
	started *weirv1.PredictStarted
}

// run loads the server on all streams, until all records are answered or ctx ends.
func (b *load) run(ctx context.Context, c *client.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sending := ctx
	if b.flags.duration > 0 {
		var stop context.CancelFunc
		sending, stop = context.WithTimeout(ctx, b.flags.duration)
		defer stop()
	}
	begin := time.Now()
	failed := make(chan error, b.flags.streams)
	for range b.flags.streams {
		go func() { failed <- b.stream(ctx, sending, c) }()
	}
	var first error
	for range b.flags.streams {
		if err := <-failed; err != nil && first == nil {
			first = err
			cancel() // the figures of the others would be of another load
		}
	}
	b.took = time.Since(begin)
	return first
}

// stream loads the server on one stream: it sends until sending ends, and takes what comes until ctx does.
func (b *load) stream(ctx, sending context.Context, c *client.Client) error {
	session, err := c.Open(ctx, b.start)
	if err != nil {
		return err
	}
	defer session.Close()
	b.mu.Lock()
	b.started = session.Started()
	b.tally.batch = largestBatch(b.started)
	b.mu.Unlock()
	sent := newSent()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.send(sending, session, sent)
	}()
	err = b.receive(session, sent)
	session.Close()
	<-done
	return err
}

// send sends messages until the records or ctx end. Why the stream ends is receive's to know.
func (b *load) send(ctx context.Context, session *client.Session, sent *sent) {
	sequence := uint64(0)
	for ctx.Err() == nil {
		message := b.message(sequence)
		if len(message) == 0 {
			break
		}
		sequence += uint64(len(message))
		sent.add(message, time.Now())
		if err := session.Send(ctx, message...); err != nil {
			break
		}
	}
	_ = session.CloseSend() // receive has its error
}

// message returns the next records; none where enough were sent.
func (b *load) message(sequence uint64) []*weirv1.Record {
	n := int64(b.flags.perMessage)
	from := b.next.Add(n) - n
	if b.flags.duration == 0 {
		n = min(n, int64(b.flags.records)-from)
	}
	message := make([]*weirv1.Record, 0, max(n, 0))
	for i := range n {
		sequence++
		text := b.texts[(from+i)%int64(len(b.texts))]
		message = append(message, &weirv1.Record{Sequence: new(sequence), Text: text.GetText(), Fields: text.GetFields()})
	}
	return message
}

func (b *load) receive(session *client.Session, sent *sent) error {
	for {
		results, err := session.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b.count(results, sent, time.Now())
	}
}

func (b *load) count(results []*weirv1.Result, sent *sent, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, result := range results {
		b.times.add(now.Sub(sent.take(result.GetSequence())))
		b.tally.add(row{}, result, outcomeOf(row{}, result))
	}
}

// report prints the figures.
func (b *load) report(out io.Writer) {
	table := newTable(out)
	fmt.Fprintf(table, "records\t%s in %s\n", number(b.tally.rows), short(b.took))
	fmt.Fprintf(table, "rate\t%s records/s\n", number(rate(b.tally.rows, b.took)))
	fmt.Fprintf(table, "time of a record\tp50 %s  p90 %s  p99 %s  most %s\n",
		short(b.times.quantile(0.5)), short(b.times.quantile(0.9)), short(b.times.quantile(0.99)), short(b.times.most))
	fmt.Fprintf(table, "outcome\t%s\n", b.tally.errorText())
	if usage := b.tally.usageText(); usage != "" {
		fmt.Fprintf(table, "usage\t%s\n", usage)
	}
	fmt.Fprintf(table, "streams\t%d, each with a window of %s and batches of %d\n",
		b.flags.streams, number(uint64(b.started.GetWindow().GetRecords())), b.started.GetEffectiveBatchSize())
	_ = table.Flush() // what is printed for people is best effort
}
