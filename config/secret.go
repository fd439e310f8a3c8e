package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
)

// Secret is a key or token that stands in the file by reference: `env:NAME` or `file:/path`. Whatever prints it (fmt, slog,
// JSON, YAML) prints the reference. The zero Secret is none.
type Secret struct {
	ref string
	// reveal is a function, so that no printing by reflection reaches the value, not even inside an unexported field.
	reveal func() string
}

const maxSecret = 64 << 10

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ReadSecret reads what ref refers to, now: the value does not follow later changes. Line ends after the value are cut off.
// It is an error if there is no value, or one that could not be sent in a header; no error shows it.
func ReadSecret(ref string) (Secret, error) {
	value, err := dereference(ref)
	if err != nil {
		return Secret{}, err
	}
	value = strings.TrimRight(value, "\r\n")
	if value == "" {
		return Secret{}, fmt.Errorf("refers to %s, which is empty", ref)
	}
	if strings.ContainsFunc(value, func(c rune) bool { return c < '!' || c > '~' }) {
		return Secret{}, fmt.Errorf("refers to %s, which holds blanks, line breaks or other characters that no key has", ref)
	}
	return Secret{ref: ref, reveal: func() string { return value }}, nil
}

func dereference(ref string) (string, error) {
	if name, ok := strings.CutPrefix(ref, "env:"); ok && envName.MatchString(name) {
		value, set := os.LookupEnv(name)
		if !set {
			return "", fmt.Errorf("refers to the environment variable %s, which is not set", name)
		}
		return value, nil
	}
	if path, ok := strings.CutPrefix(ref, "file:"); ok && path != "" {
		return readSecretFile(path)
	}
	return "", errors.New("must be a reference, env:NAME or file:/path: put the key into a variable or a file of its own")
}

func readSecretFile(path string) (string, error) {
	data, err := readFile(path, maxSecret)
	if err != nil {
		return "", fmt.Errorf("refers to a file that cannot be read: %w", err)
	}
	if len(data) > maxSecret {
		return "", fmt.Errorf("refers to %s, which is larger than %s", path, Bytes(maxSecret))
	}
	return string(data), nil
}

// Reveal returns the value itself; empty if there is none.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.reveal != nil }

// String returns the reference.
func (s Secret) String() string { return s.ref }

// GoString returns the reference.
func (s Secret) GoString() string { return fmt.Sprintf("config.Secret(%q)", s.ref) }

// LogValue returns the reference.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.ref) }

// MarshalText returns the reference. JSON uses it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.ref), nil }

// MarshalYAML returns the reference.
func (s Secret) MarshalYAML() (any, error) { return s.ref, nil }
