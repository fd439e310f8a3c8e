package local_test

import (
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/providers/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, providertest.Driver{
		New: func(testing.TB, string) providers.Provider { return local.New() },
	})
}
