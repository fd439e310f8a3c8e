package simulator

import (
	"slices"
	"strings"
)

// strictness is what a vendor asks of schemas beside that they are valid.
type strictness struct {
	// closed: additionalProperties of every object must be false. required: all properties must be.
	closed, required bool
	// root: the answer must be an object.
	root bool
	// refused are keywords that are not taken.
	refused []string
	// properties, depth and words of enums are bounded; 0: not.
	properties, depth, words int
}

// flaw is what a vendor does not like about a schema.
type flaw struct {
	kind flawKind
	// at is where: the keywords and names on the way to it.
	at path
	// word is the keyword that is refused, the property that is not required, the type of the root, or what is wrong.
	word string
	// have and most are figures of a flawTooMuch of word.
	have, most int
}

type flawKind int

// The flaws.
const (
	flawInvalid     flawKind = iota // it is no schema: word says why
	flawRoot                        // it is not one of an object, but of word
	flawOpen                        // an object lets other properties in
	flawNoRequired                  // an object has no list of what is required
	flawNotRequired                 // the property word is not in it
	flawKeyword                     // the keyword word is not taken
	flawTooMuch                     // there are more of word than may be
)

// checker looks a schema through, and counts.
type checker struct {
	strictness

	properties, depth, words int
	first                    *flaw
}

// check returns the first flaw of a schema; nil if it has none.
func (rules strictness) check(s *schema) *flaw {
	if rules.root && !s.is("object") {
		word := "None"
		if len(s.types) > 0 {
			word = s.types[0]
		}
		return &flaw{kind: flawRoot, word: word}
	}
	c := &checker{strictness: rules}
	c.visit(s, nil, 1)
	for _, bound := range [...]struct {
		word       string
		have, most int
	}{
		{"properties", c.properties, rules.properties},
		{"levels of nesting", c.depth, rules.depth},
		{"enum values", c.words, rules.words},
	} {
		if bound.most > 0 && bound.have > bound.most {
			c.found(flaw{kind: flawTooMuch, word: bound.word, have: bound.have, most: bound.most})
		}
	}
	return c.first
}

func (c *checker) found(f flaw) {
	if c.first == nil {
		c.first = &f
	}
}

func (c *checker) visit(s *schema, at path, depth int) {
	c.words += len(s.enum)
	for _, keyword := range s.keywords {
		if slices.Contains(c.refused, keyword) {
			c.found(flaw{kind: flawKeyword, at: at, word: keyword})
		}
	}
	if s.is("object") || len(s.properties) > 0 {
		c.depth = max(c.depth, depth)
		c.object(s, at)
	}
	for _, p := range s.properties {
		c.visit(p.schema, at.then("properties").then(p.name), depth+1)
	}
	if s.items != nil {
		c.visit(s.items, at.then("items"), depth+1)
	}
	for _, option := range s.options {
		c.visit(option, at.then("anyOf"), depth)
	}
}

func (c *checker) object(s *schema, at path) {
	c.properties += len(s.properties)
	if c.closed && s.open {
		c.found(flaw{kind: flawOpen, at: at})
	}
	if !c.required {
		return
	}
	if len(s.properties) > 0 && s.required == nil {
		c.found(flaw{kind: flawNoRequired, at: at, word: s.properties[0].name})
	}
	for _, p := range s.properties {
		if !slices.Contains(s.required, p.name) {
			c.found(flaw{kind: flawNotRequired, at: at, word: p.name})
		}
	}
}

// context writes where a flaw is as OpenAI does: ('properties', 'r1').
func (f *flaw) context() string {
	quoted := make([]string, len(f.at))
	for i, name := range f.at {
		quoted[i] = "'" + name + "'"
	}
	if len(quoted) == 1 {
		return "(" + quoted[0] + ",)"
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}
