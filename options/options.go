// Package options is the table of weir's dotted options, such as `batch.size`: what each is called, which values it
// takes, what it does, and who may set it. Everything that knows an option knows it from here: the checks of a request,
// the operator's file, GetModel, and what is generated: docs/options.md and the table inside the Flink connector's jar.
//
// Options come in layers, a model's below a request's; [Resolve] puts them on top of one another and names every problem
// at once. The package knows only how an option is written: whether a template or a path can be read is for the packages
// that read them, and endpoints and credentials are not options at all. Everything in it is safe for concurrent use.
package options

import (
	"fmt"
	"slices"
	"strings"
)

//go:generate go test -run IsFresh$ -update .

// Option describes one option. It is a line of the table, for reading only.
type Option struct {
	// Name is the key, such as `batch.size`.
	Name string
	// Type says how a value is written.
	Type Type
	// Default is the value where nobody sets one; empty means none. With the response format text, the options that say
	// where in an answer a value is have none.
	Default string
	// Min and Max bound an Integer, Milliseconds or Number. Of a Text, a Names or a Choice, Max is the most bytes; 0: none
	// counted.
	Min, Max int
	// Choices are the words that a Choice may be. Those of response.format are weir's own; see [AllowFormat].
	Choices []string
	// Planned are words that a Choice will take one day; until then the error says so.
	Planned []string
	// Unit is what an Integer or Milliseconds counts.
	Unit string
	// Example is a value that shows what the option is for.
	Example string
	// Doc says in plain English what the option does.
	Doc string
	// Overridable is whether a request may set it where the operator says nothing about that.
	Overridable bool

	// field finds the place of the value: a pointer into v, whose type decides how text is read and written.
	field func(v *Values) any
}

// Type says how the value of an option is written. All are text on the wire.
type Type string

// The types.
const (
	// Integer is a whole number.
	Integer Type = "integer"
	// Milliseconds is a whole number of them.
	Milliseconds Type = "milliseconds"
	// Number may have a fraction.
	Number Type = "number"
	// Text is any UTF-8.
	Text Type = "text"
	// Names is one name, or several with commas between.
	Names Type = "names"
	// Choice is one of a few words.
	Choice Type = "choice"
)

// All returns every option, in the order of the documentation. The slice is the caller's own.
func All() []Option { return slices.Clone(table[:]) }

// AllNames returns the names of all options, in the order of the documentation.
func AllNames() []string {
	names := make([]string, 0, len(table))
	for i := range table {
		names = append(names, table[i].Name)
	}
	return names
}

// Lookup returns the option called name; false if there is none.
func Lookup(name string) (Option, bool) {
	if o := lookup(name); o != nil {
		return *o, true
	}
	return Option{}, false
}

func lookup(name string) *Option {
	for i := range table {
		if table[i].Name == name {
			return &table[i]
		}
	}
	return nil
}

// Allowed says in words what a value of the option may be: "a whole number from 1 to 1000 (records)".
func (o *Option) Allowed() string {
	switch o.Type {
	case Integer, Milliseconds:
		return fmt.Sprintf("a whole number from %d to %d (%s)", o.Min, o.Max, o.Unit)
	case Number:
		return fmt.Sprintf("a number from %d to %d", o.Min, o.Max)
	case Choice:
		return strings.Join(o.choices(), " or ")
	case Names:
		return fmt.Sprintf("a name, or several with commas between, at most %d bytes", o.Max)
	case Text:
		return fmt.Sprintf("text of at most %d bytes", o.Max)
	}
	return string(o.Type)
}
