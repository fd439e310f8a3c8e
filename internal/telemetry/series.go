package telemetry

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// tally is a number with its attributes.
type tally struct {
	n          atomic.Int64
	to         metric.Int64Observable
	attributes []metric.ObserveOption
	quiet      bool // not reported while it is 0
}

func (t *tally) add(n int) { t.n.Add(int64(n)) }

func (t *tally) observe(to metric.Observer) {
	n := t.n.Load()
	if n == 0 && t.quiet {
		return
	}
	to.ObserveInt64(t.to, n, t.attributes...)
}

// series is a set of tallies and histograms that share attributes. It does not change once it is made.
type series struct {
	counts     *counts
	shared     []attribute.KeyValue
	tallies    []*tally
	histograms []*histogram
}

func (c *counts) series(shared ...attribute.KeyValue) *series {
	return &series{counts: c, shared: shared}
}

func (s *series) observe(ctx context.Context, to metric.Observer) {
	for _, t := range s.tallies {
		t.observe(to)
	}
	for _, h := range s.histograms {
		h.flush(ctx)
	}
}

// tally makes the tally of a row of the table.
func (s *series) tally(row int, own ...attribute.KeyValue) *tally {
	t := &tally{
		to:         s.counts.instruments[row].number,
		attributes: []metric.ObserveOption{metric.WithAttributeSet(s.set(own))},
	}
	s.tallies = append(s.tallies, t)
	return t
}

// histogram makes the histogram of a row of the table.
func (s *series) histogram(row int) *histogram {
	h := &histogram{
		to:         s.counts.instruments[row].histogram,
		attributes: []metric.RecordOption{metric.WithAttributeSet(s.set(nil))},
		atOnce:     s.counts.exemplars,
	}
	s.histograms = append(s.histograms, h)
	return h
}

func (s *series) set(own []attribute.KeyValue) attribute.Set {
	all := make([]attribute.KeyValue, 0, len(s.shared)+len(own))
	return attribute.NewSet(append(append(all, s.shared...), own...)...)
}

// split is a row of the table with one tally for each value of an attribute. The values are of a closed set.
type split struct {
	by    map[string]*tally
	other *tally
}

// split makes the tallies. Those of the usual values are reported from the start, so that a rate sees their first event;
// the unusual ones once they are not 0.
func (s *series) split(row int, attr string, usual, unusual []string) split {
	made := split{by: make(map[string]*tally, len(usual)+len(unusual))}
	for _, value := range usual {
		made.by[value] = s.tally(row, attribute.String(attr, value))
	}
	for _, value := range unusual {
		if made.by[value] != nil {
			continue
		}
		made.by[value] = s.tally(row, attribute.String(attr, value))
		made.by[value].quiet = true
	}
	made.other = s.tally(row, attribute.String(attr, other))
	made.other.quiet = true
	return made
}

func (s *split) add(value string, n int) {
	if t, ok := s.by[value]; ok {
		t.add(n)
		return
	}
	s.other.add(n)
}
