package inference_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/providers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// driver is a provider made of a function.
type driver func(ctx context.Context, req *providers.Request) (*providers.Response, error)

// Complete calls the function.
func (d driver) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	return d(ctx, req)
}

func says(text string) driver {
	return func(context.Context, *providers.Request) (*providers.Response, error) {
		return &providers.Response{Text: text, Finish: providers.FinishStop, Usage: providers.Usage{PromptTokens: 100, CompletionTokens: 10, Reported: true}}, nil
	}
}

func fails(kind providers.Kind) driver {
	return func(context.Context, *providers.Request) (*providers.Response, error) {
		return nil, &providers.Error{Kind: kind, Message: "as told"}
	}
}

// results collects results by tag.
type results struct {
	mu   sync.Mutex
	byID map[uint64]inference.Result
	want int
	done chan struct{}
}

func collect(n int) *results {
	return &results{byID: map[uint64]inference.Result{}, want: n, done: make(chan struct{})}
}

// Receive fails a test that gets a result twice by never ending it.
func (r *results) Receive(in []inference.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, result := range in {
		if _, twice := r.byID[result.Tag]; twice {
			panic(fmt.Sprintf("record %d has two results", result.Tag))
		}
		r.byID[result.Tag] = result
	}
	if len(r.byID) == r.want {
		close(r.done)
	}
}

func newEngine(t *testing.T, d providers.Provider, set map[string]string) *inference.Engine {
	t.Helper()
	return newEngineWith(t, d, set, inference.Hooks{})
}

func newEngineWith(t *testing.T, d providers.Provider, set map[string]string, hooks inference.Hooks) *inference.Engine {
	t.Helper()
	engine, err := inference.New(inference.Config{
		Models: []inference.ModelConfig{{
			Name: "m", Provider: "p", Kind: "test", ProviderModel: "x", Driver: d, Options: numbered(set),
		}},
		Hooks: hooks,
	})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// numbered calls records by numbers where a test does not say how: its model answers with them.
func numbered(set map[string]string) map[string]string {
	out := map[string]string{"record.ids": "sequential"}
	maps.Copy(out, set)
	return out
}

func record(tag uint64, text string) inference.Record {
	return inference.Record{Tag: tag, Fields: []inference.Field{{Name: "text", Value: text}}}
}

func recordsOf(n int) []inference.Record {
	out := make([]inference.Record, n)
	for i := range out {
		out[i] = record(uint64(i+1), fmt.Sprintf("text %d", i+1))
	}
	return out
}

// predict runs records through a stream of their own.
func predict(t *testing.T, engine *inference.Engine, records []inference.Record) map[uint64]inference.Result {
	t.Helper()
	r := collect(len(records))
	stream, err := engine.Open(t.Context(), inference.StreamConfig{Capacity: len(records), Receiver: r})
	if err != nil {
		t.Fatal(err)
	}
	stream.Submit(records)
	stream.Flush()
	<-r.done
	stream.Close()
	<-stream.Idle()
	return r.byID
}

// TestFailures: what a call fails with decides the reason of every record of the batch, and how often it was tried.
func TestFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind     providers.Kind
		reason   inference.Reason
		attempts int
	}{
		{providers.KindUnavailable, inference.ReasonProviderUnavailable, 3},
		{providers.KindMalformed, inference.ReasonProviderUnavailable, 3},
		{providers.KindTimeout, inference.ReasonProviderUnavailable, 3},
		{providers.KindRateLimited, inference.ReasonRateLimited, 3},
		{providers.KindUnauthorized, inference.ReasonProviderRejected, 1},
		{providers.KindQuota, inference.ReasonProviderRejected, 1},
		{providers.KindUnknownModel, inference.ReasonProviderRejected, 1},
		{providers.KindBadRequest, inference.ReasonProviderRejected, 1},
		{providers.KindContextOverflow, inference.ReasonContextOverflow, 1},
		{providers.KindRefused, inference.ReasonRefused, 1},
		{providers.KindInternal, inference.ReasonInternal, 1},
	}
	for _, test := range tests {
		t.Run(test.kind.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				engine := newEngine(t, fails(test.kind), map[string]string{
					"batch.size": "4", "max.retries": "2", "batch.failure.strategy": "error",
				})
				for tag, r := range predict(t, engine, recordsOf(3)) {
					if r.Err == nil || r.Err.Reason != test.reason || r.Attempts != test.attempts || !strings.Contains(r.Err.Message, "provider p") {
						t.Errorf("record %d: %+v (%v), want %s after %d attempts", tag, r, r.Err, test.reason, test.attempts)
					}
				}
			})
		})
	}
}

// TestAnswers: each record's own problem, and its share of the usage.
func TestAnswers(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, says(`[{"index": 1, "value": "one"}, {"index": 3, "value": {"n": 12345678901234567890}}]`),
		map[string]string{"batch.size": "3", "batch.failure.strategy": "error"})
	got := predict(t, engine, recordsOf(3))
	if v := got[1].Values; len(v) != 1 || v[0].Value != "one" || v[0].JSON || got[1].Match != inference.MatchIndex {
		t.Errorf("record 1: %+v", got[1])
	}
	if got[2].Err == nil || got[2].Err.Reason != inference.ReasonMissingAnswer {
		t.Errorf("record 2: %+v", got[2])
	}
	if v := got[3].Values; len(v) != 1 || v[0].Value != `{"n":12345678901234567890}` || !v[0].JSON {
		t.Errorf("record 3: %+v", got[3])
	}
	prompt, completion := 0, 0
	for _, r := range got {
		prompt, completion = prompt+r.Usage.PromptTokens, completion+r.Usage.CompletionTokens
	}
	if prompt != 100 || completion != 10 {
		t.Errorf("the shares add up to %d and %d tokens, want 100 and 10", prompt, completion)
	}
}

// TestHugeValue: a value that no client could receive is that record's error.
func TestHugeValue(t *testing.T) {
	t.Parallel()
	got := predict(t, newEngine(t, says(strings.Repeat("x", inference.MaxValueBytes+1)), nil), recordsOf(1))
	if got[1].Err == nil || got[1].Err.Reason != inference.ReasonInvalidAnswer {
		t.Errorf("%v", got[1].Err)
	}
}

func TestSingleMode(t *testing.T) {
	t.Parallel()
	var asked []providers.Message
	engine := newEngine(t, driver(func(_ context.Context, req *providers.Request) (*providers.Response, error) {
		asked = req.Messages
		return &providers.Response{Text: "  fine\n"}, nil
	}), map[string]string{"system.prompt": "Be brief."})
	got := predict(t, engine, recordsOf(1))
	want := []providers.Message{{Role: providers.RoleSystem, Content: "Be brief.", Stable: 9}, {Role: providers.RoleUser, Content: "text 1"}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if got[1].Values[0].Value != "fine" || got[1].Match != inference.MatchSingle {
		t.Errorf("%+v", got[1])
	}
}

// TestPanic: a fault of ours is every record's INTERNAL, never silence, and the hook has its stack.
func TestPanic(t *testing.T) {
	t.Parallel()
	var stack string
	engine := newEngineWith(t, says("[]"), map[string]string{"batch.size": "3"}, inference.Hooks{
		BatchStart: func(context.Context, inference.Batch) context.Context { panic("secret text") },
		Fault:      func(fault string, s []byte) { stack = fault + string(s) },
	})
	for tag, r := range predict(t, engine, recordsOf(3)) {
		if r.Err == nil || r.Err.Reason != inference.ReasonInternal || strings.Contains(r.Err.Message, "secret") {
			t.Errorf("record %d: %+v", tag, r)
		}
	}
	if !strings.Contains(stack, "process") || strings.Contains(stack[:20], "secret") {
		t.Errorf("stack: %s", stack)
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	note := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf(format, args...))
	}
	calls := 0
	engine := newEngineWith(t, driver(func(ctx context.Context, req *providers.Request) (*providers.Response, error) {
		if calls++; calls == 1 {
			return nil, &providers.Error{Kind: providers.KindBadRequest}
		}
		return says(`[{"index": 1, "value": 1}]`)(ctx, req)
	}), map[string]string{"batch.size": "2"}, inference.Hooks{
		BatchStart: func(ctx context.Context, b inference.Batch) context.Context {
			note("start %s %s %d/%d %s", b.Model, b.Provider, b.Records, b.Full, b.Left)
			return ctx
		},
		BatchEnd: func(_ context.Context, _ inference.Batch, e inference.BatchEnd) {
			note("end %d %v", e.Values, e.Errors)
		},
		CallStart: func(ctx context.Context, c inference.Call) context.Context { note("call %s", c.Provider); return ctx },
		CallEnd:   func(_ context.Context, _ inference.Call, e inference.CallEnd) { note("called %t", e.Err == nil) },
		Answered:  func(_ context.Context, _ inference.Call, e inference.CallEnd) { note("answered %t", e.Response != nil) },
		Rejected:  func(model string, r inference.Reason, n int) { note("rejected %s %s %d", model, r, n) },
	})
	predict(t, engine, append(recordsOf(2), record(9, " ")))
	predict(t, engine, recordsOf(1))
	want := []string{
		"rejected m INVALID_RECORD 1", "start m p 2/2 full", "call p", "called false", "end 0 map[PROVIDER_REJECTED:2]",
		"start m p 1/2 full", "call p", "called true", "answered true", "end 1 map[]",
	}
	if diff := cmp.Diff(len(want), len(seen)); diff != "" {
		t.Fatalf("events: %q", seen)
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(seen, "\n"), w) {
			t.Errorf("no %q in %q", w, seen)
		}
	}
}

// TestGone: records of a stream that has ended get CANCELLED: those gathered and those that come too late.
func TestGone(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, says("[]"), map[string]string{"batch.size": "10", "batch.timeout.ms": "60000", "batch.scope": "model"})
	r := collect(3)
	stream, err := engine.Open(t.Context(), inference.StreamConfig{Capacity: 100, Receiver: r})
	if err != nil {
		t.Fatal(err)
	}
	stream.Submit(recordsOf(2))
	stream.Close()
	stream.Submit([]inference.Record{record(7, "late")})
	<-r.done
	for tag, result := range r.byID {
		if result.Err == nil || result.Err.Reason != inference.ReasonCancelled {
			t.Errorf("record %d: %+v", tag, result)
		}
	}
}

// TestDeadlineBeforeTheCall: a record whose time is over on arrival, or while it waits for a place, never reaches the model.
func TestDeadlineBeforeTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := make(chan struct{})
		limit := providers.NewLimit(1)
		engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
			Name: "m", Limit: limit, Options: map[string]string{"batch.timeout.ms": "0"},
			Driver: driver(func(context.Context, *providers.Request) (*providers.Response, error) {
				<-busy
				return &providers.Response{Text: "ok"}, nil
			}),
		}}})
		if err != nil {
			t.Fatal(err)
		}
		r := collect(3)
		stream, err := engine.Open(t.Context(), inference.StreamConfig{Capacity: 10, Receiver: r})
		if err != nil {
			t.Fatal(err)
		}
		over, soon := record(2, "b"), record(3, "c")
		over.Deadline, soon.Deadline = time.Now(), time.Now().Add(time.Second)
		stream.Submit([]inference.Record{record(1, "a"), over, soon})
		<-time.After(2 * time.Second)
		close(busy)
		<-r.done
		stream.Close()
		<-stream.Idle()
		for tag, attempts := range map[uint64]int{1: 1, 2: 0, 3: 0} {
			got := r.byID[tag]
			late := got.Err != nil && got.Err.Reason == inference.ReasonDeadlineExceeded
			if got.Attempts != attempts || late != (tag > 1) {
				t.Errorf("record %d: %+v", tag, got)
			}
		}
	})
}

func TestNewNamesEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := inference.New(inference.Config{Models: []inference.ModelConfig{
		{Name: "a", Driver: says(""), Options: map[string]string{"batch.size": "0", "response.path": "$[?x]", "batch.prompt.template": "{{#records}}"}},
		{Name: "b", Driver: says(""), Options: map[string]string{"batch.sice": "1"}},
	}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, say := range []string{"model a", "batch.size", "response.path", "batch.prompt.template", "model b", "batch.sice"} {
		if !strings.Contains(err.Error(), say) {
			t.Errorf("%q is not in:\n%v", say, err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, says(""), nil)
	_, err := engine.Open(t.Context(), inference.StreamConfig{Model: "x"})
	if _, ok := errors.AsType[*inference.UnknownModelError](err); !ok {
		t.Errorf("%v", err)
	}
	_, err = engine.Open(t.Context(), inference.StreamConfig{Options: map[string]string{"batch.size": "none"}})
	if _, ok := errors.AsType[*options.Error](err); !ok || !inference.IsInvalidRequest(err) {
		t.Errorf("%v", err)
	}
}

func Example() {
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
		Name:    "colours",
		Driver:  says(`[{"index": 1, "value": "red"}, {"index": 2, "value": "green"}]`),
		Options: map[string]string{"batch.size": "2", "record.ids": "sequential"},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := collect(2)
	stream, err := engine.Open(context.Background(), inference.StreamConfig{Capacity: 2, Receiver: r})
	if err != nil {
		fmt.Println(err)
		return
	}
	stream.Submit([]inference.Record{record(1, "cherry"), record(2, "lime")})
	<-r.done
	stream.Close()
	<-stream.Idle()
	fmt.Println(r.byID[1].Values[0].Value, r.byID[2].Values[0].Value)
	// Output: red green
}
