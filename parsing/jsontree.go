package parsing

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// The bounds of one JSON value.
const (
	maxDepth = 512
	maxNodes = 1 << 18
)

// tree is a JSON value (RFC 8259, strict) that remembers where each of its parts is in the text, so that a part can be
// given back as it was written. Of names that occur twice in an object both are kept. It is a [jsonpath.Tree].
type tree struct {
	text string
	// nodes are in the order of the text: the root first, each node before its children.
	nodes []node

	pos   int
	depth int
	// keyed says that the reader has seen the name of a member: the text is meant to be JSON and not prose.
	keyed bool
}

// node is one value of a tree. Its first child is the next node, unless that is already past.
type node struct {
	// text[start:end] is the value, and text[keyStart:keyEnd] its name with the quotes, empty outside of an object.
	start, end       int32
	keyStart, keyEnd int32
	// past is the first node that is neither this one nor below it.
	past               jsonpath.Node
	kind               jsonpath.Kind
	escaped, keyEscape bool
}

// damage is why and where text is no JSON.
type damage struct {
	offset int
	// expected is what should be there.
	expected string
	// depth is how many arrays and objects are open.
	depth int
	// inString says that the text goes wrong within a string.
	inString bool
	// limit says that the text goes beyond what is read, and expected which limit it is.
	limit bool
	// atEnd says that the text ends too early.
	atEnd bool
}

func (d *damage) message() string {
	switch {
	case d.limit:
		return fmt.Sprintf("the JSON in the reply %s, at byte %d", d.expected, d.offset)
	case d.atEnd:
		return fmt.Sprintf("the JSON in the reply ends too early, after %d bytes: expected %s", d.offset, d.expected)
	}
	return fmt.Sprintf("the JSON in the reply is broken at byte %d: expected %s", d.offset, d.expected)
}

// read replaces the tree by the value that starts at text[start] and returns where that ends. It looks at each byte once.
func (t *tree) read(text string, start int) (int, *damage) {
	t.text, t.nodes, t.pos, t.depth, t.keyed = text, t.nodes[:0], start, 0, false
	d := t.value(node{})
	return t.pos, d
}

// value reads a value into n, which knows only its name, and adds it to the tree.
func (t *tree) value(n node) *damage {
	if len(t.nodes) == maxNodes {
		return t.limit(fmt.Sprintf("has more than %d values", maxNodes))
	}
	id := len(t.nodes)
	n.start = int32(t.pos) //nolint:gosec // a reply is at most MaxReplyBytes long
	t.nodes = append(t.nodes, n)
	var d *damage
	switch c := t.peek(); {
	case c == '{':
		n.kind = jsonpath.Object
		d = t.object()
	case c == '[':
		n.kind = jsonpath.Array
		d = t.array()
	case c == '"':
		n.kind = jsonpath.Text
		n.escaped, d = t.quoted()
	case c == '-' || isDigit(c):
		n.kind = jsonpath.Number
		d = t.number()
	default:
		n.kind, d = t.literal()
	}
	if d != nil {
		return d
	}
	n.end = int32(t.pos)                 //nolint:gosec // as above
	n.past = jsonpath.Node(len(t.nodes)) //nolint:gosec // at most maxNodes
	t.nodes[id] = n
	return nil
}

func (t *tree) array() *damage {
	if d := t.open(); d != nil {
		return d
	}
	if t.closes(']') {
		return nil
	}
	for {
		if d := t.value(node{}); d != nil {
			return d
		}
		if done, d := t.next(']', "a comma or ]"); done || d != nil {
			return d
		}
	}
}

func (t *tree) object() *damage {
	if d := t.open(); d != nil {
		return d
	}
	if t.closes('}') {
		return nil
	}
	for {
		if d := t.member(); d != nil {
			return d
		}
		if done, d := t.next('}', "a comma or }"); done || d != nil {
			return d
		}
	}
}

func (t *tree) member() *damage {
	if t.peek() != '"' {
		return t.broken("a name in double quotes")
	}
	n := node{keyStart: int32(t.pos)} //nolint:gosec // a reply is at most MaxReplyBytes long
	var d *damage
	if n.keyEscape, d = t.quoted(); d != nil {
		return d
	}
	n.keyEnd = int32(t.pos) //nolint:gosec // as above
	t.space()
	if t.peek() != ':' {
		return t.broken("a colon")
	}
	t.keyed = true
	t.pos++
	t.space()
	return t.value(n)
}

// open enters an array or an object.
func (t *tree) open() *damage {
	if t.depth == maxDepth {
		return t.limit(fmt.Sprintf("is nested deeper than %d", maxDepth))
	}
	t.depth++
	t.pos++
	t.space()
	return nil
}

// closes leaves an array or an object if its end is next.
func (t *tree) closes(end byte) bool {
	if t.peek() != end {
		return false
	}
	t.depth--
	t.pos++
	return true
}

// next goes on behind an element, or leaves the array or object.
func (t *tree) next(end byte, expected string) (done bool, d *damage) {
	t.space()
	if t.closes(end) {
		return true, nil
	}
	if t.peek() != ',' {
		return false, t.broken(expected)
	}
	t.pos++
	t.space()
	return false, nil
}

// quoted reads a string and says whether there are escapes in it.
func (t *tree) quoted() (escaped bool, d *damage) {
	for t.pos++; t.pos < len(t.text); t.pos++ {
		switch c := t.text[t.pos]; {
		case c == '"':
			t.pos++
			return escaped, nil
		case c < ' ':
			return escaped, t.brokenString("no control character in a string")
		case c == '\\':
			escaped = true
			n := escapeLength(t.text[t.pos:])
			if n == 0 {
				return escaped, t.brokenString("a valid escape in a string")
			}
			t.pos += n - 1
		}
	}
	return escaped, t.brokenString("the end of a string")
}

// escapeLength returns how long the escape at the start of s is, 0 if it is none.
func escapeLength(s string) int {
	if len(s) < 2 {
		return 0
	}
	if strings.IndexByte(`"\/bfnrt`, s[1]) >= 0 {
		return 2
	}
	if s[1] != 'u' || len(s) < 6 {
		return 0
	}
	for i := 2; i < 6; i++ {
		if !isHex(s[i]) {
			return 0
		}
	}
	return 6
}

func (t *tree) number() *damage {
	if t.peek() == '-' {
		t.pos++
	}
	if t.peek() == '0' {
		t.pos++
	} else if !t.digits() {
		return t.broken("a digit")
	}
	if t.peek() == '.' {
		t.pos++
		if !t.digits() {
			return t.broken("a digit")
		}
	}
	if c := t.peek(); c == 'e' || c == 'E' {
		t.pos++
		if c := t.peek(); c == '+' || c == '-' {
			t.pos++
		}
		if !t.digits() {
			return t.broken("a digit")
		}
	}
	return nil
}

// digits goes past digits and says whether there were any.
func (t *tree) digits() bool {
	start := t.pos
	for isDigit(t.peek()) {
		t.pos++
	}
	return t.pos > start
}

// literals are the words of JSON.
var literals = []struct {
	word string
	kind jsonpath.Kind
}{{"null", jsonpath.Null}, {"true", jsonpath.True}, {"false", jsonpath.False}}

func (t *tree) literal() (jsonpath.Kind, *damage) {
	for _, l := range literals {
		if strings.HasPrefix(t.text[t.pos:], l.word) {
			t.pos += len(l.word)
			return l.kind, nil
		}
	}
	return jsonpath.Null, t.broken("a value")
}

func (t *tree) space() {
	for t.pos < len(t.text) && isSpace(t.text[t.pos]) {
		t.pos++
	}
}

// peek returns the next byte, 0 at the end; no JSON has a 0 where peek is used.
func (t *tree) peek() byte {
	if t.pos < len(t.text) {
		return t.text[t.pos]
	}
	return 0
}

func (t *tree) broken(expected string) *damage {
	return &damage{offset: t.pos, expected: expected, depth: t.depth, atEnd: t.pos >= len(t.text)}
}

func (t *tree) brokenString(expected string) *damage {
	d := t.broken(expected)
	d.inString = true
	return d
}

func (t *tree) limit(which string) *damage {
	return &damage{offset: t.pos, expected: which, depth: t.depth, limit: true}
}

// Kind returns what a node is.
func (t *tree) Kind(id jsonpath.Node) jsonpath.Kind { return t.nodes[id].kind }

// Past returns the first node that is neither id nor below it.
func (t *tree) Past(id jsonpath.Node) jsonpath.Node { return t.nodes[id].past }

// Name returns the name of a node within its object.
func (t *tree) Name(id jsonpath.Node) string {
	n := &t.nodes[id]
	return unquote(t.text[n.keyStart:n.keyEnd], n.keyEscape)
}

// raw returns a node as it was written.
func (t *tree) raw(id jsonpath.Node) string { return t.text[t.nodes[id].start:t.nodes[id].end] }

// Text returns what a text says, and a number as it was written.
func (t *tree) Text(id jsonpath.Node) string {
	if t.nodes[id].kind == jsonpath.Number {
		return t.raw(id)
	}
	return unquote(t.raw(id), t.nodes[id].escaped)
}

// unquote takes a string that has been read out of its quotes.
func unquote(quoted string, escaped bool) string {
	if len(quoted) < 2 {
		return ""
	}
	if !escaped {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	if json.Unmarshal([]byte(quoted), &s) != nil {
		return "" // cannot be: the string has been read, and the fuzz test compares
	}
	return s
}

// compact returns JSON without the white space between its tokens.
func compact(raw string) string {
	var b strings.Builder
	kept, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			inString = !inString
		case c == '\\':
			i++ // the escaped byte may be a quote
		case !inString && isSpace(c):
			b.Grow(len(raw) - b.Len())
			b.WriteString(raw[kept:i])
			kept = i + 1
		}
	}
	if kept == 0 {
		return raw
	}
	b.WriteString(raw[kept:])
	return b.String()
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
