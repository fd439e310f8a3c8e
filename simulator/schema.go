package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The bounds of a schema.
const (
	// maxSchemaDepth is how deep a schema may nest, references followed.
	maxSchemaDepth = 32
	// maxSchemaNodes is the most schemas in a schema, references followed.
	maxSchemaNodes = 50_000
	// maxLeastItems is the most items that an array may be asked to have.
	maxLeastItems = 1000
)

// schema is what is read of a JSON Schema: enough to make a value that it takes.
type schema struct {
	// keywords are all that it has, in order.
	keywords []string
	types    []string
	// properties are those of an object, in order.
	properties []property
	required   []string
	// open: an object may have other properties, too.
	open     bool
	items    *schema
	least    int // of items
	enum     []json.RawMessage
	options  []*schema
	low, top *float64
}

type property struct {
	name   string
	schema *schema
}

// is reports whether the schema takes values of a type.
func (s *schema) is(name string) bool { return slices.Contains(s.types, name) }

// schemaReader reads one schema; root is where references begin.
type schemaReader struct {
	root     json.RawMessage
	nodes    int
	deepest  int
	followed map[string]followed
}

// followed is what a reference names, read once: how many schemas it has, and how far down they go.
type followed struct {
	schema       *schema
	nodes, depth int
}

// readSchema reads a schema, or says why it is none.
func readSchema(raw json.RawMessage) (*schema, error) {
	r := &schemaReader{root: raw, followed: map[string]followed{}}
	return r.read(raw, 1)
}

func (r *schemaReader) read(raw json.RawMessage, depth int) (*schema, error) {
	if err := r.count(1, depth); err != nil {
		return nil, err
	}
	if string(raw) == "true" {
		return &schema{open: true}, nil
	}
	members, err := orderedMembers(raw)
	if err != nil {
		return nil, err
	}
	s := &schema{open: true}
	for _, m := range members {
		if m.name == "$ref" {
			return r.follow(m.raw, depth)
		}
		s.keywords = append(s.keywords, m.name)
		if err := r.keyword(s, m, depth); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// count keeps the bounds when so many schemas more are read, the deepest of them at a depth.
func (r *schemaReader) count(nodes, depth int) error {
	r.nodes += nodes
	r.deepest = max(r.deepest, depth)
	if depth > maxSchemaDepth || r.nodes > maxSchemaNodes {
		return fmt.Errorf("it nests more than %d deep, or has more than %d parts", maxSchemaDepth, maxSchemaNodes)
	}
	return nil
}

// keyword reads one keyword; those that say nothing about how a value is made are let through.
func (r *schemaReader) keyword(s *schema, m rawMember, depth int) error {
	var err error
	switch m.name {
	case "type":
		s.types, err = typeNames(m.raw)
	case "properties":
		err = r.properties(s, m.raw, depth)
	case "required":
		err = json.Unmarshal(m.raw, &s.required)
	case "additionalProperties":
		s.open = string(m.raw) != "false"
	case "items":
		s.items, err = r.read(m.raw, depth+1)
	case "minItems":
		if err = json.Unmarshal(m.raw, &s.least); err == nil && s.least > maxLeastItems {
			err = fmt.Errorf("more than %d", maxLeastItems)
		}
	case "enum":
		err = json.Unmarshal(m.raw, &s.enum)
	case "const":
		s.enum = []json.RawMessage{m.raw}
	case "anyOf", "oneOf":
		err = r.options(s, m.raw, depth)
	case "minimum":
		err = json.Unmarshal(m.raw, &s.low)
	case "maximum":
		err = json.Unmarshal(m.raw, &s.top)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}

// typeNames reads one type or several. Gemini's own schemas write them in capitals.
func typeNames(raw json.RawMessage) ([]string, error) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{strings.ToLower(one)}, nil
	}
	var list []string
	err := json.Unmarshal(raw, &list)
	return list, err
}

func (r *schemaReader) properties(s *schema, raw json.RawMessage, depth int) error {
	members, err := orderedMembers(raw)
	if err != nil {
		return err
	}
	for _, m := range members {
		inner, err := r.read(m.raw, depth+1)
		if err != nil {
			return err
		}
		s.properties = append(s.properties, property{m.name, inner})
	}
	return nil
}

func (r *schemaReader) options(s *schema, raw json.RawMessage, depth int) error {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	for _, option := range list {
		inner, err := r.read(option, depth+1)
		if err != nil {
			return err
		}
		s.options = append(s.options, inner)
	}
	return nil
}

// follow reads what a reference names: #, or a path from there.
func (r *schemaReader) follow(raw json.RawMessage, depth int) (*schema, error) {
	var ref string
	if json.Unmarshal(raw, &ref) != nil || !strings.HasPrefix(ref, "#") {
		return nil, errors.New("$ref must name a part of this schema")
	}
	if known, ok := r.followed[ref]; ok {
		return known.schema, r.count(known.nodes, depth+known.depth)
	}
	at, err := r.named(ref)
	if err != nil {
		return nil, err
	}
	nodes, deepest := r.nodes, r.deepest
	r.deepest = depth
	s, err := r.read(at, depth+1)
	if err == nil {
		r.followed[ref] = followed{schema: s, nodes: r.nodes - nodes, depth: r.deepest - depth}
	}
	r.deepest = max(r.deepest, deepest)
	return s, err
}

// named is the part of the schema that a reference names.
func (r *schemaReader) named(ref string) (json.RawMessage, error) {
	at := r.root
	for name := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(ref, "#"), "/"), "/") {
		if name == "" {
			continue
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(at, &members) != nil || members[name] == nil {
			return nil, fmt.Errorf("$ref names %s, which is not there", strconv.Quote(ref))
		}
		at = members[name]
	}
	return at, nil
}

type rawMember struct {
	name string
	raw  json.RawMessage
}

// orderedMembers are the members of a JSON object in their order, which the answer keeps.
func orderedMembers(raw json.RawMessage) ([]rawMember, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	token, err := decoder.Token()
	if err != nil || token != json.Delim('{') {
		return nil, errors.New("it is not an object")
	}
	var list []rawMember
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		m := rawMember{}
		m.name, _ = token.(string)
		if err := decoder.Decode(&m.raw); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}
