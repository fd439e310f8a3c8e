package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// figure is one measured number beside its limit.
type figure struct {
	what   string
	unit   string // after the number: "ms", "KiB", or empty for a ratio
	sample samples
	limit  float64
	kind   limitKind
}

type limitKind int

const (
	stated  limitKind = iota // no limit: it is only told
	atMost                   // limit is the most
	atLeast                  // limit is the least
)

// missed reports whether the median is beyond the limit.
func (f *figure) missed() bool {
	median := f.sample.median()
	switch f.kind {
	case atMost:
		return !(median <= f.limit)
	case atLeast:
		return !(median >= f.limit)
	case stated:
	}
	return false
}

func (f *figure) verdict() string {
	switch {
	case f.kind == stated:
		return ""
	case f.missed():
		return "FAIL"
	}
	return "PASS"
}

// value is the median, and spread the least and the most, in words.
func (f *figure) value() string { return withUnit(f.sample.median(), f.unit) }

func (f *figure) spread() string {
	if len(f.sample) < 2 {
		return ""
	}
	return fmt.Sprintf("%s … %s", number(slices.Min(f.sample)), number(slices.Max(f.sample)))
}

func (f *figure) bound() string {
	switch f.kind {
	case atMost:
		return "<= " + withUnit(f.limit, f.unit)
	case atLeast:
		return ">= " + withUnit(f.limit, f.unit)
	case stated:
	}
	return "stated"
}

func withUnit(x float64, unit string) string {
	if unit == "" {
		return number(x)
	}
	return number(x) + " " + unit
}

// number writes three or four figures of x, and thousands in groups.
func number(x float64) string {
	size := math.Abs(x)
	switch {
	case math.IsNaN(x):
		return "none"
	case size < 0.1 && size > 0:
		return fmt.Sprintf("%.4f", x)
	case size < 10:
		return fmt.Sprintf("%.3f", x)
	case size < 1000:
		return fmt.Sprintf("%.1f", x)
	}
	return grouped(int64(math.Round(x)))
}

func grouped(n int64) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// samples are what the rounds of one figure gave.
type samples []float64 //nolint:recvcheck // only add changes them

func (s *samples) add(x float64) { *s = append(*s, x) }

// each returns what f makes of each sample.
func (s samples) each(f func(float64) float64) samples {
	made := make(samples, len(s))
	for i, x := range s {
		made[i] = f(x)
	}
	return made
}

func (s samples) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// quantile returns the duration that the part q of all is not above; it sorts them.
func quantile(times []time.Duration, q float64) time.Duration {
	slices.Sort(times)
	return times[max(0, int(math.Ceil(q*float64(len(times))))-1)]
}
