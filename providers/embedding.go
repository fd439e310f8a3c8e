package providers

import "context"

// Embedder turns texts into vectors. A driver whose vendor can do that has this method beside Complete, under the same
// contract.
type Embedder interface {
	// Embed makes one call about all of req.Inputs, of which there is at least one and at most EmbedLimits().Inputs. Its response
	// has one vector for each, in their order, and nothing else of an answer, or there is an error. What is in the vectors is
	// as the vendor sends it: a number may be missing, or none.
	Embed(ctx context.Context, req *Request) (*Response, error)
	// EmbedLimits returns what one call can hold. It is the same at each call of it.
	EmbedLimits() EmbedLimits
}

// EmbedLimits are the most that a call of an [Embedder] can hold; 0: no bound is known.
type EmbedLimits struct {
	// Inputs are texts, and Tokens those of all of them together.
	Inputs, Tokens int
}

// Embedding returns e as a Provider whose completions are vectors, so that everything which is put around a driver can be put
// around it.
func Embedding(e Embedder) Provider { return embedding{e} }

type embedding struct{ Embedder }

// Complete embeds the request's inputs.
func (e embedding) Complete(ctx context.Context, req *Request) (*Response, error) {
	return e.Embed(ctx, req) //nolint:wrapcheck // the driver's own
}

var _ Embedder = (*Pool)(nil)

// Embed makes a call on a lane as Complete does. It is a bad request where the lanes' drivers do not embed.
func (p *Pool) Embed(ctx context.Context, req *Request) (*Response, error) {
	return p.on(ctx, req.Model, func(driver Provider) (*Response, error) {
		e, ok := driver.(Embedder)
		if !ok {
			return nil, &Error{Kind: KindBadRequest, Message: "this provider has no embeddings; correct the model's task"}
		}
		return e.Embed(ctx, req)
	})
}

// EmbedLimits are those of the first lane: all do the same.
func (p *Pool) EmbedLimits() EmbedLimits {
	if e, ok := p.lanes[0].Driver.(Embedder); ok {
		return e.EmbedLimits()
	}
	return EmbedLimits{}
}
