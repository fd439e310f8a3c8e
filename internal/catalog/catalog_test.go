package catalog_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-ml/weir/internal/catalog"
)

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, want string }{
		{"gpt-4o-mini", "gpt-4o-mini"},
		{"gpt-4o-mini-2024-07-18", "gpt-4o-mini"},
		{"GPT-4o-Mini", "gpt-4o-mini"},
		{"openai/gpt-4o-mini", "gpt-4o-mini"},
		{"gpt-4o-2024-08-06", "gpt-4o"},
		{"gpt-4o-2024-05-13", "gpt-4o-2024-05-13"}, // it has a price of its own
		{"gpt-4o-audio-preview", ""},
		{"gpt-5", "gpt-5"},
		{"gpt-5-codex", ""},
		{"gpt-5.3", ""},
		{"gpt-3.5-turbo-16k", ""},
		{"claude-sonnet-4-5-20250929", "claude-sonnet-4-5"},
		{"claude-sonnet-4-5@20250929", "claude-sonnet-4-5"},
		{"claude-opus-5-5", ""}, // a newer model, not a version of claude-opus-5
		{"gemini-2.5-flash", "gemini-2.5-flash"},
		{"gemini-2.5-flash-001", "gemini-2.5-flash"},
		{"gemini-2.5-flash-lite", "gemini-2.5-flash-lite"},
		{"my-gpt-4o", ""},
		{"", ""},
		{"/", ""},
	}
	for _, test := range tests {
		m, ok := catalog.Find(test.name)
		if m.Name != test.want || ok != (test.want != "") {
			t.Errorf("%q is taken for %q, want %q", test.name, m.Name, test.want)
		}
	}
}

// TestTable: what is written in the table holds together.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range catalog.Models() {
		m, ok := catalog.Find(name)
		if !ok || m.Name != name || seen[name] {
			t.Fatalf("%s is found as %q, or twice", name, m.Name)
		}
		seen[name] = true
		if m.ContextTokens <= 0 || m.MaxOutputTokens <= 0 || m.MaxOutputTokens > m.ContextTokens || m.MaxInputTokens > m.ContextTokens {
			t.Errorf("%s: its sizes cannot be: %+v", name, m)
		}
		checkPrice(t, name, m.Price)
	}
}

func checkPrice(t *testing.T, name string, p *catalog.Price) {
	t.Helper()
	if p == nil {
		return
	}
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil || p.Source == "" {
		t.Errorf("%s: its price is of %q from %q", name, p.Date, p.Source)
	}
	if p.Input <= 0 || p.Output <= p.Input || p.CachedInput >= p.Input {
		t.Errorf("%s: its price cannot be: %+v", name, p)
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	mini, _ := catalog.Find("gpt-4o-mini")
	haiku, _ := catalog.Find("claude-haiku-4-5")
	pro, _ := catalog.Find("gemini-2.5-pro")
	tests := []struct {
		name string
		of   catalog.Model
		t    catalog.Tokens
		want int64
	}{
		{"a million in", mini, catalog.Tokens{Input: 1e6}, 150_000},
		{"half of it cached", mini, catalog.Tokens{Input: 1e6, CachedInput: 5e5}, 112_500},
		{"written to the cache", haiku, catalog.Tokens{Input: 1e6, CachedInput: 2e5, CacheWrite: 3e5}, 500_000 + 20_000 + 375_000},
		{"out", haiku, catalog.Tokens{Output: 1000}, 5000},
		{"no price for the cache", mini, catalog.Tokens{Input: 1e6, CacheWrite: 1e6}, 150_000},
		{"rounded", mini, catalog.Tokens{Input: 10}, 2}, // 1.5
		{"rounded down", mini, catalog.Tokens{Input: 3}, 0},
		{"a prompt that is long", pro, catalog.Tokens{Input: 200_001, Output: 1000}, 500_003 + 15_000},
		{"and one that is not", pro, catalog.Tokens{Input: 200_000, Output: 1000}, 250_000 + 10_000},
		{"more parts than the whole", mini, catalog.Tokens{Input: 1e6, CachedInput: 2e6, CacheWrite: 1e6}, 75_000},
		{"below nothing", mini, catalog.Tokens{Input: -5, CachedInput: -5, Output: -1}, 0},
	}
	for _, test := range tests {
		if got := test.of.Price.Cost(test.t); got != test.want {
			t.Errorf("%s: %d micro-dollars, want %d", test.name, got, test.want)
		}
	}
}

// TestCostIsExact: against arithmetic without bounds.
func TestCostIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := func(name string) catalog.Rate {
			return catalog.Rate(rapid.Int64Range(1, int64(catalog.MaxRate)).Draw(t, name))
		}
		p := catalog.Price{Input: rate("input"), CachedInput: rate("cached"), CacheWrite: rate("written"), Output: rate("output")}
		input := rapid.IntRange(0, math.MaxInt64).Draw(t, "tokens in")
		cached := rapid.IntRange(0, input).Draw(t, "cached tokens")
		written := rapid.IntRange(0, input-cached).Draw(t, "written tokens")
		output := rapid.IntRange(0, math.MaxInt64).Draw(t, "tokens out")
		sum := new(big.Int)
		for _, part := range []struct {
			n    int
			rate catalog.Rate
		}{{input - cached - written, p.Input}, {cached, p.CachedInput}, {written, p.CacheWrite}, {output, p.Output}} {
			sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(part.n)), big.NewInt(int64(part.rate))))
		}
		sum.Add(sum, big.NewInt(500_000)).Div(sum, big.NewInt(1_000_000))
		want := int64(math.MaxInt64)
		if sum.IsInt64() {
			want = sum.Int64()
		}
		if got := p.Cost(catalog.Tokens{Input: input, CachedInput: cached, CacheWrite: written, Output: output}); got != want {
			t.Fatalf("%d micro-dollars, want %d", got, want)
		}
	})
}

func TestDollars(t *testing.T) {
	t.Parallel()
	for dollars, want := range map[float64]catalog.Rate{
		0.15: 150_000, 0.075: 75_000, 18.75: 18_750_000, 0.0000004: 0, 0.0000005: 1, -1: 0, 1e300: catalog.MaxRate, math.Inf(1): catalog.MaxRate,
	} {
		if got := catalog.Dollars(dollars); got != want {
			t.Errorf("$%g is %d, want %d", dollars, got, want)
		}
	}
	if catalog.Dollars(math.NaN()) != 0 {
		t.Error("no number is a price")
	}
}
