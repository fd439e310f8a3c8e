package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-ml/weir/internal/catalog"
)

// comparison is both ways side by side: a one by one, b in batches.
type comparison struct {
	scene

	a, b    *measurement
	reviews []review
}

// What a call and a token cost in the table, in dollars. A call costs what the proposal reckons with, a token what it costs
// with a small model of the catalogue.
const (
	singleCallPrice = 0.002
	batchCallPrice  = 0.006
	pricedModel     = "gpt-4o-mini"
	pricedRecords   = 10_000
)

var (
	tokenPrice      = priceOf(pricedModel)
	promptPrice     = tokenPrice.Input.Dollars() / 1e6
	completionPrice = tokenPrice.Output.Dollars() / 1e6
)

// priceOf is a price of the catalogue.
func priceOf(model string) catalog.Price {
	if known, ok := catalog.Find(model); ok && known.Price != nil {
		return *known.Price
	}
	return catalog.Price{}
}

// row is a line of the table: the same of both ways, and what the second is to the first.
type row struct{ what, a, b, ratio string }

func (c *comparison) rows() []row {
	rows := slices.Concat([]row{{"", c.a.name, c.b.name, ""}}, c.speed(), c.tokens())
	if c.simulated {
		rows = slices.Concat(rows, c.costs(), []row{
			c.both("labels equal to the model's own", func(m *measurement) string { return of(m.asModel(c.reviews), m.records) }),
		})
	} else {
		rows = append(rows,
			c.both("records with a value", func(m *measurement) string { return of(m.withValue(), m.records) }),
			c.both("values that name one of the labels", func(m *measurement) string { return of(m.withLabel(), m.records) }),
			row{"batches that only repeat the example", "-", of(c.b.repeats(c.example), c.b.calls()), ""})
	}
	rows = append(rows, c.both("labels as people gave them", func(m *measurement) string {
		return fmt.Sprintf("%.1f %%", 100*float64(m.asPeople(c.reviews))/float64(m.records))
	}))
	return append(rows, c.errorRows()...)
}

// both is a row of something that is not compared.
func (c *comparison) both(what string, text func(m *measurement) string) row {
	return row{what, text(c.a), text(c.b), ""}
}

func (c *comparison) speed() []row {
	a, b := c.a, c.b
	return []row{
		c.both("records", func(m *measurement) string { return number(m.records) }),
		c.both("model calls", func(m *measurement) string { return number(m.counted.calls) }),
		{
			"  a record", fmt.Sprintf("%.3g", a.callsPerRecord()), fmt.Sprintf("%.3g", b.callsPerRecord()),
			times(a.callsPerRecord()/b.callsPerRecord()) + " fewer",
		},
		c.both("time of a call, on average", func(m *measurement) string { return milliseconds(m.callMean()) }),
		c.both("wall time", func(m *measurement) string { return seconds(m.took) }),
		{"records a second", fmt.Sprintf("%.3g", a.rate()), fmt.Sprintf("%.3g", b.rate()), times(b.rate() / a.rate())},
	}
}

func (c *comparison) tokens() []row {
	a, b := c.a, c.b
	return []row{
		{"prompt tokens", number(int(a.prompt)), number(int(b.prompt)), ""},
		{"  a record", each(a.prompt, a), each(b.prompt, b), change(perRecord(a.prompt, a), perRecord(b.prompt, b))},
		{"completion tokens", number(int(a.completion)), number(int(b.completion)), ""},
		{"  a record", each(a.completion, a), each(b.completion, b), change(perRecord(a.completion, a), perRecord(b.completion, b))},
	}
}

func perRecord(tokens uint64, m *measurement) float64 {
	return float64(tokens) / float64(max(m.answered, 1))
}

func each(tokens uint64, m *measurement) string { return fmt.Sprintf("%.1f", perRecord(tokens, m)) }

// byCall is the price of 10,000 records where a call has a price.
func (m *measurement) byCall() float64 {
	price := singleCallPrice
	if m.batch > 1 {
		price = batchCallPrice
	}
	return price * float64(m.counted.calls) * pricedRecords / float64(m.records)
}

// byToken is the price of 10,000 records where tokens have a price.
func (m *measurement) byToken() float64 {
	return pricedRecords * (perRecord(m.prompt, m)*promptPrice + perRecord(m.completion, m)*completionPrice)
}

func (c *comparison) costs() []row {
	a, b := c.a, c.b
	return []row{
		{"cost of 10,000 records, by the call", dollars(a.byCall(), 2), dollars(b.byCall(), 2), change(a.byCall(), b.byCall())},
		{"cost of 10,000 records, by the token", dollars(a.byToken(), 3), dollars(b.byToken(), 3), change(a.byToken(), b.byToken())},
	}
}

// errorRows are the errors, and each reason on its own.
func (c *comparison) errorRows() []row {
	reasons := maps.Clone(c.a.errors)
	maps.Copy(reasons, c.b.errors)
	rows := make([]row, 0, 1+len(reasons))
	rows = append(rows, c.both("errors", func(m *measurement) string { return number(total(m.errors)) }))
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		rows = append(rows, row{"  " + reason, number(c.a.errors[reason]), number(c.b.errors[reason]), ""})
	}
	return rows
}

// instruction is how many tokens more the instruction of every call would have where both ways cost the same by the token.
func (c *comparison) instruction() float64 {
	perInstructionToken := pricedRecords * promptPrice * (1 - 1/float64(c.b.batch))
	return (c.b.byToken() - c.a.byToken()) / perInstructionToken
}

// notes say what the figures stand on.
func (c *comparison) notes() string {
	var b strings.Builder
	if c.simulated {
		c.priceNotes(&b)
	} else {
		fmt.Fprint(&b, "One thread makes all tokens: a call is as long as its tokens are many, and those beside it share the thread.\n")
		fmt.Fprintf(&b, "A value counts as a label if it names exactly one. Both runs together may take %v.\n", c.within)
		fmt.Fprint(&b, "A batch that repeats the labels of the prompt's example, in its order, has most likely judged nothing.\n")
	}
	fmt.Fprint(&b, "As people gave them: the label is the sign of the mean of ten people's ratings or more.\n")
	return b.String()
}

func (c *comparison) priceNotes(b *strings.Builder) {
	fmt.Fprintf(b, "By the call: %s a call with one record, %s a call with %d, as the proposal reckons.\n",
		dollars(singleCallPrice, 3), dollars(batchCallPrice, 3), c.b.batch)
	fmt.Fprintf(b, "By the token: as %s costs, %s a million prompt tokens, %s a million completion tokens\n  (%s of %s).\n",
		pricedModel, dollars(tokenPrice.Input.Dollars(), 2), dollars(tokenPrice.Output.Dollars(), 2), tokenPrice.Source, tokenPrice.Date)
	if more := c.instruction(); more > 0 {
		fmt.Fprintf(b, "  A batch says its instruction once, but index and field with each answer. Beside this very short instruction\n"+
			"  that costs more; with one that has %.0f tokens more a call, batches cost less.\n", math.Ceil(more))
	}
}

// table writes the rows with their columns aligned.
func (c *comparison) table() string {
	var b strings.Builder
	for _, r := range c.rows() {
		b.WriteString(strings.TrimRight(fmt.Sprintf("  %-37s %16s %18s   %s", r.what, r.a, r.b, r.ratio), " ") + "\n")
	}
	return b.String()
}

func dollars(amount float64, decimals int) string {
	return "$" + strconv.FormatFloat(amount, 'f', decimals, 64)
}

func of(n, all int) string { return number(n) + " of " + number(all) }

func times(x float64) string { return fmt.Sprintf("%.1f ×", x) }

// change is how much more or less b is than a.
func change(a, b float64) string {
	percent := 100 * (b - a) / max(a, 1e-12)
	if percent < 0 {
		return fmt.Sprintf("%.0f %% less", -percent)
	}
	return fmt.Sprintf("%.0f %% more", percent)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.0f ms", d.Seconds()*1000) }
