package corpus

import (
	"encoding/json"
	"strings"
)

// Keyed writes an answer as an object with a member for each record: {"r1": "x", "r2": …}, as a schema with fixed keys holds
// a model to. Entries with several fields are objects. One without an index stands under a name that is none.
type Keyed struct{}

// Write writes an answer.
func (k Keyed) Write(a *Answer) (text string, ends []int) {
	var b strings.Builder
	for _, name := range a.Wrappers {
		b.WriteString("{" + quote(name) + ": ")
	}
	b.WriteString("{")
	for i := range a.Entries {
		if i > 0 {
			b.WriteString(", ")
		}
		e := &a.Entries[i]
		b.WriteString(k.key(e.Index) + ": " + k.value(e.Fields))
		ends = append(ends, b.Len())
	}
	b.WriteString("}" + strings.Repeat("}", len(a.Wrappers)))
	return b.String(), ends
}

func (Keyed) key(index string) string {
	switch {
	case index == "":
		return `"item"`
	case strings.HasPrefix(index, `"`):
		return index
	}
	return quote("r" + index)
}

func (Keyed) value(fields []Field) string {
	if len(fields) == 1 {
		return fields[0].Value
	}
	members := make([]string, len(fields))
	for i, f := range fields {
		members[i] = quote(f.Name) + ": " + f.Value
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// ReadKeyed reads what Keyed writes, for who has an answer only as text. Its entries are those of the records in their order,
// each with one field of that name; false if text is anything else.
func ReadKeyed(text, valueField string) (Answer, bool) {
	var a Answer
	decoder := json.NewDecoder(strings.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return a, false
	}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || decoder.Decode(&value) != nil {
			return a, false
		}
		index, ok := strings.CutPrefix(key, "r")
		if !ok || index != number(len(a.Entries)+1) {
			return a, false
		}
		e := Entry{Index: index, Of: len(a.Entries), Fields: []Field{{Name: valueField, Value: string(value)}}}
		a.Entries = append(a.Entries, e)
	}
	_, err := decoder.Token()
	return a, err == nil && len(a.Entries) > 0
}
