package parsing

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds of the XML in a reply.
const (
	maxXMLDepth = 512
	maxXMLNodes = 1 << 18
)

// xmlTree is the elements of a reply and their texts, whatever is around and between them. It is read leniently: several
// roots, a & or < that means itself, quotes left out. There are no declarations: a DOCTYPE is passed over with all that is in
// it, and &name; is only known where every XML knows it.
type xmlTree struct {
	text string
	// nodes are in the order of the text, each before its children; the first is the document.
	nodes []xmlNode
	attrs []xmlAttr

	pos  int
	open []int32 // the elements that have not ended
	// opened counts those by their name.
	opened map[string]int
	// missing are the ends that have been looked for and are nowhere in the rest.
	missing map[string]bool
	limit   bool
}

// xmlNode is an element, a text, or the document, which is an element without a name.
type xmlNode struct {
	name string // of an element; a text has none
	text string // of a text, without escapes
	// attrs are tree.attrs[attrs:attrsEnd].
	attrs, attrsEnd int32
	parent, prev    int32 // prev is the sibling before, -1 if there is none
	past            int32 // the first node that is neither this one nor below it
	start, end      int32 // what is between the tags
	isText          bool
	// broken says that the element has no end of its own.
	broken bool
}

type xmlAttr struct{ name, value string }

func readXML(text string) *xmlTree {
	t := &xmlTree{text: text, opened: map[string]int{}, missing: map[string]bool{}}
	t.nodes = append(make([]xmlNode, 0, min(len(text)/16+1, 1024)), xmlNode{prev: -1, parent: -1})
	t.open = append(t.open, 0)
	for t.pos < len(text) && !t.limit {
		t.step()
	}
	for len(t.open) > 0 {
		t.close(len(text), true)
	}
	return t
}

// step reads the text up to the next tag, and the tag.
func (t *xmlTree) step() {
	next := strings.IndexByte(t.text[t.pos:], '<')
	if next < 0 {
		next = len(t.text) - t.pos
	}
	if next > 0 {
		t.addText(unescapeXML(t.text[t.pos : t.pos+next]))
		t.pos += next
		return
	}
	rest := t.text[t.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--") && t.skip("<!--", "-->"):
	case strings.HasPrefix(rest, "<![CDATA["):
		if start := t.pos + len("<![CDATA["); t.skip("<![CDATA[", "]]>") {
			t.addText(t.text[start : t.pos-len("]]>")])
			return
		}
		t.literal()
	case strings.HasPrefix(rest, "<?") && t.skip("<?", ">"):
	case strings.HasPrefix(rest, "<!"):
		t.declaration()
	case strings.HasPrefix(rest, "</"):
		t.endTag()
	default:
		t.startTag()
	}
}

// skip goes past the next end; false if there is none.
func (t *xmlTree) skip(start, end string) bool {
	if t.missing[end] {
		return false
	}
	at := strings.Index(t.text[t.pos+len(start):], end)
	if at < 0 {
		t.missing[end] = true
		return false
	}
	t.pos += len(start) + at + len(end)
	return true
}

// declaration goes past <!DOCTYPE …> or <!DOCTYPE … [ … ]>.
func (t *xmlTree) declaration() {
	start := t.pos
	if !t.skip("<!", ">") {
		t.literal()
		return
	}
	if strings.Contains(t.text[start:t.pos], "[") && !strings.HasSuffix(t.text[start:t.pos], "]>") {
		t.skip("", "]>")
	}
}

// literal takes a < that begins nothing as itself.
func (t *xmlTree) literal() {
	t.addText("<")
	t.pos++
}

func (t *xmlTree) endTag() {
	start := t.pos
	name := xmlName(t.text[start+2:])
	end := start + 2 + len(name)
	for end < len(t.text) && isSpace(t.text[end]) {
		end++
	}
	if name == "" || end >= len(t.text) || t.text[end] != '>' {
		t.literal()
		return
	}
	t.pos = end + 1
	if t.opened[name] == 0 {
		return // the end of nothing
	}
	for t.nodes[t.open[len(t.open)-1]].name != name {
		t.close(start, true)
	}
	t.close(start, false)
}

// close ends the innermost open element.
func (t *xmlTree) close(end int, broken bool) {
	n := &t.nodes[t.open[len(t.open)-1]]
	n.end, n.past, n.broken = int32(end), int32(len(t.nodes)), broken //nolint:gosec // a reply is at most MaxReplyBytes long
	t.opened[n.name]--
	t.open = t.open[:len(t.open)-1]
}

func (t *xmlTree) startTag() {
	name := xmlName(t.text[t.pos+1:])
	if name == "" {
		t.literal()
		return
	}
	first := len(t.attrs)
	end, closed, ok := t.attributes(t.pos + 1 + len(name))
	if !ok {
		t.attrs = t.attrs[:first]
		t.literal()
		return
	}
	if len(t.open) > maxXMLDepth {
		t.limit = true
		return
	}
	//nolint:gosec // a reply is at most MaxReplyBytes long
	n := xmlNode{name: name, attrs: int32(first), attrsEnd: int32(len(t.attrs)), start: int32(end)}
	id := t.add(n)
	t.pos = end
	t.open = append(t.open, id)
	t.opened[name]++
	if closed {
		t.close(end, false)
	}
}

// attributes reads them from at to the end of the tag; false if it has none.
func (t *xmlTree) attributes(at int) (end int, closed, ok bool) {
	for {
		for at < len(t.text) && isSpace(t.text[at]) {
			at++
		}
		switch {
		case strings.HasPrefix(t.text[at:], ">"):
			return at + 1, false, true
		case strings.HasPrefix(t.text[at:], "/>"):
			return at + 2, true, true
		}
		name := xmlName(t.text[min(at, len(t.text)):])
		if name == "" || len(t.attrs) >= maxXMLNodes {
			return 0, false, false
		}
		at += len(name)
		value, next, valued := t.attribute(at)
		if !valued {
			return 0, false, false
		}
		t.attrs = append(t.attrs, xmlAttr{name, value})
		at = next
	}
}

// attribute reads ="value" after a name, or nothing.
func (t *xmlTree) attribute(at int) (value string, next int, ok bool) {
	from := strings.TrimLeft(t.text[at:], " \t\r\n")
	if !strings.HasPrefix(from, "=") {
		return "", at, true
	}
	from = strings.TrimLeft(from[1:], " \t\r\n")
	at = len(t.text) - len(from)
	if from == "" {
		return "", 0, false
	}
	if q := from[:1]; q == `"` || q == "'" {
		end := -1
		if !t.missing[q] {
			end = strings.Index(from[1:], q)
		}
		if end < 0 {
			t.missing[q] = true
			return "", 0, false
		}
		return unescapeXML(from[1 : 1+end]), at + end + 2, true
	}
	end := strings.IndexAny(from[:min(len(from), maxNameBytes)], " \t\r\n<>/\"'")
	if end <= 0 {
		return "", 0, false
	}
	return from[:end], at + end, true
}

func (t *xmlTree) addText(text string) {
	if len(t.open) == 1 || text == "" {
		return // words around the elements
	}
	id := t.add(xmlNode{text: text, isText: true})
	t.nodes[id].past = id + 1
}

// add puts a node below the innermost open element.
func (t *xmlTree) add(n xmlNode) int32 {
	id := int32(len(t.nodes)) //nolint:gosec // at most maxXMLNodes
	t.limit = t.limit || len(t.nodes) >= maxXMLNodes
	n.parent, n.prev = t.open[len(t.open)-1], -1
	if last := t.nodes[n.parent].end; last > 0 {
		n.prev = last
	}
	t.nodes[n.parent].end = id // while it is open: its last child
	t.nodes = append(t.nodes, n)
	return id
}

// value is what an element says: its text, or as it is written if there are elements in it.
func (t *xmlTree) value(id int32) string {
	n := &t.nodes[id]
	var b strings.Builder
	for child := id + 1; child < n.past; child = t.nodes[child].past {
		if !t.nodes[child].isText {
			return strings.TrimSpace(t.text[n.start:n.end])
		}
		b.WriteString(t.nodes[child].text)
	}
	return strings.TrimSpace(b.String())
}

// xmlName returns the name that s begins with.
func xmlName(s string) string {
	end := 0
	for end < len(s) && end < maxNameBytes {
		c, size := utf8.DecodeRuneInString(s[end:])
		letter := c == '_' || c == ':' || c >= utf8.RuneSelf || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (end == 0 || c != '-' && c != '.' && (c < '0' || c > '9')) {
			break
		}
		end += size
	}
	return s[:end]
}

var xmlEntities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'", "nbsp": "\u00a0"}

// unescapeXML resolves the references that every XML has; any other & means itself.
func unescapeXML(s string) string {
	at := strings.IndexByte(s, '&')
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; at >= 0; at = strings.IndexByte(s, '&') {
		b.WriteString(s[:at])
		s = s[at:]
		with, length := xmlReference(s)
		b.WriteString(with)
		s = s[length:]
	}
	b.WriteString(s)
	return b.String()
}

// xmlReference returns what the reference at the start of s stands for, and its length.
func xmlReference(s string) (string, int) {
	end := strings.IndexByte(s[:min(len(s), 12)], ';')
	if end < 0 {
		return "&", 1
	}
	name := s[1:end]
	if with, ok := xmlEntities[name]; ok {
		return with, end + 1
	}
	if number, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if hex, ok := strings.CutPrefix(strings.ToLower(number), "x"); ok {
			number, base = hex, 16
		}
		if c, err := strconv.ParseUint(number, base, 21); err == nil && utf8.ValidRune(rune(c)) && c > 0 {
			return string(rune(c)), end + 1
		}
	}
	return "&", 1
}
