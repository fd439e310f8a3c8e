package local_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
)

func embedder(tb testing.TB) providers.Embedder {
	tb.Helper()
	e, ok := local.New().(providers.Embedder)
	if !ok {
		tb.Fatal("the embedded model does not embed")
	}
	return e
}

func vectors(tb testing.TB, dimensions int, texts ...string) [][]float32 {
	tb.Helper()
	resp, err := embedder(tb).Embed(tb.Context(), &providers.Request{Inputs: texts, Dimensions: dimensions})
	if err != nil {
		tb.Fatal(err)
	}
	return resp.Vectors
}

func product(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// damaged is what becomes of a text that somebody types from memory: every third word is lost, the longest has two letters
// swapped, case and punctuation are others.
func damaged(text string) string {
	var words []string
	longest := 0
	for i, w := range strings.Fields(text) {
		if i%3 == 2 {
			continue
		}
		if words = append(words, w); len(w) > len(words[longest]) {
			longest = len(words) - 1
		}
	}
	if w := []byte(words[longest]); len(w) > 3 && w[1] < 0x80 && w[2] < 0x80 {
		w[1], w[2] = w[2], w[1]
		words[longest] = string(w)
	}
	return strings.ToUpper(strings.Join(words, " ")) + "!"
}

// TestEmbeddingFindsTheDamaged: of 300 real reviews, the one that a damaged copy was made of is nearest to it.
func TestEmbeddingFindsTheDamaged(t *testing.T) {
	var originals, copies []string
	for _, r := range reviews(t) {
		text := r.Text
		if len(strings.Fields(text)) >= 8 && len(originals) < 300 {
			originals, copies = append(originals, text), append(copies, damaged(text))
		}
	}
	for dimensions, least := range map[int]int{16: 170, 64: 290, 256: 299} {
		all, found := vectors(t, dimensions, originals...), 0
		for i, v := range vectors(t, dimensions, copies...) {
			best := 0
			for j := range all {
				if product(v, all[j]) > product(v, all[best]) {
					best = j
				}
			}
			if best == i || originals[best] == originals[i] {
				found++
			}
		}
		t.Logf("%d numbers: %d of %d found", dimensions, found, len(originals))
		if found < least {
			t.Errorf("%d numbers: %d of %d found, want %d", dimensions, found, len(originals), least)
		}
	}
}

// TestEmbeddingOfParaphrases: texts about the same, in words that are partly the same, are nearer than others.
func TestEmbeddingOfParaphrases(t *testing.T) {
	v := vectors(t, 0,
		"The battery dies after two hours of use.",
		"After two hours, the batteries were dead.",
		"A moving film with wonderful performances.",
	)
	if near, far := product(v[0], v[1]), product(v[0], v[2]); near < far+0.2 {
		t.Errorf("products %.2f and %.2f", near, far)
	}
}

// TestEmbedding: vectors are of length 1, of the wanted number of numbers, one for each text, and depend on it alone.
func TestEmbedding(t *testing.T) {
	model, ctx := embedder(t), t.Context()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "texts")
		dimensions := rapid.SampledFrom([]int{0, 16, 100, 1024}).Draw(t, "dimensions")
		resp, err := model.Embed(ctx, &providers.Request{Inputs: texts, Dimensions: dimensions})
		if err != nil {
			t.Fatal(err)
		}
		if dimensions == 0 {
			dimensions = local.DefaultDimensions
		}
		for i, v := range resp.Vectors {
			if length := math.Sqrt(product(v, v)); len(v) != dimensions || math.Abs(length-1) > 1e-5 {
				t.Fatalf("vector %d has %d numbers and length %g", i, len(v), length)
			}
		}
		alone, err := model.Embed(ctx,
			&providers.Request{Inputs: texts[len(texts)-1:], Dimensions: dimensions})
		if err != nil || len(resp.Vectors) != len(texts) || !cmp.Equal(alone.Vectors[0], resp.Vectors[len(texts)-1]) {
			t.Fatalf("%d vectors; alone %v", len(resp.Vectors), err)
		}
	})
}

// TestEmbeddingIsTheSameEverywhere: who has stored vectors must not have to make them again.
func TestEmbeddingIsTheSameEverywhere(t *testing.T) {
	got := fmt.Sprintf("%.4f", vectors(t, 16, "I love it, I do.")[0])
	want := "[0.3257 0.1628 0.1628 -0.0698 0.0000 -0.2326 0.1628 0.0000 0.4652 -0.1628 -0.4652 0.1628 0.1628 0.0000 -0.1628 0.4652]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEmbeddingRefuses(t *testing.T) {
	for _, req := range []*providers.Request{
		{},
		{Inputs: []string{"x"}, Dimensions: 15},
		{Inputs: []string{"x"}, Dimensions: 4097},
	} {
		if resp, err := embedder(t).Embed(t.Context(), req); err == nil || providers.AsError(err).Kind != providers.KindBadRequest {
			t.Errorf("%+v: %v, %v", req, resp, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedder(t).Embed(ctx, &providers.Request{Inputs: []string{"x"}}); providers.AsError(err).Kind != providers.KindCancelled {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkEmbed(b *testing.B) {
	var texts []string
	bytes := 0
	for _, r := range reviews(b)[:1000] {
		texts, bytes = append(texts, r.Text), bytes+len(r.Text)
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		vectors(b, 0, texts...)
	}
}
