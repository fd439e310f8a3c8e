package local

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds of what is read as XML.
const (
	// maxTag is the longest start tag.
	maxTag = 1 << 10
	// maxUnclosed is how many elements may lack an end before no more elements are looked for.
	maxUnclosed = 16
)

// elementAt reads <record index="1">…</record>.
func (s *scanner) elementAt(at int) (found, bool) {
	name, attributes, body := tagAt(s.text, at)
	c := calledBy(attributes)
	if body == 0 || c.isNone() || s.unclosed[name] || len(s.unclosed) >= maxUnclosed {
		return found{}, false
	}
	end := "</" + name + ">"
	n := strings.Index(s.text[body:], end)
	if n < 0 {
		if s.unclosed == nil {
			s.unclosed = map[string]bool{}
		}
		s.unclosed[name] = true
		return found{}, false
	}
	inner, echo := echoElement(s.text[body : body+n])
	record := Record{Index: c.Index, ID: c.ID, Echo: echo, Text: content(inner)}
	return found{Record: record, style: element, start: at, end: body + n + len(end)}, true
}

// tagAt reads a start tag: its name, what stands behind the name, and where its content begins (0 if it is no tag).
func tagAt(text string, at int) (name, attributes string, body int) {
	window := text[at:min(len(text), at+maxTag)]
	end := strings.IndexByte(window, '>')
	if end < 2 || !isLetter(window[1]) || window[end-1] == '/' || strings.IndexByte(window[:end], '\n') >= 0 {
		return "", "", 0
	}
	name, attributes, _ = strings.Cut(window[1:end], " ")
	return name, attributes, at + end + 1
}

// calledBy finds index="1", or id, n and the like.
func calledBy(attributes string) called {
	for attributes != "" {
		name, rest, ok := strings.Cut(strings.TrimLeft(attributes, " "), "=")
		if !ok || rest == "" || rest[0] != '"' && rest[0] != '\'' {
			return nobody
		}
		value, after, ok := strings.Cut(rest[1:], rest[:1])
		if c, end := calledAt(value, 0); ok && isIndexName(name) && !c.isNone() && end == len(value) {
			return c
		}
		attributes = after
	}
	return nobody
}

// content is the text of a record element: its fields' values, a line each, or all of it.
func content(body string) string {
	rest := strings.TrimSpace(body)
	if !strings.HasPrefix(rest, "<field ") {
		return unescape(body)
	}
	var lines []string
	for strings.HasPrefix(rest, "<field ") {
		_, _, at := tagAt(rest, 0)
		value, after, ok := strings.Cut(rest[at:], "</field>")
		if at == 0 || !ok {
			return unescape(body)
		}
		lines = append(lines, unescape(value))
		rest = strings.TrimSpace(after)
	}
	return strings.Join(lines, "\n")
}

// unescape reads XML's five entities and numbers; anything else stays as it is.
func unescape(s string) string {
	at := strings.IndexByte(s, '&')
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; at >= 0; at = strings.IndexByte(s, '&') {
		b.WriteString(s[:at])
		s = s[at:]
		text, size := entity(s)
		b.WriteString(text)
		s = s[size:]
	}
	b.WriteString(s)
	return b.String()
}

// entity reads the entity that s begins with and returns its text and how long it is.
func entity(s string) (text string, size int) {
	end := strings.IndexByte(s[:min(len(s), 12)], ';')
	if end < 0 {
		return "&", 1
	}
	switch name := s[1:end]; name {
	case "amp":
		return "&", end + 1
	case "lt":
		return "<", end + 1
	case "gt":
		return ">", end + 1
	case "quot":
		return `"`, end + 1
	case "apos":
		return "'", end + 1
	default:
		if r, ok := charReference(name); ok {
			return string(r), end + 1
		}
		return "&", 1
	}
}

// charReference reads #65 or #x41.
func charReference(name string) (rune, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if !ok || err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
