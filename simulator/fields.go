package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fields are those of a JSON object in a request. A dialect takes what it knows; what is left at the end is unknown to the
// vendor, and refused. Only the first trouble is kept, and after it all fields are empty.
type fields struct {
	at     path
	values map[string]json.RawMessage
	first  *firstTrouble
}

type firstTrouble struct{ trouble *trouble }

// path is a place in a request: names of fields, and numbers in lists.
type path []string

func (p path) then(name string) path { return append(slices.Clip(p), name) }

// brackets writes messages[0].content, as OpenAI does.
func (p path) brackets() string {
	var b strings.Builder
	for i, name := range p {
		_, err := strconv.Atoi(name)
		switch {
		case err == nil:
			b.WriteString("[" + name + "]")
			continue
		case i > 0:
			b.WriteByte('.')
		}
		b.WriteString(name)
	}
	return b.String()
}

// dots writes messages.0.content, as Anthropic does.
func (p path) dots() string { return strings.Join(p, ".") }

// readFields reads the body of a request.
func readFields(body []byte) *fields {
	f := &fields{first: &firstTrouble{}}
	if json.Unmarshal(body, &f.values) != nil || f.values == nil {
		f.fail(&trouble{kind: badJSON})
	}
	return f
}

// trouble is the first one; nil if there is none.
func (f *fields) trouble() *trouble { return f.first.trouble }

func (f *fields) fail(t *trouble) {
	if f.first.trouble == nil {
		f.first.trouble = t
	}
}

// failAt is trouble with one field.
func (f *fields) failAt(kind troubleKind, name, message string) {
	f.fail(&trouble{kind: kind, path: f.at.then(name), message: message})
}

// has reports whether a field is there and not null, and leaves it there.
func (f *fields) has(name string) bool {
	raw, ok := f.values[name]
	return ok && string(raw) != "null" && f.first.trouble == nil
}

// raw takes a field as it is; nil where it is missing or null.
func (f *fields) raw(name string) json.RawMessage {
	raw, there := f.values[name], f.has(name)
	delete(f.values, name)
	if !there {
		return nil
	}
	return raw
}

// take takes a field into a value of a plain type, and reports whether it is there.
func (f *fields) take(name string, into any) bool {
	raw := f.raw(name)
	if raw == nil {
		return false
	}
	if json.Unmarshal(raw, into) != nil {
		f.failAt(wrongType, name, typeName(into))
		return false
	}
	return true
}

func typeName(of any) string {
	switch of.(type) {
	case *string:
		return "a string"
	case *int:
		return "an integer"
	case *float64:
		return "a number"
	case *bool:
		return "a boolean"
	default:
		return "an array"
	}
}

// text takes a string; "" where it is missing.
func (f *fields) text(name string) string {
	var s string
	f.take(name, &s)
	return s
}

// number takes an integer; 0 where it is missing.
func (f *fields) number(name string) int {
	var n int
	f.take(name, &n)
	return n
}

// between takes a number that must be in a range.
func (f *fields) between(name string, low, high float64) {
	var n float64
	if f.take(name, &n) && (n < low || n > high) {
		f.failAt(badRequest, name, fmt.Sprintf("%s must be from %g to %g", name, low, high))
	}
}

// object takes an object and hands it to read, if it is there. What read leaves of it is unknown.
func (f *fields) object(name string, read func(*fields)) {
	raw := f.raw(name)
	if raw == nil {
		return
	}
	f.inner(f.at.then(name), raw, read)
}

func (f *fields) inner(at path, raw json.RawMessage, read func(*fields)) {
	inner := &fields{at: at, first: f.first}
	if json.Unmarshal(raw, &inner.values) != nil || inner.values == nil {
		f.fail(&trouble{kind: wrongType, path: at, message: "an object"})
		return
	}
	read(inner)
	inner.end()
}

// list takes an array of objects and hands each to read.
func (f *fields) list(name string, read func(*fields)) {
	var list []json.RawMessage
	if !f.take(name, &list) {
		return
	}
	for i, raw := range list {
		f.inner(f.at.then(name).then(strconv.Itoa(i)), raw, read)
	}
}

// either takes a string, or else an array of objects that are handed to parts.
func (f *fields) either(name string, whole func(string), parts func(*fields)) {
	if raw := f.values[name]; len(raw) > 0 && raw[0] == '[' {
		f.list(name, parts)
		return
	}
	var s string
	if f.take(name, &s) {
		whole(s)
	}
}

// known drops fields that the vendor knows and the simulator does not look at.
func (f *fields) known(names ...string) {
	for _, name := range names {
		delete(f.values, name)
	}
}

// end refuses what is left.
func (f *fields) end() {
	if len(f.values) > 0 {
		f.failAt(unknownField, slices.Min(slices.Collect(maps.Keys(f.values))), "")
	}
}
