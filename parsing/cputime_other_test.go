//go:build !linux

package parsing_test

import (
	"testing"
	"time"
)

// cpuTime is how long f takes on the clock: what one thread has used is only known on Linux.
func cpuTime(tb testing.TB, f func()) time.Duration {
	tb.Helper()
	start := time.Now()
	f()
	return time.Since(start)
}
