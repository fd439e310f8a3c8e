package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"
)

// row is one subject of the benchmarks.
type row struct {
	name string // what -run matches
	what string // its heading
	how  string // how it is measured
	// extra rows run only when -run names them.
	extra bool
	// apart rows are extra, and have a run line of their own in docs/benchmarks.md, or a page of their own.
	apart   bool
	file    string // in docs/, where it is a page of its own
	measure func(ctx context.Context, l *lab) ([]figure, error)
}

// rows are all of them, in the order of the table.
func rows() []row {
	return []row{
		reviewsRow(), throughputRow(), roundTripRow(), singleRow(), idleRow(), growthRow(), fillRow(), limitsRow(),
		collectorRow(), parsingRow(), flinkRow(), flinkCPURow(), flinkSizingRow(), structuredRow(), adversaryRow(), smallModelRow(),
	}
}

// measured is a row with its figures.
type measured struct {
	row
	figures []figure
	aside   string // a table besides, in Markdown
	took    time.Duration
}

func (l *lab) wants(r *row) bool {
	if r.extra || r.apart {
		return l.only.String() != "" && l.only.MatchString(r.name)
	}
	return l.only.MatchString(r.name)
}

// benchmark measures the rows, prints them, and fails where a limit is missed.
func benchmark(ctx context.Context, l *lab) error {
	about, err := describe(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(l.out, "%s\n%d rounds after one to warm up; median (least … most)\n", about.line(), l.rounds)
	watch := watchOthers()
	var all []measured
	missed := 0
	for _, r := range rows() {
		if !l.wants(&r) {
			continue
		}
		l.row, l.servers, l.aside = r.name, 0, ""
		begin := time.Now()
		figures, err := r.measure(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		m := measured{row: r, figures: figures, aside: l.aside, took: time.Since(begin)}
		missed += m.print(l)
		all = append(all, m)
	}
	about.others = watch()
	fmt.Fprintf(l.out, "\n%s\n", about.othersLine())
	if l.write {
		if err := writeDocument(l, about, all); err != nil {
			return err
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d figures miss their limits", missed)
	}
	if len(all) == 0 {
		return errors.New("no row has a name like that")
	}
	return nil
}

// print prints a row and returns how many limits it misses.
func (m *measured) print(l *lab) int {
	fmt.Fprintf(l.out, "\n%s: %s (%.0f s)\n", m.name, m.what, m.took.Seconds())
	if m.aside != "" {
		fmt.Fprintf(l.out, "\n%s\n", m.aside)
	}
	table := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	missed := 0
	for i := range m.figures {
		f := &m.figures[i]
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", f.verdict(), f.what, f.value(), f.spread(), f.bound())
		if f.missed() {
			missed++
		}
	}
	_ = table.Flush() // what is printed for people is best effort
	return missed
}
