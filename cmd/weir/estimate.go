package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/catalog"
)

// estimation is what a file would take at several batch sizes.
type estimation struct {
	flags    *costFlags
	renderer renderer
	model    description
	sizes    []*sized
	rows     int
	unsound  int // rows that would fail without a call
}

// sized is what it would take at one size.
type sized struct {
	size    int
	options map[string]string
	waiting []*weirv1.Record // not rendered yet

	calls   int
	in, out uint64
	micros  int64
	busy    time.Duration // of all calls, one after another
	longest time.Duration
}

// count counts a call.
func (e *estimation) count(s *sized, p *weirv1.Prompt, records int) {
	in, out := int(p.GetEstimatedTokens()), int(p.GetEstimatedOutputTokens())
	if e.flags.answer > 0 {
		out = e.flags.answer * records
	}
	s.calls++
	s.in += uint64(in)
	s.out += uint64(out)
	if e.model.price != nil {
		s.micros += e.model.price.Cost(catalog.Tokens{Input: in, Output: out})
	}
	took := e.flags.latency + time.Duration(out)*e.flags.perToken
	s.busy += took
	s.longest = max(s.longest, took)
}

// time is how long it takes with so many calls side by side.
func (s *sized) time(parallel int) time.Duration {
	return max(s.busy/time.Duration(parallel), s.longest)
}

// write writes the table.
func (e *estimation) write(out io.Writer, name string) {
	fmt.Fprintf(out, "%s: %s", name, count(e.rows, "row"))
	if e.unsound > 0 {
		fmt.Fprintf(out, ", and %d that cannot be asked about", e.unsound)
	}
	fmt.Fprintf(out, "; model %s: %s of %s\n\n", e.model.name, e.model.model, e.model.provider)
	table := tabwriter.NewWriter(out, 0, 8, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "batch.size\tcalls\ttokens in\ttokens out\ttime\tprice\tper 1,000 rows\t")
	for _, s := range e.sizes {
		price, each := "–", "–"
		if e.model.price != nil {
			price, each = dollars(uint64(s.micros)), dollars(uint64(s.micros)*1000/uint64(max(e.rows, 1)))
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", s.size, number(uint64(s.calls)), number(s.in), number(s.out),
			short(s.time(e.flags.parallel)), price, each)
	}
	_ = table.Flush() // the writer that it flushes to says nothing here either
	fmt.Fprintf(out, "\n%s\n", e.notes())
}

// notes say what the figures stand on.
func (e *estimation) notes() string {
	price := "Without a price: set price.input and price.output of the model in the server's file."
	if p := e.model.price; p != nil {
		price = fmt.Sprintf("A million tokens: $%g in, $%g out", p.Input.Dollars(), p.Output.Dollars())
		if p.Date == "" {
			price += "; the operator's price."
		} else {
			price += fmt.Sprintf("; %s of %s.", p.Source, p.Date)
		}
	}
	answer := "an answer as long as is known, or 32 tokens for each row (--answer-tokens)"
	if e.flags.answer > 0 {
		answer = fmt.Sprintf("%s of an answer for each row", count(e.flags.answer, "token"))
	}
	return fmt.Sprintf("%s\nReckoned with %s;\na call takes %v and %v for each token of its answer, %d side by side."+
		" Nothing is asked again, nothing comes from a cache.",
		price, answer, e.flags.latency, e.flags.perToken, e.flags.parallel)
}
