package templates

import (
	"slices"
	"strconv"
	"strings"
)

// The names that a template knows outside of records.
const (
	nameRecords = "records"
	nameCount   = "count"
	nameFields  = "fields"
)

// uses is which data a template reads; only that is made when it renders.
type uses struct {
	count, fields  bool
	block, section bool
	slots          []slot
}

// slot is one name that a template reads from each record.
type slot struct {
	name  string // as in the template
	field string // the part before a |
	shows shows
}

// shows is what a slot makes of a record.
type shows int

const (
	showField shows = iota
	showFieldJSON
	showFieldXML
	showIndex
	showText
	showJSON
	showXML
	showFirst
	showLast
	showEcho
)

// ownNames are weir's own names inside of records. They win over fields.
var ownNames = map[string]shows{
	"index": showIndex, "text": showText, "json": showJSON, "xml": showXML, "first": showFirst, "last": showLast,
	"echo": showEcho,
}

// filters are the encodings of one field.
var filters = map[string]shows{"json": showFieldJSON, "xml": showFieldXML}

// slotOf reads a name; false when it has an unknown filter.
func slotOf(name string) (slot, bool) {
	if field, filter, has := strings.Cut(name, "|"); has {
		what, known := filters[strings.TrimSpace(filter)]
		return slot{name, strings.TrimSpace(field), what}, known
	}
	return slot{name, name, ownNames[name]}, true
}

func fieldOf(name string) string {
	s, _ := slotOf(name)
	return s.field
}

// add notes a slot; false when there are too many.
func (u *uses) add(s slot) bool {
	switch {
	case slices.Contains(u.slots, s):
		return true
	case len(u.slots) == MaxNames:
		return false
	default:
		u.slots = append(u.slots, s)
		return true
	}
}

func (u *uses) has(what shows) bool {
	return slices.ContainsFunc(u.slots, func(s slot) bool { return s.shows == what })
}

func (u *uses) fieldNames() []string {
	var names []string
	for _, s := range u.slots {
		if s.shows <= showFieldXML && !slices.Contains(names, s.field) {
			names = append(names, s.field)
		}
	}
	return names
}

// data makes what the library looks names up in. It holds nothing but maps, strings and booleans: no methods to call, no
// number or nil for the library to print in its own way.
func (u *uses) data(records []Record, look style) (map[string]any, error) {
	data := make(map[string]any)
	if u.count {
		data[nameCount] = strconv.Itoa(len(records))
	}
	if u.fields {
		data[nameFields] = fieldNames(records)
	}
	if u.section {
		list, err := u.recordData(records)
		if err != nil {
			return nil, err
		}
		data[nameRecords] = list
	}
	if u.block {
		block, err := look.appendBlock(nil, records)
		if err != nil {
			return nil, err
		}
		data[nameRecords] = string(block)
	}
	return data, nil
}

// recordData gives every record a value for every name that the template reads, so that the library never looks for a
// record's missing field in the batch around it.
func (u *uses) recordData(records []Record) ([]map[string]any, error) {
	list := make([]map[string]any, len(records))
	var scratch []byte
	size := 0
	for i := range records {
		values := make(map[string]any, len(u.slots))
		for _, s := range u.slots {
			value := s.value(records, i, &scratch)
			values[s.name] = value
			if text, ok := value.(string); ok {
				size += len(text)
			}
			if size > MaxPromptBytes {
				return nil, ErrTooLarge
			}
		}
		list[i] = values
	}
	return list, nil
}

// value is what the slot shows of record i: a string or a boolean. What has to be encoded passes through scratch.
func (s slot) value(records []Record, i int, scratch *[]byte) any {
	r := records[i]
	switch s.shows {
	case showIndex:
		return string(r.appendID(nil, i+1, inString))
	case showFirst:
		return i == 0
	case showLast:
		return i == len(records)-1
	case showEcho:
		if r.Echo != "" {
			return string(inString.append(nil, r.Echo))
		}
		if f, ok := r.field(s.field); ok {
			return f.raw()
		}
		return ""
	case showField, showText:
		if f, ok := r.field(s.field); ok {
			return f.raw()
		}
	default:
	}
	*scratch = s.append((*scratch)[:0], r)
	return string(*scratch)
}

// append appends what is encoded. A record without a field "text" shows as JSON, because a template that asks for its
// text shall not ask the model about nothing.
func (s slot) append(dst []byte, r Record) []byte {
	f, ok := r.field(s.field)
	switch {
	case s.shows == showJSON, s.shows == showText:
		return r.appendJSON(dst)
	case s.shows == showXML:
		return r.appendXML(dst)
	case s.shows == showFieldJSON && !ok:
		return append(dst, "null"...)
	case s.shows == showFieldJSON:
		return f.appendJSON(dst)
	case s.shows == showFieldXML:
		return f.appendXML(dst)
	default:
		return dst
	}
}

// raw is the value as a template shows it. A boolean stays one, because the text "false" would be true to a section.
func (f Field) raw() any {
	value, ok := f.compact()
	switch {
	case !ok:
		return f.Value
	case value == "null":
		return ""
	case value == "true", value == "false":
		return value == "true"
	default:
		return value
	}
}

// fieldNames lists the names of all fields as a JSON array, each once, in the order in which they first appear. Names
// come from clients, so they are encoded like values.
func fieldNames(records []Record) string {
	seen := make(map[string]bool)
	names := []byte{'['}
	for _, r := range records {
		for _, f := range r.Fields {
			if seen[f.Name] {
				continue
			}
			if seen[f.Name] = true; len(seen) > 1 {
				names = append(names, ", "...)
			}
			names = appendString(names, f.Name)
		}
	}
	return string(append(names, ']'))
}
