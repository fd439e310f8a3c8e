//nolint:thelper // these are the tests themselves: a failure is to show their line, not that of Run
package providertest

import (
	"math"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/weir-ml/weir/providers"
)

// Embedder is a driver that embeds, under test.
type Embedder struct {
	// New is as in [Driver].
	New func(tb testing.TB, baseURL string) providers.Embedder
	// Answer returns the body of a 200 with these vectors in this order, and with these indexes where the format has any: indexes[i]
	// is that of vectors[i]. usage is the tokens; 0: the server does not say.
	Answer func(vectors [][]float32, indexes []int, usage int) string
	// Indexed says that the format has indexes.
	Indexed bool
	// Failures are as in [Wire], of the kinds that are required there. Those with status 200 are left out: they are answers to
	// prompts.
	Failures map[providers.Kind][]Failure
	// Check is as in [Wire].
	Check func(tb testing.TB, got *http.Request, body []byte, req *providers.Request)
	// Leaks is as in [Driver].
	Leaks func(tb testing.TB)
}

// RunEmbedder runs what holds for every driver that embeds as subtests of t: whose vector is whose, and what a call may fail with.
func RunEmbedder(t *testing.T, e Embedder) {
	t.Helper()
	s := &suite{root: t.Name(), outcomes: make(record), Driver: Driver{
		New: func(tb testing.TB, baseURL string) providers.Provider { return providers.Embedding(e.New(tb, baseURL)) },
		Request: &providers.Request{Model: "a-model", Inputs: []string{
			"A wonderful film: \"the best\" of the year", "a bore & <b>sad</b>", "10/10 ☺",
		}},
		Wire:  &Wire{Answer: func(Answer) string { return e.Answer(own(), []int{0, 1, 2}, 12) }, Failures: e.failures(), Check: e.Check},
		Leaks: e.Leaks,
	}}
	if s.Leaks == nil {
		s.Leaks = func(testing.TB) {}
	}
	t.Run("vectors", func(t *testing.T) { s.vectors(t, e) })
	t.Run("failures", s.failures)
	t.Run("network", s.network)
}

func (e *Embedder) failures() map[providers.Kind][]Failure {
	kept := make(map[providers.Kind][]Failure, len(e.Failures))
	for kind, all := range e.Failures {
		kept[kind] = slices.DeleteFunc(slices.Clone(all), func(f Failure) bool { return f.Status == http.StatusOK })
	}
	return kept
}

// own are the vectors of the suite's three texts.
func own() [][]float32 { return [][]float32{{0.1, -2}, {0, 1e-7}, {3, 1.0 / 3}} }

// vectors checks what a driver makes of a 200.
func (s *suite) vectors(t *testing.T, e Embedder) {
	serve := func(t *testing.T, body string) *providers.Response {
		srv, p := s.serve(t, s.checking(t, says(http.StatusOK, nil, body)))
		defer srv.wantCalls(t, 1)
		return s.succeeds(t, p)
	}
	s.run(t, "in order", func(t *testing.T) {
		resp := serve(t, e.Answer(own(), []int{0, 1, 2}, 12))
		if !reflect.DeepEqual(resp.Vectors, own()) || resp.Finish != providers.FinishStop || resp.Text != "" {
			t.Errorf("response %+v, want %v", resp, own())
		}
		if u := (providers.Usage{PromptTokens: 12, Reported: true}); resp.Usage != u {
			t.Errorf("usage %+v, want %+v", resp.Usage, u)
		}
	})
	s.run(t, "without usage", func(t *testing.T) {
		if resp := serve(t, e.Answer(own(), []int{0, 1, 2}, 0)); resp.Usage != (providers.Usage{}) || len(resp.Vectors) != 3 {
			t.Errorf("response %+v", resp)
		}
	})
	s.run(t, "one too few", func(t *testing.T) {
		if resp := serve(t, e.Answer(own()[:2], []int{0, 1}, 12)); len(resp.Vectors) != 2 {
			t.Errorf("%d vectors, want the 2 that there are: the caller must see that it is not 3", len(resp.Vectors))
		}
	})
	s.run(t, "one too many", func(t *testing.T) {
		if resp := serve(t, e.Answer(append(own(), own()[0]), []int{0, 1, 2, 3}, 12)); len(resp.Vectors) != 4 {
			t.Errorf("%d vectors, want the 4 that there are", len(resp.Vectors))
		}
	})
	s.run(t, "none", func(t *testing.T) {
		if resp := serve(t, e.Answer(nil, nil, 12)); len(resp.Vectors) != 0 {
			t.Errorf("vectors %v", resp.Vectors)
		}
	})
	s.run(t, "an empty one", func(t *testing.T) {
		odd := own()
		odd[1] = []float32{}
		if resp := serve(t, e.Answer(odd, []int{0, 1, 2}, 12)); len(resp.Vectors) != 3 || len(resp.Vectors[1]) != 0 {
			t.Errorf("vectors %v", resp.Vectors)
		}
	})
	if e.Indexed {
		s.indexes(t, e)
	}
}

// indexes checks that a vector goes where its index says, and nowhere where indexes are none.
func (s *suite) indexes(t *testing.T, e Embedder) {
	s.run(t, "in another order", func(t *testing.T) {
		v := own()
		srv, p := s.serve(t, says(http.StatusOK, nil, e.Answer([][]float32{v[2], v[0], v[1]}, []int{2, 0, 1}, 12)))
		if resp := s.succeeds(t, p); !reflect.DeepEqual(resp.Vectors, own()) {
			t.Errorf("vectors %v, want %v", resp.Vectors, own())
		}
		srv.wantCalls(t, 1)
	})
	for name, indexes := range map[string][]int{
		"an index twice": {0, 1, 1}, "an index too large": {0, 1, 3}, "an index below 0": {-1, 0, 1},
		"an absurd index": {0, 1, math.MaxInt32},
	} {
		s.run(t, name, func(t *testing.T) {
			_, p := s.serve(t, says(http.StatusOK, nil, e.Answer(own(), slices.Clone(indexes), 12)))
			_ = s.fails(t, p, providers.KindMalformed)
		})
	}
}
