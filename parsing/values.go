package parsing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// The bounds of response.values.
const (
	maxValues     = 256
	maxValueBytes = 256
)

// allowed are the values that a claim's first field may have.
type allowed struct {
	list []string
	// exact finds a value, and folded one whatever its case, the spaces and the quotes and punctuation around it; values
	// that only these tell apart are not in it.
	exact  map[string]bool
	folded map[string]string
	wanted string
}

func newAllowed(list []string) (*allowed, []error) {
	if len(list) == 0 {
		return nil, nil
	}
	if len(list) > maxValues {
		return nil, []error{fmt.Errorf("response.values: at most %d values, these are %d", maxValues, len(list))}
	}
	a := &allowed{list: slices.Clone(list), exact: map[string]bool{}, folded: map[string]string{}}
	var problems []error
	twice := map[string]bool{"": true}
	for _, v := range list {
		if err := checkAllowed(v, a.exact[v]); err != nil {
			problems = append(problems, fmt.Errorf("response.values: %w", err))
		}
		key := fold(v)
		twice[key] = twice[key] || a.folded[key] != ""
		a.exact[v], a.folded[key] = true, v
	}
	for key, is := range twice {
		if is {
			delete(a.folded, key)
		}
	}
	a.wanted = strings.Join(list, ", ")
	return a, problems
}

func checkAllowed(v string, twice bool) error {
	switch {
	case strings.TrimSpace(v) == "":
		return errors.New("a value is not empty")
	case len(v) > maxValueBytes:
		return fmt.Errorf("a value has at most %d bytes, this has %d", maxValueBytes, len(v))
	case twice:
		return fmt.Errorf("%q is there twice", v)
	}
	return nil
}

// fold takes away what does not change which value is meant.
func fold(s string) string {
	around := func(c rune) bool {
		return unicode.IsSpace(c) || strings.ContainsRune(`"'`+"`"+`.,;:!?()[]{}<>*_“”‘’«»„`, c)
	}
	return strings.ToLower(strings.TrimFunc(s, around))
}

// check gives the first field the allowed value that the model means, in the option's own spelling.
func (a *allowed) check(fields []Field) string {
	f := &fields[0]
	if a.exact[f.Value] {
		return ""
	}
	if v, ok := a.folded[fold(f.Value)]; ok && !f.JSON {
		f.Value = v
		return ""
	}
	return fmt.Sprintf("the value for this record is none of those allowed; answer with one of: %s", a.wanted)
}

// check replaces what does not fit response.values or response.schema by the reason, in words that a model understands.
// Wrong values have agreed or not before they are looked at again: a claim is judged by itself.
func (p *Parser) check(r *Reading) {
	if p.allowed == nil && p.schema == nil {
		return
	}
	for i := range r.Claims {
		c := &r.Claims[i]
		if c.Problem != ProblemNone || len(c.Fields) == 0 {
			continue
		}
		message := ""
		if p.allowed != nil {
			message = p.allowed.check(c.Fields)
		}
		if message == "" && p.schema != nil {
			message = p.schema.check(c.Fields)
		}
		if message != "" {
			c.Fields, c.Problem, c.Message = nil, ProblemInvalid, message
		}
	}
}

// demands is what the instruction says about the values.
func (p *Parser) demands() string {
	var b strings.Builder
	if p.allowed != nil {
		fmt.Fprintf(&b, "\n%s is one of: %s.", p.valueName(), p.allowed.wanted)
	}
	if p.schema != nil {
		subject := p.valueName()
		if len(p.fields) > 1 {
			subject = "The object of " + strings.Join(p.fields, ", ")
		}
		fmt.Fprintf(&b, "\n%s fits this JSON Schema: %s", subject, p.schema.text)
	}
	return b.String()
}
