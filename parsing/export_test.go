package parsing

import "github.com/weir-ml/weir/parsing/jsonpath"

// The parts that tests look at from the inside.
const (
	MaxDepth   = maxDepth
	MaxNodes   = maxNodes
	MaxTries   = maxTries
	MaxEntries = maxEntries
)

// FindPattern returns what the format regex finds in a text when it counts, and what the standard library does; false where the
// pattern is none or looks at too much.
func FindPattern(path, text string) (ours, theirs [][]int, ok bool) {
	f := &regexFormat{}
	if len(path) > maxPatternBytes || f.compile(path) != nil {
		return nil, nil, false
	}
	found, why := f.findCounting(text)
	return found, f.pattern.FindAllStringSubmatchIndex(text, -1), why == ""
}

// MatchClaims gives claims to records as Parse does.
func MatchClaims(reading Reading, reply Reply, records int) Answer {
	asked := newCall(reply)
	asked.records = records
	return match(reading, asked)
}

// Mended is what mending makes of a text: how much of it was used, and how much of the result comes from it (-1: all).
type Mended struct {
	Text           string
	Used, Complete int
	OK             bool
}

// Mend mends a text that begins as a JSON array or object does.
func Mend(text string) Mended {
	m := mendJSON(text)
	return Mended{m.text, m.used, m.complete, m.ok}
}

// JSONNode is a node of the reader's tree with its children.
type JSONNode struct {
	Raw, Text string
	Names     []string
	Children  []JSONNode
	Kind      byte // one of n f t 0 " [ {
}

// ReadJSON reads a whole JSON document; false if it is none, or beyond a limit.
func ReadJSON(doc string) (node JSONNode, valid, limit bool) {
	t := tree{text: doc}
	t.space()
	_, d := t.read(doc, t.pos)
	if d != nil {
		return JSONNode{}, false, d.limit
	}
	t.space()
	if t.pos != len(doc) {
		return JSONNode{}, false, false
	}
	if len(t.nodes) > maxDepth*10 {
		return JSONNode{}, true, false // too many to look at
	}
	return t.export(0), true, false
}

func (t *tree) export(id jsonpath.Node) JSONNode {
	n := JSONNode{Raw: t.raw(id), Kind: `nft0"[{`[t.nodes[id].kind]}
	if t.nodes[id].kind == jsonpath.Text {
		n.Text = t.Text(id)
	}
	for _, child := range t.children(id) {
		n.Names = append(n.Names, t.Name(child))
		n.Children = append(n.Children, t.export(child))
	}
	return n
}
