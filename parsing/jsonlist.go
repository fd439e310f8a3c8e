package parsing

import (
	"slices"
	"strings"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// entries returns the nodes of a reply's JSON value that should be entries: what response.path selects, or the elements
// of the one array that it selects. Where the path is weir's own, shapes that can mean only one thing are read as well:
// an object around the array, and one object instead of it. The error is that the path looks at too much.
func (f *jsonFormat) entries(t *tree, limits *jsonpath.Limits) ([]jsonpath.Node, error) {
	if f.isOwn && t.nodes[0].kind == jsonpath.Object {
		return f.ofObject(t), nil
	}
	nodes, err := f.path.Select(t, limits)
	if len(nodes) == 1 && t.nodes[nodes[0]].kind == jsonpath.Array {
		return t.children(nodes[0]), err
	}
	return nodes, err
}

// ofObject returns the entries of an object in the place of an array: its list, or itself.
func (f *jsonFormat) ofObject(t *tree) []jsonpath.Node {
	self := f.look(t, 0)
	if self.index && self.value {
		return []jsonpath.Node{0}
	}
	lists := f.lists(t, 0, nil)
	if len(lists) == 1 {
		children := t.children(lists[0])
		if !self.value || f.look(t, children[0]).index { // else the list is its value
			return children
		}
	}
	members := t.children(0)
	isObject := func(id jsonpath.Node) bool { return t.Kind(id) == jsonpath.Object }
	if !self.index && !self.value && slices.ContainsFunc(members, isObject) {
		return members // which is what $[*] says
	}
	return []jsonpath.Node{0}
}

// lists adds the arrays that look like an answer, in an object and the objects in it.
func (f *jsonFormat) lists(t *tree, id jsonpath.Node, found []jsonpath.Node) []jsonpath.Node {
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		switch t.nodes[child].kind {
		case jsonpath.Array:
			if f.isList(t, child) {
				found = append(found, child)
			}
		case jsonpath.Object:
			found = f.lists(t, child, found)
		case jsonpath.Null, jsonpath.False, jsonpath.True, jsonpath.Number, jsonpath.Text:
		}
	}
	return found
}

// isList reports whether all elements of an array are entries and one has a value.
func (f *jsonFormat) isList(t *tree, id jsonpath.Node) bool {
	value := false
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		l := f.look(t, child)
		if !l.index && !l.value {
			return false
		}
		value = value || l.value
	}
	return value
}

// looks says which of the fields that weir wants are in an object.
type looks struct{ index, value bool }

func (f *jsonFormat) look(t *tree, id jsonpath.Node) looks {
	var l looks
	if t.nodes[id].kind != jsonpath.Object {
		return l
	}
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		name := t.Name(child)
		l.index = l.index || name == f.index || f.nested && strings.HasPrefix(f.index, name+".")
		l.value = l.value || slices.Contains(f.values, name) || f.nested && f.begins(name)
	}
	return l
}

// areList reports whether nodes are next to each other in one array, or are a single value. The order of an object's
// members and of values from several places says nothing.
func areList(t *tree, nodes []jsonpath.Node) bool {
	for i, id := range nodes {
		if t.nodes[id].keyEnd > 0 || i > 0 && t.nodes[nodes[i-1]].past != id {
			return false
		}
	}
	return true
}

// areTexts reports whether the nodes are strings, which are then the values themselves.
func (f *jsonFormat) areTexts(t *tree, nodes []jsonpath.Node) bool {
	for _, id := range nodes {
		if t.nodes[id].kind != jsonpath.Text {
			return false
		}
	}
	return len(nodes) > 0 && len(f.values) == 1
}

// children returns the nodes right below one.
func (t *tree) children(id jsonpath.Node) []jsonpath.Node {
	var nodes []jsonpath.Node
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		nodes = append(nodes, child)
	}
	return nodes
}

// begins reports whether the name is the first step of a value field's.
func (f *jsonFormat) begins(name string) bool {
	return slices.ContainsFunc(f.values, func(path string) bool { return strings.HasPrefix(path, name+".") })
}
