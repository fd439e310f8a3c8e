package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/catalog"
	"github.com/weir-ml/weir/providers"
)

// spends makes each call use the same.
func spends(u *providers.Usage) {
	*u = providers.Usage{
		PromptTokens: 1001, CompletionTokens: 100, CachedTokens: 600, CacheWriteTokens: 200, ReasoningTokens: 50, Reported: true,
	}
}

// TestCost: a result has its share of every figure, and the model its price.
func TestCost(t *testing.T) {
	t.Parallel()
	price := &catalog.Price{
		Input: catalog.Dollars(2), CachedInput: catalog.Dollars(0.5), Output: catalog.Dollars(8), Date: "2026-07-24", Source: "the vendor",
		LongAbove: 200_000,
	}
	b := start(t, setup{model: &model{spend: spends}, options: map[string]string{"batch.size": "2"}, price: price})
	resp, err := b.client.PredictBatch(t.Context(), &weirv1.PredictBatchRequest{Records: recordsOf("one", "two")})
	if err != nil {
		t.Fatal(err)
	}
	micros := uint64((401*2_000_000 + 600*500_000 + 100*8_000_000) / 2 / 1e6) // 951
	want := []*weirv1.Usage{
		{PromptTokens: 501, CompletionTokens: 50, CachedTokens: 300, CacheWriteTokens: 100, ReasoningTokens: 25, CostMicros: &micros},
		{PromptTokens: 500, CompletionTokens: 50, CachedTokens: 300, CacheWriteTokens: 100, ReasoningTokens: 25, CostMicros: &micros},
	}
	got := []*weirv1.Usage{resp.GetResults()[0].GetUsage(), resp.GetResults()[1].GetUsage()}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	m, err := b.client.GetModel(t.Context(), &weirv1.GetModelRequest{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	wantPrice := &weirv1.Price{
		Input: 2_000_000, CachedInput: 500_000, CacheWrite: 2_000_000, Output: 8_000_000, Date: "2026-07-24", Source: "the vendor",
		LongAbove: 200_000,
	}
	if diff := cmp.Diff(wantPrice, m.GetModel().GetPrice(), protocmp.Transform()); diff != "" {
		t.Errorf("price (-want +got):\n%s", diff)
	}
}

// TestCostUnknown: a model without a price has results without a cost, which is not a cost of nothing.
func TestCostUnknown(t *testing.T) {
	t.Parallel()
	b := start(t, setup{model: &model{spend: spends}})
	resp, err := b.client.PredictBatch(t.Context(), &weirv1.PredictBatchRequest{Records: recordsOf("one")})
	if err != nil {
		t.Fatal(err)
	}
	if u := resp.GetResults()[0].GetUsage(); u.GetCachedTokens() != 600 || u.CostMicros != nil {
		t.Errorf("usage: %v", u)
	}
}
