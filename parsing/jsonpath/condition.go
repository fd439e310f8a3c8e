package jsonpath

// condition is a logical expression of a filter.
type condition interface {
	// holds says whether it is true of a node. When the selection is over, what it says does not matter.
	holds(r *run, at Node) bool
}

// operand is what a comparison or a function takes.
type operand interface {
	value(r *run, at Node) value
}

type anyOf []condition

func (a anyOf) holds(r *run, at Node) bool {
	for _, c := range a {
		if c.holds(r, at) {
			return true
		}
	}
	return false
}

// simple returns the condition itself where there is one alone.
func (a anyOf) simple() condition {
	if len(a) == 1 {
		return a[0]
	}
	return a
}

type allOf []condition

func (a allOf) holds(r *run, at Node) bool {
	for _, c := range a {
		if !c.holds(r, at) {
			return false
		}
	}
	return true
}

func (a allOf) simple() condition {
	if len(a) == 1 {
		return a[0]
	}
	return a
}

type negation struct{ of condition }

func (n negation) holds(r *run, at Node) bool { return !n.of.holds(r, at) }

// existence is a query that stands alone: it selects something.
type existence struct{ query *query }

func (e existence) holds(r *run, at Node) bool {
	s := sink{enough: 1}
	r.all(e.query, at, &s)
	return s.count > 0
}

type comparison struct {
	operator    operator
	left, right operand
}

type operator uint8

const (
	equals operator = iota
	differs
	atMost
	atLeast
	below
	above
)

func (c comparison) holds(r *run, at Node) bool {
	a, b := c.left.value(r, at), c.right.value(r, at)
	switch c.operator {
	case equals:
		return r.equal(a, b, 0)
	case differs:
		return !r.equal(a, b, 0)
	case atMost:
		return less(a, b) || r.equal(a, b, 0)
	case atLeast:
		return less(b, a) || r.equal(a, b, 0)
	case below:
		return less(a, b)
	case above:
		return less(b, a)
	}
	return false
}

type literal value

func (l literal) value(*run, Node) value { return value(l) }

// singular is a query that selects one node or none.
type singular struct{ query *query }

func (s singular) value(r *run, at Node) value {
	n, ok := r.one(s.query, at)
	if !ok {
		return value{}
	}
	return r.valueOf(n)
}
