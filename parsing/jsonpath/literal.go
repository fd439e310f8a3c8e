package jsonpath

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxInteger is the largest integer that every JSON reader keeps exactly (I-JSON): the RFC's bound for indexes.
const maxInteger = 1<<53 - 1

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// integer reads an index: no leading zeros, no -0, not larger than maxInteger.
func (p *parser) integer() (int64, error) {
	start := p.pos
	p.skip('-')
	if !p.wholePart() || p.expr[start:p.pos] == "-0" {
		return 0, p.problemAt(start, "expected an integer, without leading zeros")
	}
	n, err := strconv.ParseInt(p.expr[start:p.pos], 10, 64)
	if err != nil || n < -maxInteger || n > maxInteger {
		return 0, p.problemAt(start, "expected an integer between -(2^53-1) and 2^53-1")
	}
	return n, nil
}

// number reads a number as it is written: -0, digits without leading zeros, a fraction, an exponent.
func (p *parser) number() (string, error) {
	start := p.pos
	p.skip('-')
	if !p.wholePart() {
		return "", p.problemAt(start, "expected a number, without leading zeros")
	}
	if p.skip('.') && !p.digits() {
		return "", p.problem("expected a digit after the decimal point")
	}
	if p.skip('e') || p.skip('E') {
		_ = p.skip('+') || p.skip('-')
		if !p.digits() {
			return "", p.problem("expected a digit in the exponent")
		}
	}
	return p.expr[start:p.pos], nil
}

// wholePart goes past 0 or digits that do not start with 0.
func (p *parser) wholePart() bool {
	if p.skip('0') {
		return !isDigit(p.peek())
	}
	return p.digits()
}

// digits goes past digits and says whether there were any.
func (p *parser) digits() bool {
	start := p.pos
	for isDigit(p.peek()) {
		p.pos++
	}
	return p.pos > start
}

// text reads a string in single or double quotes.
func (p *parser) text() (string, error) {
	start, quote := p.pos, p.peek()
	p.pos++
	var b strings.Builder
	for p.pos < len(p.expr) {
		c := p.expr[p.pos]
		switch {
		case c == quote:
			p.pos++
			return b.String(), nil
		case c < ' ':
			return "", p.problem("expected no control character in a string; write it as an escape")
		case c != '\\':
			b.WriteByte(c)
			p.pos++
			continue
		}
		r, err := p.escape(quote)
		if err != nil {
			return "", err
		}
		b.WriteRune(r)
	}
	return "", p.problemAt(start, "expected the end of this string: "+string(rune(quote)))
}

// escape reads a backslash and what belongs to it. Of the quotes only the one around the string is escaped.
func (p *parser) escape(quote byte) (rune, error) {
	start := p.pos
	p.pos++
	c := p.peek()
	if c == quote {
		p.pos++
		return rune(c), nil
	}
	if c == 'u' {
		return p.unicodeEscape(start)
	}
	i := strings.IndexByte(`bfnrt/\`, c)
	if i < 0 {
		return 0, p.problemAt(start, `expected one of \b \f \n \r \t \/ \\ \u and \`+string(rune(quote)))
	}
	p.pos++
	return rune("\b\f\n\r\t/\\"[i]), nil
}

// unicodeEscape reads \u and four digits, or two of them that are a surrogate pair.
func (p *parser) unicodeEscape(start int) (rune, error) {
	first, ok := p.hex()
	if !ok {
		return 0, p.problemAt(start, `expected four hexadecimal digits after \u`)
	}
	if !utf16.IsSurrogate(first) {
		return first, nil
	}
	if p.peek() == '\\' {
		p.pos++
		second, ok := p.hex()
		if pair := utf16.DecodeRune(first, second); ok && pair != '\uFFFD' {
			return pair, nil
		}
	}
	return 0, p.problemAt(start, "expected both halves of a surrogate pair")
}

// hex reads u and four hexadecimal digits.
func (p *parser) hex() (rune, bool) {
	if !p.skip('u') || len(p.expr) < p.pos+4 {
		return 0, false
	}
	n, err := strconv.ParseUint(p.expr[p.pos:p.pos+4], 16, 16)
	p.pos += 4
	return rune(n), err == nil
}
