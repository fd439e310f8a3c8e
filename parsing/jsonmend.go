package parsing

import "strings"

// mended is a JSON value after what models do to JSON has been undone.
type mended struct {
	text string
	// used is how much of the input it is, or how much was looked at in vain.
	used int
	ok   bool
	// complete is how much of text is in the input: behind it are the brackets that were missing at the input's end. -1: none
	// were.
	complete int
	// within says that the input ends within an entry or behind a comma, so that there should be more.
	within bool
}

// mendJSON rewrites the value at the start of s: comments and commas before a closing bracket go, texts in single quotes get
// double ones, NaN, Infinity, None, True and False become what JSON has for them. Where s ends too early, what is not whole
// goes and the open brackets are closed: whose they are must not count. Nothing else is changed, no word is added, and it
// takes time in proportion to what it looks at.
func mendJSON(s string) mended {
	m := mender{in: s, last: -1}
	for m.pos < len(s) {
		if !m.token() {
			return mended{used: min(m.pos+1, len(s))}
		}
		if len(m.open) == 0 {
			return mended{text: m.out.String(), used: m.pos, ok: true, complete: -1}
		}
	}
	if m.last < 0 {
		return mended{used: len(s)}
	}
	return m.cutOff()
}

type mender struct {
	in   string
	pos  int
	out  strings.Builder
	open []byte // the brackets that close what is open
	// comma says that one has been read and not written yet.
	comma bool
	// colon says that the next token is the value of a member, and name that the last one was its name.
	colon, name bool
	// last is how much has been written when the last value was whole, and depth how many brackets were open then.
	last, depth int
}

// token reads one token and writes it; false if it can be no JSON.
func (m *mender) token() bool {
	switch c := m.in[m.pos]; {
	case isSpace(c):
		m.pos++
	case c == '/':
		return m.comment()
	case c == ',' || c == ':':
		return m.separator(c)
	case c == '[' || c == '{':
		return m.opens(c)
	case c == ']' || c == '}':
		return m.closes(c)
	case c == '"' || c == '\'':
		return m.quoted(c)
	default:
		return m.word()
	}
	return true
}

func (m *mender) separator(c byte) bool {
	m.pos++
	if c == ',' {
		again := m.comma
		m.comma = true
		return !again && !m.colon && !m.name && m.out.Len() > 0
	}
	if !m.name {
		return false
	}
	m.name, m.colon = false, true
	m.out.WriteByte(c)
	return true
}

// before writes the comma that is due before a token.
func (m *mender) before() bool {
	if m.name {
		return false
	}
	if m.comma {
		m.out.WriteByte(',')
		m.comma = false
	}
	return true
}

func (m *mender) opens(c byte) bool {
	if !m.before() || len(m.open) == maxDepth {
		return false
	}
	m.colon = false
	m.open = append(m.open, c+2) // ] is [ + 2, and } is { + 2
	m.out.WriteByte(c)
	m.pos++
	return true
}

func (m *mender) closes(c byte) bool {
	if len(m.open) == 0 || m.open[len(m.open)-1] != c || m.colon || m.name {
		return false
	}
	m.comma = false
	m.open = m.open[:len(m.open)-1]
	m.out.WriteByte(c)
	m.pos++
	m.whole()
	return true
}

// whole notes that a value is whole.
func (m *mender) whole() {
	m.colon, m.name = false, false
	m.last, m.depth = m.out.Len(), len(m.open)
}

// isName reports whether a text here is the name of a member.
func (m *mender) isName() bool { return len(m.open) > 0 && m.open[len(m.open)-1] == '}' && !m.colon }

// quoted reads a text. It ends at its quote, not at a line's end: a text with a line break in it is none.
func (m *mender) quoted(q byte) bool {
	if !m.before() {
		return false
	}
	end := m.pos + 1
	for ; end < len(m.in) && m.in[end] != q; end++ {
		if m.in[end] < ' ' {
			m.pos = end
			return false
		}
		if m.in[end] == '\\' {
			end++
		}
	}
	if end >= len(m.in) {
		m.pos = len(m.in) // cut off
		return true
	}
	m.write(m.in[m.pos+1:end], q)
	m.pos = end + 1
	if m.isName() {
		m.name = true
	} else {
		m.whole()
	}
	return true
}

// write writes what was between quotes between double ones.
func (m *mender) write(text string, q byte) {
	m.out.WriteByte('"')
	defer m.out.WriteByte('"')
	if q == '"' {
		m.out.WriteString(text)
		return
	}
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\'`):
			i++
		case text[i] == '\\' && i+1 < len(text):
			m.out.WriteByte('\\')
			i++
		case text[i] == '"':
			m.out.WriteByte('\\')
		}
		m.out.WriteByte(text[i])
	}
}

// words are those of other languages, and what JSON has instead.
var words = map[string]string{
	"true": "true", "false": "false", "null": "null", "True": "true", "False": "false", "None": "null", "undefined": "null",
	"NaN": "null", "Infinity": "null", "-Infinity": "null", "+Infinity": "null",
}

// word reads a number or a word. At the end of the input it may not be all of it.
func (m *mender) word() bool {
	end := m.pos
	for end < len(m.in) && end-m.pos < maxNameBytes && strings.IndexByte(" \t\r\n,:]}[{\"'/", m.in[end]) < 0 {
		end++
	}
	word := m.in[m.pos:end]
	if end == len(m.in) {
		m.pos = end
		return true
	}
	with, ok := words[word]
	if !ok && (word[0] == '-' || isDigit(word[0])) {
		with, ok = word, true // whether it is a number is for the reader
	}
	if !ok || m.isName() || !m.before() {
		return false
	}
	m.out.WriteString(with)
	m.pos = end
	m.whole()
	return true
}

// comment goes past one.
func (m *mender) comment() bool {
	rest := m.in[m.pos:]
	var end int
	switch {
	case strings.HasPrefix(rest, "//"):
		end = strings.IndexByte(rest, '\n')
	case strings.HasPrefix(rest, "/*"):
		if end = strings.Index(rest[2:], "*/"); end >= 0 {
			end += len("/**/")
		}
	default:
		return false
	}
	if end < 0 {
		end = len(rest)
	}
	m.pos += end
	return true
}

// cutOff takes back what is not whole and closes the brackets that were open before it.
func (m *mender) cutOff() mended {
	within := m.comma || m.colon || m.name || m.out.Len() > m.last || len(m.open) > m.depth
	text := m.out.String()[:m.last]
	var b strings.Builder
	b.WriteString(text)
	for i := m.depth - 1; i >= 0; i-- {
		b.WriteByte(m.open[i])
	}
	return mended{text: b.String(), used: len(m.in), ok: true, complete: len(text), within: within}
}
