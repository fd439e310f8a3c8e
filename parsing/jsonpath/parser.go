package jsonpath

import (
	"strings"
	"unicode/utf8"
)

// parser reads an expression from left to right, by the grammar of RFC 9535, appendix A.
type parser struct {
	expr      string
	pos       int
	depth     int
	selectors int
}

// whole reads the whole expression.
func (p *parser) whole() (query, error) {
	if p.peek() != '$' {
		return query{}, p.problem("a path starts with $")
	}
	q, err := p.query()
	switch {
	case err != nil:
		return query{}, err
	case p.pos == len(p.expr):
		return q, nil
	case p.blanks() && p.pos == len(p.expr):
		return query{}, p.problem("a path does not end in white space")
	}
	return query{}, p.problem("expected . or [")
}

// query reads $ or @ and the segments behind it.
func (p *parser) query() (query, error) {
	q := query{absolute: p.peek() == '$'}
	p.pos++
	for {
		before := p.pos
		p.blanks()
		if c := p.peek(); c != '.' && c != '[' {
			p.pos = before
			return q, nil
		}
		s, spaced, err := p.segment()
		if err != nil {
			return query{}, err
		}
		q.segments = append(q.segments, s)
		q.spaced = q.spaced || spaced
	}
}

// segment reads .name, .*, [...] or one of them behind two dots.
func (p *parser) segment() (s segment, spaced bool, err error) {
	if p.peek() == '[' {
		return p.bracketed()
	}
	p.pos++
	if !p.skip('.') {
		s.selectors, err = p.afterDot()
		return s, false, err
	}
	if p.peek() == '[' {
		s, spaced, err = p.bracketed()
	} else {
		s.selectors, err = p.afterDot()
	}
	s.deep = true
	return s, spaced, err
}

// afterDot reads a name or *.
func (p *parser) afterDot() ([]selector, error) {
	if err := p.count(); err != nil {
		return nil, err
	}
	if p.skip('*') {
		return []selector{{by: byAny}}, nil
	}
	n := nameLength(p.expr[p.pos:])
	if n == 0 {
		return nil, p.problem("expected a name or * after the dot; names with other characters go into ['…']")
	}
	p.pos += n
	return []selector{{by: byName, name: p.expr[p.pos-n : p.pos]}}, nil
}

// nameLength returns how many bytes of s are a name that may stand behind a dot.
func nameLength(s string) int {
	for i, r := range s {
		if !isNameRune(r) && (i == 0 || r < '0' || r > '9') {
			return i
		}
	}
	return len(s)
}

func isNameRune(r rune) bool {
	return r == '_' || r >= utf8.RuneSelf || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// bracketed reads [ and the selectors up to ].
func (p *parser) bracketed() (s segment, spaced bool, err error) {
	if err := p.enter(); err != nil {
		return s, false, err
	}
	for {
		before := p.blanks()
		selector, err := p.selector()
		if err != nil {
			return s, false, err
		}
		s.selectors = append(s.selectors, selector)
		spaced = p.blanks() || before || spaced
		if p.skip(']') {
			p.depth--
			return s, spaced, nil
		}
		if !p.skip(',') {
			return s, false, p.problem("expected ] or ,")
		}
	}
}

func (p *parser) selector() (selector, error) {
	if err := p.count(); err != nil {
		return selector{}, err
	}
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		name, err := p.text()
		return selector{by: byName, name: name}, err
	case c == '-' || c == ':' || isDigit(c):
		return p.indexOrSlice()
	case p.skip('*'):
		return selector{by: byAny}, nil
	case p.skip('?'):
		p.blanks()
		filter, err := p.anyOf()
		return selector{by: byFilter, filter: filter}, err
	}
	return selector{}, p.problem("expected a name in quotes, an index, a slice, * or a filter")
}

func (p *parser) indexOrSlice() (selector, error) {
	start, err := p.bound()
	if err != nil {
		return selector{}, err
	}
	before := p.pos
	p.blanks()
	if !p.skip(':') {
		p.pos = before
		return selector{by: byIndex, index: start.at}, nil
	}
	s := selector{by: bySlice, slice: slice{start: start, step: 1}}
	p.blanks()
	if s.slice.end, err = p.bound(); err != nil {
		return selector{}, err
	}
	step, err := p.step()
	if step.set {
		s.slice.step = step.at
	}
	return s, err
}

// step reads what may follow the end of a slice: a colon, and the step behind it.
func (p *parser) step() (bound, error) {
	before := p.pos
	p.blanks()
	if !p.skip(':') {
		p.pos = before
		return bound{}, nil
	}
	before = p.pos
	p.blanks()
	step, err := p.bound()
	if !step.set && err == nil {
		p.pos = before
	}
	return step, err
}

// bound reads an integer, if there is one.
func (p *parser) bound() (bound, error) {
	if c := p.peek(); c != '-' && !isDigit(c) {
		return bound{}, nil
	}
	at, err := p.integer()
	return bound{at: at, set: err == nil}, err
}

// enter goes into brackets or parentheses, whose opening is next.
func (p *parser) enter() error {
	if p.depth == MaxNesting {
		return &LimitError{Limit: LimitNesting, Max: MaxNesting}
	}
	p.depth++
	p.pos++
	return nil
}

// count counts a selector.
func (p *parser) count() error {
	if p.selectors == MaxSelectors {
		return &LimitError{Limit: LimitSelectors, Max: MaxSelectors}
	}
	p.selectors++
	return nil
}

// blanks goes past white space and says whether there was any.
func (p *parser) blanks() bool {
	before := p.pos
	for p.pos < len(p.expr) && strings.IndexByte(" \t\n\r", p.expr[p.pos]) >= 0 {
		p.pos++
	}
	return p.pos > before
}

// peek returns the next byte, 0 at the end; nothing in the grammar starts with a 0.
func (p *parser) peek() byte {
	if p.pos < len(p.expr) {
		return p.expr[p.pos]
	}
	return 0
}

func (p *parser) skip(c byte) bool {
	if p.peek() != c || p.pos == len(p.expr) {
		return false
	}
	p.pos++
	return true
}

// skipWord goes past word if it is next.
func (p *parser) skipWord(word string) bool {
	if !strings.HasPrefix(p.expr[p.pos:], word) {
		return false
	}
	p.pos += len(word)
	return true
}

// problem says what is wrong at the next character.
func (p *parser) problem(what string) error { return p.problemAt(p.pos, what) }

func (p *parser) problemAt(pos int, what string) error {
	return &ParseError{Expr: p.expr, Character: utf8.RuneCountInString(p.expr[:pos]) + 1, Problem: what}
}
