package providers

import "context"

// Embedder turns texts into vectors. A driver whose vendor can do that has this method beside Complete, under the same
// rules: one attempt a call, and an error that is always an [*Error].
type Embedder interface {
	// Embed makes one call about all of req.Inputs. Its response has one vector for each, in their order, or there is an error.
	Embed(ctx context.Context, req *Request) (*Response, error)
}

// Embedding returns e as a Provider whose completions are vectors, so that everything which is put around a driver can be put
// around this too.
func Embedding(e Embedder) Provider { return embedding{e} }

type embedding struct{ Embedder }

// Complete embeds the request's inputs.
func (e embedding) Complete(ctx context.Context, req *Request) (*Response, error) {
	return e.Embed(ctx, req) //nolint:wrapcheck // the driver's own
}
