package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// machine is what the figures were measured on.
type machine struct {
	date   time.Time
	cores  int
	cpu    string
	memory float64 // bytes
	golang string
	commit string
	others float64 // the part of the CPU that other programs used meanwhile
}

func describe(ctx context.Context) (*machine, error) {
	m := &machine{date: time.Now(), cores: runtime.NumCPU(), golang: runtime.Version(), others: -1}
	var err error
	if m.cpu, err = lineOf("/proc/cpuinfo", "model name\t:"); err != nil {
		m.cpu = runtime.GOARCH // other architectures tell other things
	}
	total, err := lineOf("/proc/meminfo", "MemTotal:")
	if err != nil {
		return nil, err
	}
	size, err := strconv.ParseFloat(strings.TrimSuffix(total, " kB"), 64)
	if err != nil {
		return nil, err
	}
	m.memory = size * kib
	if commit, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		m.commit = strings.TrimSpace(string(commit))
	}
	return m, nil
}

func (m *machine) line() string {
	return fmt.Sprintf("%s, %d cores (%s), %.0f GiB, %s, %s/%s",
		m.date.Format(time.DateOnly), m.cores, m.cpu, m.memory/(1<<30), m.golang, runtime.GOOS, runtime.GOARCH)
}

func (m *machine) othersLine() string {
	if m.others < 0 {
		return "How busy other programs kept the machine is not known."
	}
	return fmt.Sprintf("Meanwhile other programs kept about %.0f %% of the machine busy, by /proc/stat.", m.others*100)
}

// watchOthers starts to watch the machine; the function returned tells which part of the CPU was used, since then, by others
// than this process and the children that have ended.
func watchOthers() func() float64 {
	begin, own := time.Now(), ownCPU()
	busy, err := busyCPU()
	return func() float64 {
		now, errNow := busyCPU()
		if err != nil || errNow != nil {
			return -1
		}
		others := (now - busy) - (ownCPU() - own)
		return max(0, others.Seconds()/time.Since(begin).Seconds()/float64(runtime.NumCPU()))
	}
}
