package providers_test

import (
	"context"
	"testing"

	"github.com/weir-ml/weir/providers"
)

// lengths embeds a text as its length, and fails with err where there is one.
type lengths struct {
	err   *providers.Error
	calls *int
}

func (lengths) Complete(context.Context, *providers.Request) (*providers.Response, error) {
	return &providers.Response{Text: "not asked to embed"}, nil
}

func (l lengths) Embed(_ context.Context, req *providers.Request) (*providers.Response, error) {
	*l.calls++
	if l.err != nil {
		return nil, l.err
	}
	resp := &providers.Response{}
	for _, text := range req.Inputs {
		resp.Vectors = append(resp.Vectors, []float32{float32(len(text))})
	}
	return resp, nil
}

func (lengths) EmbedLimits() providers.EmbedLimits { return providers.EmbedLimits{Inputs: 3} }

// TestPoolEmbeds: a key that is refused rests, and the next one embeds; a chain around it all counts.
func TestPoolEmbeds(t *testing.T) {
	t.Parallel()
	var refused, good int
	pool := providers.NewPool(providers.PoolConfig{Lanes: []providers.Lane{
		{Name: "key 1", Driver: lengths{err: &providers.Error{Kind: providers.KindUnauthorized}, calls: &refused}},
		{Name: "key 2", Driver: lengths{calls: &good}},
	}})
	if limits := pool.EmbedLimits(); limits.Inputs != 3 {
		t.Errorf("limits %+v", limits)
	}
	chain := providers.Chain(providers.Embedding(pool), providers.ChainConfig{Pool: pool})
	for range 3 {
		resp, err := chain.Complete(t.Context(), &providers.Request{Inputs: []string{"a", "bcd"}})
		if err != nil || len(resp.Vectors) != 2 || resp.Vectors[1][0] != 3 {
			t.Fatalf("%+v, %v", resp, err)
		}
	}
	if refused != 1 || good != 3 {
		t.Errorf("%d calls on the first key, %d on the second", refused, good)
	}
	unable := providers.NewPool(providers.PoolConfig{Lanes: []providers.Lane{{Name: "key 1", Driver: completes{}}}})
	if _, err := unable.Embed(t.Context(), &providers.Request{}); providers.AsError(err).Kind != providers.KindBadRequest {
		t.Errorf("a pool that cannot embed: %v", err)
	}
}

type completes struct{}

func (completes) Complete(context.Context, *providers.Request) (*providers.Response, error) {
	return &providers.Response{}, nil
}
