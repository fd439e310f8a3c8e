package jsonpath

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// compile makes Go's (RE2's) regular expression of an I-Regexp. What is no I-Regexp has none; the error is a
// *LimitError. As RE2 does, it takes time in proportion to the text, whatever the pattern.
func compile(expr string, whole bool) (*pattern, error) {
	tooLarge := &LimitError{Limit: LimitPattern, Max: MaxPattern}
	if len(expr) > MaxPattern {
		return nil, tooLarge
	}
	t := translation{rest: expr}
	size := t.branches()
	if t.tooLarge {
		return nil, tooLarge
	}
	if t.wrong || t.rest != "" {
		return &pattern{}, nil
	}
	re2 := t.re2.String()
	if whole {
		re2 = `\A(?:` + re2 + `)\z`
	}
	compiled, err := regexp.Compile(re2)
	if err != nil {
		return &pattern{}, nil //nolint:nilerr // a range that is upside down, say: by the RFC such a pattern matches nothing
	}
	return &pattern{regexp: compiled, size: size}, nil
}

// translation turns an I-Regexp (RFC 9485) into the syntax of RE2. They differ in what a dot is and in what RE2 has
// beyond; ^ and $ pass, as the RFC's own mappings and the compliance suite of JSONPath have it. Each of its methods
// returns how large what it has read is, as MaxPattern counts.
type translation struct {
	rest     string
	re2      strings.Builder
	depth    int
	wrong    bool
	tooLarge bool
}

func (t *translation) fail() int {
	t.wrong = true
	return 0
}

// count adds sizes up.
func (t *translation) count(size int) int {
	t.tooLarge = t.tooLarge || size > MaxPattern
	return min(size, MaxPattern+1)
}

// ended says that nothing more is to be read.
func (t *translation) ended() bool { return t.rest == "" || t.wrong || t.tooLarge }

func (t *translation) branches() int {
	size := 0
	for !t.ended() && t.rest[0] != ')' {
		if t.skip('|') {
			t.re2.WriteByte('|')
			size++
			continue
		}
		size = t.count(size + t.piece())
	}
	return size
}

// piece reads an atom and the quantifier behind it.
func (t *translation) piece() int {
	size := t.atom()
	if t.ended() {
		return size
	}
	if c := t.rest[0]; strings.IndexByte("*+?", c) >= 0 {
		t.rest = t.rest[1:]
		t.re2.WriteByte(c)
		return size + 1
	}
	if t.skip('{') {
		return t.count(size * t.repetition())
	}
	return size
}

// repetition reads {n}, {n,} or {n,m} behind its {, and returns how many copies it makes.
func (t *translation) repetition() int {
	inside, rest, ok := strings.Cut(t.rest, "}")
	least, most, isRange := strings.Cut(inside, ",")
	n, m := t.times(least), 0
	if isRange && most != "" {
		m = t.times(most)
		ok = ok && n <= m
	}
	if !ok {
		return t.fail()
	}
	t.rest = rest
	t.re2.WriteString("{" + inside + "}")
	return max(1, n, m)
}

func (t *translation) times(digits string) int {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return t.fail()
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		n = MaxPattern + 1
	}
	return t.count(n)
}

func (t *translation) atom() int {
	if t.skip('(') {
		return t.group()
	}
	switch c := t.take(); {
	case c == '.':
		t.re2.WriteString(`[^\n\r]`)
	case c == '[':
		t.class()
	case c == '\\' && (strings.HasPrefix(t.rest, "p{") || strings.HasPrefix(t.rest, "P{")):
		t.category()
	case c == '\\':
		t.write(t.escaped())
	case strings.ContainsRune("*+?]{}", c):
		return t.fail()
	case c == '^' || c == '$':
		t.re2.WriteRune(c)
	default:
		t.write(c)
	}
	return 1
}

func (t *translation) group() int {
	if t.depth == MaxNesting {
		t.tooLarge = true
		return 0
	}
	t.depth++
	t.re2.WriteString("(?:")
	size := t.branches()
	t.re2.WriteByte(')')
	t.depth--
	if !t.skip(')') {
		return t.fail()
	}
	return max(size, 1)
}

// class reads a class in brackets behind its [. A minus is first, last or between two characters.
func (t *translation) class() {
	t.re2.WriteByte('[')
	if t.skip('^') {
		t.re2.WriteByte('^')
	}
	if t.skip('-') {
		t.write('-')
	} else {
		t.member()
	}
	for !t.ended() && t.rest[0] != ']' {
		if t.skip('-') {
			t.write('-')
			break
		}
		t.member()
	}
	if !t.skip(']') {
		t.fail()
	}
	t.re2.WriteByte(']')
}

// member reads a character, a range of characters or a category within a class.
func (t *translation) member() {
	if strings.HasPrefix(t.rest, `\p{`) || strings.HasPrefix(t.rest, `\P{`) {
		t.take()
		t.category()
		return
	}
	t.write(t.classChar())
	if len(t.rest) > 1 && t.rest[0] == '-' && t.rest[1] != ']' {
		t.skip('-')
		t.re2.WriteByte('-')
		t.write(t.classChar())
	}
}

func (t *translation) classChar() rune {
	c := t.take()
	switch c {
	case '[', ']', '-':
		t.fail()
	case '\\':
		return t.escaped()
	}
	return c
}

// escaped reads the character behind a backslash.
func (t *translation) escaped() rune {
	c := t.take()
	if i := strings.IndexRune("nrt", c); i >= 0 {
		return rune("\n\r\t"[i])
	}
	if !strings.ContainsRune(`()*+-.?[\]^{|}`, c) {
		t.fail()
	}
	return c
}

// category reads p{…} or P{…} behind a backslash.
func (t *translation) category() {
	name, rest, ok := strings.Cut(t.rest, "}")
	if !ok || len(name) > len("p{Lu") || !isCategory(name[len("p{"):]) {
		t.fail()
		return
	}
	t.rest = rest
	t.re2.WriteString(`\` + name + "}")
}

// categories are the general categories of Unicode that an I-Regexp may name: the first letter, alone or with one of
// the others.
var categories = []string{"Llmotu", "Mcen", "Ndlo", "Pcdefios", "Zlps", "Sckmo", "Ccfno"}

func isCategory(name string) bool {
	for _, c := range categories {
		if name != "" && name[0] == c[0] && (len(name) == 1 || strings.IndexByte(c[1:], name[1]) >= 0) {
			return true
		}
	}
	return false
}

// take reads the next character.
func (t *translation) take() rune {
	if t.rest == "" {
		t.fail()
		return 0
	}
	r, n := utf8.DecodeRuneInString(t.rest)
	t.rest = t.rest[n:]
	return r
}

func (t *translation) skip(c byte) bool {
	if t.rest == "" || t.rest[0] != c {
		return false
	}
	t.rest = t.rest[1:]
	return true
}

// write writes a character so that it stands for itself, within a class or without.
func (t *translation) write(r rune) { fmt.Fprintf(&t.re2, `\x{%x}`, r) }
