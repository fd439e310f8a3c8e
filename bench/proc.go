package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of CPU times in /proc on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpuOf returns the CPU time that a process has used, of user and system together.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) //nolint:gosec // a number
	if err != nil {
		return 0, err
	}
	// The name of the program is in parentheses and may hold anything; utime and stime are the 14th and 15th field.
	_, rest, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')'):]), " ")
	return ticks(strings.Fields(rest), 11, 12)
}

// busyCPU returns the CPU time that the whole machine has used since it started, without idling.
func busyCPU() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	const user, nice, system, irq, softirq, steal = 1, 2, 3, 6, 7, 8
	return ticks(strings.Fields(line), user, nice, system, irq, softirq, steal)
}

func ticks(fields []string, at ...int) (time.Duration, error) {
	sum := time.Duration(0)
	for _, i := range at {
		if i >= len(fields) {
			return 0, errors.New("/proc shows fewer fields than Linux has had for decades")
		}
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// ownCPU returns the CPU time of this process and of the children that have ended.
func ownCPU() time.Duration {
	sum := time.Duration(0)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if syscall.Getrusage(who, &usage) == nil {
			sum += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		}
	}
	return sum
}

// memoryOf returns a figure of /proc/PID/status in bytes: VmRSS is what is resident, VmHWM the most that ever was.
func memoryOf(pid int, field string) (float64, error) {
	line, err := lineOf(fmt.Sprintf("/proc/%d/status", pid), field+":")
	if err != nil {
		return 0, err
	}
	kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(line, "kB")), 64)
	return kib * 1024, err
}

// filesOf returns how many files and sockets a process has open.
func filesOf(pid int) (int, error) {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(open), err
}

// lineOf returns what follows prefix in the first line of a file that begins with it.
func lineOf(file, prefix string) (string, error) {
	text, err := os.ReadFile(file) //nolint:gosec // in /proc
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(rest), nil
		}
	}
	return "", fmt.Errorf("%s has no %q", file, prefix)
}
