package jsonpath

import "math"

// bytesPerVisit is how many bytes of a name or text take as long as a node.
const bytesPerVisit = 16

// Select returns the nodes of a tree that the path selects, in the order of RFC 9535; those that it selects several
// times as often. It never waits. The error is a [*LimitError], and there are no nodes then. A nil limits stands for
// [DefaultVisits] and [DefaultResults]; zeros allow nothing.
func (p *Path) Select(t Tree, limits *Limits) ([]Node, error) {
	if limits == nil {
		limits = &Limits{Visits: DefaultVisits, Results: DefaultResults}
	}
	r := run{tree: t, limits: limits, visits: limits.Visits}
	s := sink{keep: true}
	r.follow(p.query.segments, 0, &s)
	limits.Visits = max(r.visits, 0)
	if r.err != nil {
		return nil, r.err
	}
	return s.nodes, nil
}

// SelectOne follows a singular path (see [Path.IsSingular]) down from any node, for which $ then stands. It returns the
// node, or false if there is none or the path is not singular. It looks at no node twice and needs no memory.
func (p *Path) SelectOne(t Tree, from Node) (Node, bool) {
	if !p.IsSingular() {
		return 0, false
	}
	r := run{tree: t, visits: math.MaxInt}
	return r.one(&p.query, from)
}

// run is one selection.
type run struct {
	tree   Tree
	limits *Limits
	// visits is how many are left.
	visits int
	// err ends the selection.
	err error
	// patterns are those that came out of the tree.
	patterns map[patternKey]*pattern
}

// visit counts visits. It returns false when the selection is over.
func (r *run) visit(cost int) bool {
	r.visits -= cost
	if r.visits < 0 {
		r.stop(&LimitError{Limit: LimitVisits, Max: r.limits.Visits})
	}
	return r.err == nil
}

// stop ends the selection; the first reason counts.
func (r *run) stop(err error) {
	if r.err == nil {
		r.err = err
	}
}

// sink takes what a query selects.
type sink struct {
	// keep says that nodes are kept, and not counted alone.
	keep  bool
	nodes []Node
	first Node
	count int
	// enough is how many nodes are wanted; 0 is all.
	enough int
}

// usualNodes is how many nodes there is room for at first.
const usualNodes = 64

// take takes a node in and says whether more are wanted.
func (r *run) take(n Node, s *sink) bool {
	if s.count == 0 {
		s.first = n
	}
	if s.keep && s.count == r.limits.Results {
		r.stop(&LimitError{Limit: LimitResults, Max: r.limits.Results})
		return false
	}
	s.count++
	if s.keep {
		if s.nodes == nil {
			s.nodes = make([]Node, 0, usualNodes)
		}
		s.nodes = append(s.nodes, n)
	}
	return s.count != s.enough
}

// all gives everything that a query in a filter selects to s.
func (r *run) all(q *query, at Node, s *sink) {
	r.follow(q.segments, r.start(q, at), s)
}

func (r *run) start(q *query, at Node) Node {
	if q.absolute {
		return 0
	}
	return at
}

// follow gives everything that segments select from a node on to s, depth first, which is the RFC's order. It returns
// false when no more is wanted.
func (r *run) follow(segments []segment, at Node, s *sink) bool {
	if len(segments) == 0 {
		return r.take(at, s)
	}
	step, past := &segments[0], at+1
	if step.deep {
		past = r.tree.Past(at)
	}
	for n := at; n < past; n++ {
		for i := range step.selectors {
			if !r.visit(1) || !r.pick(&step.selectors[i], n, segments[1:], s) {
				return false
			}
		}
	}
	return true
}

// pick follows rest from each child of at that a selector selects.
func (r *run) pick(by *selector, at Node, rest []segment, s *sink) bool {
	switch by.by {
	case byName, byIndex:
		child, ok := r.child(by, at)
		if !ok {
			return r.err == nil
		}
		return r.follow(rest, child, s)
	case bySlice:
		return r.pickSlice(&by.slice, at, rest, s)
	case byAny, byFilter:
	}
	past := r.tree.Past(at)
	for child := at + 1; child < past; child = r.tree.Past(child) {
		if !r.visit(1) {
			return false
		}
		if (by.filter == nil || by.filter.holds(r, child)) && !r.follow(rest, child, s) {
			return false
		}
	}
	return r.err == nil
}

// child returns the child of at with a name or an index.
func (r *run) child(by *selector, at Node) (Node, bool) {
	kind := r.tree.Kind(at)
	switch {
	case by.by == byName && kind == Object:
		return r.member(at, by.name)
	case by.by == byIndex && kind == Array:
		return r.element(at, by.index)
	}
	return 0, false
}

func (r *run) member(at Node, name string) (found Node, ok bool) {
	past := r.tree.Past(at)
	for child := at + 1; child < past; child = r.tree.Past(child) {
		is := r.tree.Name(child)
		if !r.visit(1 + len(is)/bytesPerVisit) {
			return 0, false
		}
		if is == name {
			found = child // of members with the same name the last one counts
		}
	}
	return found, found != 0
}

func (r *run) element(at Node, index int64) (Node, bool) {
	position := index
	if index < 0 {
		position += int64(r.children(at))
	}
	past := r.tree.Past(at)
	for child := at + 1; child < past && position >= 0; child = r.tree.Past(child) {
		if position == 0 {
			return child, true
		}
		if position--; !r.visit(1) {
			break
		}
	}
	return 0, false
}

// children counts the children of a node.
func (r *run) children(at Node) int {
	count, past := 0, r.tree.Past(at)
	for child := at + 1; child < past && r.visit(1); child = r.tree.Past(child) {
		count++
	}
	return count
}

func (r *run) pickSlice(by *slice, at Node, rest []segment, s *sink) bool {
	if r.tree.Kind(at) != Array || by.step == 0 {
		return true
	}
	elements := r.elements(at)
	first, last := by.of(int64(len(elements)))
	for i := first; by.step > 0 && i < last || by.step < 0 && i > last; i += by.step {
		if !r.visit(1) || !r.follow(rest, elements[i], s) {
			return false
		}
	}
	return r.err == nil
}

// elements returns the children of a node.
func (r *run) elements(at Node) []Node {
	var all []Node
	past := r.tree.Past(at)
	for child := at + 1; child < past && r.visit(1); child = r.tree.Past(child) {
		all = append(all, child)
	}
	return all
}

// of returns the index of the first element that a slice selects from that many, and the index that it stops before.
func (s *slice) of(count int64) (first, stop int64) {
	start, end := int64(0), count
	if s.step < 0 {
		start, end = count-1, -1
	}
	if s.start.set {
		start = fromEnd(s.start.at, count)
	}
	if s.end.set {
		end = fromEnd(s.end.at, count)
	}
	if s.step > 0 {
		return max(start, 0), min(end, count)
	}
	return min(start, count-1), max(end, -1)
}

// fromEnd counts a negative index from the end.
func fromEnd(at, count int64) int64 {
	if at < 0 {
		return at + count
	}
	return at
}

// one follows a query of names and indexes.
func (r *run) one(q *query, at Node) (Node, bool) {
	n := r.start(q, at)
	for i := range q.segments {
		child, ok := r.child(&q.segments[i].selectors[0], n)
		if !ok {
			return 0, false
		}
		n = child
	}
	return n, true
}
