package providers

import (
	"context"
	"fmt"
	"slices"
)

// Alternative is another model that is asked when one cannot be.
type Alternative struct {
	// Name is its name for people.
	Name string
	// Chain makes its calls, with its own breaker and limits.
	Chain Provider
	// Model is what its provider calls it.
	Model string
	// Limit bounds its provider's calls in flight; a call waits for a place. nil: no bound.
	Limit *Limit
}

// FallbackConfig says who is asked when.
type FallbackConfig struct {
	// Alternatives are asked in order, each once.
	Alternatives []Alternative
	// Own is the limit in which the first model's calls have their places, and keep them while others answer; nil: none.
	Own *Limit
	// On are the kinds of errors for which the next is asked; nil: [FallbackKinds].
	On []Kind
	// FellBack is told when an alternative is about to be asked, and why. It must not wait. nil: nobody is told.
	FellBack func(to string, why *Error)
}

// FallbackKinds returns the kinds for which another model is asked where nobody says: those that are the provider's trouble. A request
// that is wrong, too long, or that the model refuses is no better elsewhere; and a record must not get round a filter.
func FallbackKinds() []Kind {
	return []Kind{KindUnavailable, KindTimeout, KindRateLimited, KindMalformed, KindUnauthorized, KindQuota, KindUnknownModel}
}

// Fallback returns a Provider that asks first, and where that fails for one of the kinds, the alternatives in order. A response of an
// alternative says so in [Response.FellBack]. When all fail, the error is the first one, with what became of the others. It may be
// called by several goroutines at once and starts none. Without alternatives it is first itself.
func Fallback(first Provider, cfg FallbackConfig) Provider {
	if len(cfg.Alternatives) == 0 {
		return first
	}
	if cfg.On == nil {
		cfg.On = FallbackKinds()
	}
	return &fallback{first: first, cfg: cfg}
}

type fallback struct {
	first Provider
	cfg   FallbackConfig
}

// Complete asks until somebody answers.
func (f *fallback) Complete(ctx context.Context, req *Request) (*Response, error) {
	resp, cause := f.first.Complete(ctx, req)
	if cause == nil {
		return resp, nil
	}
	failure := *AsError(cause)
	why := &failure
	for i := range f.cfg.Alternatives {
		if ctx.Err() != nil || !slices.Contains(f.cfg.On, why.Kind) {
			break
		}
		other := &f.cfg.Alternatives[i]
		if f.cfg.FellBack != nil {
			f.cfg.FellBack(other.Name, why)
		}
		resp, err := f.ask(ctx, other, req)
		if err == nil {
			resp.Attempts += failure.Attempts
			resp.Alternative = i + 1
			resp.FellBack = fmt.Sprintf("answered by model %s instead: %s", other.Name, failure.Kind)
			return resp, nil
		}
		why = AsError(err)
		failure.Attempts += why.Attempts
		failure.Message += fmt.Sprintf("; model %s instead: %s", other.Name, why.Kind)
	}
	return nil, &failure
}

// ask makes the call with the alternative's own model, in a place of its provider.
func (f *fallback) ask(ctx context.Context, other *Alternative, req *Request) (*Response, error) {
	if other.Limit != nil {
		if err := f.cfg.Own.elsewhere(ctx, other.Limit); err != nil {
			return nil, err
		}
		defer other.Limit.Leave()
	}
	ctx, end := other.Limit.Begin(ctx)
	defer end()
	theirs := *req
	theirs.Model = other.Model
	return other.Chain.Complete(ctx, &theirs)
}
