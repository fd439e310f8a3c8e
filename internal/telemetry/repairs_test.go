package telemetry_test

import (
	"strings"
	"testing"

	"github.com/weir-ml/weir/inference"
)

// TestRepairs counts what is asked again, and logs a few lines about it, however many batches there are.
func TestRepairs(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t)
	hooks := s.telemetry.InferenceHooks()
	batch := inference.Batch{Model: "m", Provider: "p", Records: 20, Full: 20, Left: "full"}
	for range 50 {
		ctx := hooks.BatchStart(t.Context(), batch)
		hooks.BatchEnd(ctx, batch, inference.BatchEnd{
			Values: 19, Calls: 3, Repaired: 2, Refused: inference.RefusalBudget, Warnings: []string{"the model counts from 0"},
		})
	}
	hooks.TakenApart("m", true)
	got := values(scrape(t, s))
	for series, want := range map[string]float64{
		`weir_repairs_total{model="m",provider="p"}`:          100,
		`weir_records_repaired_total{model="m"}`:              100,
		`weir_repairs_refused_total{model="m",why="budget"}`:  50,
		`weir_repairs_refused_total{model="m",why="breaker"}`: 0,
		`weir_model_not_repaired{model="m"}`:                  1,
	} {
		if got[series] != want {
			t.Errorf("%s = %v, want %v", series, got[series], want)
		}
	}
	log := s.log.String()
	if lines := strings.Count(log, "the model counts from 0"); lines == 0 || lines > 5 || !strings.Contains(log, "not taken apart") {
		t.Errorf("%d lines of 50 batches:\n%s", lines, log)
	}
	hooks.TakenApart("m", false)
	if got := values(scrape(t, s))[`weir_model_not_repaired{model="m"}`]; got != 0 {
		t.Errorf("weir_model_not_repaired is %v when the model answers again", got)
	}
}
