package config_test

import (
	"testing"

	"github.com/weir-ml/weir/config"
)

// TestLimitsPage loads every file of docs/limits.md as it stands; what an endpoint in a house is warned of is meant.
func TestLimitsPage(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "a-key")
	t.Setenv("OPENAI_KEY_1", "a-key")
	t.Setenv("OPENAI_KEY_2", "another-key")
	found := blocks.FindAllStringSubmatch(file(t, "../docs/limits.md"), -1)
	for _, match := range found {
		if _, err := config.Parse("weir.yaml", []byte(match[1])); err != nil {
			t.Errorf("%v\n%s", err, match[1])
		}
	}
	if len(found) != 4 {
		t.Errorf("%d files, want 4", len(found))
	}
}
