package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/simulator"
)

// reviewsFile has two models that say the same of a review: one behind the simulator's HTTP, in batches, and the embedded
// one, which is asked about each review alone.
const reviewsFile = `
providers:
  simulator: {kind: openai, base_url: %q}
  embedded: {kind: local}
models:
  batches:
    provider: simulator
    model: vader
    options:
      batch.size: 20
      batch.timeout.ms: 10000
      batch.prompt.template: %q
      response.value.field: [sentiment, score]
  alone:
    provider: embedded
    model: vader
    options:
      batch.size: 1
      batch.prompt.template: %q
      response.value.field: [sentiment, score]
`

const reviewsTemplate = `Judge each review. Return JSON: [{"index": <n>, "sentiment": "<positive|negative|neutral>", "score": <number>}]`

const reviewCount = 2000

// TestReviewsInOrder sends real reviews through calls of random length: the batches end in another order than they left in,
// the results leave in that of the records, and each is what the model says of this review alone.
func TestReviewsInOrder(t *testing.T) {
	t.Parallel()
	w, sim := serveReviews(t, simulator.Config{Latency: 30 * time.Millisecond, Jitter: 30 * time.Millisecond, Seed: 1})
	texts := reviews(t)
	want := judge(t, w, "alone", texts)
	w.tally.forget()
	got := judge(t, w, "batches", texts)
	if diff := cmp.Diff(outcomes(want), outcomes(got), protocmp.Transform()); diff != "" {
		t.Errorf("in batches the reviews get something else than alone (-alone +batches):\n%s", diff)
	}
	if calls := sim.Stats().Calls; calls != reviewCount/20 {
		t.Errorf("%d calls, want %d", calls, reviewCount/20)
	}
	share := w.tally.outOfOrder()
	t.Logf("%.0f %% of the batches ended out of order", 100*share)
	if share < 0.3 {
		t.Errorf("only %.0f %% of the batches ended out of order: this test proves nothing", 100*share)
	}
}

// TestReviewsWithFaults has every kind of call go wrong now and then: what has a value has its own, and the rest says why.
func TestReviewsWithFaults(t *testing.T) {
	t.Parallel()
	w, sim := serveReviews(t, simulator.Config{
		Latency: 5 * time.Millisecond, Jitter: 5 * time.Millisecond, Seed: 2, RetryAfter: time.Millisecond,
		Faults: map[simulator.Fault]float64{
			simulator.Fault429: 0.04, simulator.Fault500: 0.04, simulator.Fault503: 0.04, simulator.FaultReset: 0.04,
			simulator.FaultMalformed: 0.04, simulator.FaultHTML: 0.04, "truncate": 0.1, simulator.FaultDrop: 0.1,
			"prose": 0.1, "fence": 0.1,
		},
	})
	texts := reviews(t)
	want, got := judge(t, w, "alone", texts), judge(t, w, "batches", texts)
	values := 0
	for i, r := range got {
		if r.GetError() == nil {
			values++
			if diff := cmp.Diff(want[i].GetValues(), r.GetValues(), protocmp.Transform()); diff != "" {
				t.Errorf("review %d has another's value (-alone +batches):\n%s", i+1, diff)
			}
			continue
		}
		if !slices.Contains([]weirv1.Reason{reasons['m'], reasons['u'], unavailable, limited}, r.GetError().GetReason()) {
			t.Errorf("review %d: %v", i+1, r)
		}
	}
	stats := sim.Stats()
	t.Logf("%d of %d values; faults: %v", values, len(got), stats.ByFault)
	if values < reviewCount/2 || len(stats.ByFault) < 8 {
		t.Errorf("%d values, faults %v: this test proves little", values, stats.ByFault)
	}
}

func serveReviews(t *testing.T, cfg simulator.Config) (*weir, *simulator.Server) {
	t.Helper()
	sim := simulator.New(cfg)
	if err := sim.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return serve(t, fmt.Sprintf(reviewsFile, sim.URL(), reviewsTemplate, reviewsTemplate), nil), sim
}

// judge sends the texts through a model and returns their results, which come in their order.
func judge(t *testing.T, w *weir, model string, texts []string) []*weirv1.Result {
	t.Helper()
	s := w.predict(t.Context(), t, &weirv1.PredictStart{Model: model})
	sent := make(chan error, 1)
	go func() {
		var err error
		for batch := range slices.Chunk(texts, 16) {
			err = errors.Join(err, s.Send(batchOf(recordsOf(batch...))))
		}
		sent <- errors.Join(err, s.CloseSend())
	}()
	got, err := s.rest()
	if err := errors.Join(<-sent, unless(err, io.EOF)); err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if r.GetSequence() != uint64(i+1) {
			t.Fatalf("result %d has sequence %d: out of order", i+1, r.GetSequence())
		}
	}
	if len(got) != len(texts) {
		t.Fatalf("%d results for %d records", len(got), len(texts))
	}
	return got
}

// outcomes are the values or errors alone.
func outcomes(results []*weirv1.Result) []*weirv1.Result {
	out := make([]*weirv1.Result, len(results))
	for i, r := range results {
		out[i] = &weirv1.Result{Sequence: r.GetSequence(), Outcome: r.GetOutcome()}
	}
	return out
}

// reviews are real ones, which the project carries.
func reviews(t *testing.T) []string {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(root, "examples", "reviews", "reviews.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for line := range bytes.Lines(file) {
		var r struct{ Text string }
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if texts = append(texts, r.Text); len(texts) == reviewCount {
			return texts
		}
	}
	t.Fatalf("only %d reviews", len(texts))
	return nil
}
