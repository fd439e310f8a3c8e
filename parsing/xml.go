package parsing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/antchfx/xpath"
)

// xmlFormat reads entries that are elements, with attributes or elements in them for the index and the values.
type xmlFormat struct {
	names
	expr string
	// element is the name of the entries, where the path is //name; path is any other one.
	element string
	path    *xpath.Expr
	tokens  bool
}

const (
	defaultXPath   = "//result"
	defaultElement = "result"
)

func newXMLFormat(cfg Config) (Format, []error) {
	n, problems := newNames(cfg)
	f := &xmlFormat{names: n, expr: cfg.Path, tokens: cfg.Tokens}
	if f.expr == "" {
		f.expr = defaultXPath
	}
	if name, ok := strings.CutPrefix(f.expr, "//"); ok && xmlName(name) == name && !strings.Contains(name, ":") && name != "" {
		f.element = name
		return f, problems
	}
	var err error
	if f.path, err = compileXPath(f.expr); err != nil {
		problems = append(problems, fmt.Errorf("response.path: %w", err))
	}
	return f, problems
}

func (f *xmlFormat) Instruction() string {
	around, name, ok := f.wrapping()
	var b strings.Builder
	b.WriteString("Answer with XML and nothing else, with one element for each input:\n")
	if !ok {
		fmt.Fprintf(&b, "(the XPath %s selects them)\n", f.expr)
	}
	b.WriteString(around.open + "\n")
	for i := range 2 {
		id := f.example(i+1, f.tokens)
		fmt.Fprintf(&b, "<%s %s=%q%s>%s</%s>\n", name, f.index, strings.Trim(id, "<>"), f.echoAttribute(), f.inner(), name)
	}
	b.WriteString(around.shut + "\n" + f.meaning(f.tokens, func(name string) string { return name }))
	return b.String()
}

func (f *xmlFormat) echoAttribute() string {
	if f.echo == "" {
		return ""
	}
	return fmt.Sprintf(" %s=%q", f.echo, strings.Trim(echoExample, "<>"))
}

// inner shows the elements with the values.
func (f *xmlFormat) inner() string {
	var b strings.Builder
	for _, name := range f.values {
		steps := strings.Split(name, ".")
		for _, step := range steps {
			b.WriteString("<" + step + ">")
		}
		b.WriteString("…")
		for _, step := range slices.Backward(steps) {
			b.WriteString("</" + step + ">")
		}
	}
	return b.String()
}

// tags are what stands around the entries.
type tags struct{ open, shut string }

// wrapping returns what is around the entries and their name; false for a path that does not tell.
func (f *xmlFormat) wrapping() (tags, string, bool) {
	if f.element != "" {
		return tags{"<" + f.element + "s>", "</" + f.element + "s>"}, f.element, true
	}
	steps := strings.Split(strings.TrimPrefix(f.expr, "/"), "/")
	var around tags
	for _, step := range steps {
		if step == "" || xmlName(step) != step {
			return tags{"<results>", "</results>"}, defaultElement, false
		}
	}
	last := len(steps) - 1
	for _, step := range steps[:last] {
		around.open, around.shut = around.open+"<"+step+">", "</"+step+">"+around.shut
	}
	return around, steps[last], true
}

func (f *xmlFormat) Read(reply Reply) Reading {
	text, ok := spoken(reply.Text)
	if !ok {
		return unfinishedThinking()
	}
	t := readXML(text)
	if t.limit {
		return unparsable("the XML in the reply has more than %d nodes, or is nested deeper than %d", maxXMLNodes, maxXMLDepth)
	}
	nodes, err := f.entries(t)
	if err != nil {
		return Reading{Problem: ProblemUnparsable, Message: err.Error()}
	}
	if len(nodes) > maxEntries {
		return unparsable("the XML in the reply has more than %d entries", maxEntries)
	}
	r := f.claims(t, nodes)
	unclosed := slices.ContainsFunc(nodes, func(id int32) bool { return t.nodes[id].broken && int(t.nodes[id].end) == len(text) })
	r.CutOff = reply.CutOff && t.isOpen() || unclosed
	r.Again = reply.CutOff && f.isAgain(t, nodes)
	if len(r.Claims) == 0 {
		r.Problem, r.Message = ProblemUnparsable, "there is no XML in the reply"
		if len(t.nodes) > 1 {
			r.Message = fmt.Sprintf("the XML in the reply has no whole element where response.path says (%s)", f.expr)
		}
	}
	return r
}

// isAgain reports whether the text ends in an element, or in a tag, behind the element around all entries.
func (f *xmlFormat) isAgain(t *xmlTree, nodes []int32) bool {
	last := int32(0)
	for _, id := range nodes {
		if !t.nodes[id].broken {
			last = id
		}
	}
	root := last
	for t.nodes[root].parent > 0 {
		root = t.nodes[root].parent
	}
	if root == last || t.nodes[root].broken {
		return false // no entry, entries without an element around them, or the one list itself
	}
	rest := t.text[t.nodes[root].end:]
	for id := t.nodes[root].past; id < t.nodes[0].past; id = t.nodes[id].past {
		if t.nodes[id].broken {
			return true
		}
	}
	return strings.LastIndexByte(rest, '<') > strings.LastIndexByte(rest, '>')
}

func unparsable(format string, args ...any) Reading {
	return Reading{Problem: ProblemUnparsable, Message: fmt.Sprintf(format, args...)}
}

// isOpen reports whether the text ended within an element.
func (t *xmlTree) isOpen() bool {
	for id := int32(1); id < t.nodes[0].past; id = t.nodes[id].past {
		if t.nodes[id].broken {
			return true
		}
	}
	return false
}

func (f *xmlFormat) entries(t *xmlTree) ([]int32, error) {
	if f.element == "" {
		return selectXPath(f.path, t)
	}
	var found []int32
	for id := range t.nodes {
		if t.nodes[id].name == f.element {
			found = append(found, int32(id))
		}
	}
	return found, nil
}

// claims reads the elements; one without an end of its own is none, for nobody knows what belonged to it.
func (f *xmlFormat) claims(t *xmlTree, nodes []int32) Reading {
	r := Reading{InOrder: true}
	broken := 0
	for i, id := range nodes {
		if t.nodes[id].broken {
			broken++
			continue
		}
		r.InOrder = r.InOrder && t.nodes[id].parent == t.nodes[nodes[0]].parent && (i == 0 || nodes[i-1] < id)
		if c, ok := f.claim(t, id); ok {
			r.Claims = append(r.Claims, c)
		} else {
			r.InOrder = false
		}
	}
	if broken > 0 {
		r.InOrder = false
		r.Warnings = []string{fmt.Sprintf("elements of the answer that do not end and were not used: %d", broken)}
	}
	return r
}

// claim reads one element; false if it has neither an index nor a value.
func (f *xmlFormat) claim(t *xmlTree, id int32) (Claim, bool) {
	var c Claim
	index, twice, found := t.field(id, f.index)
	if c.Named = found; !twice {
		c.ID = index
	}
	c.Echo = f.echoOf(t, id)
	if !found {
		c.Hint = f.hint(t, id)
	}
	values := make([]string, len(f.values))
	for i, name := range f.values {
		value, twice, found := t.field(id, name)
		if !found && len(f.values) == 1 {
			value, found = f.ownText(t, id)
		}
		if twice || !found {
			c.Problem, c.Message = ProblemInvalid, fmt.Sprintf("the answer for this record has no %q", name)
			if twice {
				c.Message = fmt.Sprintf("the answer for this record has %q twice, with different values", name)
			}
			return c, c.Named || found
		}
		values[i] = value
	}
	c.Fields, c.Problem, c.Message = f.fieldsOf(values)
	return c, true
}

func (f *xmlFormat) echoOf(t *xmlTree, id int32) string {
	if f.echo == "" {
		return ""
	}
	echo, twice, _ := t.field(id, f.echo)
	if twice {
		return ""
	}
	return echo
}

// hint returns what the first attribute or element holds that could be an index and is no value.
func (f *xmlFormat) hint(t *xmlTree, id int32) string {
	for _, a := range t.attrs[t.nodes[id].attrs:t.nodes[id].attrsEnd] {
		if a.name != f.echo && !slices.Contains(f.values, a.name) && isHint(a.value, f.tokens) {
			return a.value
		}
	}
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		name := t.nodes[child].name
		if t.nodes[child].isText || name == f.echo || slices.Contains(f.values, name) {
			continue
		}
		if text, _, ok := t.field(id, name); ok && isHint(text, f.tokens) {
			return text
		}
	}
	return ""
}

// ownText is an element's text where it has no elements but its index and its echo.
func (f *xmlFormat) ownText(t *xmlTree, id int32) (string, bool) {
	var b strings.Builder
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		switch n := &t.nodes[child]; {
		case n.isText:
			b.WriteString(n.text)
		case n.name != f.index && n.name != f.echo:
			return "", false
		}
	}
	text := strings.TrimSpace(b.String())
	return text, text != ""
}

// field finds an attribute or an element by its name, or by the names of elements with dots between. twice says that it is
// there again with something else, or does not end.
func (t *xmlTree) field(id int32, name string) (value string, twice, found bool) {
	step, rest, deeper := strings.Cut(name, ".")
	set := func(v string, wrong bool) {
		twice = twice || wrong || found && v != value
		value, found = v, true
	}
	for _, a := range t.attrs[t.nodes[id].attrs:t.nodes[id].attrsEnd] {
		if a.name == name {
			set(strings.TrimSpace(a.value), false)
		}
	}
	for child := id + 1; child < t.nodes[id].past; child = t.nodes[child].past {
		switch n := &t.nodes[child]; {
		case n.isText:
		case n.name == name:
			set(t.value(child), n.broken)
		case deeper && n.name == step:
			if v, again, ok := t.field(child, rest); ok {
				set(v, again || n.broken)
			}
		}
	}
	return value, twice, found
}
