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
	index, value, named := markerAt(line, at)
	if value == 0 {
		return found{}, false
	}
	if f, ok := quotedAt(line, value, named); ok {
		f.Index, f.start = index, at
		return f, true
	}
	text := strings.TrimSpace(line[value:])
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	return found{Record: Record{Index: index, Text: text}, start: at, end: len(line)}, text != ""
}

// markerAt reads "Input 1: ", "1. ", "1) " or "[1] " and returns the number, where the value begins (0 if there is no
// marker), and whether it has a word before it.
func markerAt(text string, start int) (index, value int, named bool) {
	at := start
	for at < len(text) && isLetter(text[at]) && at-start < 32 {
		at++
	}
	if named = at > start; named {
		if !isAt(text, at, " ") {
			return 0, 0, false
		}
		at++
	}
	closing := ":.)"
	if isAt(text, at, "[") {
		closing = "]"
		at++
	}
	index, at = number(text, at)
	if index < 0 || !isAt(text, at, closing) {
		return 0, 0, false
	}
	if at++; closing == "]" && isAt(text, at, ":") {
		at++
	}
	if !isAt(text, at, " \t") {
		return 0, 0, false
	}
	for isAt(text, at, " \t") {
		at++
	}
	return index, at, named
}

// isAt reports whether one of the characters is at this place.
func isAt(text string, at int, characters string) bool {
	return at < len(text) && strings.IndexByte(characters, text[at]) >= 0
}

// quotedAt reads the JSON value behind a marker. Behind the value the line must end or another marker follow: a text
// in plain quotation marks is no JSON.
func quotedAt(line string, at int, named bool) (found, bool) {
	if !named || at >= len(line) {
		return found{}, false
	}
	f := found{style: quoted}
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
	rest := f.end
	for isAt(line, rest, " \t\r,") {
		rest++
	}
	_, value, _ := markerAt(line, rest)
	return f, rest == len(line) || value > 0
}

// objectAt reads {"index": 1, "text": "…"}.
func objectAt(line string, at int) (found, bool) {
	f := found{style: object, start: at, answer: true, bracketed: strings.HasSuffix(line[:at], "[\n")}
	f.Index = -1
	var v values
	f.end = members(line, at, func(name, raw string) {
		if f.Index < 0 && isIndexName(name) {
			if n, end := number(raw, 0); n >= 0 && end == len(raw) {
				f.Index = n
				return
			}
		}
		f.answer = f.answer && isAnswerName(name)
		v.add(name, raw)
	})
	f.Text = v.text()
	return f, f.end > 0 && f.Index >= 0
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

// number reads at most nine digits at this place; -1 if there are none.
func number(text string, at int) (n, end int) {
	start := at
	for at < len(text) && at-start < 9 && isDigit(text[at]) {
		n = n*10 + int(text[at]-'0')
		at++
	}
	if at == start || at < len(text) && isDigit(text[at]) {
		return -1, at
	}
	return n, at
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
