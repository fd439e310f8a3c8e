package telemetry_test

import (
	"os"
	"strings"
	"testing"
)

// quietEnvironment takes the machine's own OTEL_ variables out of the test.
func quietEnvironment(t testing.TB) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
}
