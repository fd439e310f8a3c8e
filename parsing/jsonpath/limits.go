package jsonpath

import "fmt"

// The bounds of an expression. Beyond them [Parse] refuses it.
const (
	// MaxBytes is how long an expression may be, in bytes.
	MaxBytes = 1024
	// MaxNesting is how deep brackets, parentheses and function calls may stand in one another.
	MaxNesting = 32
	// MaxSelectors is how many selectors an expression may have, those within its filters included.
	MaxSelectors = 128
	// MaxPattern is how large a regular expression for match() or search() may be: its bytes, and the characters and
	// classes that it has once its repetitions are written out; (ab){3} has six. One that stands in the expression is
	// refused by [Parse], one that comes out of the tree ends [Path.Select].
	MaxPattern = 1000
)

// The bounds of a selection where the caller sets none.
const (
	// DefaultVisits is how many nodes may be looked at: about a quarter of a second, in the worst case seconds.
	DefaultVisits = 4 << 20
	// DefaultResults is how many nodes may be selected.
	DefaultResults = 1 << 20
)

// MaxCompared is how deep two values may be nested that are compared with one another.
const MaxCompared = 1024

// Limits bounds selections. [Path.Select] takes what it has visited off Visits: one Limits may bound several
// selections together. It must not be used by two at once.
type Limits struct {
	// Visits is how many nodes may still be looked at, each as often as it is. Names and texts that are read count one
	// more for each 16 bytes; a text that is matched counts by the size of the regular expression as well.
	Visits int
	// Results is how many nodes one selection may select.
	Results int
}

// Limit is a bound that an expression or a selection may meet.
type Limit int

// The limits.
const (
	// LimitBytes is [MaxBytes].
	LimitBytes Limit = iota
	// LimitNesting is [MaxNesting].
	LimitNesting
	// LimitSelectors is [MaxSelectors].
	LimitSelectors
	// LimitPattern is [MaxPattern].
	LimitPattern
	// LimitVisits is Limits.Visits.
	LimitVisits
	// LimitResults is Limits.Results.
	LimitResults
	// LimitCompared is [MaxCompared].
	LimitCompared
)

// sentences say what each limit allows.
var sentences = []string{
	LimitBytes:     "a path has at most %d bytes",
	LimitNesting:   "a path is nested at most %d deep",
	LimitSelectors: "a path has at most %d selectors",
	LimitPattern:   "a regular expression has at most %d characters, its repetitions written out",
	LimitVisits:    "a path looks at no more than %d values",
	LimitResults:   "a path selects at most %d values",
	LimitCompared:  "values that are compared are nested at most %d deep",
}

// LimitError says that an expression or a selection goes beyond a bound. A selection that does has no result at all.
type LimitError struct {
	// Limit is which.
	Limit Limit
	// Max is what would have been allowed.
	Max int
}

// Error says what is allowed.
func (e *LimitError) Error() string {
	if e.Limit < 0 || int(e.Limit) >= len(sentences) {
		return fmt.Sprintf("limit %d: at most %d", e.Limit, e.Max)
	}
	return fmt.Sprintf(sentences[e.Limit], e.Max)
}
