package parsing

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Instruction shows the form by example, with the configured names and inside of whatever response.path expects.
func (f *jsonFormat) Instruction() string {
	var b strings.Builder
	open, shut, ok := f.wrapping()
	switch {
	case !ok:
		fmt.Fprintf(&b, "Answer with JSON and nothing else. The JSONPath %s selects one object for each input in it:\n", f.path)
		open, shut = "", ""
	case open == "[":
		b.WriteString("Answer with a JSON array and nothing else, with one object for each input:\n")
	default:
		b.WriteString("Answer with a JSON object and nothing else, with one object for each input in its array:\n")
	}
	b.WriteString(open + f.example(1) + ", " + f.example(2) + shut + "\n")
	fmt.Fprintf(&b, "%s is the number of the input, %s. Answer every input exactly once.", quote(f.index), f.meaning())
	return b.String()
}

// wrapping returns what is before and behind the entries, false for a path that does not tell.
func (f *jsonFormat) wrapping() (open, shut string, ok bool) {
	names, _, ok := f.path.Members()
	var b strings.Builder
	for _, name := range names {
		b.WriteString("{" + quote(name) + ": ")
	}
	return b.String() + "[", "]" + strings.Repeat("}", len(names)), ok
}

func (f *jsonFormat) example(index int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{%s: %d", quote(f.index), index)
	for _, name := range f.values {
		b.WriteString(", " + quote(name) + ": …")
	}
	return b.String() + "}"
}

func (f *jsonFormat) meaning() string {
	if len(f.values) == 1 {
		return quote(f.values[0]) + " your answer for it"
	}
	names := make([]string, len(f.values))
	for i, name := range f.values {
		names[i] = quote(name)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last] + " your answers for it"
}

// wanted names the fields of an entry, for messages.
func (f *jsonFormat) wanted() string {
	names := make([]string, 0, len(f.values)+1)
	for _, name := range append([]string{f.index}, f.values...) {
		names = append(names, quote(name))
	}
	return strings.Join(names, " or ")
}

// quote writes a name as JSON, as a person would.
func quote(name string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(name); err != nil {
		return name // cannot be: a string is always encoded
	}
	return strings.TrimSpace(b.String())
}
