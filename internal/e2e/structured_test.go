package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/simulator"
)

// structuredFile has the model of canaryFile without a template: weir says the form of the answer.
const structuredFile = `
providers: {simulator: {kind: openai, base_url: %q, max_in_flight: 8}}
models:
  canaries:
    provider: simulator
    model: vader
    options:
      batch.size: 20
      batch.timeout.ms: 10000
      response.value.field: entities
      response.schema: '{"type": "array", "items": {"type": "string"}}'
`

// TestStructuredAnswers asks for a key for each record, over the wire and in words and schema, of a model that damages a fifth
// of its answers: no record has another's value, and nearly all have theirs.
func TestStructuredAnswers(t *testing.T) {
	t.Parallel()
	cfg := simulator.Config{Seed: 17, RetryAfter: time.Millisecond, HangFor: time.Millisecond, Faults: map[simulator.Fault]float64{}}
	for _, f := range seenFaults() {
		if !slices.Contains(unseenInKeys, f) {
			cfg.Faults[f] = 0.2 / float64(len(seenFaults()))
		}
	}
	sim := simulator.New(cfg)
	if err := sim.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	w := serve(t, fmt.Sprintf(structuredFile, sim.URL()), nil)
	prompts, err := w.client.RenderPrompt(t.Context(), &weirv1.RenderPromptRequest{Records: []*weirv1.Record{{Text: "a"}, {Text: "b"}}})
	if err != nil || !strings.Contains(prompts.GetPrompts()[0].GetAnswerSchema(), `"required":["r1","r2"]`) {
		t.Fatalf("%v, %v", prompts, err)
	}
	records := 10 * *damagedRecords
	texts, values := canaries(records)
	var got outcome
	for i, r := range judge(t, w, "canaries", texts) {
		got.count(values[i], r)
	}
	stats := sim.Stats()
	t.Logf("%d records: %d right, %d errors, %d calls, faults %v", records, got.right, got.failed, stats.Calls, stats.ByFault)
	if len(got.wrong) > 0 {
		t.Errorf("%d wrong values: %s", len(got.wrong), got.wrong[0])
	}
	if got.right < records*97/100 || len(stats.ByFault) < 20 {
		t.Errorf("only %d values of %d, or only %d faults: this proves little", got.right, records, len(stats.ByFault))
	}
}

// unseenInKeys are faults that cannot be seen where a key is all that names a record.
var unseenInKeys = []simulator.Fault{"zero-based-no-index-some", "unclosed"}
