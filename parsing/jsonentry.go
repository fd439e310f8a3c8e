package parsing

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// The defaults and bounds of what Config names.
const (
	defaultPath  = "$[*]"
	defaultIndex = "index"
	defaultValue = "value"

	maxFields    = 32
	maxNameBytes = 128
)

func newJSONFormat(cfg Config) (Format, []error) {
	f := &jsonFormat{index: cfg.IndexField, values: slices.Clone(cfg.ValueFields)}
	if f.index == "" {
		f.index = defaultIndex
	}
	if len(f.values) == 0 {
		f.values = []string{defaultValue}
	}
	var problems []error
	var err error
	if f.path, err = jsonpath.Parse(cmp.Or(cfg.Path, defaultPath)); err != nil {
		problems = append(problems, fmt.Errorf("response.path: %w", err))
	} else {
		names, each, _ := f.path.Members()
		f.isOwn = each && len(names) == 0
	}
	if err := checkName(f.index); err != nil {
		problems = append(problems, fmt.Errorf("response.index.field: %w", err))
	}
	return f, append(problems, f.checkValues()...)
}

func (f *jsonFormat) checkValues() []error {
	var problems []error
	if len(f.values) > maxFields {
		problems = append(problems, fmt.Errorf("response.value.field: at most %d fields, these are %d", maxFields, len(f.values)))
	}
	for i, name := range f.values {
		err := checkName(name)
		switch {
		case err != nil:
		case name == f.index:
			err = fmt.Errorf("%q is the index field as well", name)
		case slices.Contains(f.values[:i], name):
			err = fmt.Errorf("%q is there twice", name)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("response.value.field: %w", err))
		}
	}
	return problems
}

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("a field has a name")
	case len(name) > maxNameBytes:
		return fmt.Errorf("a name has at most %d bytes, this has %d", maxNameBytes, len(name))
	case !utf8.ValidString(name):
		return fmt.Errorf("%q is not UTF-8", name)
	case strings.Contains(name, "."):
		return fmt.Errorf("%q is a path; only fields of the entry itself are supported", name)
	}
	return nil
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
		if name == r.format.index {
			m.index.set(r.tree, child)
		} else if i := slices.Index(r.format.values, name); i >= 0 {
			m.values[i].set(r.tree, child)
			hasValue = true
		}
	}
	e.Named, e.ID = r.named(m.index)
	e.Fields, e.Problem, e.Message = r.valuesOf(&m)
	return e, hasValue
}

// members are the fields of an object that weir wants.
type members struct {
	index  member
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
