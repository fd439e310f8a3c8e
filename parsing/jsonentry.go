package parsing

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

func newJSONFormat(cfg Config) (format, []error) {
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
func (r *objectReader) entry(id jsonpath.Node) (e rawEntry, hasValue bool) {
	n := &r.tree.nodes[id]
	if n.kind != jsonpath.Object {
		return rawEntry{}, false
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
	e.naming, e.index = r.naming(m.index)
	e.fields, e.problem, e.message = r.valuesOf(&m)
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

func (r *objectReader) naming(m member) (naming, int) {
	if m.id == 0 {
		return unnamed, 0
	}
	index, ok := -1, false
	switch r.tree.nodes[m.id].kind {
	case jsonpath.Number:
		index, ok = parseIndex(r.tree.raw(m.id))
	case jsonpath.Text:
		index, ok = parseIndex(trimLabel(r.tree.Text(m.id)))
	case jsonpath.Null, jsonpath.False, jsonpath.True, jsonpath.Array, jsonpath.Object:
	}
	if m.twice || !ok {
		return misnamed, 0
	}
	return named, index
}

// labels are the words that models put before an index, in lower case.
var labels = []string{"input", "record", "item", "entry", "row", "r"}

// trimLabel takes the number out of "Input 3", "r3" and "#3".
func trimLabel(s string) string {
	s = strings.TrimSpace(s)
	for _, label := range labels {
		if len(s) > len(label) && strings.EqualFold(s[:len(label)], label) {
			s = s[len(label):]
			break
		}
	}
	return strings.TrimPrefix(strings.TrimLeft(s, " "), "#")
}

// parseIndex reads 3 and 3.0. What is negative, a fraction, or needs more than 31 bits is no index.
func parseIndex(s string) (int, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if strings.Trim(fraction, "0") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(whole, 10, 31)
	return int(n), err == nil
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
