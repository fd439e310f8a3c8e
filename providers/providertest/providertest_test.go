package providertest_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/providertest"
)

// embedded is a driver without a network.
type embedded struct{}

func (embedded) Complete(ctx context.Context, _ *providers.Request) (*providers.Response, error) {
	switch err := ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return nil, &providers.Error{Kind: providers.KindCancelled, Message: "the caller ended the call", Err: err}
	case err != nil:
		return nil, &providers.Error{Kind: providers.KindTimeout, Message: "no time left", Err: err}
	default:
		return &providers.Response{Text: "positive", Finish: providers.FinishStop}, nil
	}
}

// TestDriverWithoutANetwork is how such a driver runs the suite; package openai shows how one with a network does.
func TestDriverWithoutANetwork(t *testing.T) {
	providertest.Run(t, providertest.Driver{
		New:   func(testing.TB, string) providers.Provider { return embedded{} },
		Leaks: func(tb testing.TB) { tb.Helper(); goleak.VerifyNone(tb) },
	})
}
