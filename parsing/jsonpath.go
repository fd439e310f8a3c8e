package parsing

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds of a path: its length in bytes, and how many values it may look at in one reply.
const (
	maxPathBytes = 1024
	maxVisits    = 4 << 20
)

// path is the part of JSONPath (RFC 9535) that selects by names, indexes, wildcards and descendants. The empty path is $.
type path []step

// step selects among the children of each node that the steps before it have selected.
type step struct {
	// deep: among the children of the node and of all that is below it.
	deep bool
	by   selector
	name string
	// index counts from the end where it is negative.
	index int
}

// selector is what a step selects by.
type selector uint8

const (
	byName selector = iota
	byIndex
	byAny
)

// elements is the path $[*].
var elements = step{by: byAny}

// isElements reports whether the path is $[*], weir's default.
func (p path) isElements() bool { return len(p) == 1 && p[0] == elements }

// compilePath reads a path.
func compilePath(expr string) (path, error) {
	if len(expr) > maxPathBytes {
		return nil, fmt.Errorf("a path has at most %d bytes, this has %d", maxPathBytes, len(expr))
	}
	if !utf8.ValidString(expr) {
		return nil, fmt.Errorf("%q is not UTF-8", expr)
	}
	c := pathCompiler{expr: expr}
	return c.compile()
}

// pathCompiler reads an expression from left to right.
type pathCompiler struct {
	expr string
	pos  int
}

func (c *pathCompiler) compile() (path, error) {
	if !c.skip("$") {
		return nil, c.problem("a path starts with $")
	}
	var p path
	for {
		start := c.pos
		c.blanks()
		if c.rest() == "" {
			break
		}
		s, err := c.step()
		if err != nil {
			return nil, err
		}
		if c.pos == start {
			return nil, c.problem("expected . or [")
		}
		p = append(p, s)
	}
	if last := c.expr[len(c.expr)-1]; isSpace(last) {
		return nil, c.problem("a path does not end in white space")
	}
	return p, nil
}

func (c *pathCompiler) step() (step, error) {
	switch {
	case c.skip(".."):
		s, err := c.descendant()
		s.deep = true
		return s, err
	case c.skip("."):
		return c.shorthand()
	case c.skip("["):
		return c.bracketed()
	}
	return step{}, c.problem("expected . or [")
}

func (c *pathCompiler) descendant() (step, error) {
	if c.skip("[") {
		return c.bracketed()
	}
	return c.shorthand()
}

// shorthand reads what may follow a dot.
func (c *pathCompiler) shorthand() (step, error) {
	if c.skip("*") {
		return step{by: byAny}, nil
	}
	rest := c.rest()
	end := strings.IndexFunc(rest, func(r rune) bool { return !isNameRune(r) })
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || isDigit(rest[0]) {
		return step{}, c.problem("expected a name or * after the dot; other names go into ['…']")
	}
	c.pos += end
	return step{by: byName, name: rest[:end]}, nil
}

func isNameRune(r rune) bool {
	return r == '_' || r >= utf8.RuneSelf || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// bracketed reads what is between [ and ].
func (c *pathCompiler) bracketed() (step, error) {
	c.blanks()
	s, err := c.selector()
	if err != nil {
		return step{}, err
	}
	c.blanks()
	if !c.skip("]") {
		return step{}, c.unsupported("expected ]")
	}
	return s, nil
}

func (c *pathCompiler) selector() (step, error) {
	if c.skip("*") {
		return step{by: byAny}, nil
	}
	rest := c.rest()
	switch {
	case rest == "":
		return step{}, c.problem("expected ]")
	case rest[0] == '\'' || rest[0] == '"':
		name, err := c.quoted()
		return step{by: byName, name: name}, err
	case rest[0] == '-' || isDigit(rest[0]):
		index, err := c.integer()
		return step{by: byIndex, index: index}, err
	}
	return step{}, c.unsupported("expected a name in quotes, an index or *")
}

// integer reads an index: no leading zeros, no -0, exact in a double, as the RFC has it.
func (c *pathCompiler) integer() (int, error) {
	rest := c.rest()
	end := 1
	for end < len(rest) && isDigit(rest[end]) {
		end++
	}
	digits := strings.TrimPrefix(rest[:end], "-")
	n, err := strconv.ParseInt(rest[:end], 10, 64)
	if err != nil || n <= -1<<53 || n >= 1<<53 || digits[0] == '0' && rest[:end] != "0" {
		return 0, c.problem("this is not an index")
	}
	c.pos += end
	return int(n), nil
}

// quoted reads a name in single or double quotes. It is rewritten as a JSON string, whose escapes are the same.
func (c *pathCompiler) quoted() (string, error) {
	quote := c.expr[c.pos]
	var json strings.Builder
	json.WriteByte('"')
	for i := c.pos + 1; i < len(c.expr); i++ {
		switch b := c.expr[i]; {
		case b == quote:
			json.WriteByte('"')
			return c.name(json.String(), i+1)
		case b == '\\' && i+1 < len(c.expr):
			i++
			b = c.expr[i]
			if b != quote && (b == '"' || b == '\'') {
				return "", c.problem("only the quotes around a name are escaped in it")
			}
			if b != '\'' {
				json.WriteByte('\\')
			}
			json.WriteByte(b)
		case b == '"':
			json.WriteString(`\"`)
		default:
			json.WriteByte(b)
		}
	}
	return "", c.problem("the name has no end")
}

// name takes the name out of a JSON string and goes on at end.
func (c *pathCompiler) name(json string, end int) (string, error) {
	var t tree
	if stop, d := t.read(json, 0); d != nil || stop != len(json) {
		return "", c.problem("the name has a control character or a wrong escape")
	}
	name := unquote(json, true)
	if strings.ContainsRune(name, utf8.RuneError) {
		return "", c.problem("the name has half of a surrogate pair")
	}
	c.pos = end
	return name, nil
}

func (c *pathCompiler) blanks() { c.pos = len(c.expr) - len(strings.TrimLeft(c.rest(), " \t\r\n")) }

func (c *pathCompiler) rest() string { return c.expr[c.pos:] }

func (c *pathCompiler) skip(prefix string) bool {
	if !strings.HasPrefix(c.rest(), prefix) {
		return false
	}
	c.pos += len(prefix)
	return true
}

// unsupported tells what JSONPath has and weir does not from what is wrong.
func (c *pathCompiler) unsupported(otherwise string) error {
	rest := c.rest()
	switch {
	case strings.HasPrefix(rest, "?"):
		otherwise = "filters are not supported"
	case strings.HasPrefix(rest, ":"):
		otherwise = "slices are not supported"
	case strings.HasPrefix(rest, ","):
		otherwise = "several selectors in one bracket are not supported"
	}
	return c.problem(otherwise)
}

func (c *pathCompiler) problem(what string) error {
	return fmt.Errorf("%q, character %d: %s; weir reads $, .name, ['name'], [n], [*], .*, ..name and ..*",
		c.expr, utf8.RuneCountInString(c.expr[:c.pos])+1, what)
}

// walk follows a path. It stops where it would have to look at more than maxVisits values.
type walk struct {
	tree     *tree
	selected []int32
	// visits counts the values that it has looked at, over all trees.
	visits int
}

// follow returns the nodes of the tree that the path selects, in the RFC's order; false if it has stopped.
func (w *walk) follow(p path) ([]int32, bool) {
	w.selected = []int32{0}
	for _, s := range p {
		from := w.selected
		w.selected = nil
		for _, id := range from {
			w.below(id, s)
		}
	}
	return w.selected, !w.stopped()
}

func (w *walk) stopped() bool { return w.visits > maxVisits }

func (w *walk) below(id int32, s step) {
	past := id + 1
	if s.deep {
		past = w.tree.nodes[id].past
	}
	for ; id < past && !w.stopped(); id++ {
		w.children(id, s)
	}
}

// children adds those children of a node that s selects.
func (w *walk) children(id int32, s step) {
	nodes := w.tree.nodes
	past, found := nodes[id].past, int32(-1)
	w.visits++
	index := s.index
	if index < 0 && nodes[id].kind == kindArray {
		index += w.count(id)
	}
	for child, i := id+1, 0; child < past && !w.stopped(); child, i = nodes[child].past, i+1 {
		w.visits++
		switch {
		case s.by == byAny:
			w.selected = append(w.selected, child)
		case s.by == byIndex && nodes[id].kind == kindArray && i == index:
			w.selected = append(w.selected, child)
			return
		case s.by == byName && nodes[id].kind == kindObject && w.tree.key(child) == s.name:
			found = child // of names that occur twice the last one counts
		}
	}
	if found >= 0 {
		w.selected = append(w.selected, found)
	}
}

// count returns how many children a node has.
func (w *walk) count(id int32) int {
	n := 0
	for child := id + 1; child < w.tree.nodes[id].past; child = w.tree.nodes[child].past {
		n++
		w.visits++
	}
	return n
}
