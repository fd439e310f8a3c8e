package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// progress is a line that is rewritten while a way is measured.
type progress struct {
	to    io.Writer // nil: nowhere
	way   way
	shown time.Time
}

const (
	refresh   = 100 * time.Millisecond
	barWidth  = 24
	eraseLine = "\r\x1b[K"
)

// tick shows how far the measurement is, ten times a second at most.
func (p *progress) tick(m *measurement) {
	if p.to == nil || time.Since(p.shown) < refresh {
		return
	}
	p.shown = time.Now()
	full := barWidth * m.answered / p.way.records
	fmt.Fprintf(p.to, "%s  %-19s%s%s  %s of %s  %s/s", eraseLine, p.way.name, strings.Repeat("█", full), strings.Repeat("░", barWidth-full),
		number(m.answered), number(p.way.records), number(int(m.rate()+0.5)))
}

func (p *progress) clear() {
	if p.to != nil {
		fmt.Fprint(p.to, eraseLine)
	}
}

// number writes a number with a comma at each thousand.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
