package inference

import (
	"context"
	"time"

	"github.com/weir-ml/weir/internal/catalog"
	"github.com/weir-ml/weir/providers"
)

// Hooks tell an observer what happens, for each batch and each call; for a record only where it never reaches one. Every
// function may be nil; they
// are called from several goroutines at once and must not wait.
type Hooks struct {
	// BatchStart is called when a batch has left. The context it returns is that of the batch's calls.
	BatchStart func(ctx context.Context, batch Batch) context.Context
	// BatchEnd is called when every record of the batch has its result.
	BatchEnd func(ctx context.Context, batch Batch, end BatchEnd)
	// CallStart is called before each attempt of a call; the context it returns is the attempt's.
	CallStart func(ctx context.Context, call Call) context.Context
	// CallEnd is called after each attempt, with its response or its error. Records wait for their results meanwhile: what need
	// not be known before them is for Answered.
	CallEnd func(ctx context.Context, call Call, end CallEnd)
	// Answered is called after each call with a response, once the results of what it answers are out. ctx is the batch's.
	Answered func(ctx context.Context, call Call, end CallEnd)
	// Rejected is called with the records that never reached a batch, by reason.
	Rejected func(model string, reason Reason, records int)
	// TakenApart is called when a model has not answered several batches in a row as batches, so that for a while such
	// batches are not taken apart any more (open), and when it answers one again (not open).
	TakenApart func(model string, open bool)
	// FellBack is called before a call that a model could not answer goes to another, and why.
	FellBack func(model, to string, why providers.Kind)
	// Fault is called when a batch panics: with the fault's type, without its value, and the stack.
	Fault func(fault string, stack []byte)
}

// Batch describes a batch to an observer.
type Batch struct {
	Model, Provider string
	// Records is how many it has, Full how many would make it full.
	Records, Full int
	// Left says why it left: full, bytes, weight, timeout, flush, stall.
	Left string
	// Waited is the time from the arrival of its first record to its leaving.
	Waited time.Duration
}

// BatchEnd is how a batch ended.
type BatchEnd struct {
	Duration time.Duration
	// Usage and Cost are the sums of the records'.
	Usage providers.Usage
	Cost  Cost
	// Values is how many records have a value, Errors how many have none, by reason.
	Values int
	Errors map[Reason]int
	// Calls is how many questions the model was asked, one unless something was asked again, not counting calls that were
	// repeated because they failed. Repaired is how many records got their value after the first of theirs.
	Calls, Repaired int
	// Refused says why something was not asked again that could have been; empty if nothing was.
	Refused Refusal
	// Warnings are what is remarkable about the answers, at most 8, without record text.
	Warnings []string
}

// Refusal is why records were not asked about again.
type Refusal string

// The refusals.
const (
	RefusalNone Refusal = ""
	// RefusalBudget: too much was asked again of late.
	RefusalBudget Refusal = "budget"
	// RefusalBreaker: the model has not answered a batch as a batch for a while.
	RefusalBreaker Refusal = "breaker"
)

// Call describes a call to an observer.
type Call struct{ Model, Provider string }

// CallEnd is how one attempt of a call ended: with a response or an error.
type CallEnd struct {
	Duration time.Duration
	Response *providers.Response
	Err      *providers.Error
	// Cost is what the response has cost; its usage has no figures that cannot be.
	Cost Cost
}

// observer is the driver as the hooks see it: innermost, so that each attempt is seen on its own.
type observer struct {
	next  providers.Provider
	call  Call
	price *catalog.Price
	hooks Hooks
}

func observe(m *model, hooks Hooks) providers.Provider {
	if hooks.CallStart == nil && hooks.CallEnd == nil {
		return m.Driver
	}
	return &observer{next: m.Driver, call: Call{Model: m.Name, Provider: m.Provider}, price: m.Price, hooks: hooks}
}

// Complete makes the call and tells the hooks.
func (o *observer) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if o.hooks.CallStart != nil {
		ctx = o.hooks.CallStart(ctx, o.call)
	}
	if o.hooks.CallEnd == nil {
		return o.next.Complete(ctx, req)
	}
	start := time.Now()
	end := CallEnd{Err: &providers.Error{Kind: providers.KindInternal}} // what a panic leaves
	defer func() {
		end.Duration = time.Since(start)
		o.hooks.CallEnd(ctx, o.call, end)
	}()
	resp, err := o.next.Complete(ctx, req)
	end.Response, end.Err = resp, providers.AsError(err)
	if resp != nil {
		resp.Took = time.Since(start)
		spent := spendingOf(resp.Usage, o.price)
		resp.Usage, end.Cost = spent.usage, spent.cost
	}
	return resp, err
}
