package inference

import (
	"github.com/weir-ml/weir/internal/catalog"
	"github.com/weir-ml/weir/providers"
)

// Cost is what something has cost.
type Cost struct {
	// Micros are millionths of a US dollar.
	Micros int64
	// Known is false where the model has no price, or its provider gave no figures.
	Known bool
}

// spending is what calls have used, and what that cost.
type spending struct {
	usage providers.Usage
	cost  Cost
}

func (s *spending) add(more spending) {
	s.usage.PromptTokens += more.usage.PromptTokens
	s.usage.CompletionTokens += more.usage.CompletionTokens
	s.usage.CachedTokens += more.usage.CachedTokens
	s.usage.CacheWriteTokens += more.usage.CacheWriteTokens
	s.usage.ReasoningTokens += more.usage.ReasoningTokens
	s.usage.Reported = s.usage.Reported || more.usage.Reported
	s.cost.Micros += more.cost.Micros
	s.cost.Known = s.cost.Known || more.cost.Known
}

// share is the part of record i of a call with n records. The parts of a call add up to the whole, each of its figures for
// itself.
func (s *spending) share(i, n int) spending {
	return spending{
		usage: providers.Usage{
			PromptTokens:     portion(s.usage.PromptTokens, i, n),
			CompletionTokens: portion(s.usage.CompletionTokens, i, n),
			CachedTokens:     portion(s.usage.CachedTokens, i, n),
			CacheWriteTokens: portion(s.usage.CacheWriteTokens, i, n),
			ReasoningTokens:  portion(s.usage.ReasoningTokens, i, n),
			Reported:         s.usage.Reported,
		},
		cost: Cost{Micros: portion(s.cost.Micros, i, n), Known: s.cost.Known},
	}
}

// portion gives what cannot be divided to the first ones.
func portion[T int | int64](total T, i, n int) T {
	if T(i) < total%T(n) {
		return total/T(n) + 1
	}
	return total / T(n)
}

// spendingOf is what a response has used at a price; nil: no price is known.
func spendingOf(usage providers.Usage, price *catalog.Price) spending {
	s := spending{usage: sane(usage)}
	if price == nil || !s.usage.Reported {
		return s
	}
	s.cost.Known = true
	s.cost.Micros = price.Cost(catalog.Tokens{
		Input: s.usage.PromptTokens, CachedInput: s.usage.CachedTokens, CacheWrite: s.usage.CacheWriteTokens,
		Output: s.usage.CompletionTokens,
	})
	return s
}

// spent is what a reply has used.
func (p *plan) spent(reply reply) spending {
	if reply.response == nil {
		return spending{}
	}
	return spendingOf(reply.response.Usage, p.model.answeredBy(reply.response).Price)
}

// sane makes the parts no more than their wholes, and nothing less than 0, whatever a provider says.
func sane(u providers.Usage) providers.Usage {
	u.PromptTokens, u.CompletionTokens = max(u.PromptTokens, 0), max(u.CompletionTokens, 0)
	u.CachedTokens = min(max(u.CachedTokens, 0), u.PromptTokens)
	u.CacheWriteTokens = min(max(u.CacheWriteTokens, 0), u.PromptTokens-u.CachedTokens)
	u.ReasoningTokens = min(max(u.ReasoningTokens, 0), u.CompletionTokens)
	return u
}
