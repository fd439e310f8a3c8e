package corpus

import (
	"encoding/json"
	"fmt"
	"strings"
)

// XML writes an answer as <results><result index="1"><value>x</value></result>…</results>, an entry on each line.
type XML struct {
	// Elements writes the index as an element, too.
	Elements bool
}

// Write writes an answer.
func (x XML) Write(a *Answer) (text string, ends []int) {
	var b strings.Builder
	for _, name := range a.Wrappers {
		fmt.Fprintf(&b, "<%s>\n", name)
	}
	b.WriteString("<results>\n")
	for i := range a.Entries {
		x.entry(&b, a.IndexField, &a.Entries[i])
		ends = append(ends, b.Len()-1)
	}
	b.WriteString("</results>")
	for i := range a.Wrappers {
		fmt.Fprintf(&b, "\n</%s>", a.Wrappers[len(a.Wrappers)-1-i])
	}
	return b.String(), ends
}

func (x XML) entry(b *strings.Builder, indexField string, e *Entry) {
	b.WriteString("<result")
	switch index := escape(Plain(e.Index)); {
	case e.Index == "":
		b.WriteString(">")
	case x.Elements:
		fmt.Fprintf(b, "><%s>%s</%s>", indexField, index, indexField)
	default:
		fmt.Fprintf(b, ` %s="%s">`, indexField, index)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(b, "<%s>%s</%s>", f.Name, escape(Plain(f.Value)), f.Name)
	}
	b.WriteString("</result>\n")
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

// Lines writes an answer as lines of an index and the values with a delimiter between them: 1|x. Line breaks in values become
// spaces.
type Lines struct{ Delimiter string }

// Write writes an answer.
func (l Lines) Write(a *Answer) (text string, ends []int) {
	var b strings.Builder
	for i := range a.Entries {
		e := &a.Entries[i]
		cells := make([]string, 0, len(e.Fields)+1)
		if e.Index != "" {
			cells = append(cells, Plain(e.Index))
		}
		for _, f := range e.Fields {
			cells = append(cells, strings.ReplaceAll(Plain(f.Value), "\n", " "))
		}
		b.WriteString(strings.Join(cells, l.Delimiter))
		ends = append(ends, b.Len())
		b.WriteString("\n")
	}
	return b.String(), ends
}

// Plain is a JSON text as a format without types writes it: a string is its own text.
func Plain(text string) string {
	var s string
	if json.Unmarshal([]byte(text), &s) != nil {
		return text
	}
	return s
}
