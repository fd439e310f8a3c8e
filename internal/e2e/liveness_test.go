package e2e_test

import (
	"context"
	"testing"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// TestInvalidRecordsHoldNothingUp: records that are refused take places of the window too, until what stands before them
// is answered. A batch must not wait for records that these places keep out.
func TestInvalidRecordsHoldNothingUp(t *testing.T) {
	t.Parallel()

	provider := newCanary(t)
	w := serve(t, model(provider.url(), "batch.size: 2", "batch.timeout.ms: 20000"), nil)
	s := w.predict(t.Context(), t, &weirv1.PredictStart{MaxInFlight: 3})
	began := time.Now()
	s.texts("one", "", " ") // the window is full, and the client waits for a result
	got := s.results(3)
	if got[0].GetText() != answerTo("one") {
		t.Errorf("%v", got[0])
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v: until batch.timeout.ms", took)
	}
}

// TestGoneWhileWaitingForAPlace: streams whose client is gone end at once, also where their batches wait for a call of a
// provider that hangs.
func TestGoneWhileWaitingForAPlace(t *testing.T) {
	t.Parallel()

	provider := newFaulty(t, hang)
	w := serve(t, model(provider.url(), "batch.size: 5", "batch.timeout.ms: 20"), nil)
	stay := w.predict(t.Context(), t, &weirv1.PredictStart{})
	stay.texts(numbered(1, 64*5)...)
	waitFor(t, "64 calls, the provider's limit", func() bool { return provider.inside.Load() == 64 })
	ctx, cancel := context.WithCancel(t.Context())
	for range 20 {
		w.predict(ctx, t, &weirv1.PredictStart{}).texts(numbered(1, 5)...)
	}
	<-after(100 * time.Millisecond) // nothing tells that their batches wait
	cancel()
	waitFor(t, "the gone to end", func() bool { return w.server.Streams() == 1 })
}
