package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// textField is the column that is taken where none is named.
const textField = "text"

// jsonlReader reads rows that are a JSON object each.
type jsonlReader struct {
	rows   *splitter
	fields []string // chosen; none: textField
	seen   bool     // a good row was there
}

func newJSONLReader(src io.Reader, fields []string) *jsonlReader {
	return &jsonlReader{rows: newSplitter(src, false, maxRow), fields: fields}
}

// next returns the next row. A file whose first object has no column "text", and no other is chosen, is a misuse.
func (j *jsonlReader) next() (row, error) {
	raw, err := j.rows.next()
	if err != nil {
		return row{}, err
	}
	r := row{line: raw.line, end: raw.end, has: func(string) bool { return false }}
	if raw.line == 1 {
		raw.text = bytes.TrimPrefix(raw.text, []byte("\ufeff"))
	}
	object, problem := objectOf(raw)
	if problem != "" {
		r.problem = problem
		r.head = fmt.Appendf(nil, `{"line": %d`, raw.line)
		return r, nil
	}
	r.head = headOf(raw.text)
	r.has = func(column string) bool { _, has := object[column]; return has }
	if !j.seen && len(j.fields) == 0 && !r.has(textField) {
		return row{}, misuse("line %d: there is no column %q; choose one or more with --field: %s",
			raw.line, textField, strings.Join(slices.Sorted(maps.Keys(object)), ", "))
	}
	j.seen = true
	r.record, r.problem = recordOf(object, j.fields)
	return r, nil
}

// objectOf reads the row; the problem is empty where there is none.
func objectOf(raw rawRow) (map[string]json.RawMessage, string) {
	if raw.tooLong {
		return nil, fmt.Sprintf("the row is longer than %d MiB", maxRow>>20)
	}
	if !utf8.Valid(raw.text) {
		return nil, "the row is not UTF-8"
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw.text, &object); err != nil {
		return nil, "the row is not a JSON object: " + err.Error()
	}
	if object == nil {
		return nil, "the row is not a JSON object: it is null"
	}
	return object, ""
}

// headOf is a row's object without its closing brace.
func headOf(text []byte) []byte {
	open := bytes.TrimSuffix(bytes.TrimSpace(text), []byte("}"))
	return bytes.Clone(bytes.TrimRight(open, " \t\r\n"))
}

// recordOf makes a record of the chosen columns: the text, where it is one column.
func recordOf(object map[string]json.RawMessage, fields []string) (*weirv1.Record, string) {
	if len(fields) == 0 {
		fields = []string{textField}
	}
	record := &weirv1.Record{}
	for _, name := range fields {
		value, has := object[name]
		if !has {
			return nil, fmt.Sprintf("the row has no column %q", name)
		}
		text, isText := textOf(value)
		switch {
		case len(fields) == 1:
			record.Text = text
		case isText:
			record.Fields = append(record.Fields, &weirv1.Field{Name: name, Value: &weirv1.Field_Text{Text: text}})
		default:
			record.Fields = append(record.Fields, &weirv1.Field{Name: name, Value: &weirv1.Field_Json{Json: text}})
		}
	}
	if len(fields) == 1 && record.GetText() == "" {
		return nil, fmt.Sprintf("column %q is empty", fields[0])
	}
	return record, ""
}

// textOf returns the text of a JSON string, and anything else as it is written; null is empty.
func textOf(value json.RawMessage) (string, bool) {
	var text string
	if err := json.Unmarshal(value, &text); err == nil {
		return text, value[0] == '"'
	}
	return string(value), false
}

// jsonlOutput writes rows that begin with the input's.
type jsonlOutput struct{ columns resultColumns }

func (jsonlOutput) header() []byte { return nil }

// appendRow writes the row, the values, and the error where there is one.
func (o jsonlOutput) appendRow(to []byte, r row, res outcome) []byte {
	to = append(to, r.head...)
	for i, v := range res.values {
		to = appendMember(to, o.columns.values[i])
		if v.json {
			to = appendCompact(to, v.text)
		} else {
			to = appendString(to, v.text)
		}
	}
	if res.problem != "" {
		to = appendMember(to, o.columns.problem)
		to = appendString(to, res.problem)
	}
	return append(to, '}', '\n')
}

func appendMember(to []byte, name string) []byte {
	if to[len(to)-1] != '{' {
		to = append(to, ", "...)
	}
	return append(appendString(to, name), ": "...)
}

// appendString writes a JSON string, with <, > and & as they are.
func appendString(to []byte, s string) []byte {
	buf := bytes.NewBuffer(to)
	encoder := json.NewEncoder(buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return append(to, `""`...) // a string always can be
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// appendCompact writes JSON text without line ends; what is no JSON becomes a string.
func appendCompact(to []byte, text string) []byte {
	buf := bytes.NewBuffer(to)
	if err := json.Compact(buf, []byte(text)); err != nil {
		return appendString(to, text)
	}
	return buf.Bytes()
}
