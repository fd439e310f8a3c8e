package inference

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
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
	batch := &run{
		plan: p, records: records, open: len(records), about: p.about(records, why), start: time.Now(),
		ladder: newLadder(p.options.FailureStrategy, len(records)),
	}
	ctx, left := p.model.Limit.Begin(ctx)
	defer left()
	defer func() { batch.finish(ctx, recover()) }()
	if p.hooks.BatchStart != nil {
		ctx = p.hooks.BatchStart(ctx, batch.about)
	}
	batch.giveUp() // who waited too long for a place at the provider
	if batch.isOver() {
		return
	}
	defer batch.watch()()
	batch.work(ctx)
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

// run is a batch in flight. Its records are settled by replies, or before that by their deadlines: each once.
type run struct {
	plan   *plan
	about  Batch // for the hooks
	start  time.Time
	ladder ladder

	mu      sync.Mutex
	records []pending // in the order of the prompt; those settled stay in their places
	open    int       // how many are not settled
	late    *time.Timer
	over    bool
	end     BatchEnd
}

// reply is what a call gave: a response with its answer, or an error for all records of the call.
type reply struct {
	attempts int
	bytes    int // of the prompt
	response *providers.Response
	answer   parsing.Answer
	err      *providers.Error
}

func (r *run) isOver() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open == 0
}

// work asks about all records, and again about those without an answer, until each is settled.
func (r *run) work(ctx context.Context) {
	r.plan.model.earn(len(r.records))
	for queue := r.first(); len(queue) > 0; {
		asked := r.begin(queue[0])
		queue = queue[1:]
		if len(asked.places) > 0 {
			reply := r.ask(ctx, asked)
			queue = append(r.answer(asked, reply), queue...)
			r.tell(ctx, reply)
		}
	}
}

// tell tells the hooks what can wait until the results are out.
func (r *run) tell(ctx context.Context, reply reply) {
	if r.plan.hooks.Answered != nil && reply.response != nil {
		by := r.plan.model.answeredBy(reply.response)
		end := CallEnd{
			Duration: reply.response.Took, Response: reply.response, Cost: spendingOf(reply.response.Usage, by.Price).cost,
		}
		r.plan.hooks.Answered(ctx, Call{Model: by.Name, Provider: by.Provider}, end)
	}
}

// first returns the batch in the parts that the model's context is known to have room for: mostly one.
func (r *run) first() []part {
	all := make([]int, len(r.records))
	for i := range all {
		all[i] = i
	}
	return r.plan.model.room.parts(all, r.bytes)
}

func (r *run) bytes(place int) int { return r.records[place].record.Bytes() }

// begin counts a call for the records of a part that are still open, and returns those.
func (r *run) begin(p part) part {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.places = slices.DeleteFunc(slices.Clone(p.places), func(place int) bool { return r.records[place].settled })
	for _, place := range p.places {
		r.records[place].calls++
	}
	if len(p.places) > 0 {
		r.end.Calls++
	}
	return p
}

// ask makes one call about a part.
func (r *run) ask(ctx context.Context, asked part) reply {
	ctx, cancel := r.withDeadline(ctx, asked)
	defer cancel()
	if r.plan.embeds() {
		return r.embed(ctx, asked)
	}
	plan := r.plan.asks()
	names := plan.names(chance(), len(asked.places))
	req, err := r.request(plan, asked, names)
	if err != nil {
		return reply{err: &providers.Error{Kind: providers.KindInternal, Message: err.Error(), Err: err}}
	}
	response, err := r.plan.chain.Complete(ctx, req)
	if err != nil {
		failure := providers.AsError(err)
		return reply{err: failure, attempts: failure.Attempts}
	}
	if response.Alternative == 0 && response.Finish == providers.FinishStop { // one that was cut off shows nothing of its form
		plan.schemas.learn(req.Schema, response.Form)
	}
	bytes := 0
	for _, m := range req.Messages {
		bytes += len(m.Content)
	}
	text := parsing.Reply{
		Text: response.Text, CutOff: response.Finish == providers.FinishLength, IDs: names.ids, Echoes: names.echoes,
	}
	answer := plan.parser.Parse(text, len(asked.places))
	return reply{response: response, answer: answer, attempts: response.Attempts, bytes: bytes}
}

// request renders the records of a part, numbered from 1.
func (r *run) request(plan *plan, asked part, names names) (*providers.Request, error) {
	rows := make([]templates.Record, len(asked.places))
	for i, place := range asked.places {
		rows[i] = templates.Record{Fields: r.records[place].record.Fields}
	}
	names.giveTo(rows)
	rendered, err := plan.prompt.Render(rows)
	if err != nil {
		return nil, fmt.Errorf("rendering the prompt: %w", err)
	}
	rendered.System += r.notes(asked, names.ids)
	req := plan.request(rendered, len(asked.places))
	req.EstimatedPromptTokens, req.EstimatedOutputTokens = plan.meter.expect(len(rendered.System)+len(rendered.User), req.Records)
	return req, nil
}

// notes tells the model what was wrong with its last answers about these records.
func (r *run) notes(asked part, ids []string) string {
	var b strings.Builder
	for i, place := range asked.places {
		note := r.records[place].note
		if note == "" {
			continue
		}
		name := strconv.Itoa(i + 1)
		if ids != nil {
			name = ids[i]
		}
		fmt.Fprintf(&b, "\nYour last answer about input %s was not accepted: %s. Answer it again.", name, note)
	}
	return b.String()
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
			r.settle(&out, p, Result{Err: err})
		}
	}
	r.mu.Unlock()
	r.deliver(out)
}
