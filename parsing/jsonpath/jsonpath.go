// Package jsonpath reads JSONPath expressions by RFC 9535, all of it, and selects with them.
//
// [Parse] reads an expression, [Path.Select] returns the nodes that it selects in a [Tree]. A Tree is whatever holds
// JSON in document order: numbers stay as they are written, and are compared exactly, however many digits they have.
//
// Where the RFC leaves a choice: nodes come in document order. Of members with the same name in one object, names, and
// comparisons of whole objects, see the last one; wildcards, slices, filters and length() see all. A regular expression
// that is no I-Regexp (RFC 9485) matches nothing; ^ and $ in one are anchors.
//
// Everything is bounded (see the constants), and what goes beyond a bound ends in a [LimitError] after bounded time. The
// package does not read JSON, change it, or write it, and starts no goroutines.
package jsonpath

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Path is a compiled expression. Any number of goroutines may use it at once.
type Path struct {
	expr  string
	query query
}

// query is what follows $ or @, with a segment for each step.
type query struct {
	// absolute says that it starts at the root and not at the current node.
	absolute bool
	segments []segment
	// spaced says that there is a blank within the brackets of a segment: the RFC calls no such query singular.
	spaced bool
}

// segment selects among the children of each node that the segments before it have selected.
type segment struct {
	// deep: among the children of the node and of all that is below it.
	deep      bool
	selectors []selector
}

// selector selects among the children of one node.
type selector struct {
	by   kindOfSelector
	name string
	// index counts from the end where it is negative.
	index  int64
	slice  slice
	filter condition
}

type kindOfSelector uint8

const (
	byName kindOfSelector = iota
	byIndex
	byAny
	bySlice
	byFilter
)

// slice is start:end:step.
type slice struct {
	start, end bound
	step       int64
}

// bound is one end of a slice, which may be left out.
type bound struct {
	at  int64
	set bool
}

// Parse reads an expression, such as $.results[?@.score > 0.5]. Its error is a [*ParseError] that says where the
// expression is wrong and what was expected, or a [*LimitError].
func Parse(expr string) (*Path, error) {
	if len(expr) > MaxBytes {
		return nil, &LimitError{Limit: LimitBytes, Max: MaxBytes}
	}
	p := parser{expr: expr}
	if !utf8.ValidString(expr) {
		p.pos = len(validStart(expr))
		return nil, p.problem("expected UTF-8")
	}
	q, err := p.whole()
	if err != nil {
		return nil, err
	}
	return &Path{expr: expr, query: q}, nil
}

// validStart returns s up to the first byte that is not UTF-8.
func validStart(s string) string {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)) {
			return s[:i]
		}
	}
	return s
}

// SingularName returns the path to the field of an object that is named with dots: result.label is $.result.label. What
// is between the dots is a name as it stands, whatever characters are in it, and never empty.
func SingularName(name string) (*Path, error) {
	var q query
	if !utf8.ValidString(name) {
		return nil, &ParseError{Expr: name, Character: utf8.RuneCountInString(validStart(name)) + 1, Problem: "expected UTF-8"}
	}
	var expr strings.Builder
	expr.WriteByte('$')
	for part := range strings.SplitSeq(name, ".") {
		if part == "" {
			return nil, &ParseError{Expr: name, Character: 1, Problem: "expected names with a dot between them"}
		}
		q.segments = append(q.segments, segment{selectors: []selector{{by: byName, name: part}}})
		expr.WriteString(shorthand(part))
	}
	if expr.Len() > MaxBytes {
		return nil, &LimitError{Limit: LimitBytes, Max: MaxBytes}
	}
	if len(q.segments) > MaxSelectors {
		return nil, &LimitError{Limit: LimitSelectors, Max: MaxSelectors}
	}
	return &Path{expr: expr.String(), query: q}, nil
}

// shorthand writes a name behind a dot where the RFC allows it, else in brackets.
func shorthand(name string) string {
	if end := nameLength(name); end == len(name) {
		return "." + name
	}
	return "[" + quote(name) + "]"
}

// String returns the expression.
func (p *Path) String() string { return p.expr }

// IsSingular reports whether the path has names and indexes alone, so that it selects one node or none.
func (p *Path) IsSingular() bool { return p.query.isSingular() }

func (q *query) isSingular() bool {
	for i := range q.segments {
		s := &q.segments[i]
		if s.deep || len(s.selectors) != 1 || s.selectors[0].by != byName && s.selectors[0].by != byIndex {
			return false
		}
	}
	return true
}

// Members takes a path apart that goes down by names alone: $.a.b, or $.a.b[*], for which each is true. It returns the
// names, or ok = false for any other path.
func (p *Path) Members() (names []string, each, ok bool) {
	steps := p.query.segments
	if last := len(steps) - 1; last >= 0 && !steps[last].deep && len(steps[last].selectors) == 1 && steps[last].selectors[0].by == byAny {
		steps, each = steps[:last], true
	}
	for i := range steps {
		if steps[i].deep || len(steps[i].selectors) != 1 || steps[i].selectors[0].by != byName {
			return nil, false, false
		}
		names = append(names, steps[i].selectors[0].name)
	}
	return names, each, true
}

// ParseError says why an expression is no JSONPath, by its grammar or by the types of its functions.
type ParseError struct {
	// Expr is the expression.
	Expr string
	// Character is where the problem is: 1 is the first character (not byte) of Expr.
	Character int
	// Problem is what is wrong there, or what was expected, in English.
	Problem string
}

// Error says where the problem is and what was expected.
func (e *ParseError) Error() string {
	return fmt.Sprintf("%q, character %d: %s", e.Expr, e.Character, e.Problem)
}
