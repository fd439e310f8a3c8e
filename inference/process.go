package inference

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/weir-ml/weir/batching"
	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/templates"
)

// begin is where the batch's own goroutine starts.
func (p *plan) begin(records []pending, why batching.Reason) {
	growStack(false) // here, where there is least to copy
	p.process(records, why)
}

// process takes a batch from its leaving to the last of its results.
func (p *plan) process(records []pending, why batching.Reason) {
	ctx, cancel := whileAnyStream(records)
	defer cancel()
	batch := &run{plan: p, records: records, open: len(records), about: p.about(records, why), start: time.Now()}
	defer func() { batch.finish(ctx, recover()) }()
	if p.hooks.BatchStart != nil {
		ctx = p.hooks.BatchStart(ctx, batch.about)
	}
	batch.giveUp() // who waited too long for a place at the provider
	if batch.isOver() {
		return
	}
	defer batch.watch()()
	batch.answer(batch.ask(ctx))
}

func (p *plan) about(records []pending, why batching.Reason) Batch {
	return Batch{
		Model:    p.model.Name,
		Provider: p.model.Provider,
		Records:  len(records),
		Full:     p.options.BatchSize,
		Left:     string(why),
		Waited:   time.Since(records[0].arrived),
	}
}

// run is a batch in flight. Its records are settled by the reply, or before that by their deadlines: each once.
type run struct {
	plan  *plan
	about Batch // for the hooks
	start time.Time

	mu      sync.Mutex
	records []pending // in the order of the prompt; those settled stay in their places
	open    int       // how many are not settled
	calls   int       // model calls so far
	late    *time.Timer
	over    bool
	end     BatchEnd
}

// reply is what a call gave: a response with its answer, or an error for all records of the call.
type reply struct {
	attempts int
	response *providers.Response
	answer   parsing.Answer
	err      *providers.Error
}

func (r *run) isOver() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open == 0
}

// ask makes one call for all records.
func (r *run) ask(ctx context.Context) reply {
	req, err := r.request()
	if err != nil {
		return reply{err: &providers.Error{Kind: providers.KindInternal, Message: err.Error(), Err: err}}
	}
	ctx, cancel := withDeadline(ctx, r.records)
	defer cancel()
	response, err := r.plan.chain.Complete(ctx, req)
	if err != nil {
		failure := providers.AsError(err)
		return reply{err: failure, attempts: failure.Attempts}
	}
	text := parsing.Reply{Text: response.Text, CutOff: response.Finish == providers.FinishLength}
	answer := r.plan.parser.Parse(text, len(r.records))
	return reply{response: response, answer: answer, attempts: response.Attempts}
}

// request renders the records and counts the call that it is for.
func (r *run) request() (*providers.Request, error) {
	r.mu.Lock()
	r.calls++
	r.mu.Unlock()
	rows := make([]templates.Record, len(r.records))
	for i := range r.records {
		rows[i] = templates.Record{Fields: r.records[i].record.Fields}
	}
	rendered, err := r.plan.prompt.Render(rows)
	if err != nil {
		return nil, fmt.Errorf("rendering the prompt: %w", err)
	}
	return r.plan.request(rendered), nil
}

// answer settles every open record by the reply.
func (r *run) answer(reply reply) {
	r.mu.Lock()
	now, open, nth := time.Now(), r.open, 0
	out := settled{results: make([]Result, 0, open), streams: make([]*Stream, 0, open)}
	for i := range r.records {
		p := &r.records[i]
		if p.settled {
			continue
		}
		result := Result{Tag: p.record.Tag, Attempts: reply.attempts}
		if reply.err != nil {
			result.Err = r.failure(p, reply.err, now)
		} else {
			read(&result, &reply.answer.Entries[i], reply)
			result.Usage = share(reply.response.Usage, nth, open)
		}
		nth++
		r.settle(&out, p, result)
	}
	r.mu.Unlock()
	r.deliver(out)
}

// settled are results on their way out, each with its stream.
type settled struct {
	results []Result
	streams []*Stream
}

// settle gives an open record its result. r.mu is held.
func (r *run) settle(out *settled, p *pending, result Result) {
	p.settled = true
	r.open--
	r.count(&result)
	out.results = append(out.results, result)
	out.streams = append(out.streams, p.stream)
}

// failure is why a record has no value when its call failed.
func (r *run) failure(p *pending, err *providers.Error, now time.Time) *Error {
	if err.Kind == providers.KindTimeout && p.isLate(now) {
		return tooLate()
	}
	return &Error{Reason: reasonOf(err.Kind), Message: fmt.Sprintf("provider %s: %s", r.plan.model.Provider, err.Error())}
}

// read makes a record's result of its entry in the answer.
func read(result *Result, entry *parsing.Entry, reply reply) {
	result.Warnings = reply.answer.Warnings
	switch n := sizeOf(entry.Fields); {
	case entry.Problem != parsing.ProblemNone:
		result.Err = unanswered(entry, reply.response.Finish)
	case n > MaxValueBytes:
		message := fmt.Sprintf("the value has %d bytes; at most %d are sent on", n, MaxValueBytes)
		result.Err = &Error{Reason: ReasonInvalidAnswer, Message: message}
	default:
		result.Values, result.Match = entry.Fields, entry.Match
	}
}

func sizeOf(values []Value) int {
	n := 0
	for i := range values {
		n += len(values[i].Value)
	}
	return n
}

// unanswered is why a record has no value although its call gave a reply.
func unanswered(entry *parsing.Entry, finish providers.Finish) *Error {
	e := &Error{Message: entry.Message}
	switch entry.Problem {
	case parsing.ProblemUnparsable:
		e.Reason = ReasonUnparsableAnswer
	case parsing.ProblemInvalid:
		e.Reason = ReasonInvalidAnswer
	case parsing.ProblemMissing, parsing.ProblemNone:
		e.Reason = ReasonMissingAnswer
	}
	if finish == providers.FinishLength {
		e.Message += "; the answer was cut off at the model's token limit: raise max.output.tokens or lower batch.size"
	}
	return e
}

// share is record i's part of the usage of a call with n records; the parts add up to the whole.
func share(usage providers.Usage, i, n int) providers.Usage {
	return providers.Usage{
		PromptTokens:     part(usage.PromptTokens, i, n),
		CompletionTokens: part(usage.CompletionTokens, i, n),
		Reported:         usage.Reported,
	}
}

func part(total, i, n int) int {
	if i < total%n {
		return total/n + 1
	}
	return total / n
}

// count notes a result for the batch's end. r.mu is held.
func (r *run) count(result *Result) {
	r.end.Usage.PromptTokens += result.Usage.PromptTokens
	r.end.Usage.CompletionTokens += result.Usage.CompletionTokens
	r.end.Usage.Reported = r.end.Usage.Reported || result.Usage.Reported
	if result.Err == nil {
		r.end.Values++
		return
	}
	if r.end.Errors == nil {
		r.end.Errors = map[Reason]int{}
	}
	r.end.Errors[result.Err.Reason]++
}

// deliver hands out results, neighbours of one stream together: a stream's results leave in as few messages as possible.
func (r *run) deliver(out settled) {
	results, streams := out.results, out.streams
	for len(results) > 0 {
		n := 1
		for n < len(results) && streams[n] == streams[0] {
			n++
		}
		r.handOut(streams[0], results[:n:n])
		results, streams = results[n:], streams[n:]
	}
}

// handOut keeps a receiver that panics from the results of others.
func (r *run) handOut(stream *Stream, results []Result) {
	defer func() { r.report(recover()) }()
	stream.deliver(results)
}

// finish ends the batch; fault is what it panicked with, or nil.
func (r *run) finish(ctx context.Context, fault any) {
	r.report(fault)
	r.abandon()
	if r.plan.hooks.BatchEnd != nil {
		r.end.Duration = time.Since(r.start)
		r.plan.hooks.BatchEnd(ctx, r.about, r.end)
	}
}

func (r *run) report(fault any) {
	if fault != nil && r.plan.hooks.Fault != nil {
		r.plan.hooks.Fault(fmt.Sprintf("%T", fault), debug.Stack())
	}
}

// abandon gives the records that are still open their results, which only a panic leaves: a fault of weir must not keep a
// client waiting for ever, nor end the other streams.
func (r *run) abandon() {
	r.mu.Lock()
	var out settled
	err := &Error{Reason: ReasonInternal, Message: "a fault in weir; please report it, with the server's log"}
	for i := range r.records {
		if p := &r.records[i]; !p.settled {
			r.settle(&out, p, Result{Tag: p.record.Tag, Err: err, Attempts: r.calls})
		}
	}
	r.mu.Unlock()
	r.deliver(out)
}
