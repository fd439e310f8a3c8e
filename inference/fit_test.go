package inference_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/providers"
)

// narrow is a model with a small context, which refuses what does not fit as a real one does. A token of its has so many
// bytes, and an answer so many tokens.
type narrow struct {
	context, answer int
	perToken        float64

	mu      sync.Mutex
	prompts []string
	sizes   []int // records of each call that fitted
	last    providers.Request
	refused int
}

func (m *narrow) tokens(text string) int { return int(float64(len(text))/m.perToken + 0.5) }

func (m *narrow) Complete(_ context.Context, req *providers.Request) (*providers.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	texts, in := textsOf(req), 0
	m.last = *req
	for _, message := range req.Messages {
		in += m.tokens(message.Content)
		m.prompts = append(m.prompts, message.Content)
	}
	out := m.answer * len(texts)
	if in+out > m.context {
		m.refused++
		return nil, &providers.Error{Kind: providers.KindContextOverflow, Message: "as a vendor says it"}
	}
	m.sizes = append(m.sizes, len(texts))
	return &providers.Response{
		Text: answersTo(texts), Finish: providers.FinishStop,
		Usage: providers.Usage{PromptTokens: in, CompletionTokens: out, Reported: true},
	}, nil
}

// engine knows the model's context, and its tokens where it counts.
func (m *narrow) engine(t *testing.T, counts bool, set map[string]string) *inference.Engine {
	t.Helper()
	cfg := inference.ModelConfig{Name: "m", Provider: "p", Driver: m, ContextTokens: m.context, Options: numbered(set)}
	if counts {
		cfg.CountTokens = m.tokens
	}
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{cfg}})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// english are records with texts of so many bytes.
func english(lengths ...int) []inference.Record {
	out := make([]inference.Record, len(lengths))
	for i, n := range lengths {
		out[i] = record(uint64(i+1), strings.Repeat("word ", n/5+1)[:max(n-1, 0)]+".")
	}
	return out
}

// TestBatchesFit: whatever the records' sizes, no call is refused for its length, and none is needlessly small.
func TestBatchesFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &narrow{context: 2000, answer: rapid.IntRange(5, 40).Draw(rt, "answer"), perToken: rapid.Float64Range(3, 4.5).Draw(rt, "bytes")}
		lengths := rapid.SliceOfN(rapid.IntRange(1, 1500), 1, 60).Draw(rt, "lengths")
		counts := rapid.Bool().Draw(rt, "counts")
		synctest.Test(t, func(t *testing.T) {
			for tag, r := range predict(t, m.engine(t, counts, map[string]string{"batch.size": "20"}), english(lengths...)) {
				if r.Err != nil {
					t.Errorf("record %d: %v", tag, r.Err)
				}
			}
		})
		if m.refused > 0 {
			rt.Errorf("%d calls were refused", m.refused)
		}
	})
}

// TestBatchesAreFull: small batches are not the way to fit. At least two thirds of the context are used.
func TestBatchesAreFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &narrow{context: 4000, answer: 20, perToken: 4}
		engine := m.engine(t, false, map[string]string{"batch.size": "100"})
		lengths := slices.Repeat([]int{400}, 500)
		predict(t, engine, english(lengths[:100]...)) // learn
		m.sizes = nil
		predict(t, engine, english(lengths...))
		if most := 500 / len(m.sizes); most < 4000/(100+20+5)*2/3 || m.refused > 0 {
			t.Errorf("calls of %d records, %d refused: %v", most, m.refused, m.sizes)
		}
	})
}

// TestLearns: in a script with three times as many tokens a byte the first calls are refused and taken apart, later ones not.
func TestLearns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &narrow{context: 2000, answer: 10, perToken: 1.2}
		engine := m.engine(t, false, map[string]string{"batch.size": "20"})
		lengths := slices.Repeat([]int{300}, 40)
		for range 3 {
			predict(t, engine, english(lengths...))
		}
		m.refused = 0
		for tag, r := range predict(t, engine, english(lengths...)) {
			if r.Err != nil {
				t.Errorf("record %d: %v", tag, r.Err)
			}
		}
		if m.refused > 0 {
			t.Errorf("%d calls were refused after 120 records", m.refused)
		}
	})
}

// TestExpects: a request says what it is expected to use, as the plan's calls have taught.
func TestExpects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &narrow{context: 100_000, answer: 50, perToken: 2}
		engine := m.engine(t, false, map[string]string{"batch.size": "10"})
		predict(t, engine, english(slices.Repeat([]int{200}, 10)...))
		if got := m.last.EstimatedOutputTokens; got != 320 {
			t.Errorf("the first answer is expected to have %d tokens", got)
		}
		predict(t, engine, english(slices.Repeat([]int{200}, 10)...))
		in := m.tokens(m.last.Messages[0].Content)
		if got := m.last.EstimatedPromptTokens; got < in-in/20 || got > in+in/20 || m.last.EstimatedOutputTokens != 500 {
			t.Errorf("%d tokens in and %d out are expected, want %d and 500", got, m.last.EstimatedOutputTokens, in)
		}
	})
}

// TestAnswersFit: batches have room for their answers, once it is known how long these are.
func TestAnswersFit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &narrow{context: 100_000, answer: 50, perToken: 4}
		engine := m.engine(t, false, map[string]string{"batch.size": "10", "max.output.tokens": "300"})
		predict(t, engine, english(slices.Repeat([]int{50}, 100)...))
		m.sizes = nil
		predict(t, engine, english(slices.Repeat([]int{50}, 100)...))
		if most := slices.Max(m.sizes); most*50 > 300 || most < 4 {
			t.Errorf("calls of up to %d records, whose answers have 50 tokens, with 300 for all", most)
		}
	})
}

// TestTooLong: a record that certainly does not fit fails without a call, alone; one that might is asked about.
func TestTooLong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		counts bool
		set    map[string]string
		bytes  int
		calls  int
		says   string
	}{
		{"far too long", false, nil, 9000, 0, "the model's context"},
		{"a little too long, estimated", false, nil, 4200, 1, "as a vendor says it"},
		{"a little too long, counted", true, nil, 4200, 0, "and a call may have 1000"},
		{"longer than the operator wants", true, map[string]string{"batch.max.tokens": "600"}, 3000, 0, "batch.max.tokens"},
		{"the operator wants more than there is", true, map[string]string{"batch.max.tokens": "6000"}, 4200, 0, "the model's context"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := &narrow{context: 1000, answer: 10, perToken: 4}
			set := map[string]string{"batch.size": "3"}
			maps.Copy(set, test.set)
			got := predict(t, m.engine(t, test.counts, set), english(40, test.bytes, 40))
			err := got[2].Err
			if err == nil || err.Reason != inference.ReasonContextOverflow || !strings.Contains(err.Message, test.says) {
				t.Errorf("record 2: %v, want CONTEXT_OVERFLOW that says %q", err, test.says)
			}
			if err != nil && strings.Contains(err.Message, "word") {
				t.Errorf("the error shows the record: %v", err)
			}
			if got[1].Err != nil || got[3].Err != nil {
				t.Errorf("its neighbours: %v, %v", got[1].Err, got[3].Err)
			}
			if m.refused != test.calls {
				t.Errorf("%d calls about it, want %d", m.refused, test.calls)
			}
		})
	}
}

// TestTruncate: what is left is the right end of the longest text, in whole characters, as long as there is room for, and the
// result says so. The caller's record stays as it was.
func TestTruncate(t *testing.T) {
	t.Parallel()
	for _, counts := range []bool{false, true} {
		for _, overflow := range []string{options.OverflowTruncateHead, options.OverflowTruncateTail} {
			t.Run(fmt.Sprintf("%s, counted: %v", overflow, counts), func(t *testing.T) {
				t.Parallel()
				m := &narrow{context: 1000, answer: 10, perToken: 3}
				long := "first " + strings.Repeat("wörd ", 3000) + "last"
				in := []inference.Record{{Tag: 1, Fields: []inference.Field{
					{Name: "title", Value: "short"}, {Name: "body", Value: long}, {Name: "n", Value: strings.Repeat("1", 100), JSON: true},
				}}}
				got := predict(t, m.engine(t, counts, map[string]string{"batch.size": "2", "record.overflow": overflow}), in)[1]
				if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "record.overflow") || m.refused > 0 {
					t.Errorf("warnings: %q; %d calls refused", got.Warnings, m.refused)
				}
				prompt := m.prompts[len(m.prompts)-1]
				if head := overflow == options.OverflowTruncateHead; strings.Contains(prompt, "first ") == head || strings.Contains(prompt, "last") != head {
					t.Errorf("the wrong end is missing: %.60q…%.60q", prompt, prompt[len(prompt)-60:])
				}
				if !utf8.ValidString(prompt) || !strings.Contains(prompt, "short") || m.tokens(prompt) < 600 {
					t.Errorf("a prompt of %d tokens: %.80q", m.tokens(prompt), prompt)
				}
				if in[0].Fields[1].Value != long {
					t.Error("the caller's record was cut")
				}
			})
		}
	}
}

// TestTruncateAnything: whatever a text holds, what is left is a part of it and whole characters, or the record fails.
func TestTruncateAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		alphabet := rapid.SliceOfN(rapid.Rune(), 1, 6).Draw(rt, "alphabet")
		text := strings.Repeat(string(alphabet), 1+rapid.IntRange(0, 12_000).Draw(rt, "bytes")/len(string(alphabet)))
		overflow := rapid.SampledFrom([]string{options.OverflowTruncateHead, options.OverflowTruncateTail}).Draw(rt, "overflow")
		if strings.TrimSpace(text) == "" {
			return
		}
		var kept string
		single := driver(func(_ context.Context, req *providers.Request) (*providers.Response, error) {
			kept = req.Messages[0].Content
			return &providers.Response{Text: "fine", Finish: providers.FinishStop}, nil
		})
		engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
			Name: "m", Driver: single, ContextTokens: 500, CountTokens: func(text string) int { return len(text) / 2 },
			Options: map[string]string{"record.overflow": overflow},
		}}})
		if err != nil {
			rt.Fatal(err)
		}
		got := predict(t, engine, []inference.Record{record(1, text)})[1]
		if got.Err != nil {
			if got.Err.Reason != inference.ReasonContextOverflow {
				rt.Fatal(got.Err)
			}
			return
		}
		isEnd := strings.HasPrefix(text, kept) && overflow == options.OverflowTruncateTail ||
			strings.HasSuffix(text, kept) && overflow == options.OverflowTruncateHead
		if !isEnd || !utf8.ValidString(kept) || (len(got.Warnings) > 0) != (kept != text) {
			rt.Fatalf("%d bytes of %d, warnings %q", len(kept), len(text), got.Warnings)
		}
	})
}

// TestTooTight: a bound that leaves no room for records is a mistake of the options.
func TestTooTight(t *testing.T) {
	t.Parallel()
	_, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
		Name: "m", Driver: says("x"),
		Options: map[string]string{"batch.max.tokens": "500", "system.prompt": strings.Repeat("word ", 1000)},
	}}})
	if problems, is := errors.AsType[*options.Error](err); !is || !strings.Contains(problems.Error(), "batch.max.tokens") {
		t.Errorf("%v, want a problem of batch.max.tokens", err)
	}
}

// TestRenderFits: a dry run cuts batches as the real one does.
func TestRenderFits(t *testing.T) {
	t.Parallel()
	m := &narrow{context: 1000, answer: 10, perToken: 3.5}
	engine := m.engine(t, true, map[string]string{"batch.size": "20", "record.overflow": options.OverflowTruncateTail})
	prompts, err := engine.Render(t.Context(), "", nil, english(slices.Repeat([]int{300, 10_000, 40}, 10)...))
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	for _, p := range prompts {
		records += len(p.Records)
		in := 0
		for _, message := range p.Messages {
			in += m.tokens(message.Content)
		}
		if in+m.answer*len(p.Records) > m.context {
			t.Errorf("a prompt of %d tokens for %d records", in, len(p.Records))
		}
	}
	if records != 30 || len(prompts) > 25 {
		t.Errorf("%d records in %d prompts", records, len(prompts))
	}
}
