package catalog_test

import (
	"fmt"

	"github.com/weir-ml/weir/internal/catalog"
)

func ExampleFind() {
	model, _ := catalog.Find("gpt-4o-mini-2024-07-18")
	cost := model.Price.Cost(catalog.Tokens{Input: 1200, CachedInput: 1024, Output: 300})
	fmt.Printf("%s: %d tokens, $%.2f and $%.2f a million; this call: %d millionths of a dollar\n",
		model.Name, model.ContextTokens, model.Price.Input.Dollars(), model.Price.Output.Dollars(), cost)
	// Output: gpt-4o-mini: 128000 tokens, $0.15 and $0.60 a million; this call: 283 millionths of a dollar
}
