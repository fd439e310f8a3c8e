package parsing

// The parts that tests look at from the inside.
const (
	MaxDepth   = maxDepth
	MaxNodes   = maxNodes
	MaxTries   = maxTries
	MaxEntries = maxEntries
)

// JSONNode is a node of the reader's tree with its children.
type JSONNode struct {
	Raw, Text string
	Names     []string
	Children  []JSONNode
	Kind      byte // one of 0 n " [ {
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

func (t *tree) export(id int32) JSONNode {
	n := JSONNode{Raw: t.raw(id), Kind: `0n"[{`[t.nodes[id].kind]}
	if t.nodes[id].kind == kindText {
		n.Text = t.string(id)
	}
	for _, child := range t.children(id) {
		n.Names = append(n.Names, t.key(child))
		n.Children = append(n.Children, t.export(child))
	}
	return n
}

// SelectJSON returns what a path selects in a document, as written; false if it would look at too much.
func SelectJSON(expr, doc string) ([]string, bool, error) {
	p, err := compilePath(expr)
	if err != nil {
		return nil, false, err
	}
	var t tree
	if _, d := t.read(doc, 0); d != nil {
		panic(d.message())
	}
	w := walk{tree: &t}
	nodes, ok := w.follow(p)
	found := []string{}
	for _, id := range nodes {
		found = append(found, t.raw(id))
	}
	return found, ok, nil
}
