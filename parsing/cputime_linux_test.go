package parsing_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// cpuTime is how long f keeps a processor busy: unlike the time on the clock it does not grow when others use the machine.
func cpuTime(tb testing.TB, f func()) time.Duration {
	tb.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime(tb)
	f()
	return threadTime(tb) - before
}

func threadTime(tb testing.TB) time.Duration {
	tb.Helper()
	const thisThread = 1 // RUSAGE_THREAD
	var usage syscall.Rusage
	if err := syscall.Getrusage(thisThread, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
