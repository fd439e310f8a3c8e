package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/weir-ml/weir/config"
)

var (
	blocks   = regexp.MustCompile("(?s)```yaml\n(.*?)```")
	envRefs  = regexp.MustCompile(`env:([A-Za-z_]+)`)
	fileRefs = regexp.MustCompile(`file:([A-Za-z0-9._-]+)|ca_file: ([A-Za-z0-9._-]+)`)
)

// TestProvidersPage loads every file of docs/providers.md as it stands, with its secrets in place: no problem and no warning.
// There is one for each kind and each dialect.
func TestProvidersPage(t *testing.T) {
	text := file(t, "../docs/providers.md")
	authority := file(t, "testdata/ca.pem")
	kinds := map[string]bool{}
	for _, match := range blocks.FindAllStringSubmatch(text, -1) {
		block, dir := match[1], t.TempDir()
		for _, ref := range envRefs.FindAllStringSubmatch(block, -1) {
			t.Setenv(ref[1], "a-key")
		}
		for _, ref := range fileRefs.FindAllStringSubmatch(block, -1) {
			content := "a-token\n"
			if ref[2] != "" {
				content = authority
			}
			if err := os.WriteFile(filepath.Join(dir, ref[1]+ref[2]), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := config.Parse(filepath.Join(dir, "weir.yaml"), []byte(block))
		if err != nil {
			t.Errorf("%v\n%s", err, block)
			continue
		}
		for _, warning := range c.Warnings {
			t.Errorf("%s\n%s", warning, block)
		}
		for _, p := range c.Providers {
			kinds[strings.TrimSpace(p.Kind+" "+p.Dialect)] = true
		}
	}
	for _, kind := range []string{
		"openai", "azure", "anthropic", "gemini", "bedrock", "compatible", "compatible vllm", "compatible ollama", "compatible llamacpp",
		"compatible lmstudio", "compatible tgi",
	} {
		if !kinds[kind] {
			t.Errorf("docs/providers.md has no file for %s", kind)
		}
	}
}
