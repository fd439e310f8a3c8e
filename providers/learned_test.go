package providers_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/providers"
)

// TestWhatTeachesIsRepeatedAtOnce: a call from which the driver learns is made again without a wait, a retry or budget.
func TestWhatTeachesIsRepeatedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lesson := fail(providers.Error{Kind: providers.KindBadRequest, Learned: true})
		d := &driver{script: []step{lesson, lesson, unavailable(), succeed}}
		cfg := providers.ChainConfig{MaxRetries: 1, Budget: providers.NewBudget(), BudgetFloor: 1}
		resp, err := providers.Chain(d, cfg).Complete(t.Context(), &providers.Request{})
		if err != nil || resp.Attempts != 4 {
			t.Fatalf("%+v, %v, want the response of the fourth attempt", resp, err)
		}
		waits := d.waits()
		if waits[0] != 0 || waits[1] != 0 {
			t.Errorf("waits %v, want none after a lesson", waits)
		}
		within(t, "the wait after the failure", waits[2], 125*time.Millisecond, 375*time.Millisecond)
	})
}

// TestLessonsAreBounded: a driver that never stops learning is not asked for ever.
func TestLessonsAreBounded(t *testing.T) {
	d := &driver{script: []step{fail(providers.Error{Kind: providers.KindBadRequest, Learned: true})}}
	_, err := providers.Chain(d, providers.ChainConfig{MaxRetries: 3}).Complete(t.Context(), &providers.Request{})
	if e := providers.AsError(err); e == nil || e.Kind != providers.KindBadRequest || e.Attempts != 5 {
		t.Errorf("%+v, want a bad request after 5 attempts", e)
	}
}
