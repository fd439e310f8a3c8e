package templates

import (
	"fmt"
	"strings"
)

// style is how a block is written. Whatever the style, a record takes exactly one line.
type style struct {
	open, between, end string
	record             func(dst []byte, index int, r Record) []byte
}

func styleOf(f Format) (style, error) {
	switch f {
	case FormatText, "":
		return style{between: "\n", record: appendTextLine}, nil
	case FormatJSON:
		return style{open: "[\n", between: ",\n", end: "\n]", record: appendJSONLine}, nil
	case FormatXML:
		return style{open: "<records>\n", between: "\n", end: "\n</records>", record: appendXMLLine}, nil
	default:
		return style{}, &Error{Option: optionFormat, Message: fmt.Sprintf("%q is not one of text, json, xml", clip(string(f)))}
	}
}

func (s style) appendBlock(dst []byte, records []Record) ([]byte, error) {
	dst = append(dst, s.open...)
	for i, r := range records {
		if i > 0 {
			dst = append(dst, s.between...)
		}
		dst = s.record(dst, i+1, r)
		if len(dst) > MaxPromptBytes {
			return dst, ErrTooLarge
		}
	}
	return append(dst, s.end...), nil
}

// appendTextLine appends Input 1: "…" or Input 1: {"title": "…"}, and [echo kq] where there is one. An echo stands behind the
// record: who repeats it has just read that record, whatever index is written above it.
func appendTextLine(dst []byte, index int, r Record) []byte {
	dst = append(dst, "Input "...)
	dst = r.appendID(dst, index, inString)
	dst = append(dst, ": "...)
	if dst = r.appendJSON(dst); r.Echo == "" {
		return dst
	}
	return append(inString.append(append(dst, " [echo "...), r.Echo), ']')
}

// appendJSONLine appends {"index": 1, "text": "…"}. A record with a field that could be taken for the index, or for
// what follows here, is nested: {"index": 1, "record": {"index": 7}}.
func appendJSONLine(dst []byte, index int, r Record) []byte {
	dst = append(dst, `{"index": `...)
	dst = r.appendJSONID(dst, index)
	switch {
	case r.clashes():
		dst = append(dst, `, "record": `...)
		dst = r.appendJSON(dst)
	case len(r.Fields) > 0:
		dst = append(dst, ", "...)
		dst = r.appendMembers(dst)
	}
	if r.Echo != "" {
		dst = appendString(append(dst, `, "echo": `...), r.Echo)
	}
	return append(dst, '}')
}

// clashes ignores case: to a model, and to many readers, "INDEX" is an index too.
func (r Record) clashes() bool {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, "index") || strings.EqualFold(f.Name, "record") || r.Echo != "" && strings.EqualFold(f.Name, "echo") {
			return true
		}
	}
	return false
}

// appendXMLLine appends <record index="1">…</record>, with <echo>kq</echo> before its end where there is one.
func appendXMLLine(dst []byte, index int, r Record) []byte {
	dst = append(dst, `<record index="`...)
	dst = r.appendID(dst, index, inAttribute)
	dst = append(dst, `">`...)
	if dst = r.appendXML(dst); r.Echo != "" {
		dst = append(inElement.append(append(dst, "<echo>"...), r.Echo), "</echo>"...)
	}
	return append(dst, "</record>"...)
}

// appendMessage appends a record that is a whole message.
func appendMessage(dst []byte, r Record) []byte {
	if r.plain() {
		return append(dst, r.Fields[0].Value...)
	}
	return r.appendJSON(dst)
}

// plain reports whether the record is text and nothing else.
func (r Record) plain() bool {
	return len(r.Fields) == 1 && r.Fields[0].Name == "text" && !r.Fields[0].JSON
}

func (r Record) field(name string) (Field, bool) {
	for _, f := range r.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// appendJSON appends the record as a JSON string or object.
func (r Record) appendJSON(dst []byte) []byte {
	if r.plain() {
		return appendString(dst, r.Fields[0].Value)
	}
	return append(r.appendMembers(append(dst, '{')), '}')
}

func (r Record) appendMembers(dst []byte) []byte {
	for i, f := range r.Fields {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendString(dst, f.Name)
		dst = append(dst, ": "...)
		dst = f.appendJSON(dst)
	}
	return dst
}

// appendXML appends the record as the content of an XML element.
func (r Record) appendXML(dst []byte) []byte {
	if r.plain() {
		return inElement.append(dst, r.Fields[0].Value)
	}
	for _, f := range r.Fields {
		dst = append(dst, `<field name="`...)
		dst = inAttribute.append(dst, f.Name)
		dst = append(dst, `">`...)
		dst = f.appendXML(dst)
		dst = append(dst, "</field>"...)
	}
	return dst
}
