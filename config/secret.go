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
// JSON, YAML) prints the reference. The zero Secret is none. Its methods may be called by several goroutines at once.
type Secret struct {
	ref string
	// reveal is a function, so that no printing by reflection reaches the value, not even inside an unexported field.
	reveal func() string
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ReadSecret reads what ref refers to. The value of a file follows the file: it is read again when the file has changed, which
// is looked for at most once a second. Line ends after the value are cut off. It is an error if there is no value, or one that
// could not be sent as a token; no error shows it.
func ReadSecret(ref string) (Secret, error) { return readSecret(ref, isToken) }

// readSecret is ReadSecret for values of which each character is allowed.
func readSecret(ref string, allowed func(rune) bool) (Secret, error) {
	if path, ok := strings.CutPrefix(ref, "file:"); ok && path != "" {
		f := &secretFile{path: path, allowed: allowed}
		if err := f.read(); err != nil {
			return Secret{}, err
		}
		return Secret{ref: ref, reveal: f.current}, nil
	}
	value, err := dereference(ref)
	if err == nil {
		value, err = sound(ref, value, allowed)
	}
	if err != nil {
		return Secret{}, err
	}
	return Secret{ref: ref, reveal: func() string { return value }}, nil
}

// isToken reports whether a key or token may have the character.
func isToken(c rune) bool { return c >= '!' && c <= '~' }

// sound returns the value without its line end, or why it cannot be a secret.
func sound(ref, value string, allowed func(rune) bool) (string, error) {
	value = strings.TrimRight(value, "\r\n")
	if value == "" {
		return "", fmt.Errorf("refers to %s, which is empty", ref)
	}
	if strings.ContainsFunc(value, func(c rune) bool { return !allowed(c) }) {
		return "", fmt.Errorf("refers to %s, which holds blanks, line breaks or other characters that no key has", ref)
	}
	return value, nil
}

func dereference(ref string) (string, error) {
	if name, ok := strings.CutPrefix(ref, "env:"); ok && envName.MatchString(name) {
		value, set := os.LookupEnv(name)
		if !set {
			return "", fmt.Errorf("refers to the environment variable %s, which is not set", name)
		}
		return value, nil
	}
	return "", errors.New("must be a reference, env:NAME or file:/path: put the key into a variable or a file of its own")
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
