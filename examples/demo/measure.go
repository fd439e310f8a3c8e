package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
)

// measurement is what one way came to, as the client saw it and as the servers counted it.
type measurement struct {
	way

	took   time.Duration
	values []string // by record; "" without a value
	marks  []mark
	errors map[string]int // by reason
	// prompt and completion are the tokens of all results' usage.
	prompt, completion uint64
	counted            counts

	answered int
}

// mark is how many records had their result after some time.
type mark struct {
	after time.Duration
	done  int
}

// noAnswer stands beside weir's reasons for a record that had no result when the time was up.
const noAnswer = "NO_ANSWER_IN_TIME"

// measure sends the first reviews through weir, one way, and takes the time from the opening of the stream to the last result.
// Where ctx ends with errTimeUp, the records that are not back have no answer.
func measure(ctx context.Context, c *client.Client, w way, reviews []review, tick func(m *measurement)) (*measurement, error) {
	m := &measurement{way: w, values: make([]string, w.records), errors: map[string]int{}}
	items := make(chan int, w.records)
	for i := range w.records {
		items <- i
	}
	close(items)
	begin := time.Now()
	run := client.Run[int]{
		Client: c,
		Start:  client.Start{Model: w.model},
		Items:  items,
		Record: func(i int) *weirv1.Record { return &weirv1.Record{Text: reviews[i].Text} },
		Emit: func(i int, result *weirv1.Result) error {
			m.add(i, result)
			return nil
		},
		Idle: func() error {
			m.took = time.Since(begin)
			m.marks = append(m.marks, mark{m.took, m.answered})
			tick(m)
			return nil
		},
		Started:    w.fits,
		Reconnects: -1,
	}
	err := run.Do(ctx)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if errors.Is(err, errTimeUp) {
		m.took = time.Since(begin)
		m.errors[noAnswer] = w.records - m.answered
		return m, nil
	}
	return m, err
}

// fits refuses a stream that would not do what the demo says.
func (w way) fits(started *weirv1.PredictStarted) error {
	if size := int(started.GetEffectiveBatchSize()); size != w.batch {
		return fmt.Errorf("model %s: its batches have %d records, not %d", w.model, size, w.batch)
	}
	if warnings := started.GetWarnings(); len(warnings) > 0 {
		return fmt.Errorf("model %s: the server warns: %s", w.model, strings.Join(warnings, "; "))
	}
	return nil
}

func (m *measurement) add(i int, result *weirv1.Result) {
	m.answered++
	m.prompt += result.GetUsage().GetPromptTokens()
	m.completion += result.GetUsage().GetCompletionTokens()
	if e := result.GetError(); e != nil {
		m.errors[strings.TrimPrefix(e.GetReason().String(), "REASON_")]++
		return
	}
	m.values[i] = result.GetText() + result.GetJson()
}

// rate is records a second.
func (m *measurement) rate() float64 {
	return float64(m.answered) / max(m.took, time.Millisecond).Seconds()
}

func (m *measurement) callsPerRecord() float64 {
	return float64(max(m.counted.calls, 1)) / float64(m.records)
}

// callMean is how long a call took on average, as weir saw it.
func (m *measurement) callMean() time.Duration {
	return m.counted.callTime / time.Duration(max(m.counted.calls, 1))
}

func (m *measurement) withValue() int { return m.count(func(i int) bool { return m.values[i] != "" }) }

func (m *measurement) withLabel() int {
	return m.count(func(i int) bool { return labelIn(m.values[i]) != "" })
}

// asPeople counts the records whose label is that of the people who rated them.
func (m *measurement) asPeople(reviews []review) int {
	return m.count(func(i int) bool { return labelIn(m.values[i]) == reviews[i].people() })
}

// asModel counts the records whose value is exactly the model's own label.
func (m *measurement) asModel(reviews []review) int {
	return m.count(func(i int) bool { return m.values[i] == reviews[i].own() })
}

// repeats counts the batches whose labels are those of the example, in its order.
func (m *measurement) repeats(example []string) int {
	names := func(value, label string) bool { return labelIn(value) == label }
	n := 0
	for batch := range slices.Chunk(m.values, m.batch) {
		if len(batch) <= len(example) && slices.EqualFunc(batch, example[:len(batch)], names) {
			n++
		}
	}
	return n
}

func (m *measurement) count(is func(i int) bool) int {
	n := 0
	for i := range m.values {
		if is(i) {
			n++
		}
	}
	return n
}

// errTimeUp is the cause where the demo's own bound ends a run.
var errTimeUp = errors.New("the time for the runs is up")
