//go:build !linux

package local_test

import (
	"testing"
	"time"
)

// cpuTime is how long f takes, where there is no clock for a thread alone.
func cpuTime(t *testing.T, f func()) time.Duration {
	t.Helper()
	start := time.Now()
	f()
	return time.Since(start)
}
