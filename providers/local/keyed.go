package local

import (
	"context"
	"strconv"
	"strings"
)

// keyedForm finds the form of an answer with a name for each record, r and its number: the first {"r1": …, "r2": …}.
//
// A value that is shown as an object has its members as fields. Any other value is one field: its name is what the words
// behind it put into quotation marks, if they do.
func keyedForm(pieces []string, wantsEntities bool) (Form, bool) {
	for _, piece := range pieces {
		at := strings.Index(piece, firstKey)
		if at < 0 {
			continue
		}
		e, end := exampleAt(piece[:min(len(piece), at+maxExample)], at)
		if len(e.members) == 0 {
			continue
		}
		f := Form{Keyed: true}
		for _, m := range f.unfold(e.members[0], piece[end:]) {
			m.raw += " " + choices(piece[end:])
			f.Fields = append(f.Fields, newField(m, wantsEntities))
		}
		return f, len(f.Fields) > 0
	}
	return Form{}, false
}

// firstKey begins the example of an answer with a name for each record.
const firstKey = `{"r1":`

// unfold returns the fields of a record's value.
func (f *Form) unfold(value member, words string) []member {
	if strings.HasPrefix(value.raw, "{") {
		inner, _ := exampleAt(value.raw, 0)
		return inner.members
	}
	f.Plain = true
	return []member{{name: quotedName(words), raw: value.raw}}
}

// quotedName is the first name in quotation marks, "value" where there is none.
func quotedName(words string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(words, "\r\n"), "\n")
	parts := strings.Split(line[:min(len(line), maxExample)], `"`)
	if len(parts) > 2 && isName(parts[1]) {
		return parts[1]
	}
	return "value"
}

// choices are the words behind "is one of:", up to the end of the line.
func choices(words string) string {
	_, list, _ := strings.Cut(words, " is one of: ")
	list, _, _ = strings.Cut(list, "\n")
	return strings.TrimSuffix(list, ".")
}

// keyed answers with an object that has a member for each record.
func (p *Prompt) keyed(ctx context.Context) (string, error) {
	keys := make([][]byte, len(p.Form.Fields))
	for i, field := range p.Form.Fields {
		keys[i] = appendName(nil, field.Name)
	}
	dst := append(make([]byte, 0, 32*len(keys)*len(p.Records)+16), '{')
	for i, record := range p.Records {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendName(dst, "r"+strconv.Itoa(record.Index))
		if p.Form.Plain {
			dst = p.Form.Fields[0].append(dst, &judgement{text: record.Text})
			continue
		}
		dst = p.appendEntry(dst, record, nil, keys)
	}
	return string(append(dst, '}')), nil
}
