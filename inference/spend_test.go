package inference_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/catalog"
	"github.com/weir-ml/weir/providers"
)

// spender answers some of the records of a call, fails now and then, and says that it used whatever comes to its mind.
type spender struct {
	mu    sync.Mutex
	chaos *rand.Rand
	price *catalog.Price

	usage providers.Usage // what all its answers have used
	micro int64           // and cost
}

func (m *spender) Complete(_ context.Context, req *providers.Request) (*providers.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch m.chaos.IntN(8) {
	case 0:
		return nil, &providers.Error{Kind: providers.KindUnavailable, Message: "as it likes"}
	case 1:
		return nil, &providers.Error{Kind: providers.KindContextOverflow, Message: "as it likes"}
	}
	texts := textsOf(req)
	var without []string
	for _, text := range texts {
		if m.chaos.IntN(4) == 0 {
			without = append(without, text)
		}
	}
	usage := m.use()
	return &providers.Response{Text: answersTo(texts, without...), Finish: providers.FinishStop, Usage: usage}, nil
}

func (m *spender) use() providers.Usage {
	if m.chaos.IntN(5) == 0 {
		return providers.Usage{}
	}
	u := providers.Usage{PromptTokens: m.chaos.IntN(5000), CompletionTokens: m.chaos.IntN(900), Reported: true}
	u.CachedTokens = m.chaos.IntN(u.PromptTokens + 1)
	u.CacheWriteTokens = m.chaos.IntN(u.PromptTokens - u.CachedTokens + 1)
	u.ReasoningTokens = m.chaos.IntN(u.CompletionTokens + 1)
	addUsage(&m.usage, u)
	if m.price != nil {
		m.micro += m.price.Cost(catalog.Tokens{
			Input: u.PromptTokens, CachedInput: u.CachedTokens, CacheWrite: u.CacheWriteTokens, Output: u.CompletionTokens,
		})
	}
	return u
}

func addUsage(to *providers.Usage, u providers.Usage) {
	to.PromptTokens += u.PromptTokens
	to.CompletionTokens += u.CompletionTokens
	to.CachedTokens += u.CachedTokens
	to.CacheWriteTokens += u.CacheWriteTokens
	to.ReasoningTokens += u.ReasoningTokens
	to.Reported = to.Reported || u.Reported
}

// TestSpendingAddsUp: whatever a model uses, leaves out and fails at, the records' shares add up to what its answers used and
// cost, to the token and the millionth of a dollar; so do the batches' and the calls' for the observer.
func TestSpendingAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &spender{chaos: rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))}
		if rapid.Bool().Draw(rt, "priced") {
			rates := rapid.SliceOfN(rapid.Float64Range(0.01, 80), 4, 4).Draw(rt, "rates")
			m.price = &catalog.Price{
				Input: catalog.Dollars(rates[0]), CachedInput: catalog.Dollars(rates[1]),
				CacheWrite: catalog.Dollars(rates[2]), Output: catalog.Dollars(rates[3]),
			}
		}
		records := rapid.IntRange(1, 70).Draw(rt, "records")
		size := rapid.IntRange(2, 40).Draw(rt, "batch.size")
		var got map[uint64]inference.Result
		seen := &ledger{}
		synctest.Test(t, func(t *testing.T) { got = predict(t, spendingEngine(t, m, size, seen), recordsOf(records)) })

		var usage providers.Usage
		var micros int64
		known := false
		for _, tag := range slices.Sorted(maps.Keys(got)) {
			addUsage(&usage, got[tag].Usage)
			micros += got[tag].Cost.Micros
			known = known || got[tag].Cost.Known
		}
		if diff := cmp.Diff(m.usage, usage); diff != "" {
			rt.Errorf("the records' tokens are not the calls' (-calls +records):\n%s", diff)
		}
		if micros != m.micro || known != (m.price != nil && m.usage.Reported) {
			rt.Errorf("the records cost %d (known: %v), the calls %d", micros, known, m.micro)
		}
		if seen.batches != m.micro || seen.calls != m.micro {
			rt.Errorf("the batches cost %d and the calls %d, want %d", seen.batches, seen.calls, m.micro)
		}
	})
}

// ledger is what the hooks say of costs.
type ledger struct {
	mu             sync.Mutex
	batches, calls int64
}

func spendingEngine(t *testing.T, m *spender, size int, seen *ledger) *inference.Engine {
	t.Helper()
	engine, err := inference.New(inference.Config{
		Models: []inference.ModelConfig{{
			Name: "m", Provider: "p", Driver: m, Price: m.price,
			Options: map[string]string{"batch.size": fmt.Sprint(size), "record.ids": "sequential"},
		}},
		Hooks: inference.Hooks{
			BatchEnd: func(_ context.Context, _ inference.Batch, end inference.BatchEnd) {
				seen.mu.Lock()
				defer seen.mu.Unlock()
				seen.batches += end.Cost.Micros
			},
			CallEnd: func(_ context.Context, _ inference.Call, end inference.CallEnd) {
				seen.mu.Lock()
				defer seen.mu.Unlock()
				seen.calls += end.Cost.Micros
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// TestAbsurdUsage: what cannot be is made the nearest that can, and no share is below nothing.
func TestAbsurdUsage(t *testing.T) {
	t.Parallel()
	absurd := driver(func(_ context.Context, req *providers.Request) (*providers.Response, error) {
		usage := providers.Usage{
			PromptTokens: 100, CompletionTokens: -7, CachedTokens: 250, CacheWriteTokens: 9, ReasoningTokens: 3, Reported: true,
		}
		return &providers.Response{Text: answersTo(textsOf(req)), Finish: providers.FinishStop, Usage: usage}, nil
	})
	got := predict(t, newEngine(t, absurd, map[string]string{"batch.size": "2"}), recordsOf(2))
	for tag, r := range got {
		if want := (providers.Usage{PromptTokens: 50, CachedTokens: 50, Reported: true}); r.Usage != want {
			t.Errorf("record %d: %+v, want %+v", tag, r.Usage, want)
		}
	}
}
