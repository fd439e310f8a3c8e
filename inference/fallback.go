package inference

import (
	"fmt"
	"slices"

	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/providers"
)

// link finds the models to fall back to.
func (m *model) link(models map[string]*model) error {
	for _, name := range m.Fallback {
		other := models[name]
		if other == nil || other == m {
			return fmt.Errorf("model %s: fallback: %q is not another model", m.Name, name)
		}
		if err := m.alike(other); err != nil {
			return err
		}
		m.others = append(m.others, other)
	}
	return nil
}

// chain returns the chain to the model's provider. hasty says that others will answer what it does not send.
func (m *model) chain(values *options.Values, hooks Hooks, hasty bool) providers.Provider {
	return providers.Chain(
		observe(m, hooks),
		providers.ChainConfig{
			MaxRetries: values.MaxRetries, RequestTimeout: values.RequestTimeout,
			Breaker: m.Breaker, Throttle: m.Throttle, Pool: m.Pool, Hasty: hasty,
			Budget: m.transport, BudgetFloor: values.MaxRetries * values.BatchSize,
		},
	)
}

// withFallback returns the chain to the model's provider, and behind it those to the models to fall back to. Their fallbacks are
// not followed, so no call goes in circles.
func (m *model) withFallback(values *options.Values, hooks Hooks) providers.Provider {
	cfg := providers.FallbackConfig{Own: m.Limit, On: m.FallbackOn}
	if hooks.FellBack != nil {
		cfg.FellBack = func(to string, why *providers.Error) { hooks.FellBack(m.Name, to, why.Kind) }
	}
	for i, other := range m.others {
		cfg.Alternatives = append(cfg.Alternatives, providers.Alternative{
			Name: other.Name, Model: other.ProviderModel, Chain: other.chain(values, hooks, i < len(m.others)-1),
			Limit: m.unlessShared(other),
		})
	}
	return providers.Fallback(m.chain(values, hooks, len(m.others) > 0), cfg)
}

// unlessShared returns another model's limit; nil where it is this model's too, whose place the batch has already.
func (m *model) unlessShared(other *model) *providers.Limit {
	if other.Limit == m.Limit {
		return nil
	}
	return other.Limit
}

// answeredBy returns the model that a response is of.
func (m *model) answeredBy(response *providers.Response) *model {
	if response.Alternative == 0 {
		return m
	}
	return m.others[response.Alternative-1]
}

// warned returns the warnings of an answer and, where another model has given it, one that says so.
func warned(reply reply) []string {
	if reply.response.FellBack == "" {
		return reply.answer.Warnings
	}
	return append(slices.Clip(reply.answer.Warnings), reply.response.FellBack)
}
