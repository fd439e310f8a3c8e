package main

import (
	"io/fs"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// What the garbage collector is told where the environment says nothing: docs/adr/0011-memory-and-gc.md has the figures.
const (
	// gcPercent lets the heap grow to five times what is alive before it is collected.
	gcPercent = 400
	// memoryTenths is how many tenths of the memory that its control group has a server uses before it collects more often.
	memoryTenths = 9
)

// setMemory sets the collector for a server. GOGC and GOMEMLIMIT of the environment win, each by itself.
func setMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if limit := groupMemory(os.DirFS("/")); limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 10 * memoryTenths)
	}
}

// groupMemory returns the most memory that the control group of this process may have, or one of those around it: the
// limit of a container or a systemd service. 0 means that there is none, or no Linux with control groups of version 2.
func groupMemory(root fs.FS) int64 {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(0)
	for line := range strings.Lines(string(groups)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		for ; ok && group != ""; group, ok = path.Dir(group), group != "/" {
			limit := memoryMax(root, group)
			if limit > 0 && (least == 0 || limit < least) {
				least = limit
			}
		}
	}
	return least
}

// memoryMax returns the limit of one group; 0 where there is none.
func memoryMax(root fs.FS, group string) int64 {
	text, err := fs.ReadFile(root, path.Join("sys/fs/cgroup", group, "memory.max"))
	if err != nil {
		return 0
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil { // "max"
		return 0
	}
	return limit
}
