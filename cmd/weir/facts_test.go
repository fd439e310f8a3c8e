package main

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/catalog"
)

// TestDescribe: the operator's figures go before those of the table.
func TestDescribe(t *testing.T) {
	t.Parallel()
	dollars := func(amount float64) config.Dollars { return config.Dollars{Amount: amount, Set: true} }
	own := config.Price{Input: dollars(1), Output: dollars(2)}
	tests := []struct {
		name  string
		kind  string
		m     config.Model
		sizes [3]int // context, input, output
		price *catalog.Price
		count bool
	}{
		{"nothing is known", config.KindOpenAI, config.Model{Model: "mine"}, [3]int{}, nil, false},
		{"in the table", config.KindOpenAI, config.Model{Model: "gpt-5-mini-2025-08-07"}, [3]int{400_000, 272_000, 128_000}, tablePrice("gpt-5-mini"), true},
		{"no vocabulary", config.KindOpenAI, config.Model{Model: "claude-haiku-4-5"}, [3]int{200_000, 0, 64_000}, tablePrice("claude-haiku-4-5"), false},
		{
			"the operator's", config.KindOpenAI,
			config.Model{Model: "gpt-5-mini", ContextTokens: 8000, MaxOutputTokens: 500, Price: own},
			[3]int{8000, 0, 500},
			&catalog.Price{Input: 1e6, CachedInput: 1e6, CacheWrite: 1e6, Output: 2e6}, true,
		},
		{
			"a cache that costs nothing", config.KindOpenAI,
			config.Model{Price: config.Price{Input: dollars(1), Output: dollars(2), CachedInput: dollars(0), CacheWrite: dollars(3)}},
			[3]int{},
			&catalog.Price{Input: 1e6, CachedInput: 1, CacheWrite: 3e6, Output: 2e6}, false,
		},
		{"the built-in", config.KindLocal, config.Model{Model: "gpt-5-mini"}, [3]int{}, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := inference.ModelConfig{Kind: test.kind}
			describe(&got, test.m)
			if sizes := [3]int{got.ContextTokens, got.MaxInputTokens, got.MaxOutputTokens}; sizes != test.sizes {
				t.Errorf("sizes are %v, want %v", sizes, test.sizes)
			}
			if diff := cmp.Diff(test.price, got.Price); diff != "" {
				t.Errorf("price (-want +got):\n%s", diff)
			}
			if (got.CountTokens != nil) != test.count {
				t.Errorf("its tokens can be counted: %v", got.CountTokens != nil)
			}
		})
	}
}

func tablePrice(name string) *catalog.Price {
	m, _ := catalog.Find(name)
	return m.Price
}

// TestCount: known texts have the tokens that OpenAI's own tokenizer gives them, from several goroutines at once.
func TestCount(t *testing.T) {
	t.Parallel()
	count := counterOf(catalog.O200K)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for text, want := range map[string]int{"": 0, "hello world": 2, "tiktoken is great!": 6, strings.Repeat("a", 64): 8} {
				if got := count(text); got != want {
					t.Errorf("%q has %d tokens, want %d", text, got, want)
				}
			}
		})
	}
	group.Wait()
	if counterOf(catalog.NoEncoding) != nil {
		t.Error("an encoding that is not public can be counted")
	}
}
