package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/config"
)

func TestPrice(t *testing.T) {
	t.Parallel()
	const head = "providers: {p: {kind: openai}}\nmodels:\n  m:\n    provider: p\n    model: x\n"
	dollars := func(amount float64) config.Dollars { return config.Dollars{Amount: amount, Set: true} }
	tests := []struct {
		name, yaml string
		want       config.Price
		says       string // empty: it is right
	}{
		{"none", "", config.Price{}, ""},
		{"as vendors write it", "    price: {input: 0.15, output: $0.60}\n", config.Price{Input: dollars(0.15), Output: dollars(0.6)}, ""},
		{
			"with the cache", "    price:\n      input: 3\n      output: 15\n      cached_input: 0.3\n      cache_write: 3.75\n",
			config.Price{Input: dollars(3), Output: dollars(15), CachedInput: dollars(0.3), CacheWrite: dollars(3.75)},
			"",
		},
		{"for nothing", "    price: {input: 0, output: 0}\n", config.Price{Input: dollars(0), Output: dollars(0)}, ""},
		{"half of it", "    price: {input: 1}\n", config.Price{}, "needs both input and output"},
		{"the cache alone", "    price: {cached_input: 1}\n", config.Price{}, "needs input and output"},
		{"below nothing", "    price: {input: -1, output: 1}\n", config.Price{}, "from 0 to 10000"},
		{"no number", "    price: {input: cheap, output: 1}\n", config.Price{}, "from 0 to 10000"},
		{"another name", "    price: {inputs: 1, output: 1}\n", config.Price{}, "did you mean input"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Parse("weir.yaml", []byte(head+test.yaml))
			if test.says != "" {
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%v, want a problem that says %q", err, test.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, cfg.Models["m"].Price); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
