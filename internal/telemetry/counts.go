package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/metric"
)

// maxSeries is how many sets of attributes the SDK keeps for each metric: more than the models can have.
const maxSeries = 20 * maxModels

// counts holds what is counted: numbers of its own that the SDK reads when somebody collects, and the SDK's histograms.
// A number costs a few nanoseconds to count, a counter of the SDK twenty times that.
type counts struct {
	instruments [metricCount]instrument
	exemplars   bool // histograms name the spans of some of their values
	models      catalogue[string, modelSeries]
	pairs       catalogue[pair, pairSeries]
	faults      *series
	fault       *tally
	gauges      gauges
}

// instrument is a row of the table as the SDK has it: a histogram, or something to read.
type instrument struct {
	histogram metric.Float64Histogram
	number    metric.Int64Observable
}

func newCounts(meter metric.Meter, exemplars bool) (*counts, error) {
	c := &counts{exemplars: exemplars}
	numbers := make([]metric.Observable, 0, metricCount)
	for i := range table {
		made, err := newInstrument(meter, &table[i])
		if err != nil {
			return nil, fmt.Errorf("metric %s: %w", table[i].Name, err)
		}
		c.instruments[i] = made
		if made.number != nil {
			numbers = append(numbers, made.number)
		}
	}
	c.models = catalogue[string, modelSeries]{make: c.newModelSeries, overflow: other}
	c.pairs = catalogue[pair, pairSeries]{make: c.newPairSeries, overflow: pair{model: other, provider: other}}
	c.faults = c.series()
	c.fault = c.faults.tally(faults)
	if _, err := meter.RegisterCallback(c.collect, numbers...); err != nil {
		return nil, fmt.Errorf("registering the metrics: %w", err)
	}
	return c, nil
}

func newInstrument(meter metric.Meter, m *Metric) (instrument, error) {
	unit, doc := metric.WithUnit(m.Unit), metric.WithDescription(m.Doc)
	switch m.Kind {
	case Histogram:
		h, err := meter.Float64Histogram(m.Name, unit, doc, metric.WithExplicitBucketBoundaries(m.Buckets...))
		return instrument{histogram: h}, err
	case Counter:
		n, err := meter.Int64ObservableCounter(m.Name, unit, doc)
		return instrument{number: n}, err
	case Gauge:
		n, err := meter.Int64ObservableUpDownCounter(m.Name, unit, doc)
		return instrument{number: n}, err
	}
	return instrument{}, fmt.Errorf("no such kind: %q", m.Kind)
}

// collect reports every number to the SDK.
func (c *counts) collect(ctx context.Context, to metric.Observer) error {
	c.faults.observe(ctx, to)
	for _, of := range c.models.all() {
		of.observe(ctx, to)
	}
	for _, of := range c.pairs.all() {
		of.observe(ctx, to)
	}
	c.gauges.observe(to, c)
	return nil
}
