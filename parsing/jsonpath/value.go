package jsonpath

import (
	"strconv"
	"strings"
)

// value is what a literal, a query or a function in a filter is at one node. It may be nothing.
type value struct {
	present bool
	kind    Kind
	// text is that of a Text, and a Number as it is written.
	text string
	// node is where an Array or Object is.
	node Node
}

// valueOf returns the value of a node.
func (r *run) valueOf(n Node) value {
	v := value{present: true, kind: r.tree.Kind(n), node: n}
	if v.kind == Text || v.kind == Number {
		v.text = r.tree.Text(n)
	}
	r.visit(1 + len(v.text)/bytesPerVisit)
	return v
}

// equal compares as RFC 9535, 2.3.5.2.2 has it.
func (r *run) equal(a, b value, depth int) bool {
	if !a.present || !b.present || a.kind != b.kind {
		return a.present == b.present && a.kind == b.kind
	}
	switch a.kind {
	case Text:
		return a.text == b.text
	case Number:
		return a.text == b.text || compareNumbers(a.text, b.text) == 0
	case Array, Object:
		return r.equalWithin(a, b, depth)
	case Null, False, True:
	}
	return true
}

func (r *run) equalWithin(a, b value, depth int) bool {
	if depth == MaxCompared {
		r.stop(&LimitError{Limit: LimitCompared, Max: MaxCompared})
		return false
	}
	if a.kind == Array {
		return r.equalArrays(a.node, b.node, depth+1)
	}
	return r.equalObjects(a.node, b.node, depth+1)
}

func (r *run) equalArrays(a, b Node, depth int) bool {
	pastA, pastB := r.tree.Past(a), r.tree.Past(b)
	a, b = a+1, b+1
	for ; a < pastA && b < pastB; a, b = r.tree.Past(a), r.tree.Past(b) {
		if !r.equal(r.valueOf(a), r.valueOf(b), depth) || r.err != nil {
			return false
		}
	}
	return a == pastA && b == pastB
}

func (r *run) equalObjects(a, b Node, depth int) bool {
	membersA, membersB := r.members(a), r.members(b)
	if len(membersA) != len(membersB) {
		return false
	}
	for name, n := range membersA {
		other, ok := membersB[name]
		if !ok || !r.equal(r.valueOf(n), r.valueOf(other), depth) || r.err != nil {
			return false
		}
	}
	return true
}

// members returns the members of an object, the last one of each name.
func (r *run) members(n Node) map[string]Node {
	all := map[string]Node{}
	past := r.tree.Past(n)
	for child := n + 1; child < past; child = r.tree.Past(child) {
		name := r.tree.Name(child)
		if !r.visit(mapVisits + len(name)/bytesPerVisit) {
			break
		}
		all[name] = child
	}
	return all
}

// mapVisits is how many visits it counts to put a member into a map.
const mapVisits = 16

// less reports whether a is less than b. Only numbers, and only texts, are in an order.
func less(a, b value) bool {
	if !a.present || !b.present || a.kind != b.kind {
		return false
	}
	switch a.kind {
	case Number:
		return compareNumbers(a.text, b.text) < 0
	case Text:
		return a.text < b.text // in UTF-8 the order of bytes is that of code points
	case Null, False, True, Array, Object:
	}
	return false
}

// compareNumbers compares two numbers as JSON writes them, exactly.
func compareNumbers(a, b string) int {
	x, y := parseDecimal(a), parseDecimal(b)
	switch {
	case x.sign != y.sign:
		return x.sign - y.sign
	case x.exponent != y.exponent:
		return x.sign * compareInts(x.exponent, y.exponent)
	}
	return x.sign * strings.Compare(x.digits, y.digits)
}

func compareInts(a, b int64) int {
	if a < b {
		return -1
	}
	return 1
}

// decimal is sign * 0.digits * 10^exponent. The digits neither start nor end with 0; of zero there are none.
type decimal struct {
	sign     int
	digits   string
	exponent int64
}

// maxExponent bounds exponents. Larger ones count as this: no two numbers of less than 2^60 digits become the same by it.
const maxExponent = 1 << 60

func parseDecimal(text string) decimal {
	d := decimal{sign: 1}
	rest, negative := strings.CutPrefix(text, "-")
	if negative {
		d.sign = -1
	}
	mantissa := rest
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa = rest[:i]
		exponent, _ := strconv.ParseInt(rest[i+1:], 10, 64) // the nearest one that fits, if none does
		d.exponent = min(max(exponent, -maxExponent), maxExponent)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.exponent += int64(len(whole))
	d.digits = whole
	if fraction != "" {
		d.digits += fraction
	}
	all := len(d.digits)
	d.digits = strings.TrimLeft(d.digits, "0")
	d.exponent -= int64(all - len(d.digits))
	d.digits = strings.TrimRight(d.digits, "0")
	if d.digits == "" {
		return decimal{}
	}
	return d
}
