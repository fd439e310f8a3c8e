package e2e_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/simulator"
)

// damagedRecords is how many records each damage is tried on; all together are tried on ten times as many.
var damagedRecords = flag.Int("damaged-records", 400, "records for each damage; `make soak` takes more")

// canaryFile has a model behind the simulator that answers with the number in each record's text, which no other record has.
const canaryFile = `
providers: {simulator: {kind: openai, base_url: %q, max_in_flight: 8}}
models:
  canaries:
    provider: simulator
    model: vader
    options:
      batch.size: 20
      batch.timeout.ms: 10000
      batch.prompt.template: 'List the names in each text. Return JSON: [{"index": <n>, "entities": [<name>]}]'
      response.value.field: entities
`

// canaries are texts with a number of their own each, and the name that the model finds in each.
func canaries(n int) (texts, values []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("i saw %d go by, quietly", 1_000_000+7*i))
		values = append(values, fmt.Sprintf(`"%d"`, 1_000_000+7*i))
	}
	return texts, values
}

// seenFaults are all that show in the reply, and all faults of calls that asking again may help with.
func seenFaults() []simulator.Fault {
	return slices.DeleteFunc(simulator.Faults(), func(f simulator.Fault) bool { return !f.Seen() || f.Final() })
}

// outcome counts what became of records.
type outcome struct {
	right, failed int
	wrong         []string
}

// serveCanaries starts a server and a simulator with faults.
func serveCanaries(t *testing.T, cfg simulator.Config, next ...simulator.Next) (*weir, *simulator.Server) {
	t.Helper()
	cfg.RetryAfter, cfg.HangFor = time.Millisecond, time.Millisecond
	sim := simulator.New(cfg)
	if err := sim.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := sim.Inject(simulator.FaultPlan{Next: next}); err != nil {
		t.Fatal(err)
	}
	return serve(t, fmt.Sprintf(canaryFile, sim.URL()), nil), sim
}

// streamCanaries sends records through a server and a simulator with faults. One result for each record, in order, is
// checked by judge.
func streamCanaries(t *testing.T, cfg simulator.Config, records int, next ...simulator.Next) (outcome, simulator.Stats) {
	t.Helper()
	w, sim := serveCanaries(t, cfg, next...)
	texts, values := canaries(records)
	var got outcome
	for i, r := range judge(t, w, "canaries", texts) {
		got.count(values[i], r)
	}
	return got, sim.Stats()
}

func (o *outcome) count(want string, r *weirv1.Result) {
	switch {
	case r.GetError() != nil && r.GetError().GetReason() != weirv1.Reason_REASON_UNSPECIFIED:
		o.failed++
	case strings.Contains(r.GetText()+r.GetJson(), want): // two of the damages write more around it
		o.right++
	default:
		o.wrong = append(o.wrong, fmt.Sprintf("record %d got %v, want %s", r.GetSequence(), r, want))
	}
}

// TestDamagesTogether: under all faults that show at once, a fifth of all calls, no record is lost, doubled, out of order or
// has another's value.
func TestDamagesTogether(t *testing.T) {
	t.Parallel()
	cfg := simulator.Config{Seed: 11, Jitter: 2 * time.Millisecond, Faults: map[simulator.Fault]float64{}}
	for _, f := range seenFaults() {
		cfg.Faults[f] = 0.2 / float64(len(seenFaults()))
	}
	records := 10 * *damagedRecords
	got, stats := streamCanaries(t, cfg, records)
	t.Logf("%d records: %d right, %d errors, %d calls, faults %v", records, got.right, got.failed, stats.Calls, stats.ByFault)
	if len(got.wrong) > 0 {
		t.Errorf("%d wrong values: %s", len(got.wrong), got.wrong[0])
	}
	if got.right < records*97/100 || len(stats.ByFault) < 20 {
		t.Errorf("only %d values of %d, or only %d faults: this proves little", got.right, records, len(stats.ByFault))
	}
}

// TestDamageAtFivePercent: a fault that 5 % of the calls meet costs less than 1 % of the records their value, and puts no
// value on another record.
func TestDamageAtFivePercent(t *testing.T) {
	t.Parallel()
	for _, f := range seenFaults() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			got, stats := streamCanaries(t, simulator.Config{Seed: 12, Faults: map[simulator.Fault]float64{f: 0.05}}, *damagedRecords)
			if len(got.wrong) > 0 || got.right < *damagedRecords*99/100 {
				t.Errorf("%d right, %d errors, wrong: %v; %d calls, %v", got.right, got.failed, got.wrong, stats.Calls, stats.ByFault)
			}
		})
	}
}

// TestDamageOnce: a fault that strikes once costs no record its value, and a call or a few.
func TestDamageOnce(t *testing.T) {
	t.Parallel()
	for _, f := range seenFaults() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			got, stats := streamCanaries(t, simulator.Config{Seed: 13}, 60, simulator.Next{Fault: f})
			if got.right != 60 || stats.ByFault[f] != 1 {
				t.Errorf("%d of 60 right, %d errors, wrong: %v; %v", got.right, got.failed, got.wrong, stats.ByFault)
			}
			if extra := stats.Calls - 3; extra > 3 {
				t.Errorf("%d further calls, want 3 at most", extra)
			}
		})
	}
}
