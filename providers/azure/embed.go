package azure

import (
	"context"

	"github.com/weir-ml/weir/providers"
)

var _ providers.Embedder = (*Provider)(nil)

// Embed makes one call about all of the request's inputs, to the deployment that Complete would call.
func (p *Provider) Embed(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	at, renamed, err := p.deployed(req)
	if err != nil {
		return nil, err
	}
	return at.Embed(ctx, renamed)
}

// EmbedLimits returns what a call can hold: OpenAI's limits.
func (p *Provider) EmbedLimits() providers.EmbedLimits {
	return providers.EmbedLimits{Inputs: 2048, Tokens: 300_000}
}
