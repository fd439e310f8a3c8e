package inference_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/providers"
)

// TestAwayForASecond: a provider that is away when a job of many calls begins costs no record its value: each call in flight
// may be repeated, not one alone.
func TestAwayForASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &echoModel{}
		back := time.Now().Add(time.Second)
		away := driver(func(ctx context.Context, req *providers.Request) (*providers.Response, error) {
			if time.Now().Before(back) {
				return nil, &providers.Error{Kind: providers.KindUnavailable, Message: "away"}
			}
			return m.Complete(ctx, req)
		})
		engine := newEngine(t, away, map[string]string{"batch.size": "20", "max.retries": "5"})
		got := predict(t, engine, recordsOf(300))
		if values := checkOwn(t, got); values != 300 {
			t.Errorf("%d of 300 values; the first record: %v", values, got[1].Err)
		}
	})
}
