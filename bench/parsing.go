package main

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/weir-ml/weir/parsing"
)

func parsingRow() row {
	return row{
		name: "parsing",
		what: "Reading answers, in megabytes for each second of a processor",
		how: "Answers about 20 to 1,000 records with a label each, written in every format, read in this process again and " +
			"again for 100 ms of its processor time, the collector's included; each record must have its own value. " +
			"Damaged: whatever the format, the answer is cut off in its last entry, and an index is doubled, so that one " +
			"or two records have none. Mended: JSON with single quotes, None and a comma too many in each entry. Linear " +
			"is the rate at 1,000 records over that at 256, whole and damaged, of the format where it is least.",
		apart:   true,
		measure: measureParsing,
	}
}

// written is a form of answers.
type written struct {
	name       string
	config     parsing.Config
	open, shut string
	entry      string // with %[1]d for the index and %[2]s for the value
}

var writtenForms = []written{
	{name: "json", open: "[", shut: "{}]", entry: `{"index": %[1]d, "value": "%[2]s"},` + "\n"},
	{name: "json, mended", open: "[", shut: "]", entry: `{'index': %[1]d, "value": "%[2]s", "x": None,},` + "\n"},
	{name: "json lines", entry: `{"index": %[1]d, "value": "%[2]s"}` + "\n"},
	{name: "json keyed", config: parsing.Config{Path: "$"}, open: "{", shut: `"100000": null}`, entry: `"%[1]d": "%[2]s",` + "\n"},
	{
		name: "xml", config: parsing.Config{Format: "xml"}, open: "<results>\n", shut: "</results>",
		entry: `<result index="%[1]d"><value>%[2]s</value></result>` + "\n",
	},
	{
		name: "xml, XPath", config: parsing.Config{Format: "xml", Path: "/r/e[@index]"}, open: "<r>\n", shut: "</r>",
		entry: `<e index="%[1]d" value="%[2]s"/>` + "\n",
	},
	{name: "delimited", config: parsing.Config{Format: "delimited"}, open: "index|value\n", entry: "%[1]d|%[2]s\n"},
	{name: "delimited, CSV", config: parsing.Config{Format: "delimited", Delimiter: ","}, entry: `%[1]d,"%[2]s"` + "\n"},
	{name: "regex", config: parsing.Config{Format: "regex", Path: `^(?P<index>\d+): (?P<value>.*)$`}, entry: "%[1]d: %[2]s\n"},
}

// answer writes an answer about so many records.
func (w *written) answer(records int, damaged bool) string {
	var b strings.Builder
	b.WriteString(w.open)
	for i := range records {
		index := i + 1
		if damaged && i == records/2 {
			index = i // its neighbour's
		}
		fmt.Fprintf(&b, w.entry, index, html.EscapeString(labelOf(i)))
	}
	if damaged {
		return b.String()[:b.Len()-len(w.entry)/2]
	}
	return b.String() + w.shut
}

// labelOf differs from record to record.
func labelOf(i int) string {
	return fmt.Sprintf("%s %d", []string{"positive", "negative", "neutral"}[i%3], i)
}

// parsed is one line of the table.
type parsed struct {
	small, usual, usualDamaged, large, largeDamaged, huge, hugeDamaged samples
}

func measureParsing(ctx context.Context, l *lab) ([]figure, error) {
	lines := make([]parsed, len(writtenForms))
	err := l.each(ctx, func(counts bool) error {
		for i := range writtenForms {
			if err := lines[i].round(&writtenForms[i], counts); err != nil {
				return fmt.Errorf("%s: %w", writtenForms[i].name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.aside = "| MB/s | 20 records | 64 records | 64, damaged | 256 records | 256, damaged | 1,000 records | 1,000, damaged |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|\n"
	var linear samples
	for i := range lines {
		p := &lines[i]
		l.aside += fmt.Sprintf("| %s |", writtenForms[i].name)
		for _, rate := range p.all() {
			l.aside += fmt.Sprintf(" %.0f |", rate.to.median())
		}
		l.aside += "\n"
		linear = append(linear, p.huge.median()/p.large.median(), p.hugeDamaged.median()/p.largeDamaged.median())
	}
	return []figure{
		{what: "json, 64 records", unit: "MB/s", sample: lines[0].usual, limit: 20, kind: atLeast},
		{what: "json, 64 records, damaged", unit: "MB/s", sample: lines[0].usualDamaged},
		{what: "json, 64 records, mended", unit: "MB/s", sample: lines[1].usual},
		{what: "linear, the least of all formats", sample: samples{slices.Min(linear)}, limit: 0.6, kind: atLeast},
	}, nil
}

// measuredAt is where the rate of one size goes.
type measuredAt struct {
	to      *samples
	records int
	damaged bool
}

func (p *parsed) all() []measuredAt {
	return []measuredAt{
		{&p.small, 20, false},
		{&p.usual, 64, false},
		{&p.usualDamaged, 64, true},
		{&p.large, 256, false},
		{&p.largeDamaged, 256, true},
		{&p.huge, 1000, false},
		{&p.hugeDamaged, 1000, true},
	}
}

// round measures a format once in each size.
func (p *parsed) round(w *written, counts bool) error {
	parser, err := parsing.New(w.config)
	if err != nil {
		return err
	}
	for _, m := range p.all() {
		rate, err := parseRate(parser, w, m.records, m.damaged)
		if err != nil {
			return err
		}
		if counts {
			m.to.add(rate)
		}
	}
	return nil
}

// parseRate returns how many megabytes of an answer are read in a second of a processor.
func parseRate(parser *parsing.Parser, w *written, records int, damaged bool) (float64, error) {
	reply := parsing.Reply{Text: w.answer(records, damaged), CutOff: damaged}
	if err := checkParsed(parser.Parse(reply, records), records, damaged); err != nil {
		return 0, err
	}
	begin, times := ownCPU(), 0
	for {
		for range max(1, 1024/records) {
			parser.Parse(reply, records)
			times++
		}
		if took := ownCPU() - begin; took >= 100*time.Millisecond {
			return float64(times*len(reply.Text)) / 1e6 / took.Seconds(), nil
		}
	}
}

// checkParsed: each record has its own value, or where the answer is damaged, up to three have none.
func checkParsed(a parsing.Answer, records int, damaged bool) error {
	without := 0
	for i, e := range a.Entries {
		switch {
		case e.Problem != parsing.ProblemNone:
			without++
		case e.Fields[0].Value != labelOf(i):
			return fmt.Errorf("record %d of %d has the value %q", i+1, records, e.Fields[0].Value)
		}
	}
	if !damaged && without > 0 || without > 3 {
		return fmt.Errorf("%d of %d records have no value", without, records)
	}
	return nil
}
