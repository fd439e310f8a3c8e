package templates

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cbroglie/mustache"
)

// source is a checked template. Without tags it is a literal, which costs nothing to render.
type source struct {
	literal string
	tmpl    *mustache.Template
	before  string // the text before the first tag of tmpl
	uses    uses
}

func compileSource(option, text string) (source, error) {
	c := &checker{problems: problems{option: option, text: text}, system: option == optionSystem}
	if !c.readable() {
		return source{}, c.err()
	}
	tags := scan(text, &c.problems)
	c.check(tags)
	if err := c.err(); err != nil || len(tags) == 0 {
		return source{literal: text}, err
	}
	tmpl, err := parse(text)
	if err == nil {
		err = agree(tags, tmpl)
	}
	if err != nil {
		return source{}, &Error{Option: option, Message: "weir cannot read this template: " + err.Error()}
	}
	return source{tmpl: tmpl, before: text[:tags[0].offset], uses: c.uses}, nil
}

func (c *checker) readable() bool {
	switch {
	case len(c.text) > MaxTemplateBytes:
		c.found = append(c.found, &Error{Option: c.option, Message: fmt.Sprintf(
			"the template has %d bytes; at most %d are allowed", len(c.text), MaxTemplateBytes)})
	case !utf8.ValidString(c.text):
		c.addf(invalidAt(c.text), "this is not valid UTF-8; save the template as UTF-8")
	default:
		return true
	}
	return false
}

func invalidAt(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return i
		}
	}
	return 0
}

// parse makes the library's template: nothing is escaped for HTML, and no file can be read.
func parse(text string) (tmpl *mustache.Template, err error) {
	defer recoverTo(&err)
	tmpl, err = mustache.ParseStringPartialsRaw(text, &mustache.StaticProvider{}, true)
	if err != nil {
		return nil, fmt.Errorf("mustache: %w", err)
	}
	return tmpl, nil
}

// recoverTo turns a panic of the library into an error. It does not tell the value of the panic, which may hold data.
func recoverTo(err *error) {
	if recover() != nil {
		*err = errors.New("mustache: the library panicked")
	}
}

// agree reports an error unless the library sees the tags that were checked.
func agree(tags []tag, tmpl *mustache.Template) error {
	var checked []tag
	for _, t := range tags {
		if t.kind != comment && t.kind != end {
			checked = append(checked, tag{kind: t.kind, name: t.name})
		}
	}
	for _, seen := range flatten(nil, tmpl.Tags()) {
		if len(checked) == 0 || checked[0] != seen {
			return errors.New("its tags cannot be told apart; write them as {{name}}")
		}
		checked = checked[1:]
	}
	if len(checked) > 0 {
		return errors.New("its tags cannot be told apart; write them as {{name}}")
	}
	return nil
}

var kinds = map[mustache.TagType]kind{
	mustache.Variable: variable, mustache.Section: section, mustache.InvertedSection: inverted, mustache.Partial: partial,
}

func flatten(flat []tag, tags []mustache.Tag) []tag {
	for _, t := range tags {
		flat = append(flat, tag{kind: kinds[t.Type()], name: t.Name()})
		if t.Type() != mustache.Variable {
			flat = flatten(flat, t.Tags())
		}
	}
	return flat
}

func (s source) blank() bool { return s.tmpl == nil && strings.TrimSpace(s.literal) == "" }

// append renders the template to the end of dst.
func (s source) append(dst []byte, records []Record, look style) (_ []byte, err error) {
	if s.tmpl == nil {
		return append(dst, s.literal...), nil
	}
	data, err := s.uses.data(records, look)
	if err != nil {
		return dst, err
	}
	defer recoverTo(&err)
	out := &bounded{text: dst}
	err = s.tmpl.FRender(out, data)
	if out.full {
		return out.text, ErrTooLarge
	}
	return out.text, err
}

// bounded collects what a template renders, up to MaxPromptBytes. It keeps in mind that it is full, because the library
// does not look at every error.
type bounded struct {
	text []byte
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.full || len(b.text)+len(p) > MaxPromptBytes {
		b.full = true
		return 0, ErrTooLarge
	}
	b.text = append(b.text, p...)
	return len(p), nil
}
