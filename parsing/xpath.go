package parsing

import (
	"errors"
	"fmt"
	"strings"

	"github.com/antchfx/xpath"
)

// The bounds of an XPath: its length, and how many steps it may take in one reply.
const (
	maxXPathBytes = 1024
	maxXPathSteps = 2 << 20
)

// errTooManySteps ends an XPath that looks at too much.
var errTooManySteps = errors.New("response.path looks at too much of the reply")

// xmlSample is what a path is tried on when it is made: some that compile cannot be evaluated.
const xmlSample = `<results><result index="1" id="a"><value>x</value>y</result><result index="2"><a><b/></a></result></results>`

func compileXPath(expr string) (*xpath.Expr, error) {
	if len(expr) > maxXPathBytes {
		return nil, fmt.Errorf("an XPath has at most %d bytes, this has %d", maxXPathBytes, len(expr))
	}
	compiled, err := compileSafely(expr)
	if err != nil {
		return nil, fmt.Errorf("%q is not an XPath 1.0 that weir can use: %w", expr, err)
	}
	if _, err := selectXPath(compiled, readXML(xmlSample)); err != nil {
		return nil, fmt.Errorf("%q is not an XPath 1.0 that weir can use: %w", expr, err)
	}
	return compiled, nil
}

func compileSafely(expr string) (compiled *xpath.Expr, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("it cannot be compiled")
		}
	}()
	return xpath.Compile(expr)
}

// selectXPath returns the elements that an expression selects. The library panics on some expressions, and this package's
// navigator where there are too many steps.
func selectXPath(expr *xpath.Expr, t *xmlTree) (found []int32, err error) {
	steps := 0
	defer func() {
		switch fault := recover(); fault {
		case nil:
		case errTooManySteps:
			err = errTooManySteps
		default:
			err = errors.New("it cannot be evaluated")
		}
	}()
	nodes, ok := expr.Evaluate(&xmlNavigator{tree: t, attr: -1, steps: &steps}).(*xpath.NodeIterator)
	if !ok {
		return nil, errors.New("it selects no elements but makes a value")
	}
	for nodes.MoveNext() {
		at, ok := nodes.Current().(*xmlNavigator)
		if ok && at.attr < 0 && at.node > 0 && !t.nodes[at.node].isText {
			found = append(found, at.node)
		}
		if len(found) > maxEntries {
			return nil, errTooManySteps
		}
	}
	return found, nil
}

// xmlNavigator is a place in a tree: a node, or one of its attributes.
type xmlNavigator struct {
	tree  *xmlTree
	node  int32
	attr  int32 // -1: the node itself
	steps *int
}

func (n *xmlNavigator) step(cost int) {
	if *n.steps += cost; *n.steps > maxXPathSteps {
		panic(errTooManySteps)
	}
}

func (n *xmlNavigator) NodeType() xpath.NodeType {
	switch {
	case n.attr >= 0:
		return xpath.AttributeNode
	case n.node == 0:
		return xpath.RootNode
	case n.tree.nodes[n.node].isText:
		return xpath.TextNode
	}
	return xpath.ElementNode
}

func (n *xmlNavigator) name() string {
	if n.attr >= 0 {
		return n.tree.attrs[n.attr].name
	}
	return n.tree.nodes[n.node].name
}

func (n *xmlNavigator) LocalName() string {
	name := n.name()
	return name[strings.IndexByte(name, ':')+1:]
}

func (n *xmlNavigator) Prefix() string {
	prefix, _, ok := strings.Cut(n.name(), ":")
	if !ok {
		return ""
	}
	return prefix
}

func (n *xmlNavigator) Value() string {
	if n.attr >= 0 {
		return n.tree.attrs[n.attr].value
	}
	at := &n.tree.nodes[n.node]
	if at.isText {
		return at.text
	}
	var b strings.Builder
	for id := n.node + 1; id < at.past; id++ {
		n.step(1 + len(n.tree.nodes[id].text)/64)
		b.WriteString(n.tree.nodes[id].text)
	}
	return b.String()
}

func (n *xmlNavigator) Copy() xpath.NodeNavigator {
	n.step(1)
	c := *n
	return &c
}

func (n *xmlNavigator) MoveToRoot() { n.node, n.attr = 0, -1 }

func (n *xmlNavigator) MoveToParent() bool {
	n.step(1)
	if n.attr >= 0 {
		n.attr = -1
		return true
	}
	if n.node == 0 {
		return false
	}
	n.node = n.tree.nodes[n.node].parent
	return true
}

func (n *xmlNavigator) MoveToNextAttribute() bool {
	n.step(1)
	at := &n.tree.nodes[n.node]
	next := max(n.attr+1, at.attrs)
	if n.attr < 0 {
		next = at.attrs
	}
	if next >= at.attrsEnd {
		return false
	}
	n.attr = next
	return true
}

func (n *xmlNavigator) MoveToChild() bool {
	n.step(1)
	if n.attr >= 0 || n.node+1 >= n.tree.nodes[n.node].past {
		return false
	}
	n.node++
	return true
}

func (n *xmlNavigator) MoveToFirst() bool {
	if n.attr >= 0 || n.node == 0 {
		return false
	}
	n.step(1)
	n.node = n.tree.nodes[n.node].parent + 1
	return true
}

func (n *xmlNavigator) MoveToNext() bool {
	n.step(1)
	if n.attr >= 0 || n.node == 0 {
		return false
	}
	at := &n.tree.nodes[n.node]
	if at.past >= n.tree.nodes[at.parent].past {
		return false
	}
	n.node = at.past
	return true
}

func (n *xmlNavigator) MoveToPrevious() bool {
	n.step(1)
	if n.attr >= 0 || n.tree.nodes[n.node].prev < 0 {
		return false
	}
	n.node = n.tree.nodes[n.node].prev
	return true
}

func (n *xmlNavigator) MoveTo(other xpath.NodeNavigator) bool {
	to, ok := other.(*xmlNavigator)
	if !ok || to.tree != n.tree {
		return false
	}
	n.node, n.attr = to.node, to.attr
	return true
}
