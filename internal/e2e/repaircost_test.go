package e2e_test

import (
	"testing"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/simulator"
)

// answerFaults are damages after which something has to be asked again, one as likely as the other: 1, 2, some 10 and all
// of 20 records, and those that have no value.
var answerFaults = []simulator.Fault{"drop", "doubled-index", "truncate", "drop-renumber", "null"}

// repairCost is what damaged answers have cost.
type repairCost struct {
	damaged, again, failed int
	calls, tokens          int
}

// TestRepairCost compares what repairs cost with the floor: one call for each damaged answer, and for each record without a
// valid answer its share of a full batch's tokens.
func TestRepairCost(t *testing.T) {
	t.Parallel()
	records := 10 * *damagedRecords
	clean := costOf(t, 0, records)
	for _, percent := range []int{1, 5, 20} {
		got := costOf(t, float64(percent)/100, records)
		extraCalls, extraTokens := got.calls-clean.calls, got.tokens-clean.tokens
		floor := clean.tokens * got.again / records
		t.Logf("%2d %% damaged: %d answers, %d records asked again; calls +%.1f %% (floor +%.1f %%), tokens +%.2f %% (floor +%.2f %%), %d errors",
			percent, got.damaged, got.again, share(extraCalls, clean.calls), share(got.damaged, clean.calls),
			share(extraTokens, clean.tokens), share(floor, clean.tokens), got.failed)
		if got.failed > records/500 || extraCalls > 2*got.damaged || extraTokens > 2*floor {
			t.Errorf("%d errors, %d further calls for %d damaged answers, %d further tokens over a floor of %d",
				got.failed, extraCalls, got.damaged, extraTokens, floor)
		}
	}
}

func share(n, of int) float64 { return 100 * float64(n) / float64(of) }

func costOf(t *testing.T, rate float64, records int) repairCost {
	t.Helper()
	cfg := simulator.Config{Seed: 21, Faults: map[simulator.Fault]float64{}}
	for _, f := range answerFaults {
		cfg.Faults[f] = rate / float64(len(answerFaults))
	}
	var cost repairCost
	w, sim := serveCanaries(t, cfg)
	texts, _ := canaries(records)
	for _, r := range judge(t, w, "canaries", texts) {
		cost.count(r)
		if r.GetError() != nil {
			t.Logf("record %d after %d attempts: %s", r.GetSequence(), r.GetAttempts(), r.GetError().GetMessage())
		}
	}
	stats := sim.Stats()
	for _, n := range stats.ByFault {
		cost.damaged += n
	}
	cost.calls, cost.tokens = stats.Calls, stats.PromptTokens+stats.CompletionTokens
	return cost
}

func (c *repairCost) count(r *weirv1.Result) {
	if r.GetAttempts() > 1 {
		c.again++
	}
	if r.GetError() != nil {
		c.failed++
	}
}
