package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// The account of limitsRow.
const (
	limitPerMinute = 1200
	limitPerSecond = limitPerMinute / 60
	limitLatency   = 50 * time.Millisecond
	limitBatch     = 20
	limitCalls     = 64 // in flight
)

// limitCase is what weir knows of the account.
type limitCase struct {
	name     string
	provider string // its configuration; %s is the simulator's URL
}

func limitCases() []limitCase {
	return []limitCase{
		{"limits set", "kind: openai, base_url: %s/v1, limits: {requests_per_minute: 1200}"},
		{"named in answers", "kind: openai, base_url: %s/v1"},
		{"only refusals, with a time to wait", "kind: gemini, base_url: %s"},
		{"only refusals, bare", "kind: bedrock, base_url: %s"},
	}
}

func limitsRow() row {
	return row{
		name: "limits",
		what: "an account with 1,200 calls a minute that refuses what is beyond",
		how: "36,000 reviews in batches of 20, 1,800 calls, through `weir serve` to `weir simulate --latency 50ms " +
			"--requests-per-minute 1200`, after direct calls have used up what the account had saved. It is 60 calls a minute with " +
			"answers after a second, twenty times as fast; but the first minute, which does not count, is a real one, because weir " +
			"looks back over minutes. Limits set: in the configuration. Named: in the headers of OpenAI. Only refusals: " +
			"Gemini's, with the time to wait, and Bedrock's, without. Used is the simulator's count of answers over 20 for each second, " +
			"and may be above 100 % where the account has saved some in the first minute. Refused are 429s over all calls. The least " +
			"possible time is 90 s. One run each, all at once, each with servers of its own, because what waits is the clock and not " +
			"the machine.",
		apart:   true,
		measure: measureLimits,
	}
}

func measureLimits(ctx context.Context, l *lab) ([]figure, error) {
	cases := limitCases()
	figures, errs := make([][]figure, len(cases)), make([]error, len(cases))
	var all sync.WaitGroup
	for i := range cases {
		all.Go(func() {
			if figures[i], errs[i] = cases[i].measure(ctx, l); errs[i] != nil {
				errs[i] = fmt.Errorf("%s: %w", cases[i].name, errs[i])
			}
		})
	}
	all.Wait()
	var together []figure
	for _, more := range figures {
		together = append(together, more...)
	}
	return together, errors.Join(errs...)
}

const limitConfiguration = `
providers: {account: {%s}}
models: {%s: {provider: account, model: sentiment}}
`

func (c *limitCase) measure(ctx context.Context, l *lab) (_ []figure, err error) {
	simulator, err := l.simulator(ctx, "--latency", limitLatency.String(), "--requests-per-minute", strconv.Itoa(limitPerMinute))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, simulator.stop()) }()
	provider := fmt.Sprintf(c.provider, strings.TrimSuffix(simulator.address, "/v1"))
	weir, err := l.serve(ctx, fmt.Sprintf(limitConfiguration, provider, modelUpstream))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, weir.stop()) }()
	conn, err := dial(weir.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // it is not needed any more
	run := &limitRun{limitCase: c, lab: l, simulator: simulator, conn: conn, records: 36_000, start: time.Minute}
	if l.short {
		run.records, run.start = 1000, time.Second
	}
	if err := run.measure(ctx); err != nil {
		return nil, err
	}
	return run.figures(), nil
}

// limitRun is the records of a case on their way.
type limitRun struct {
	*limitCase
	*lab
	simulator *process
	conn      *grpc.ClientConn
	records   int
	start     time.Duration // what comes before does not count

	failed        int
	began, took   time.Duration // began: when the start was over
	before, total simulatorStats
}

func (r *limitRun) measure(ctx context.Context) error {
	if err := drain(ctx, r.simulator.address); err != nil {
		return fmt.Errorf("using up the account: %w", err)
	}
	if _, err := r.simulator.calls(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	looked := make(chan error, 1)
	begin := time.Now()
	go func() { looked <- r.look(ctx, begin) }()
	err := r.run(ctx)
	cancel()
	return errors.Join(err, <-looked)
}

// run sends the records and reads the simulator's counts when all have their results.
func (r *limitRun) run(ctx context.Context) (err error) {
	load := &load{
		model: modelUpstream, options: map[string]string{"batch.size": strconv.Itoa(limitBatch)},
		texts: r.reviews, perMessage: limitBatch, window: limitCalls * limitBatch, check: r.labelledOrFailed,
	}
	if r.took, err = load.run(ctx, r.conn, r.records); err != nil {
		return err
	}
	r.total, err = r.simulator.stats(ctx)
	return err
}

// labelledOrFailed counts the records without a value; a wrong value ends the run.
func (r *limitRun) labelledOrFailed(text, value string) bool {
	if value == "" {
		r.failed++
		return true
	}
	return r.labelled(text, value)
}

// look reads the simulator's counts when the start is over.
func (r *limitRun) look(ctx context.Context, begin time.Time) (err error) {
	timer := time.NewTimer(r.start)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return fmt.Errorf("the run ended within %v, which do not count", r.start)
	}
	r.before, err = r.simulator.stats(ctx)
	r.began = time.Since(begin)
	return err
}

func (r *limitRun) figures() []figure {
	at := ", " + r.name
	taken, refused := r.after("200"), r.after("429")
	allowed := (r.took - r.began).Seconds() * limitPerSecond
	least := float64(r.records) / limitBatch / limitPerSecond
	return []figure{
		{what: "allowed calls used after the start" + at, unit: "%", sample: samples{100 * taken / allowed}, limit: 95, kind: atLeast},
		{what: "calls refused after the start" + at, unit: "%", sample: samples{100 * refused / (taken + refused)}, limit: 1, kind: atMost},
		{what: "records without a value" + at, sample: samples{float64(r.failed)}, limit: 0, kind: atMost},
		{what: "wall time over the least possible" + at, sample: samples{r.took.Seconds() / least}},
		{what: "calls refused at the start" + at, sample: samples{float64(r.before.ByStatus["429"])}},
	}
}

func (r *limitRun) after(status string) float64 {
	return float64(r.total.ByStatus[status] - r.before.ByStatus[status])
}

// drain uses up what the account has saved, a minute's calls: many call at once until one is refused.
func drain(ctx context.Context, base string) error {
	errs := make([]error, limitCalls)
	var empty atomic.Bool
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			for !empty.Load() && errs[i] == nil {
				var status int
				if status, errs[i] = ask(ctx, base); status != http.StatusOK {
					empty.Store(true)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// ask makes a call and returns its status.
func ask(ctx context.Context, base string) (status int, err error) {
	body := strings.NewReader(`{"model": "sentiment", "messages": [{"role": "user", "content": "."}]}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/chat/completions", body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}
