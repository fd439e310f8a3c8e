package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
)

// Node is the number of a value in its [Tree]. The root is 0.
type Node int32

// Kind is what a value is.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = iota
	False
	True
	Number
	Text // a string
	Array
	Object
)

// Tree is a JSON value. All values in it are numbered in the order of the document, each before those within it: in
// [1, {"a": 2}] the array is 0, 1 is 1, the object is 2, and 2 is 3. The first value within another one is the next
// number, if it is less than Past.
//
// A Tree does not change while it is used. Its methods are called with nodes that it has, from one goroutine for each
// [Path.Select]; Past(n) is more than n, and not more than the Past of what n is in.
type Tree interface {
	// Kind returns what the node is.
	Kind(n Node) Kind
	// Past returns the first number that is neither n nor within it.
	Past(n Node) Node
	// Name returns the name of a member of an object, without its escapes. It is called for no other nodes.
	Name(n Node) string
	// Text returns what a [Text] says, without its escapes, and a [Number] as it is written in JSON. It is called for
	// no other nodes.
	Text(n Node) string
}

// Location returns the normalized path of a node: $['results'][3]. Where an object has several members of its name, so
// have they all. It takes time in proportion to the values around the node and those that it is in.
func Location(t Tree, n Node) string {
	var b strings.Builder
	b.WriteByte('$')
	for at := Node(0); at != n; {
		child, position := childWith(t, at, n)
		if t.Kind(at) == Object {
			b.WriteString("[" + quote(t.Name(child)) + "]")
		} else {
			b.WriteString("[" + strconv.Itoa(position) + "]")
		}
		at = child
	}
	return b.String()
}

// childWith returns the child of at that n is or is in, and its position.
func childWith(t Tree, at, n Node) (Node, int) {
	child, position := at+1, 0
	for past := t.Past(child); past <= n; past = t.Past(child) {
		child, position = past, position+1
	}
	return child, position
}

// quote writes a name as normalized paths have it.
func quote(name string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range name {
		escape := strings.IndexRune("\b\t\n\f\r'\\", r)
		switch {
		case escape >= 0:
			b.WriteString(`\` + `btnfr'\`[escape:escape+1])
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
