package corpus

import (
	"bytes"
	"encoding/json"
	"strings"
)

// JSON writes an answer as a JSON array of objects. The zero JSON writes as models mostly do:
// [{"index": 1, "value": "x"}, {"index": 2, …}].
type JSON struct {
	// Compact writes no white space, Lines each entry on its own line.
	Compact, Lines bool
	// IndexLast writes the index behind the values.
	IndexLast bool
}

// Write writes an answer.
func (j JSON) Write(a *Answer) (text string, ends []int) {
	var b strings.Builder
	for _, name := range a.Wrappers {
		b.WriteString("{" + quote(name) + j.colon())
	}
	b.WriteString("[")
	for i := range a.Entries {
		if i > 0 {
			b.WriteString(j.comma())
		}
		if j.Lines {
			b.WriteString("\n  ")
		}
		j.entry(&b, a.IndexField, &a.Entries[i])
		ends = append(ends, b.Len())
	}
	b.WriteString("]" + strings.Repeat("}", len(a.Wrappers)))
	return b.String(), ends
}

func (j JSON) entry(b *strings.Builder, indexField string, e *Entry) {
	members := make([]string, 0, len(e.Fields)+1)
	for _, f := range e.Fields {
		members = append(members, quote(f.Name)+j.colon()+f.Value)
	}
	if e.Index != "" {
		index := quote(indexField) + j.colon() + e.Index
		if j.IndexLast {
			members = append(members, index)
		} else {
			members = append([]string{index}, members...)
		}
	}
	b.WriteString("{" + strings.Join(members, j.comma()) + "}")
}

func (j JSON) colon() string {
	if j.Compact {
		return ":"
	}
	return ": "
}

func (j JSON) comma() string {
	if j.Compact || j.Lines {
		return ","
	}
	return ", "
}

// quote is a string as JSON text, with <, > and & as they are.
func quote(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return `""` // no string fails
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// ReadJSON reads what JSON writes, for who has an answer only as text. Its entries are those of the records in their order;
// false if text is anything else.
func ReadJSON(text, indexField string) (Answer, bool) {
	a := Answer{IndexField: indexField}
	decoder := json.NewDecoder(strings.NewReader(text))
	if !openList(decoder, &a) {
		return Answer{}, false
	}
	for decoder.More() {
		e := Entry{Of: len(a.Entries)}
		if !readEntry(decoder, indexField, &e) {
			return Answer{}, false
		}
		a.Entries = append(a.Entries, e)
	}
	return a, len(a.Entries) > 0
}

// openList reads up to the list and notes what is around it.
func openList(decoder *json.Decoder, a *Answer) bool {
	for {
		token, err := decoder.Token()
		if err != nil || token != json.Delim('[') && token != json.Delim('{') {
			return false
		}
		if token == json.Delim('[') {
			return true
		}
		name, err := decoder.Token()
		wrapper, ok := name.(string)
		if err != nil || !ok {
			return false
		}
		a.Wrappers = append(a.Wrappers, wrapper)
	}
}

func readEntry(decoder *json.Decoder, indexField string, e *Entry) bool {
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return false
	}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || decoder.Decode(&value) != nil {
			return false
		}
		if name == indexField {
			e.Index = string(value)
			continue
		}
		e.Fields = append(e.Fields, Field{Name: name, Value: string(value)})
	}
	_, err := decoder.Token()
	return err == nil && len(e.Fields) > 0
}
