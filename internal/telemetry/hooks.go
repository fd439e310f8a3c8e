package telemetry

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/server"
)

// InferenceHooks returns the hooks of an engine: for inference.Config.Hooks.
func (t *Telemetry) InferenceHooks() inference.Hooks {
	return inference.Hooks{
		BatchStart: t.batchStart,
		BatchEnd:   t.batchEnd,
		CallStart:  t.callStart,
		CallEnd:    t.callEnd,
		Answered:   t.answered,
		Rejected:   t.rejected,
		TakenApart: t.takenApart,
		FellBack:   t.fellBack,
		Fault:      t.fault,
	}
}

// ServerHooks returns the hooks of a server: for server.Config.Hooks. The names of clients are not counted: they are the
// clients' to choose, so there is no bound to them.
func (t *Telemetry) ServerHooks() server.Hooks {
	return server.Hooks{StreamStarted: t.streamStarted, StreamEnded: t.streamEnded}
}

func (t *Telemetry) batchStart(ctx context.Context, batch inference.Batch) context.Context {
	of := t.counts.pairs.get(pair{model: batch.Model, provider: batch.Provider})
	of.batches.add(batch.Left, 1)
	of.batchesInFlight.add(1)
	of.places.add(batch.Full)
	if t.spans != nil {
		ctx = t.spans.startBatch(ctx, &batch)
	}
	return ctx
}

func (t *Telemetry) batchEnd(ctx context.Context, batch inference.Batch, end inference.BatchEnd) {
	of := t.counts.pairs.get(pair{model: batch.Model, provider: batch.Provider})
	of.batchesInFlight.add(-1)
	of.batchRecords.record(ctx, float64(batch.Records)) // here and not at the start: by now its results are on their way
	of.batchWait.record(ctx, batch.Waited.Seconds())
	of.batchDuration.record(ctx, end.Duration.Seconds())
	model := t.counts.models.get(batch.Model)
	model.records.add(outcomeValue, end.Values)
	for reason, n := range end.Errors {
		model.records.add(string(reason), n)
	}
	of.repairs.add(max(end.Calls-1, 0))
	model.repaired.add(end.Repaired)
	if end.Refused != inference.RefusalNone {
		model.refused.add(string(end.Refused), 1)
	}
	t.notice(&batch, &end)
	if t.spans != nil {
		endBatch(ctx, &end)
	}
}

// notice logs what is remarkable about the answers to a batch: at most a few lines at once, and one every ten seconds.
func (t *Telemetry) notice(batch *inference.Batch, end *inference.BatchEnd) {
	if len(end.Warnings) == 0 && end.Calls <= 1 && end.Refused == inference.RefusalNone {
		return
	}
	if !t.notices.Allow() {
		t.unnoticed.Add(1)
		return
	}
	t.log.Warn("the model's answers are not as they should be", "model", batch.Model, "records", batch.Records,
		"asked_again", max(end.Calls-1, 0), "repaired", end.Repaired, "failed", batch.Records-end.Values,
		"not_asked_again", string(end.Refused), "what", end.Warnings, "batches_not_logged", t.unnoticed.Swap(0))
}

// takenApart counts and logs the moves of a model's breaker.
func (t *Telemetry) takenApart(model string, open bool) {
	if !open {
		t.counts.models.get(model).apart.add(-1)
		t.log.Info("the model answers batches again; what they lack is asked again", "model", model)
		return
	}
	t.counts.models.get(model).apart.add(1)
	t.log.Warn("the model has answered nothing of several batches in a row: they are not taken apart for a while;"+
		" lower batch.size or change the template", "model", model)
}

func (t *Telemetry) fellBack(model, _ string, why providers.Kind) {
	t.counts.models.get(model).fellBack.add(kindName(why), 1)
}

func (t *Telemetry) callStart(ctx context.Context, call inference.Call) context.Context {
	t.counts.pairs.get(pair{model: call.Model, provider: call.Provider}).callsInFlight.add(1)
	if t.spans != nil {
		ctx = t.spans.startCall(ctx, call)
	}
	return ctx
}

func (t *Telemetry) callEnd(ctx context.Context, call inference.Call, end inference.CallEnd) {
	of := t.counts.pairs.get(pair{model: call.Model, provider: call.Provider})
	of.callsInFlight.add(-1)
	if end.Response == nil {
		of.calls.add(outcomeOf(&end), 1)
		if end.Err != nil {
			t.failed(&call, end.Err)
		}
		of.callDuration.record(ctx, end.Duration.Seconds())
	}
	if t.spans != nil {
		endCall(ctx, &end)
	}
}

// answered counts a call that had a response: with one record in flight, its result would else wait for that.
func (t *Telemetry) answered(ctx context.Context, call inference.Call, end inference.CallEnd) {
	of := t.counts.pairs.get(pair{model: call.Model, provider: call.Provider})
	of.calls.add(outcomeOK, 1)
	of.answers.add(formName(end.Response.Form), 1)
	of.callDuration.record(ctx, end.Duration.Seconds())
	of.prompt.add(end.Response.Usage.PromptTokens)
	of.completion.add(end.Response.Usage.CompletionTokens)
	of.cached.add(end.Response.Usage.CachedTokens)
	of.reasoning.add(end.Response.Usage.ReasoningTokens)
	of.cost.add(int(end.Cost.Micros))
}

func outcomeOf(end *inference.CallEnd) string {
	if end.Err == nil {
		return outcomeOK
	}
	return kindName(end.Err.Kind)
}

func (t *Telemetry) rejected(model string, reason inference.Reason, n int) {
	of := t.counts.models.get(model)
	of.rejected.add(string(reason), n)
	of.records.add(string(reason), n)
}

func (t *Telemetry) fault(fault string, stack []byte) {
	t.counts.fault.add(1)
	t.log.Error("a fault in weir; please report it", "fault", fault, "stack", string(stack))
}

func (t *Telemetry) streamStarted(model, _, _ string) {
	t.counts.models.get(model).started.add(1)
}

func (t *Telemetry) streamEnded(model string, err error) {
	t.counts.models.get(model).ended.add(codeName(codeOf(err)), 1)
}

// codeOf returns the status that an error ends a stream with.
func codeOf(err error) codes.Code {
	if code := status.Code(err); code != codes.Unknown {
		return code
	}
	return status.FromContextError(err).Code()
}
