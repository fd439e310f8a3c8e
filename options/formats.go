package options

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// brought are the formats of an answer that the program has brought along.
var brought = struct {
	sync.RWMutex
	names []string
}{}

// AllowFormat makes name a value of response.format, for a program that brings a format of its own: what reads it has to be known
// to package parsing under the same name, which inference.RegisterFormat does together with this. It is for the start of a program,
// before options are resolved, and panics if the name is taken, or is not of 1 to 32 small letters, digits and hyphens. The
// documentation and the Flink connector's table know weir's own formats alone.
func AllowFormat(name string) {
	brought.Lock()
	defer brought.Unlock()
	isOdd := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' }
	if name == "" || len(name) > 32 || strings.ContainsFunc(name, isOdd) {
		panic(fmt.Sprintf("options: %q cannot be the name of a format: 1 to 32 small letters, digits and hyphens", name))
	}
	if slices.Contains(lookup(responseFormat).Choices, name) || slices.Contains(brought.names, name) {
		panic(fmt.Sprintf("options: there is a format %q already", name))
	}
	brought.names = append(brought.names, name)
}

// choices are the words that the option may be.
func (o *Option) choices() []string {
	if o.Name != responseFormat {
		return o.Choices
	}
	brought.RLock()
	defer brought.RUnlock()
	return append(slices.Clone(o.Choices), brought.names...)
}
