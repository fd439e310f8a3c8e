package inference_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// TestFallBackToEachOther: models that fall back to each other, whose providers both fail with all places taken, do not wait for each
// other's places for ever.
func TestFallBackToEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := driver(func(ctx context.Context, _ *providers.Request) (*providers.Response, error) {
			_ = rest(ctx, time.Second)
			return nil, &providers.Error{Kind: providers.KindQuota, Message: "as told"}
		})
		limits := []*providers.Limit{providers.NewLimit(2), providers.NewLimit(3)}
		engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{
			{Name: "a", Provider: "p", Driver: broken, Limit: limits[0], Fallback: []string{"b"}},
			{Name: "b", Provider: "q", Driver: broken, Limit: limits[1], Fallback: []string{"a"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		a, b := openOn(t, engine, "a", 20), openOn(t, engine, "b", 20)
		for _, s := range []opened{a, b} {
			s.stream.Submit(recordsOf(20))
		}
		for name, s := range map[string]opened{"a": a, "b": b} {
			select {
			case <-s.results.done:
			case <-time.After(time.Hour):
				t.Fatalf("model %s has answered %d of 20 records in an hour", name, len(s.results.byID))
			}
			for tag, result := range s.results.byID {
				if result.Err == nil || result.Err.Reason != inference.ReasonProviderRejected || !strings.Contains(result.Err.Message, "instead") {
					t.Errorf("model %s, record %d: %+v", name, tag, result)
				}
			}
			s.stream.Close()
			<-s.stream.Idle()
		}
		for i, l := range limits {
			if l.InFlight() != 0 || l.Waiting() != 0 {
				t.Errorf("limit %d: %d places taken, %d wait", i, l.InFlight(), l.Waiting())
			}
		}
	})
}

// opened is a stream with its results.
type opened struct {
	stream  *inference.Stream
	results *results
}

func openOn(t *testing.T, engine *inference.Engine, model string, records int) opened {
	t.Helper()
	r := collect(records)
	stream, err := engine.Open(t.Context(), inference.StreamConfig{Model: model, Capacity: records, Receiver: r})
	if err != nil {
		t.Fatal(err)
	}
	return opened{stream, r}
}

// TestFallsBack: records of a model that cannot answer get another's values, and the results, the batch and the hooks say so.
func TestFallsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told, warned []string
		calls := map[string]int{}
		good := &echoModel{}
		engine, err := inference.New(inference.Config{
			Models: []inference.ModelConfig{
				{Name: "big", Provider: "p", ProviderModel: "big-1", Driver: fails(providers.KindQuota), Options: numbered(map[string]string{"batch.size": "4"}), Fallback: []string{"small"}},
				{Name: "small", Provider: "q", ProviderModel: "small-1", Driver: good, Limit: providers.NewLimit(1)},
			},
			Hooks: inference.Hooks{
				FellBack: func(model, to string, why providers.Kind) {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, model+" "+to+" "+why.String())
				},
				CallEnd: func(_ context.Context, call inference.Call, _ inference.CallEnd) {
					mu.Lock()
					defer mu.Unlock()
					calls[call.Model]++
				},
				BatchEnd: func(_ context.Context, _ inference.Batch, end inference.BatchEnd) {
					mu.Lock()
					defer mu.Unlock()
					warned = append(warned, end.Warnings...)
				},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := collect(4)
		stream, err := engine.Open(t.Context(), inference.StreamConfig{Model: "big", Capacity: 4, Receiver: r})
		if err != nil {
			t.Fatal(err)
		}
		stream.Submit(recordsOf(4))
		<-r.done
		stream.Close()
		<-stream.Idle()
		want := []string{"answered by model small instead: out of quota"}
		for tag, result := range r.byID {
			if result.Err != nil || result.Attempts != 2 || !slices.Equal(result.Warnings, want) {
				t.Errorf("record %d: %+v", tag, result)
			}
		}
		if !slices.Equal(told, []string{"big small out of quota"}) || !slices.Equal(warned, want) || calls["big"] != 1 || calls["small"] != 1 {
			t.Errorf("told %q, warned %q, calls %v", told, warned, calls)
		}
	})
	for name, fallback := range map[string][]string{"one that there is not": {"x"}, "itself": {"m"}} {
		_, err := inference.New(inference.Config{Models: []inference.ModelConfig{{Name: "m", Driver: says("x"), Fallback: fallback}}})
		if err == nil {
			t.Errorf("a model may fall back to %s", name)
		}
	}
}
