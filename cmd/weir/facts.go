package main

import (
	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/catalog"
)

// describe adds what is known of a model's sizes and price: the operator's figures, or else the catalogue's. Of the
// built-in model there is nothing to know.
func describe(to *inference.ModelConfig, m config.Model) {
	if known, ok := catalog.Find(m.Model); ok && to.Kind != config.KindLocal {
		to.ContextTokens, to.MaxInputTokens, to.MaxOutputTokens = known.ContextTokens, known.MaxInputTokens, known.MaxOutputTokens
		to.Price = known.Price
		to.CountTokens = counterOf(known.Encoding)
	}
	if m.ContextTokens > 0 {
		to.ContextTokens, to.MaxInputTokens = m.ContextTokens, 0
	}
	if m.MaxOutputTokens > 0 {
		to.MaxOutputTokens = m.MaxOutputTokens
	}
	if m.Price.IsSet() {
		to.Price = priceOf(m.Price)
	}
}

func priceOf(p config.Price) *catalog.Price {
	return &catalog.Price{
		Input:       catalog.Dollars(p.Input.Amount),
		Output:      catalog.Dollars(p.Output.Amount),
		CachedInput: ofCache(p.CachedInput, p.Input),
		CacheWrite:  ofCache(p.CacheWrite, p.Input),
	}
}

// ofCache is a price of the cache. Where that is written as nothing it is the lowest that is not: 0 means as input.
func ofCache(d, input config.Dollars) catalog.Rate {
	switch {
	case !d.Set:
		return catalog.Dollars(input.Amount)
	case d.Amount == 0 && input.Amount > 0:
		return 1
	default:
		return catalog.Dollars(d.Amount)
	}
}
