package parsing

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The defaults and bounds of what Config names.
const (
	defaultIndex = "index"
	defaultValue = "value"

	maxFields    = 32
	maxNameBytes = 128
)

// names are what an entry's fields are called.
type names struct {
	index  string
	values []string
	echo   string // "": none
}

// newNames takes the names out of cfg. Each of its errors names its option.
func newNames(cfg Config) (names, []error) {
	n := names{index: cfg.IndexField, values: slices.Clone(cfg.ValueFields), echo: cfg.EchoField}
	if n.index == "" {
		n.index = defaultIndex
	}
	if len(n.values) == 0 {
		n.values = []string{defaultValue}
	}
	var problems []error
	if err := checkName(n.index); err != nil {
		problems = append(problems, fmt.Errorf("response.index.field: %w", err))
	}
	if err := n.checkEcho(); err != nil {
		problems = append(problems, fmt.Errorf("response.echo.field: %w", err))
	}
	return n, append(problems, n.checkValues()...)
}

func (n *names) checkEcho() error {
	switch {
	case n.echo == "":
		return nil
	case n.echo == n.index || slices.Contains(n.values, n.echo):
		return fmt.Errorf("%q is the field of the index or of a value as well", n.echo)
	case strings.Contains(n.echo, "."):
		return fmt.Errorf("%q is a path; an echo is a field of the entry itself", n.echo)
	}
	return checkName(n.echo)
}

func (n *names) checkValues() []error {
	var problems []error
	if len(n.values) > maxFields {
		problems = append(problems, fmt.Errorf("response.value.field: at most %d fields, these are %d", maxFields, len(n.values)))
	}
	for i, name := range n.values {
		err := checkName(name)
		switch {
		case err != nil:
		case name == n.index:
			err = fmt.Errorf("%q is the index field as well", name)
		case slices.Contains(n.values[:i], name):
			err = fmt.Errorf("%q is there twice", name)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("response.value.field: %w", err))
		}
	}
	return problems
}

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("a field has a name")
	case len(name) > maxNameBytes:
		return fmt.Errorf("a name has at most %d bytes, this has %d", maxNameBytes, len(name))
	case !utf8.ValidString(name):
		return fmt.Errorf("%q is not UTF-8", name)
	case slices.Contains(strings.Split(name, "."), ""):
		return fmt.Errorf("%q is a path with an empty step; write steps with one dot between them", name)
	}
	return nil
}

// example is the index of the entries that an instruction shows.
func (n *names) example(i int, tokens bool) string {
	if tokens {
		return "<id>"
	}
	return strconv.Itoa(i)
}

// meaning says what the fields hold, with each name as show writes it.
func (n *names) meaning(tokens bool, show func(string) string) string {
	index := "the number of the input"
	if tokens {
		index = "the id of the input, copied exactly"
	}
	shown := make([]string, len(n.values))
	for i, name := range n.values {
		shown[i] = show(name)
	}
	if n.echo != "" {
		index += ", " + show(n.echo) + " is its echo, copied exactly"
	}
	if len(shown) == 1 {
		return fmt.Sprintf("%s is %s, %s your answer for it. Answer every input exactly once.", show(n.index), index, shown[0])
	}
	last := len(shown) - 1
	return fmt.Sprintf("%s is %s, %s and %s your answers for it. Answer every input exactly once.",
		show(n.index), index, strings.Join(shown[:last], ", "), shown[last])
}

// echoExample is the echo that an instruction shows.
const echoExample = "<echo>"

// fieldsOf makes a claim's fields of texts; an empty one spoils it.
func (n *names) fieldsOf(values []string) ([]Field, Problem, string) {
	fields := make([]Field, len(values))
	for i, v := range values {
		if v = strings.TrimSpace(v); v == "" {
			return nil, ProblemInvalid, fmt.Sprintf("the answer for this record has nothing for %q", n.values[i])
		}
		fields[i] = Field{Name: n.values[i], Value: v}
	}
	return fields, ProblemNone, ""
}
