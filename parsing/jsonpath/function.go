package jsonpath

import (
	"regexp"
	"strconv"
	"unicode/utf8"
)

// function is a function extension (RFC 9535, 2.4).
type function struct {
	parameters []parameter
	// usage is how it is called, for messages.
	usage string
	// call makes a term of arguments that fit the parameters.
	call func([]term) (term, error)
}

// parameter is the type of a function's parameter.
type parameter uint8

const (
	takesValue parameter = iota
	takesNodes
)

// functions are those of the RFC. Another one is another line.
var functions = map[string]function{
	"length": {[]parameter{takesValue}, "length(value)", lengthCall},
	"count":  {[]parameter{takesNodes}, "count(query)", countCall},
	"value":  {[]parameter{takesNodes}, "value(query)", valueCall},
	"match":  {[]parameter{takesValue, takesValue}, "match(text, pattern)", matchCall},
	"search": {[]parameter{takesValue, takesValue}, "search(text, pattern)", searchCall},
}

func lengthCall(arguments []term) (term, error) {
	return term{operand: lengthOf{arguments[0].operand}, is: "a length()"}, nil
}

func countCall(arguments []term) (term, error) {
	return term{operand: countOf{arguments[0].query}, is: "a count()"}, nil
}

func valueCall(arguments []term) (term, error) {
	return term{operand: valueOf{arguments[0].query}, is: "a value()"}, nil
}

func matchCall(arguments []term) (term, error) { return matchingTerm(arguments, true, "a match()") }

func searchCall(arguments []term) (term, error) { return matchingTerm(arguments, false, "a search()") }

// matchingTerm compiles a pattern that stands in the expression once and for all.
func matchingTerm(arguments []term, whole bool, is string) (term, error) {
	m := matching{text: arguments[0].operand, pattern: arguments[1].operand, whole: whole}
	if l, ok := m.pattern.(literal); ok && l.kind == Text {
		compiled, err := compile(l.text, whole)
		if err != nil {
			return term{}, err
		}
		m.compiled = compiled
	}
	return term{condition: m, is: is}, nil
}

// lengthOf is length(): the characters of a text, the elements of an array, the members of an object.
type lengthOf struct{ of operand }

func (l lengthOf) value(r *run, at Node) value {
	v := l.of.value(r, at)
	switch {
	case !v.present:
	case v.kind == Text:
		return number(utf8.RuneCountInString(v.text))
	case v.kind == Array || v.kind == Object:
		return number(r.children(v.node))
	}
	return value{}
}

// countOf is count(): how many nodes a query selects.
type countOf struct{ query *query }

func (c countOf) value(r *run, at Node) value {
	var s sink
	r.all(c.query, at, &s)
	return number(s.count)
}

// valueOf is value(): the value of the one node that a query selects.
type valueOf struct{ query *query }

func (v valueOf) value(r *run, at Node) value {
	s := sink{enough: 2}
	r.all(v.query, at, &s)
	if s.count != 1 {
		return value{}
	}
	return r.valueOf(s.first)
}

func number(n int) value { return value{present: true, kind: Number, text: strconv.Itoa(n)} }

// matching is match() and search().
type matching struct {
	text, pattern operand
	// whole says that the whole text has to match.
	whole bool
	// compiled is a pattern that stands in the expression.
	compiled *pattern
}

func (m matching) holds(r *run, at Node) bool {
	text := m.text.value(r, at)
	if !text.present || text.kind != Text {
		return false
	}
	p := m.compiled
	if p == nil {
		p = r.pattern(m.pattern.value(r, at), m.whole)
	}
	return p != nil && p.regexp != nil && r.visit(p.cost(text.text)) && p.regexp.MatchString(text.text)
}

// pattern is a compiled I-Regexp. The regexp is nil for what is none: that matches nothing.
type pattern struct {
	regexp *regexp.Regexp
	size   int
}

// cost returns how many visits it counts to match a text. In the worst case one of them takes 0.1 us.
func (p *pattern) cost(text string) int { return 1 + len(text)*(p.size+16)/16 }

// maxPatterns is how many patterns that come out of the tree are kept compiled.
const maxPatterns = 64

// pattern compiles a pattern that comes out of the tree; nil if there is none.
func (r *run) pattern(v value, whole bool) *pattern {
	if !v.present || v.kind != Text {
		return nil
	}
	key := patternKey{v.text, whole}
	if p := r.patterns[key]; p != nil {
		return p
	}
	if !r.visit(compileCost + compileByteCost*min(len(v.text), MaxPattern)) {
		return nil
	}
	p, err := compile(v.text, whole)
	if err != nil {
		r.stop(err)
		return nil
	}
	if len(r.patterns) == maxPatterns || r.patterns == nil {
		r.patterns = make(map[patternKey]*pattern, maxPatterns)
	}
	r.patterns[key] = p
	return p
}

// patternKey is what a compiled pattern is found by.
type patternKey struct {
	text  string
	whole bool
}

// The visits that it counts to compile a pattern, and for each byte of it: \p{L} takes 40 us.
const (
	compileCost     = 1024
	compileByteCost = 64
)
