package main

import (
	"os"
	"runtime/debug"
)

// What the garbage collector is told where the environment says nothing. 0: Go's own default, for the lack of a measured
// reason to move it.
const (
	gcPercent   = 0
	memoryLimit = 0 // bytes
)

// setMemory sets the collector for a server. GOGC and GOMEMLIMIT of the environment win, each by itself.
func setMemory() {
	if gcPercent != 0 && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if memoryLimit != 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
