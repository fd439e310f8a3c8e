package inference

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/weir-ml/weir/options"
)

// leastKept is how many bytes of a text must be left for an answer to mean anything. Where there is no room for so many, the
// record is not cut.
const leastKept = 256

// cuts is how often a text is cut again because what was left still did not fit; each time by a tenth more.
const cuts = 12

// truncate cuts a record's longest text so that the record fits into a call alone; false where it cannot be.
func (p *plan) truncate(r Record, need tokens, known figures) (fitted, bool) {
	longest := longestText(&r)
	if longest < 0 {
		return fitted{}, false
	}
	whole := r.Fields[longest].Value
	r.Fields = slices.Clone(r.Fields)       // they are the caller's
	over := 1 - 1/p.alone(need.high, known) // the part of the record that there is no room for
	keep := len(whole) - int(over*float64(r.Bytes()+p.shape.perRecord))
	for range cuts {
		if keep < leastKept {
			break
		}
		kept := shorten(whole, keep, p.options.RecordOverflow)
		r.Fields[longest].Value = kept
		if now := p.need(&r, known); p.alone(now.high, known) <= 1 && strings.TrimSpace(kept) != "" {
			cut := fmt.Sprintf("the record was too long for a call: of its longest text, %d bytes, the %s %d were sent (record.overflow)",
				len(whole), endOf(p.options.RecordOverflow), len(kept))
			return fitted{record: r, weight: p.weight(now.high, known), cut: cut}, true
		}
		keep -= keep / 10
	}
	return fitted{}, false
}

func endOf(overflow string) string {
	if overflow == options.OverflowTruncateHead {
		return "last"
	}
	return "first"
}

// longestText returns the number of the longest field that is text: JSON cannot be cut. -1: there is none.
func longestText(r *Record) int {
	longest := -1
	for i := range r.Fields {
		if !r.Fields[i].JSON && (longest < 0 || len(r.Fields[i].Value) > len(r.Fields[longest].Value)) {
			longest = i
		}
	}
	return longest
}

// shorten keeps at most n bytes of a text, at the end that is not cut off, and no part of a character.
func shorten(text string, n int, overflow string) string {
	if n >= len(text) {
		return text
	}
	if overflow == options.OverflowTruncateHead {
		from := len(text) - n
		for from < len(text) && !utf8.RuneStart(text[from]) {
			from++
		}
		return text[from:]
	}
	return text[:floorRune(text, n)]
}

// floorRune is the last border between characters that is not behind n.
func floorRune(text string, n int) int {
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return n
}

// warningsWith puts what was cut off before the warnings of the answer, of which there are at most 8 together.
func warningsWith(cut string, warnings []string) []string {
	if cut == "" {
		return warnings
	}
	return append([]string{cut}, warnings[:min(len(warnings), maxBatchWarnings-1)]...)
}
