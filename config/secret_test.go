package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/weir-ml/weir/config"
)

const hidden = "sk-do-not-show"

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Setenv("WEIR_TEST_KEY", hidden)
	s := secret(t, "env:WEIR_TEST_KEY")
	c := config.Default()
	c.Auth.Token = s
	c.Providers["x"] = config.Provider{APIKey: s}
	inside := struct{ unexported config.Secret }{s} // fmt calls no method of an unexported field
	for _, value := range []any{s, &s, []any{s}, map[string]config.Secret{"k": s}, c, *c, inside, &inside} {
		for name, text := range printed(t, value) {
			if strings.Contains(text, hidden) || strings.Contains(text, fmt.Sprintf("%x", hidden)) {
				t.Errorf("%s of %T shows the secret: %s", name, value, text)
			}
		}
	}
	if s.Reveal() != hidden || !s.IsSet() {
		t.Error("the secret cannot be read")
	}
	for _, name := range []string{"%v", "%+v", "%#v", "%s", "json", "yaml", "slog text", "slog json"} {
		if text := printed(t, s)[name]; !strings.Contains(text, "env:WEIR_TEST_KEY") {
			t.Errorf("%s does not show the reference: %s", name, text)
		}
	}
}

func printed(t *testing.T, value any) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
		texts[verb] = fmt.Sprintf(verb, value)
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	texts["json"] = string(asJSON)
	asYAML, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	texts["yaml"] = string(asYAML)
	var text, lines bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("shown", "value", value)
	slog.New(slog.NewJSONHandler(&lines, nil)).Info("shown", "value", value)
	texts["slog text"], texts["slog json"] = text.String(), lines.String()
	return texts
}

func TestReadSecret(t *testing.T) {
	t.Setenv("WEIR_TEST_KEY", "from-env\r\n")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file:" + path
	}
	tests := []struct{ name, ref, value, problem string }{
		{"environment", "env:WEIR_TEST_KEY", "from-env", ""},
		{"file", write("key", "from-file\n"), "from-file", ""},
		{"file without a line end", write("bare", "from-file"), "from-file", ""},
		{"empty file", write("empty", "\n"), "", "which is empty"},
		{"large file", write("large", strings.Repeat("x", 1<<17)), "", "which is larger than 64KiB"},
		{"two lines", write("two", "a\nb\n"), "", "holds blanks, line breaks"},
		{"not ASCII", write("wide", "schlüssel"), "", "holds blanks, line breaks or other characters"},
		{"folder", "file:" + dir, "", "cannot be read"},
		{"literal", hidden, "", "must be a reference, env:NAME or file:/path"},
		{"no path", "file:", "", "must be a reference"},
		{"nothing", "", "", "must be a reference"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := config.ReadSecret(test.ref)
			if s.Reveal() != test.value || s.IsSet() != (test.value != "") {
				t.Errorf("got %q", s.Reveal())
			}
			if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("got the error %v, want %q", err, test.problem)
			}
			if err != nil && strings.Contains(err.Error(), hidden) {
				t.Error("the error shows the secret")
			}
		})
	}
}

func TestNoSecret(t *testing.T) {
	var none config.Secret
	if none.IsSet() || none.Reveal() != "" || none.String() != "" {
		t.Error("the zero Secret is not none")
	}
}
