package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Problem is one thing that is wrong, or odd, and where.
type Problem struct {
	// File is the name of the file; empty where it is in none.
	File string
	// Line and Column count from 1; 0 where it is at no place in particular.
	Line, Column int
	// Path names the key, such as `providers.openai.base_url`; empty where it is the whole file.
	Path string
	// Message says what is wrong and what to do. It continues the path: "must be …".
	Message string
}

// String returns the problem on one line: `weir.yaml:3:5: log.level must be …`.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
		}
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + " ")
	}
	return oneLine(b.String() + p.Message)
}

// oneLine writes control characters as Go does: a key in quotes may have any, and so may what the YAML parser says of it.
func oneLine(text string) string {
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if unicode.IsControl(c) {
			b.WriteString(strings.Trim(strconv.QuoteRune(c), "'"))
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Error is an error for all of the problems.
type Error struct{ Problems []Problem }

// Error returns a line for each problem, for 50 at most.
func (e *Error) Error() string {
	const most = 50
	lines := make([]string, 0, len(e.Problems))
	for i, p := range e.Problems {
		if i == most {
			lines = append(lines, fmt.Sprintf("… and %d more problems", len(e.Problems)-most))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// asError returns nil without problems, so that a nil *Error never becomes an error that is not nil.
func asError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Problems: problems}
}
