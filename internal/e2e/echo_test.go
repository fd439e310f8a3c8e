package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/simulator"
)

// unseen are faults that no reader of the reply alone can see. shift-first is left out: a model that copies the right echo to a
// wrong value is not seen by an echo either.
var unseen = []simulator.Fault{
	"swap", "shift", "copy", "repeat-renumber", "drop-invent", "skip-number-stop", "drop-renumber-truncate", "no-index-swap-order",
}

// streamEchoes streams canaries while a fifth of the calls meets one of the unseen faults.
func streamEchoes(t *testing.T, options string, records int) (outcome, simulator.Stats) {
	t.Helper()
	cfg := simulator.Config{Seed: 31, RetryAfter: time.Millisecond, Faults: map[simulator.Fault]float64{}}
	for _, f := range unseen {
		cfg.Faults[f] = 0.2 / float64(len(unseen))
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
	w := serve(t, fmt.Sprintf(echoFile, sim.URL())+options, nil)
	texts, values := canaries(records)
	var got outcome
	for i, r := range judge(t, w, "canaries", texts) {
		got.count(values[i], r)
		if strings.Contains(r.GetText()+r.GetJson(), "check") {
			t.Errorf("record %d has its echo in its value: %v", i+1, r)
		}
	}
	return got, sim.Stats()
}

// echoFile is a model that is asked with weir's own instruction. Its one value field has
// all that the simulator's model says of names.
const echoFile = `
providers: {simulator: {kind: openai, base_url: %q, max_in_flight: 8}}
models:
  canaries:
    provider: simulator
    model: vader
    options:
      batch.size: 20
      batch.timeout.ms: 10000
      response.value.field: entities
`

// TestEcho: what cannot be seen in an answer puts values on other records, and none where each entry repeats its record's echo, in
// all formats of records and in a template of one's own.
func TestEcho(t *testing.T) {
	t.Parallel()
	records := 3 * *damagedRecords
	numbers, _ := streamEchoes(t, "      record.ids: sequential\n      response.structured: off\n", records)
	ids, _ := streamEchoes(t, "      record.ids: token\n", records)
	t.Logf("without an echo, of %d records: %d wrong with numbers, %d with random ids", records, len(numbers.wrong), len(ids.wrong))
	if len(ids.wrong) == 0 || len(numbers.wrong) <= len(ids.wrong) {
		t.Errorf("%d wrong with numbers and %d with random ids: this proves little", len(numbers.wrong), len(ids.wrong))
	}
	const echo = "      response.echo.field: check\n"
	for name, options := range map[string]string{
		"numbers": echo + "      record.ids: sequential\n",
		"text":    echo, "json": echo + "      record.format: json\n", "xml": echo + "      record.format: xml\n",
		"template": echo + `      batch.prompt.template: 'List the names in each text. Return JSON: [{"index": <n>, "check": "<echo>", "entities": [<name>]}]'` + "\n",
		"section": echo + `      batch.prompt.template: |
        List the names in each text. Return JSON: [{"index": <n>, "check": "<echo>", "entities": [<name>]}]
        {{#records}}
        Text {{index}}: {{json}} [echo {{echo}}]
        {{/records}}
`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, stats := streamEchoes(t, options, records)
			t.Logf("%d right, %d wrong, %d errors, %d calls", got.right, len(got.wrong), got.failed, stats.Calls)
			if len(got.wrong) > 0 || got.right < records*97/100 {
				t.Errorf("%d right, %d errors, wrong: %v", got.right, got.failed, got.wrong)
			}
		})
	}
}

// TestEchoIsDemanded: a model that does not repeat echoes has no valid answer, and says so.
func TestEchoIsDemanded(t *testing.T) {
	t.Parallel()
	provider := newCanary(t)
	w := serve(t, model(provider.url(), "batch.size: 5", "batch.timeout.ms: 10000"), nil)
	s := w.predict(t.Context(), t, &weirv1.PredictStart{Options: map[string]string{"response.echo.field": "check", "batch.failure.strategy": "error"}})
	s.texts(numbered(1, 5)...)
	for _, r := range s.finish(5) {
		e := r.GetError()
		if e.GetReason() != weirv1.Reason_REASON_INVALID_ANSWER || !strings.Contains(e.GetMessage(), `echo in "check"`) {
			t.Errorf("%v", r)
		}
	}
}
