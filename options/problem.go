package options

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with the options.
type Problem struct {
	// Layer is the name of the layer that it comes from; empty where it is nobody's in particular.
	Layer string
	// Option is the name of the option, as it was written.
	Option string
	// Message says what is wrong and what is allowed. It continues the name: "must be …".
	Message string
}

// String returns the problem on one line, such as `request: batch.size must be a whole number …`.
func (p Problem) String() string {
	if p.Layer == "" {
		return p.Option + " " + p.Message
	}
	return p.Layer + ": " + p.Option + " " + p.Message
}

// Error is an error for all of the problems.
type Error struct{ Problems []Problem }

// Error returns the problem on one line if it is alone, else all of them on a line each. It names 16 at most, so that it
// fits into the trailer of a call.
func (e *Error) Error() string {
	const most = 16
	if len(e.Problems) == 1 {
		return e.Problems[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems with the options:", len(e.Problems))
	for i, p := range e.Problems {
		if i == most {
			fmt.Fprintf(&b, "\n… and %d more", len(e.Problems)-most)
			break
		}
		b.WriteString("\n" + p.String())
	}
	return b.String()
}
