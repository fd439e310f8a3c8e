package inference

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/weir-ml/weir/batching"
	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/templates"
)

// process takes a batch from its leaving to the last of its results. It runs in the batch's own goroutine.
func (p *plan) process(records []pending, why batching.Reason) {
	ctx, cancel := whileAnyStream(records)
	defer cancel()
	batch := &run{plan: p, open: records, about: p.about(records, why), start: time.Now()}
	defer func() { batch.finish(ctx, recover()) }()
	if p.hooks.BatchStart != nil {
		ctx = p.hooks.BatchStart(ctx, batch.about)
	}
	for round := 1; len(batch.open) > 0; round++ {
		batch.settle(ctx, round, batch.ask(ctx))
	}
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

// run is a batch in flight.
type run struct {
	plan *plan
	open []pending // records without a result, in order

	about Batch // for the hooks
	start time.Time
	end   BatchEnd
}

// reply is what a call gave: a response with its answer, or an error for all records of the call.
type reply struct {
	attempts int
	response *providers.Response
	answer   parsing.Answer
	err      *providers.Error
}

// ask makes one call for all open records.
func (r *run) ask(ctx context.Context) reply {
	req, err := r.request()
	if err != nil {
		return reply{err: &providers.Error{Kind: providers.KindInternal, Message: err.Error(), Err: err}}
	}
	ctx, cancel := withDeadline(ctx, r.open)
	defer cancel()
	response, err := r.plan.chain.Complete(ctx, req)
	if err != nil {
		failure := providers.AsError(err)
		return reply{err: failure, attempts: failure.Attempts}
	}
	text := parsing.Reply{Text: response.Text, CutOff: response.Finish == providers.FinishLength}
	answer := r.plan.parser.Parse(text, len(r.open))
	return reply{response: response, answer: answer, attempts: response.Attempts}
}

func (r *run) request() (*providers.Request, error) {
	rows := make([]templates.Record, len(r.open))
	for i := range r.open {
		rows[i] = templates.Record{Fields: r.open[i].record.Fields}
	}
	rendered, err := r.plan.prompt.Render(rows)
	if err != nil {
		return nil, fmt.Errorf("rendering the prompt: %w", err)
	}
	return r.plan.request(rendered), nil
}

// settle gives every record that the reply decides its result; the others stay open.
func (r *run) settle(ctx context.Context, round int, reply reply) {
	again := r.again(ctx, round, reply)
	results := make([]Result, 0, len(r.open))
	var open []pending
	var streams []*Stream
	for i := range r.open {
		p := &r.open[i]
		p.attempts += reply.attempts
		if again != nil && again(p) {
			open = append(open, *p)
			continue
		}
		result := r.result(i, reply)
		r.count(&result)
		results = append(results, result)
		streams = append(streams, p.stream)
	}
	r.open = open
	deliver(results, streams)
}

// result is what the reply says of the open record i.
func (r *run) result(i int, reply reply) Result {
	p := &r.open[i]
	result := Result{Tag: p.record.Tag, Attempts: p.attempts}
	if reply.err != nil {
		result.Err = r.failure(p, reply.err)
		return result
	}
	entry := &reply.answer.Entries[i]
	result.Usage = share(reply.response.Usage, i, len(r.open))
	result.Warnings = reply.answer.Warnings
	if entry.Problem != parsing.ProblemNone {
		result.Err = unanswered(entry, reply.response.Finish)
		return result
	}
	if n := sizeOf(entry.Fields); n > MaxValueBytes {
		message := fmt.Sprintf("the value has %d bytes; at most %d are sent on", n, MaxValueBytes)
		result.Err = &Error{Reason: ReasonInvalidAnswer, Message: message}
		return result
	}
	result.Values, result.Match = entry.Fields, entry.Match
	return result
}

func sizeOf(values []Value) int {
	n := 0
	for i := range values {
		n += len(values[i].Value)
	}
	return n
}

// failure is why a record has no value when its call failed.
func (r *run) failure(p *pending, err *providers.Error) *Error {
	if err.Kind == providers.KindTimeout && p.isLate() {
		return tooLate()
	}
	return &Error{Reason: reasonOf(err.Kind), Message: fmt.Sprintf("provider %s: %s", r.plan.model.Provider, err.Error())}
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

// count notes a result for the batch's end.
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
func deliver(results []Result, streams []*Stream) {
	for len(results) > 0 {
		n := 1
		for n < len(results) && streams[n] == streams[0] {
			n++
		}
		streams[0].deliver(results[:n:n])
		results, streams = results[n:], streams[n:]
	}
}

// finish ends the batch; fault is what it panicked with, or nil.
func (r *run) finish(ctx context.Context, fault any) {
	if fault != nil {
		r.abandon(fault)
	}
	if r.plan.hooks.BatchEnd != nil {
		r.end.Duration = time.Since(r.start)
		r.plan.hooks.BatchEnd(ctx, r.about, r.end)
	}
}

// abandon gives the records that are still open their results: a fault of weir must not leave a client waiting for ever, nor
// end the other streams.
func (r *run) abandon(fault any) {
	err := &Error{Reason: ReasonInternal, Message: fmt.Sprintf("a fault in weir (%T); please report it", fault)}
	for i := range r.open {
		result := Result{Tag: r.open[i].record.Tag, Err: err, Attempts: r.open[i].attempts}
		r.count(&result)
		r.open[i].stream.deliver([]Result{result})
	}
	if r.plan.hooks.Fault != nil {
		r.plan.hooks.Fault(fmt.Sprintf("%T", fault), debug.Stack())
	}
}
