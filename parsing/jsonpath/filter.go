package jsonpath

// term is a literal, a query or a function call in a filter. What it may be used as depends on its type; a use that it
// is not fit for is nil.
type term struct {
	// pos is where it stands.
	pos int
	// operand: it has a value, which may be compared or given to a function.
	operand operand
	// condition: it may stand alone in a filter.
	condition condition
	// query: it selects nodes.
	query *query
	// is what it is, for messages.
	is string
}

// anyOf reads conditions with || between them.
func (p *parser) anyOf() (condition, error) {
	var all anyOf
	for {
		c, err := p.allOf()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		if !p.skipOperator("||") {
			return all.simple(), nil
		}
	}
}

// allOf reads conditions with && between them.
func (p *parser) allOf() (condition, error) {
	var all allOf
	for {
		c, err := p.condition()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		if !p.skipOperator("&&") {
			return all.simple(), nil
		}
	}
}

// skipOperator goes past an operator and the blanks around it, if it is next.
func (p *parser) skipOperator(operator string) bool {
	before := p.pos
	p.blanks()
	if !p.skipWord(operator) {
		p.pos = before
		return false
	}
	p.blanks()
	return true
}

// condition reads one condition: in parentheses, negated, a comparison or a test.
func (p *parser) condition() (condition, error) {
	if p.peek() == '(' {
		return p.parenthesized()
	}
	if !p.skip('!') {
		return p.comparisonOrTest()
	}
	p.blanks()
	var c condition
	var err error
	if p.peek() == '(' {
		c, err = p.parenthesized()
	} else {
		c, err = p.test()
	}
	return negation{c}, err
}

func (p *parser) parenthesized() (condition, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	p.blanks()
	c, err := p.anyOf()
	if err != nil {
		return nil, err
	}
	p.blanks()
	if !p.skip(')') {
		return nil, p.problem("expected ), && or ||")
	}
	p.depth--
	return c, nil
}

// test reads a query or a function call behind a negation.
func (p *parser) test() (condition, error) {
	t, err := p.term()
	if err != nil {
		return nil, err
	}
	return p.alone(t)
}

// alone makes a condition of a term that nothing compares.
func (p *parser) alone(t term) (condition, error) {
	if t.condition == nil {
		return nil, p.problemAt(t.pos, t.is+" is no condition: expected a comparison, a query, match() or search()")
	}
	return t.condition, nil
}

// valueExpected says what has a value.
const valueExpected = "expected a literal, a query of names and indexes alone, or a function with a value"

func (p *parser) comparisonOrTest() (condition, error) {
	left, err := p.term()
	if err != nil {
		return nil, err
	}
	operator, ok := p.operator()
	if !ok {
		return p.alone(left)
	}
	right, err := p.term()
	if err != nil {
		return nil, err
	}
	for _, t := range []term{left, right} {
		if t.operand == nil {
			return nil, p.problemAt(t.pos, t.is+" cannot be compared: "+valueExpected)
		}
	}
	return comparison{operator, left.operand, right.operand}, nil
}

// operator reads a comparison operator and the blanks around it, if one is next.
func (p *parser) operator() (operator, bool) {
	for i, word := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.skipOperator(word) {
			return operator(i), true
		}
	}
	return 0, false
}

// term reads a literal, a query or a function call.
func (p *parser) term() (term, error) {
	pos := p.pos
	var t term
	var err error
	switch c := p.peek(); {
	case c == '@' || c == '$':
		t, err = p.queryTerm()
	case c == '\'' || c == '"':
		var s string
		s, err = p.text()
		t = literalTerm(value{kind: Text, text: s})
	case c == '-' || isDigit(c):
		var s string
		s, err = p.number()
		t = literalTerm(value{kind: Number, text: s})
	case 'a' <= c && c <= 'z':
		t, err = p.word()
	default:
		err = p.problem("expected @, $, a literal, a function, ! or (")
	}
	t.pos = pos
	return t, err
}

func literalTerm(v value) term {
	v.present = true
	return term{operand: literal(v), is: "a literal"}
}

func (p *parser) queryTerm() (term, error) {
	q, err := p.query()
	t := term{condition: existence{&q}, query: &q, is: "a query that may select several values"}
	if q.isSingular() && !q.spaced {
		t.operand = singular{&q}
	}
	return t, err
}

// word reads true, false, null or a function call.
func (p *parser) word() (term, error) {
	start := p.pos
	for c := p.peek(); 'a' <= c && c <= 'z' || c == '_' || isDigit(c); c = p.peek() {
		p.pos++
	}
	word := p.expr[start:p.pos]
	if p.peek() == '(' {
		return p.call(start, word)
	}
	switch word {
	case "true":
		return literalTerm(value{kind: True}), nil
	case "false":
		return literalTerm(value{kind: False}), nil
	case "null":
		return literalTerm(value{kind: Null}), nil
	}
	return term{}, p.problemAt(start, "expected true, false, null or a function with ( right behind its name")
}

// call reads the arguments of a function.
func (p *parser) call(start int, name string) (term, error) {
	f, ok := functions[name]
	if !ok {
		return term{}, p.problemAt(start, "expected one of the functions length, count, match, search and value")
	}
	if err := p.enter(); err != nil {
		return term{}, err
	}
	arguments, err := p.arguments()
	if err != nil {
		return term{}, err
	}
	p.depth--
	if len(arguments) != len(f.parameters) {
		return term{}, p.problemAt(start, "expected "+f.usage)
	}
	for i, a := range arguments {
		switch {
		case f.parameters[i] == takesValue && a.operand == nil:
			return term{}, p.problemAt(a.pos, a.is+" is no value: "+valueExpected)
		case f.parameters[i] == takesNodes && a.query == nil:
			return term{}, p.problemAt(a.pos, a.is+" selects no nodes: expected "+f.usage)
		}
	}
	return f.call(arguments)
}

// arguments reads what is between the parentheses of a call. No function takes conditions, so that none are read.
func (p *parser) arguments() ([]term, error) {
	var all []term
	p.blanks()
	if p.skip(')') {
		return nil, nil
	}
	for {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		all = append(all, t)
		p.blanks()
		if p.skip(')') {
			return all, nil
		}
		if !p.skip(',') {
			return nil, p.problem("expected ) or ,")
		}
		p.blanks()
	}
}
