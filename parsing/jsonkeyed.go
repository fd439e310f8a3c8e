package parsing

import (
	"slices"
	"strings"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// keyed returns the object that has the entries by their indexes: {"1": "positive", "r2": {…}}. It is what the path selects,
// or, under weir's own, the whole value or the one object in it. Where such an object has been asked for, a list of some is read
// as well. nil: there is none.
func (c *collector) keyed(nodes []jsonpath.Node) []jsonpath.Node {
	t := &c.scan.tree
	switch {
	case !c.format.isOwn:
		if len(nodes) == 1 && c.isKeyed(nodes[0]) {
			return nodes
		}
		return nil
	case c.isKeyed(0):
		return []jsonpath.Node{0}
	case t.nodes[0].kind == jsonpath.Array && c.format.structured:
		return c.keyedList()
	}
	if members := t.children(0); t.nodes[0].kind == jsonpath.Object && len(members) == 1 && c.isKeyed(members[0]) {
		return members
	}
	return nil
}

// keyedList returns the elements of a list if they are objects with nothing but members under indexes. One that is not whole may be
// anything.
func (c *collector) keyedList() []jsonpath.Node {
	var objects []jsonpath.Node
	for _, id := range c.scan.tree.children(0) {
		indexes, others := c.indexes(id)
		switch {
		case indexes > 0 && others == 0 && !c.format.look(&c.scan.tree, id).value:
			objects = append(objects, id)
		case c.isWhole(id):
			return nil
		}
	}
	return objects
}

// isKeyed reports whether every name in an object is an index, or one of them where such an object has been asked for.
func (c *collector) isKeyed(id jsonpath.Node) bool {
	indexes, others := c.indexes(id)
	return indexes > 0 && (others == 0 || c.format.structured)
}

// indexes counts the names in an object that are indexes, and the others.
func (c *collector) indexes(id jsonpath.Node) (indexes, others int) {
	t := &c.scan.tree
	if t.nodes[id].kind != jsonpath.Object {
		return 0, 0
	}
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		if _, ok := c.asked.number(t.Name(child)); ok {
			indexes++
		} else {
			others++
		}
	}
	return indexes, others
}

// addKeyed takes in the members of objects whose names are indexes.
func (c *collector) addKeyed(objects []jsonpath.Node) {
	t := &c.scan.tree
	members := make([]jsonpath.Node, 0, len(objects))
	for _, object := range objects {
		members = append(members, t.children(object)...)
	}
	r := objectReader{format: c.format, tree: t, fields: make([]Field, 0, len(members)*len(c.format.values))}
	entries := make([]Claim, 0, len(members))
	valued := false
	for _, id := range members {
		e, hasValue := r.member(id)
		valued = valued || hasValue
		if c.isWhole(id) {
			entries = append(entries, e)
		}
	}
	if !valued {
		c.quoted = append(c.quoted, entries...)
		return
	}
	c.answers = append(c.answers, entries...)
	c.payloads++
	c.inOrder = false
	if c.list = 0; len(members) > 1 {
		c.list = c.scan.pos
	}
}

// member reads a value under its index: an object with the value fields, or the value itself if there is one field. An index
// in the object must be the same. What stands under an index counts as an answer, so that one that quotes the records, or is an
// example, contradicts the answer behind it instead of taking its place.
func (r *objectReader) member(id jsonpath.Node) (Claim, bool) {
	name := r.tree.Name(id)
	if field, ok := r.whole(id, name); ok {
		return Claim{Named: true, ID: name, Fields: []Field{field}}, true
	}
	e, hasValue := r.entry(id)
	isObject := r.tree.nodes[id].kind == jsonpath.Object
	if !isObject || !hasValue && !e.Named && len(r.format.values) == 1 {
		var m members
		m.values[0].set(r.tree, id)
		e.Fields, e.Problem, e.Message = r.valuesOf(&m)
	}
	hasValue = hasValue || len(r.format.values) == 1 // whatever stands there
	if e.Named && !sameIndex(e.ID, name) {
		e.Fields, e.Problem, e.Message = nil, ProblemInvalid, "the answer for this record stands under another index than it names"
	}
	e.Named, e.ID = true, name
	return e, hasValue
}

// whole returns an object that is, as it stands, the value that has been asked for, whatever its fields are called. A schema that
// leaves objects open takes entries as well: one that has the value in it, or another index than the name it stands under, is none.
func (r *objectReader) whole(id jsonpath.Node, name string) (Field, bool) {
	f := r.format
	if f.schema == nil || len(f.values) > 1 || r.tree.nodes[id].kind != jsonpath.Object {
		return Field{}, false
	}
	for child := id + 1; child < r.tree.nodes[id].past; child = r.tree.nodes[child].past {
		switch own := r.tree.Name(child); {
		case own != f.index && own != f.values[0] || strings.Contains(f.schema.text, quote(own)):
		case own == f.index && !sameIndex(r.tree.scalar(child), name):
			return Field{}, false
		case own == f.values[0] && f.schema.takes(r.field(own, child)):
			return Field{}, false
		}
	}
	field := r.field(f.values[0], id)
	return field, f.schema.takes(field)
}

// scalar is a text, or a number as it is written.
func (t *tree) scalar(id jsonpath.Node) string {
	if t.nodes[id].kind == jsonpath.Text {
		return t.Text(id)
	}
	return t.raw(id)
}

func sameIndex(a, b string) bool {
	if a == b {
		return true
	}
	n, ok := sequential(a)
	m, also := sequential(b)
	return ok && also && n == m
}

// isWhole reports whether nothing of a value has been added where a reply was cut off.
func (c *collector) isWhole(id jsonpath.Node) bool {
	return c.scan.complete < 0 || int(c.scan.tree.nodes[id].end) <= c.scan.complete
}

// wholeOnly leaves those of nodes that are whole.
func (c *collector) wholeOnly(nodes []jsonpath.Node) []jsonpath.Node {
	if c.scan.complete < 0 {
		return nodes
	}
	return slices.DeleteFunc(slices.Clone(nodes), func(id jsonpath.Node) bool { return !c.isWhole(id) })
}
