package local

import "strings"

// style is how a record is written.
type style uint8

const (
	// plain is a numbered line.
	plain style = iota
	// quoted is "Input 1:" and a JSON value.
	quoted
	// object is a JSON object with its index inside.
	object
	// element is an XML element with an index attribute.
	element
)

// found is a record and its place in the text.
type found struct {
	Record

	style      style
	start, end int
	// word is what stands before the name of a quoted one.
	word string
	// answer: it has only fields of an answer, so that it may be an example. bracketed: the line before it is a bracket, as
	// in the block that weir writes.
	answer, bracketed bool
}

// scanner finds records in a text. Its time grows with the text and no faster, whatever is in it.
type scanner struct {
	text string
	// line is where the current line ends.
	line int
	// unclosed are elements that have no end in the rest of the text, so that it is looked for once.
	unclosed map[string]bool
}

// scan finds everything that may be a record, in order.
func scan(text string) []found {
	var all []found
	s := scanner{text: text, line: -1}
	for at := 0; ; {
		at = skip(text, at)
		if at >= len(text) {
			return all
		}
		if at > s.line {
			s.line = lineEnd(text, at)
		}
		f, ok := s.recordAt(at)
		if ok {
			all = append(all, f)
			at = f.end
			continue
		}
		at = s.line
	}
}

// skip passes what stands before and between records. A bracket with a number in it begins a record.
func skip(text string, at int) int {
	for at < len(text) {
		switch text[at] {
		case ' ', '\t', '\r', '\n', ',', ']':
		case '[':
			if at+1 < len(text) && isDigit(text[at+1]) {
				return at
			}
		default:
			return at
		}
		at++
	}
	return at
}

func (s *scanner) recordAt(at int) (found, bool) {
	line := s.text[:s.line]
	switch line[at] {
	case '{':
		return objectAt(line, at)
	case '<':
		return s.elementAt(at)
	}
	m := markerAt(line, at)
	if m.value == 0 {
		return found{}, false
	}
	if f, ok := quotedAt(line, m); ok {
		f.Index, f.ID, f.start = m.Index, m.ID, at
		return f, true
	}
	text := strings.TrimSpace(line[m.value:])
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	f := found{Record: Record{Index: m.Index, Text: text}, start: at, end: len(line)}
	return f, text != "" && m.ID == "" // "Hint: …" is no record
}

// marker is what stands before a record: what the record is called, where its value begins (0 if there is no marker), and
// the word before its name.
type marker struct {
	called

	value int
	word  string
}

// markerAt reads "Input 1: ", "1. ", "1) ", "[1] " or "Input kq: ".
func markerAt(text string, start int) marker {
	at := start
	for at < len(text) && isLetter(text[at]) && at-start < 32 {
		at++
	}
	m := marker{word: text[start:at]}
	if m.word != "" {
		if !isAt(text, at, " ") {
			return marker{}
		}
		at++
	}
	closing := ":.)"
	if isAt(text, at, "[") {
		closing = "]"
		at++
	}
	m.called, at = calledAt(text, at)
	if m.isNone() || m.ID != "" && m.word == "" || !isAt(text, at, closing) {
		return marker{}
	}
	if at++; closing == "]" && isAt(text, at, ":") {
		at++
	}
	if !isAt(text, at, " \t") {
		return marker{}
	}
	for isAt(text, at, " \t") {
		at++
	}
	m.value = at
	return m
}

// isAt reports whether one of the characters is at this place.
func isAt(text string, at int, characters string) bool {
	return at < len(text) && strings.IndexByte(characters, text[at]) >= 0
}

// quotedAt reads the JSON value behind a marker. Behind the value the line must end or another marker follow: a text
// in plain quotation marks is no JSON.
func quotedAt(line string, m marker) (found, bool) {
	at := m.value
	if m.word == "" || at >= len(line) {
		return found{}, false
	}
	f := found{style: quoted, word: m.word}
	switch line[at] {
	case '"':
		if f.end = stringEnd(line, at); f.end > 0 {
			f.Text = unquote(line[at:f.end])
		}
	case '{':
		var v values
		f.end = members(line, at, v.add)
		f.Text = v.text()
	}
	if f.end == 0 {
		return found{}, false
	}
	f.Echo, f.end = echoBehind(line, f.end)
	rest := f.end
	for isAt(line, rest, " \t\r,") {
		rest++
	}
	return f, rest == len(line) || markerAt(line, rest).value > 0
}

// objectAt reads {"index": 1, "text": "…"}.
func objectAt(line string, at int) (found, bool) {
	f := found{style: object, start: at, answer: true, bracketed: strings.HasSuffix(line[:at], "[\n")}
	c := nobody
	var v values
	f.end = members(line, at, func(name, raw string) {
		if c.isNone() && isIndexName(name) {
			if c = calledIn(raw); !c.isNone() {
				return
			}
		}
		if echo := calledIn(raw).ID; name == "echo" && echo != "" {
			f.Echo = echo
			return
		}
		f.answer = f.answer && isAnswerName(name)
		v.add(name, raw)
	})
	f.Index, f.ID, f.Text = c.Index, c.ID, v.text()
	return f, f.end > 0 && !c.isNone()
}

// values gathers what the members of an object say: strings and numbers, a line each.
type values struct{ lines []string }

func (v *values) text() string { return strings.Join(v.lines, "\n") }

// add takes a member. Weir writes {"index": 1, "record": {…}} where a field's name clashes with its own.
func (v *values) add(name, raw string) {
	if name == "record" && raw[0] == '{' {
		members(raw, 0, v.addValue)
		return
	}
	v.addValue(name, raw)
}

func (v *values) addValue(_, raw string) {
	switch {
	case raw[0] == '"':
		v.lines = append(v.lines, unquote(raw))
	case raw != "null" && raw[0] != '{' && raw[0] != '[':
		v.lines = append(v.lines, raw)
	}
}

func lineEnd(text string, at int) int {
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(text)
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
