package parsing

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Instruction shows the form by example, with the configured names and inside of whatever response.path expects.
func (f *jsonFormat) Instruction() string {
	if f.structured {
		return f.keyedInstruction()
	}
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
	b.WriteString(open + f.entryExample(1) + ", " + f.entryExample(2) + shut + "\n")
	b.WriteString(f.meaning(f.tokens, quote))
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

func (f *jsonFormat) entryExample(i int) string {
	id := f.example(i, f.tokens)
	if f.tokens {
		id = quote(id)
	}
	var b strings.Builder
	b.WriteString("{" + exampleMember(f.index, id))
	if f.echo != "" {
		b.WriteString(", " + exampleMember(f.echo, quote(echoExample)))
	}
	for _, name := range f.values {
		b.WriteString(", " + exampleMember(name, "…"))
	}
	return b.String() + "}"
}

// exampleMember shows a field; one whose name is a path stands in objects.
func exampleMember(name, value string) string {
	steps := strings.Split(name, ".")
	var b strings.Builder
	for i, step := range steps {
		if i > 0 {
			b.WriteString("{")
		}
		b.WriteString(quote(step) + ": ")
	}
	return b.String() + value + strings.Repeat("}", len(steps)-1)
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
