package inference_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// embedder gives each text the vector of its length, and does to a call what answer wants.
type embedder struct {
	limits providers.EmbedLimits
	answer func(req *providers.Request, vectors [][]float32) ([][]float32, error)

	mu    sync.Mutex
	calls [][]string
	last  providers.Request
}

func (e *embedder) EmbedLimits() providers.EmbedLimits { return e.limits }

// Embed notes the call and answers it.
func (e *embedder) Embed(_ context.Context, req *providers.Request) (*providers.Response, error) {
	e.mu.Lock()
	e.calls = append(e.calls, slices.Clone(req.Inputs))
	e.last = *req
	e.mu.Unlock()
	var vectors [][]float32
	for _, text := range req.Inputs {
		vectors = append(vectors, vectorOf(text))
	}
	var err error
	if e.answer != nil {
		vectors, err = e.answer(req, vectors)
	}
	if err != nil {
		return nil, err
	}
	usage := providers.Usage{PromptTokens: len(strings.Join(req.Inputs, "")), Reported: true}
	return &providers.Response{Vectors: vectors, Finish: providers.FinishStop, Usage: usage}, nil
}

func vectorOf(text string) []float32 {
	sum := float32(0)
	for i := range len(text) {
		sum += float32(text[i]) * float32(i+1)
	}
	return []float32{float32(len(text)), sum, 1}
}

func embeds(t testing.TB, e *embedder, change func(m *inference.ModelConfig)) *inference.Engine {
	t.Helper()
	m := inference.ModelConfig{
		Name: "m", Provider: "p", ProviderModel: "vectors", Task: inference.TaskEmbedding,
		Driver: providers.Embedding(e), EmbedLimits: e.EmbedLimits(), Options: map[string]string{"batch.size": "4"},
	}
	if change != nil {
		change(&m)
	}
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{m}})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// with sets options of the model.
func with(set map[string]string) func(m *inference.ModelConfig) {
	return func(m *inference.ModelConfig) { m.Options = set }
}

func TestEmbedding(t *testing.T) {
	t.Parallel()
	e := &embedder{}
	engine := embeds(t, e, with(map[string]string{"batch.size": "4", "dimensions": "3"}))
	got := predict(t, engine, recordsOf(10))
	for tag, r := range got {
		if r.Err != nil || !cmp.Equal(r.Vector, vectorOf(fmt.Sprintf("text %d", tag))) || r.Values != nil || r.Match != inference.MatchIndex {
			t.Errorf("%d: %+v", tag, r)
		}
		if !r.Usage.Reported || r.Usage.PromptTokens < 6 {
			t.Errorf("%d: usage %+v", tag, r.Usage)
		}
	}
	if len(e.calls) != 3 || e.last.Dimensions != 3 || e.last.Model != "vectors" || e.last.Messages != nil || e.last.Schema != nil {
		t.Errorf("calls %q, the last %+v", e.calls, e.last)
	}
}

// TestEmbeddedText: what is embedded of a record.
func TestEmbeddedText(t *testing.T) {
	t.Parallel()
	title, body := inference.Field{Name: "title", Value: "A <b>"}, inference.Field{Name: "body", Value: "long\n"}
	null, number := inference.Field{Name: "z", Value: "null", JSON: true}, inference.Field{Name: "n", Value: "1.50", JSON: true}
	for _, c := range []struct {
		name   string
		chosen string
		fields []inference.Field
		want   string // empty: INVALID_RECORD
	}{
		{"text", "", []inference.Field{{Name: "text", Value: " as it is "}}, " as it is "},
		{"one field", "", []inference.Field{body}, "long\n"},
		{"several", "", []inference.Field{title, null, number, body, {Name: "x", Value: " "}}, "title: A <b>\nn: 1.50\nbody: long\n"},
		{"a chosen one", "body", []inference.Field{title, body}, "long\n"},
		{"chosen ones, in their order", "body, title", []inference.Field{title, number, body}, "body: long\n\ntitle: A <b>"},
		{"chosen ones, one of them there", "body,nothing", []inference.Field{title, body}, "body: long\n"},
		{"number", "n", []inference.Field{title, number}, "1.50"},
		{"null", "", []inference.Field{null}, ""},
		{"chosen null", "z", []inference.Field{title, null}, ""},
		{"chosen one that is not there", "nothing", []inference.Field{title}, ""},
		{"blank", "", []inference.Field{{Name: "text", Value: " \n"}}, ""},
	} {
		e := &embedder{}
		engine := embeds(t, e, with(map[string]string{"embedding.field": c.chosen}))
		r := predict(t, engine, []inference.Record{{Tag: 1, Fields: c.fields}})[1]
		if c.want == "" {
			if r.Err == nil || r.Err.Reason != inference.ReasonInvalidRecord || len(e.calls) > 0 {
				t.Errorf("%s: %+v after %q", c.name, r, e.calls)
			}
			continue
		}
		if r.Err != nil || !cmp.Equal(e.calls, [][]string{{c.want}}) {
			t.Errorf("%s: %v, asked %q, want %q", c.name, r.Err, e.calls, c.want)
		}
	}
}

// TestOddVectors: whoever has no proper vector gets an error of its own, and nobody another one's vector.
func TestOddVectors(t *testing.T) {
	t.Parallel()
	const poison = "text 3"
	spoil := func(change func(v []float32) []float32) func(*providers.Request, [][]float32) ([][]float32, error) {
		return func(req *providers.Request, vectors [][]float32) ([][]float32, error) {
			if i := slices.Index(req.Inputs, poison); i >= 0 {
				vectors[i] = change(vectors[i])
			}
			return vectors, nil
		}
	}
	whole := func(do func(vectors [][]float32) ([][]float32, error)) func(*providers.Request, [][]float32) ([][]float32, error) {
		return func(req *providers.Request, vectors [][]float32) ([][]float32, error) {
			if slices.Contains(req.Inputs, poison) {
				return do(vectors)
			}
			return vectors, nil
		}
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for name, c := range map[string]struct {
		answer func(*providers.Request, [][]float32) ([][]float32, error)
		reason inference.Reason
	}{
		"NaN":      {spoil(func([]float32) []float32 { return []float32{1, nan, 2} }), inference.ReasonInvalidAnswer},
		"infinite": {spoil(func([]float32) []float32 { return []float32{1, 2, inf} }), inference.ReasonInvalidAnswer},
		"longer":   {spoil(func(v []float32) []float32 { return append(v, 1) }), inference.ReasonInvalidAnswer},
		"none":     {spoil(func([]float32) []float32 { return nil }), inference.ReasonInvalidAnswer},
		"one too few": {
			whole(func(v [][]float32) ([][]float32, error) { return v[1:], nil }), inference.ReasonMissingAnswer,
		},
		"one too many": {
			whole(func(v [][]float32) ([][]float32, error) { return append(v[:1:1], v...), nil }), inference.ReasonMissingAnswer,
		},
		"bad request": {
			whole(func([][]float32) ([][]float32, error) { return nil, &providers.Error{Kind: providers.KindBadRequest} }),
			inference.ReasonProviderRejected,
		},
		"too long": {
			whole(func([][]float32) ([][]float32, error) {
				return nil, &providers.Error{Kind: providers.KindContextOverflow}
			}),
			inference.ReasonContextOverflow,
		},
		"refused": {
			whole(func([][]float32) ([][]float32, error) { return nil, &providers.Error{Kind: providers.KindRefused} }),
			inference.ReasonRefused,
		},
	} {
		e := &embedder{answer: c.answer}
		engine := embeds(t, e, with(map[string]string{"batch.size": "8", "dimensions": "3"}))
		for tag, r := range predict(t, engine, recordsOf(8)) {
			own := vectorOf(fmt.Sprintf("text %d", tag))
			if tag == 3 && (r.Err == nil || r.Err.Reason != c.reason || r.Vector != nil) {
				t.Errorf("%s: %+v, want %s", name, r, c.reason)
			}
			if tag != 3 && (r.Err != nil || !cmp.Equal(r.Vector, own)) {
				t.Errorf("%s: record %d: %+v, want %v", name, tag, r, own)
			}
		}
		if len(e.calls) > most(8)+2 {
			t.Errorf("%s: %d calls: %q", name, len(e.calls), e.calls)
		}
	}
}

// TestVectorsAreOwn: whatever a provider does with the vectors of a call but move them, a record has its own or none.
func TestVectorsAreOwn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(rt, "records")
		faults := rapid.SliceOfN(rapid.IntRange(0, 6), 0, 12).Draw(rt, "faults")
		call := 0
		var mu sync.Mutex
		e := &embedder{answer: func(_ *providers.Request, v [][]float32) ([][]float32, error) {
			mu.Lock()
			defer mu.Unlock()
			if call++; call > len(faults) {
				return v, nil
			}
			switch faults[call-1] {
			case 1:
				return v[:len(v)-1], nil
			case 2:
				return append(v, v[0]), nil
			case 3:
				return nil, nil
			case 4:
				v[0] = nil
			case 5:
				return nil, &providers.Error{Kind: providers.KindBadRequest}
			case 6:
				return nil, &providers.Error{Kind: providers.KindContextOverflow}
			}
			return v, nil
		}}
		size := rapid.SampledFrom([]string{"1", "5", "30"}).Draw(rt, "size")
		got := predict(t, embeds(t, e, with(map[string]string{"batch.size": size})), recordsOf(n))
		for tag, r := range got {
			if own := vectorOf(fmt.Sprintf("text %d", tag)); (r.Err == nil) == (r.Vector == nil) || r.Err == nil && !cmp.Equal(r.Vector, own) {
				rt.Fatalf("record %d: %+v, want %v", tag, r, own)
			}
		}
	})
}

// TestAllRefused: a model that refuses every call is soon not asked in halves any more.
func TestAllRefused(t *testing.T) {
	t.Parallel()
	e := &embedder{answer: func(*providers.Request, [][]float32) ([][]float32, error) {
		return nil, &providers.Error{Kind: providers.KindBadRequest, Message: "dimensions are not known"}
	}}
	for tag, r := range predict(t, embeds(t, e, with(map[string]string{"batch.size": "8"})), recordsOf(800)) {
		if r.Err == nil || r.Err.Reason != inference.ReasonProviderRejected {
			t.Fatalf("%d: %+v", tag, r)
		}
	}
	if len(e.calls) > 100+5*14 {
		t.Errorf("%d calls for 100 batches", len(e.calls))
	}
}

// TestEmbedLimits: no call has more than its driver can send, and the client is told.
func TestEmbedLimits(t *testing.T) {
	t.Parallel()
	e := &embedder{limits: providers.EmbedLimits{Inputs: 10, Tokens: 100}}
	engine := embeds(t, e, with(map[string]string{"batch.size": "50"}))
	stream, err := engine.Open(t.Context(), inference.StreamConfig{Capacity: 1000, Receiver: collect(0)})
	if err != nil {
		t.Fatal(err)
	}
	if warnings := stream.Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0], "not batch.size=50") {
		t.Errorf("warnings %q", warnings)
	}
	stream.Close()
	_ = predict(t, engine, recordsOf(95))
	records := recordsOf(4)
	for i := range records {
		records[i].Fields[0].Value = strings.Repeat("seven b", 20) // 40 tokens: two of them are 80, and three too many
	}
	first := len(e.calls)
	_ = predict(t, engine, records)
	for i, inputs := range e.calls {
		if len(inputs) > 10 || i >= first && len(inputs) > 2 {
			t.Errorf("a call with %d texts: %q", len(inputs), inputs)
		}
	}
}

// TestTextTooLong: the bound of one text is no bound of a call.
func TestTextTooLong(t *testing.T) {
	t.Parallel()
	long := recordsOf(6)
	long[2].Fields[0].Value = strings.Repeat("many words ", 1000)
	for overflow, want := range map[string]int{"error": 5, "truncate-tail": 6} {
		e := &embedder{}
		engine := embeds(t, e, func(m *inference.ModelConfig) {
			m.ContextTokens = 200
			m.Options = map[string]string{"batch.size": "6", "record.overflow": overflow, "batch.max.tokens": "250"}
		})
		got, values := predict(t, engine, long), 0
		for tag, r := range got {
			if r.Err == nil {
				values++
			} else if tag != 3 || r.Err.Reason != inference.ReasonContextOverflow {
				t.Errorf("%s: %d: %v", overflow, tag, r.Err)
			}
		}
		if values != want {
			t.Errorf("%s: %d values", overflow, values)
		}
		for _, inputs := range e.calls {
			if n := len(strings.Join(inputs, "")); n > 250*4 {
				t.Errorf("%s: a call of %d bytes", overflow, n)
			}
		}
	}
}

// TestOptionsOfATask: who sets what has no meaning is told.
func TestOptionsOfATask(t *testing.T) {
	t.Parallel()
	engine := embeds(t, &embedder{}, func(m *inference.ModelConfig) { m.Open = func(string) bool { return true } })
	for name, value := range map[string]string{"system.prompt": "x", "temperature": "0", "response.value.field": "a"} {
		_, err := engine.Open(t.Context(), inference.StreamConfig{Options: map[string]string{name: value}, Receiver: collect(0)})
		if err == nil || !strings.Contains(err.Error(), name+" has no meaning for a model whose task is embedding") {
			t.Errorf("%s: %v", name, err)
		}
	}
	completes := newEngine(t, says("x"), nil)
	_, err := completes.Open(t.Context(), inference.StreamConfig{Options: map[string]string{"dimensions": "3"}, Receiver: collect(0)})
	if err == nil || !strings.Contains(err.Error(), "task is completion") {
		t.Errorf("dimensions: %v", err)
	}
}

// TestRenderEmbedding: a dry run says what is sent.
func TestRenderEmbedding(t *testing.T) {
	t.Parallel()
	engine := embeds(t, &embedder{}, with(map[string]string{"batch.size": "2"}))
	prompts, err := engine.Render(t.Context(), "m", nil, recordsOf(3))
	if err != nil || len(prompts) != 2 {
		t.Fatalf("%d prompts, %v", len(prompts), err)
	}
	want := inference.Prompt{
		Messages: []providers.Message{{Role: "user", Content: "text 1"}, {Role: "user", Content: "text 2"}},
		Records:  []uint64{1, 2}, EstimatedTokens: 3,
	}
	if diff := cmp.Diff(want, prompts[0]); diff != "" {
		t.Error(diff)
	}
}
