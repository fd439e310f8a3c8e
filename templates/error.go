package templates

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is one problem of a template.
type Error struct {
	// Option is the option that holds the template.
	Option string
	// Line and Column say where the problem is, in lines and characters from 1; 0 when it has no place.
	Line, Column int
	// Message says what is wrong and what to do, for people who write SQL.
	Message string
}

// Error returns the option, the position and the message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Option + ": " + e.Message
	}
	return fmt.Sprintf("%s: line %d, column %d: %s", e.Option, e.Line, e.Column, e.Message)
}

// maxProblems is how many problems of one template are told; the rest are counted.
const maxProblems = 20

// problems collects what is wrong with one template.
type problems struct {
	option string
	text   string
	found  []error
	more   int
}

func (p *problems) addf(offset int, format string, args ...any) {
	if len(p.found) == maxProblems {
		p.more++
		return
	}
	line, column := position(p.text, offset)
	p.found = append(p.found, &Error{p.option, line, column, fmt.Sprintf(format, args...)})
}

func (p *problems) err() error {
	if p.more > 0 {
		return errors.Join(append(p.found, &Error{Option: p.option, Message: fmt.Sprintf("and %d more problems", p.more)})...)
	}
	return errors.Join(p.found...)
}

func position(text string, offset int) (line, column int) {
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// clip cuts a piece of a template to a length that can be read.
func clip(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
