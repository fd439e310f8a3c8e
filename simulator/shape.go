package simulator

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-ml/weir/providers/local"
)

// answer is the model's answer held to the schema, as constrained decoding holds a language model: what it has to say of each
// record, in the schema's order of keys. A key that ends in a record's number is about that record, an item of an array about
// the record at its place, and anything else about the first record. Where there is no such record the answer still has
// the schema's form, and says something of an empty text.
func (s *schema) answer(ctx context.Context, prompt *local.Prompt) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	m := &maker{form: prompt.Form, records: prompt.Records}
	if len(m.records) == 0 {
		m.records = []local.Record{{Index: 1, Text: prompt.Text}}
	}
	return string(m.root(s)), nil
}

// maker makes values that a schema takes.
type maker struct {
	form    local.Form
	records []local.Record
}

// root makes the whole answer.
func (m *maker) root(s *schema) []byte {
	s = s.option()
	if s.items != nil {
		return m.perRecord(s.items)
	}
	dst := []byte{'{'}
	for i, p := range s.properties {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(append(dst, encode(p.name)...), ": "...)
		dst = append(dst, m.member(p)...)
	}
	if len(s.properties) == 0 && !s.is("object") {
		return m.value(s, "", m.records[0])
	}
	return append(dst, '}')
}

// member makes the value of one of the answer's own keys.
func (m *maker) member(p property) []byte {
	inner := p.schema.option()
	if inner.items != nil && len(inner.items.option().properties) > 0 {
		return m.perRecord(inner.items)
	}
	return m.value(inner, p.name, m.about(p.name))
}

// about is the record that a key names: by its number, or by the id that the prompt has in the place of numbers.
func (m *maker) about(key string) local.Record {
	digits := key[len(strings.TrimRight(key, "0123456789")):]
	n, err := strconv.Atoi(digits)
	for _, r := range m.records {
		if err == nil && r.ID == "" && r.Index == n || r.ID != "" && r.ID == key {
			return r
		}
	}
	if err != nil {
		return m.records[0]
	}
	return local.Record{Index: n}
}

func (m *maker) perRecord(item *schema) []byte {
	dst := []byte{'['}
	for i, r := range m.records {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, m.value(item, "", r)...)
	}
	return append(dst, ']')
}

// value makes what the model says of a record in a field of this name.
func (m *maker) value(s *schema, name string, record local.Record) []byte {
	s = s.option()
	field := m.field(name)
	switch {
	case len(s.enum) > 0:
		return s.choose(field, record)
	case len(s.properties) > 0:
		return m.object(s, record)
	case s.items != nil:
		return m.array(s, record)
	case s.is("integer"), s.is("number"):
		return s.number(field, m.form.Index, record)
	case s.is("boolean"):
		return strconv.AppendBool(nil, local.Sentiment(record.Text) >= 0)
	case s.is("object"):
		return []byte("{}")
	case s.is("string"):
		return asString(field.Value(record))
	case s.is("null"):
		return []byte("null")
	default:
		return field.Value(record)
	}
}

// field is what the prompt says of a field, or else what its name says. A key such as r7 says nothing, and is the only
// field of the prompt's own form.
func (m *maker) field(name string) local.Field {
	for _, f := range m.form.Fields {
		if f.Name == name {
			return f
		}
	}
	if strings.TrimRight(name, "0123456789") != name && len(m.form.Fields) > 0 {
		return m.form.Fields[0]
	}
	return local.FieldNamed(name)
}

func (m *maker) object(s *schema, record local.Record) []byte {
	dst := []byte{'{'}
	for i, p := range s.properties {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(append(dst, encode(p.name)...), ": "...)
		dst = append(dst, m.value(p.schema, p.name, record)...)
	}
	return append(dst, '}')
}

// array lists the entities for strings, and has as few items as it may for anything else.
func (m *maker) array(s *schema, record local.Record) []byte {
	item := s.items.option()
	if item.is("string") && len(item.enum) == 0 && s.least <= len(local.Entities(record.Text)) {
		return encode(append([]string{}, local.Entities(record.Text)...))
	}
	items := make([]string, max(s.least, 1))
	for i := range items {
		items[i] = string(m.value(item, "", record))
	}
	return []byte("[" + strings.Join(items, ", ") + "]")
}

// option is the first alternative that says something, or the schema itself.
func (s *schema) option() *schema {
	for _, option := range s.options {
		if !option.is("null") || len(option.types) > 1 {
			return option.option()
		}
	}
	return s
}

// choose picks one of the words: those for positive, negative and neutral by their meaning, any others as a scale from bad to
// good.
func (s *schema) choose(field local.Field, record local.Record) []byte {
	words := make([]string, len(s.enum))
	for i, raw := range s.enum {
		words[i] = string(raw)
		if json.Unmarshal(raw, &words[i]) != nil {
			words[i] = string(raw)
		}
	}
	if labelled, ok := field.Among(words); ok {
		labelled.Kind = local.KindLabel
		if at := slices.Index(words, asText(labelled.Value(record))); at >= 0 {
			return s.enum[at]
		}
	}
	at := (local.Sentiment(record.Text) + 1) / 2 * float64(len(words))
	return s.enum[min(int(at), len(words)-1)]
}

// number is the field's figure, in the schema's bounds. A field of the index's name is the record's index, where that is in them.
func (s *schema) number(field local.Field, index string, record local.Record) []byte {
	if (field.Name == index || field.Name == "index") && record.ID == "" && s.admits(float64(record.Index)) {
		return strconv.AppendInt(nil, int64(record.Index), 10)
	}
	n, err := strconv.ParseFloat(string(field.Value(record)), 64)
	if err != nil {
		n = local.Sentiment(record.Text)
	}
	if s.low != nil && s.top != nil && (n < *s.low || n > *s.top || s.is("integer")) {
		n = *s.low + (local.Sentiment(record.Text)+1)/2*(*s.top-*s.low)
	}
	if s.low != nil {
		n = max(n, *s.low)
	}
	if s.top != nil {
		n = min(n, *s.top)
	}
	if s.is("integer") {
		n = math.Round(n)
	}
	return strconv.AppendFloat(nil, n, 'f', -1, 64)
}

// admits reports whether a number is in the bounds.
func (s *schema) admits(n float64) bool {
	return (s.low == nil || n >= *s.low) && (s.top == nil || n <= *s.top)
}

// asString is a JSON value as a JSON string.
func asString(raw json.RawMessage) []byte {
	if raw[0] == '"' {
		return raw
	}
	return encode(string(raw))
}

// asText is the text of a JSON string.
func asText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}
