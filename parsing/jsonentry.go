package parsing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

const defaultPath = "$[*]"

func newJSONFormat(cfg Config) (Format, []error) {
	n, problems := newNames(cfg)
	f := &jsonFormat{names: n, tokens: cfg.Tokens, structured: cfg.Structured}
	f.nested = slices.ContainsFunc(append([]string{n.index}, n.values...), func(name string) bool { return strings.Contains(name, ".") })
	var err error
	if f.path, err = jsonpath.Parse(cmp.Or(cfg.Path, defaultPath)); err != nil {
		return f, append(problems, fmt.Errorf("response.path: %w", err))
	}
	names, each, _ := f.path.Members()
	f.isOwn = each && len(names) == 0
	return f, problems
}

// objectReader makes entries of objects.
type objectReader struct {
	format *jsonFormat
	tree   *tree
	// fields has room for the values of all entries.
	fields []Field
}

// entry reads one node. hasValue says whether at least one value field is there, null or not. A node that is no object
// is an entry with neither an index nor a value.
func (r *objectReader) entry(id jsonpath.Node) (e Claim, hasValue bool) {
	n := &r.tree.nodes[id]
	if n.kind != jsonpath.Object {
		return Claim{}, false
	}
	var m members
	for child := id + 1; child < n.past; child = r.tree.nodes[child].past {
		name := r.tree.Name(child)
		switch i := slices.Index(r.format.values, name); {
		case name == r.format.index:
			m.index.set(r.tree, child)
		case name == r.format.echo && name != "":
			m.echo.set(r.tree, child)
		case i >= 0:
			m.values[i].set(r.tree, child)
			hasValue = true
		case r.format.nested && r.tree.nodes[child].kind == jsonpath.Object:
			hasValue = r.nested(&m, child, name) || hasValue
		case e.Hint == "":
			e.Hint = r.hint(child)
		}
	}
	e.Named, e.ID = r.named(m.index)
	_, e.Echo = r.named(m.echo)
	e.Fields, e.Problem, e.Message = r.valuesOf(&m)
	return e, hasValue
}

// hint returns what a field holds if that could be an index.
func (r *objectReader) hint(id jsonpath.Node) string {
	if _, text := r.named(member{id: id}); isHint(text, r.format.tokens) {
		return text
	}
	return ""
}

// nested finds the fields whose names are paths that begin with name, below an object of that name. It returns whether
// there is a value among them.
func (r *objectReader) nested(m *members, id jsonpath.Node, name string) bool {
	if at, ok := r.tree.below(id, name, r.format.index); ok {
		m.index.set(r.tree, at)
	}
	has := false
	for i, path := range r.format.values {
		if at, ok := r.tree.below(id, name, path); ok {
			m.values[i].set(r.tree, at)
			has = true
		}
	}
	return has
}

// below follows a path of names with dots between, whose first is that of the node; false if it leads nowhere. Of names that
// occur twice the last one counts.
func (t *tree) below(id jsonpath.Node, name, path string) (jsonpath.Node, bool) {
	rest, ok := strings.CutPrefix(path, name+".")
	if !ok {
		return 0, false
	}
	found := jsonpath.Node(0)
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		inner := t.Name(child)
		if inner == rest {
			found = child
		} else if at, ok := t.below(child, inner, rest); ok && t.nodes[child].kind == jsonpath.Object {
			found = at
		}
	}
	return found, found != 0
}

// members are the fields of an object that weir wants.
type members struct {
	index  member
	echo   member
	values [maxFields]member
}

// member is a field of an object. The root is never one, so that 0 stands for a field that is not there.
type member struct {
	id jsonpath.Node
	// twice says that it is there again with something else.
	twice bool
}

func (m *member) set(t *tree, id jsonpath.Node) {
	m.twice = m.twice || m.id != 0 && t.raw(m.id) != t.raw(id)
	m.id = id
}

// named returns the index as it is written: a number or a text. Anything else stands in its place and is none.
func (r *objectReader) named(m member) (bool, string) {
	if m.id == 0 || m.twice {
		return m.id != 0, ""
	}
	switch r.tree.nodes[m.id].kind {
	case jsonpath.Number:
		return true, r.tree.raw(m.id)
	case jsonpath.Text:
		return true, r.tree.Text(m.id)
	case jsonpath.Null, jsonpath.False, jsonpath.True, jsonpath.Array, jsonpath.Object:
	}
	return true, ""
}

// valuesOf reads the value fields. One that is not there, or is there twice with different values, spoils the entry,
// and so does null, unless another field has a value: then null is what the model says of this field.
func (r *objectReader) valuesOf(m *members) ([]Field, Problem, string) {
	start, nulls := len(r.fields), 0
	for i, name := range r.format.values {
		v := m.values[i]
		if v.id == 0 {
			return r.spoil(start, fmt.Sprintf("the answer for this record has no field %q", name))
		}
		if v.twice {
			return r.spoil(start, fmt.Sprintf("the answer for this record has the field %q twice, with different values", name))
		}
		if r.tree.nodes[v.id].kind == jsonpath.Null {
			nulls++
		}
		r.fields = append(r.fields, r.field(name, v.id))
	}
	if nulls == len(r.format.values) {
		return r.spoil(start, "the answer for this record is null")
	}
	return r.fields[start:len(r.fields):len(r.fields)], ProblemNone, ""
}

func (r *objectReader) spoil(start int, message string) ([]Field, Problem, string) {
	r.fields = r.fields[:start]
	return nil, ProblemInvalid, message
}

func (r *objectReader) field(name string, id jsonpath.Node) Field {
	if r.tree.nodes[id].kind == jsonpath.Text {
		return Field{Name: name, Value: r.tree.Text(id)}
	}
	return Field{Name: name, Value: compact(r.tree.raw(id)), JSON: true}
}
