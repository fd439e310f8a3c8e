package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// tally is what a run has done so far.
type tally struct {
	rows     int // done in this run
	before   int // done in an earlier one
	errors   map[string]int
	first    string // the first error
	attempts int
	batch    int // most records of one call
	prompt   uint64
	reply    uint64
	cached   uint64 // of prompt
	thought  uint64 // of reply
	usage    bool   // some provider has reported tokens
	micros   uint64 // millionths of a dollar
	priced   bool   // the server knows a price
	start    int64  // offset in the input where this run began
	position int64  // and where it is
	size     int64  // of the input; 0: not known
}

func (t *tally) add(r row, result *weirv1.Result, res outcome) {
	t.rows++
	t.position = r.end
	t.attempts += int(result.GetAttempts())
	if u := result.GetUsage(); u != nil {
		t.usage = true
		t.prompt += u.GetPromptTokens()
		t.reply += u.GetCompletionTokens()
		t.cached += u.GetCachedTokens()
		t.thought += u.GetReasoningTokens()
		t.micros += u.GetCostMicros()
		t.priced = t.priced || u.CostMicros != nil
	}
	if res.problem == "" {
		return
	}
	if t.errors == nil {
		t.errors = make(map[string]int)
		t.first = fmt.Sprintf("line %d: %s", r.line, strings.TrimPrefix(res.problem, fmt.Sprintf("INVALID_RECORD: line %d: ", r.line)))
	}
	reason, _, _ := strings.Cut(res.problem, ":")
	t.errors[reason]++
}

func (t *tally) failed() int {
	n := 0
	for _, count := range t.errors {
		n += count
	}
	return n
}

// calls is the least number of model calls that can have done this: a result says how many calls its record was part of,
// and not which.
func (t *tally) calls() int {
	return (t.attempts + max(t.batch, 1) - 1) / max(t.batch, 1)
}

// usageText is tokens, cost and calls; empty where nothing is known.
func (t *tally) usageText() string {
	var parts []string
	if t.usage {
		parts = append(parts, number(t.prompt)+" tokens in"+t.share(t.cached, t.prompt, "cached"),
			number(t.reply)+" out"+t.share(t.thought, t.reply, "thinking"))
	}
	if t.priced {
		parts = append(parts, dollars(t.micros))
	}
	if n := t.calls(); n > 0 {
		mark := "at least "
		if t.batch == 1 {
			mark = ""
		}
		parts = append(parts, mark+count(n, "call"))
	}
	return strings.Join(parts, ", ")
}

// share says in brackets how much of a whole is something; empty where nothing is.
func (*tally) share(part, whole uint64, what string) string {
	if part == 0 || whole == 0 {
		return ""
	}
	return fmt.Sprintf(" (%.0f %% %s)", 100*float64(part)/float64(whole), what)
}

// dollars shows millionths of a dollar: all of them where there are few, cents where there are many.
func dollars(micros uint64) string {
	digits := 2
	switch {
	case micros < 10_000:
		digits = 6
	case micros < 1_000_000:
		digits = 4
	}
	return "$" + strconv.FormatFloat(float64(micros)/1e6, 'f', digits, 64)
}

// summary is the last line of a run.
func (t *tally) summary(took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s (%s/s), %s", count(t.rows, "row"), short(took), number(rate(t.rows, took)), t.errorText())
	if t.before > 0 {
		fmt.Fprintf(&b, ", %s from before", count(t.before, "row"))
	}
	if u := t.usageText(); u != "" {
		b.WriteString(", " + u)
	}
	return b.String()
}

func (t *tally) errorText() string {
	if len(t.errors) == 0 {
		return "no errors"
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(t.errors)) {
		parts = append(parts, fmt.Sprintf("%s %s", number(t.errors[reason]), reason))
	}
	return fmt.Sprintf("%s (%s)", count(t.failed(), "error"), strings.Join(parts, ", "))
}

// bar is the line that is shown while a run goes on, in at most width columns.
func (t *tally) bar(took time.Duration, width int) string {
	parts := make([]string, 0, 8)
	if t.size > 0 {
		parts = append(parts, gauge(float64(t.position)/float64(t.size)))
	}
	parts = append(parts, count(t.before+t.rows, "row"), number(rate(t.rows, took))+"/s")
	if left, known := t.left(took); known {
		parts = append(parts, short((left+time.Second-1).Truncate(time.Second))+" left")
	}
	if n := t.failed(); n > 0 {
		parts = append(parts, count(n, "error"))
	}
	if t.usage {
		parts = append(parts, compact(t.prompt+t.reply)+" tokens")
	}
	if t.priced {
		parts = append(parts, dollars(t.micros))
	}
	if n := t.calls(); n > 0 {
		mark := "≥"
		if t.batch == 1 {
			mark = ""
		}
		parts = append(parts, mark+count(n, "call"))
	}
	line := []rune(strings.Join(parts, "  "))
	return string(line[:min(len(line), max(width, 0))])
}

// gauge shows a part of a whole.
func gauge(part float64) string {
	const width = 12
	part = min(max(part, 0), 1)
	full := int(part * width)
	return fmt.Sprintf("%s%s %3.0f%%", strings.Repeat("█", full), strings.Repeat("░", width-full), part*100)
}

// left estimates the rest of the time from the bytes of this run.
func (t *tally) left(took time.Duration) (time.Duration, bool) {
	done := t.position - t.start
	if t.size == 0 || done <= 0 {
		return 0, false
	}
	return time.Duration(float64(took) * float64(t.size-t.position) / float64(done)), true
}

// compact writes a number in few characters.
func compact(n uint64) string {
	switch {
	case n >= 10_000_000:
		return number(n/1_000_000) + "M"
	case n >= 10_000:
		return number(n/1000) + "k"
	default:
		return number(n)
	}
}

func rate(n int, took time.Duration) int {
	if took <= 0 {
		return 0
	}
	return int(float64(n)/took.Seconds() + 0.5)
}

// number writes a number with a comma at each thousand.
func number[N int | uint64](n N) string {
	digits := strconv.FormatUint(uint64(n), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// short writes a duration for people.
func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	default:
		return d.Round(time.Second).String()
	}
}
