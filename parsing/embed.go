package parsing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// embedded is a schema as a part of another one.
type embedded struct {
	// name is where in $defs it must stand, and value itself; defs are the schemas that it brings along for $defs.
	name, value string
	defs        []string
}

// What a schema says of its parts.
var (
	// holdOne are keywords whose value is a schema, holdList those with a list of schemas, holdMap those with schemas by names.
	holdOne = []string{
		"items", "additionalItems", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else",
		"unevaluatedItems", "unevaluatedProperties",
	}
	holdList = []string{"anyOf", "oneOf", "allOf", "prefixItems", "items"}
	holdMap  = []string{"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}

	// rooted are keywords whose meaning depends on what is around a schema.
	rooted = []string{"$id", "id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"}
	// mixed are keywords by which objects have members of several schemas, or must not fit one: none of these may be closed.
	mixed = []string{"allOf", "oneOf", "not", "if", "dependentSchemas", "unevaluatedProperties", "patternProperties"}
)

// embedder rewrites a schema so that it means the same as a part of another one.
type embedder struct {
	tree tree
	name string
	// required are members that the schema's own object must have besides those that it says.
	required []string
	// closes says that objects without a word about other members may be closed: the schema has none of the keywords of mixed.
	closes  bool
	defs    []string
	problem error
}

// embed makes a schema a part of another one: what it refers to in itself moves to the $defs of the whole, and its objects have
// no other members than those that they name, which strict modes want. Its own object must have the required members.
// The schema has been compiled before, so it is valid and small.
func embed(schema string, required []string) (embedded, error) {
	e := &embedder{required: required, closes: true}
	schema = strings.TrimSpace(schema)
	if _, d := e.tree.read(schema, 0); d != nil {
		return embedded{}, fmt.Errorf("response.schema: it cannot be read again at byte %d", d.offset) // cannot be: it has been
	}
	e.survey()
	value := e.schema(0, true)
	return embedded{name: e.name, value: value, defs: e.defs}, e.problem
}

// CanStructure reports whether a response.schema can stand in the schema of an answer (Config.Structured).
func CanStructure(schema string) bool {
	if isAny(schema) {
		return true
	}
	_, err := embed(schema, nil)
	return err == nil
}

// survey finds a name that the schema has not taken, and whether its objects may be closed.
func (e *embedder) survey() {
	taken := make(map[string]bool, len(e.tree.nodes))
	for id := range e.tree.nodes {
		taken[e.tree.Name(jsonpath.Node(id))] = true
		e.closes = e.closes && !e.isMerged(jsonpath.Node(id))
	}
	for e.name = "value"; taken[e.name]; {
		e.name += "_"
	}
	e.closes = e.closes && !slices.ContainsFunc(mixed, func(keyword string) bool { return taken[keyword] })
}

// isMerged reports whether an object has members by a reference besides its own.
func (e *embedder) isMerged(id jsonpath.Node) bool {
	if e.tree.Kind(id) != jsonpath.Object {
		return false
	}
	var refers, names bool
	for _, child := range e.tree.children(id) {
		refers = refers || e.tree.Name(child) == "$ref"
		names = names || e.tree.Name(child) == "properties"
	}
	return refers && names
}

// schema writes the schema at a node; root says that it is the whole.
func (e *embedder) schema(id jsonpath.Node, root bool) string {
	if e.tree.Kind(id) != jsonpath.Object {
		return e.tree.raw(id)
	}
	var members []string
	for _, child := range e.tree.children(id) {
		if member := e.keyword(child, root); member != "" {
			members = append(members, quote(e.tree.Name(child))+":"+member)
		}
	}
	return "{" + strings.Join(append(members, e.added(id, root)...), ",") + "}"
}

// keyword writes the value of a keyword; "" for one that is left out.
func (e *embedder) keyword(id jsonpath.Node, root bool) string {
	name, kind := e.tree.Name(id), e.tree.Kind(id)
	switch {
	case name == "$schema", root && name == "$id", name == "required" && root && len(e.required) > 0:
		return ""
	case root && (name == "$defs" || name == "definitions"):
		e.hoist(id)
		return ""
	case name == "$ref":
		return e.reference(e.tree.Text(id))
	case slices.Contains(rooted, name):
		e.refuse(name)
	case slices.Contains(holdMap, name) && kind == jsonpath.Object:
		return e.byName(id)
	case slices.Contains(holdList, name) && kind == jsonpath.Array:
		return e.list(id)
	case slices.Contains(holdOne, name):
		return e.schema(id, false)
	}
	return compact(e.tree.raw(id))
}

func (e *embedder) refuse(keyword string) {
	if e.problem == nil {
		e.problem = fmt.Errorf("response.schema: its %s cannot stand within the schema of an answer; write it otherwise,"+
			" or set response.structured to off", quote(keyword))
	}
}

func (e *embedder) byName(id jsonpath.Node) string {
	children := e.tree.children(id)
	members := make([]string, len(children))
	for i, child := range children {
		members[i] = quote(e.tree.Name(child)) + ":" + e.schema(child, false)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (e *embedder) list(id jsonpath.Node) string {
	children := e.tree.children(id)
	elements := make([]string, len(children))
	for i, child := range children {
		elements[i] = e.schema(child, false)
	}
	return "[" + strings.Join(elements, ",") + "]"
}

// hoist takes the schemas that others refer to out of the whole.
func (e *embedder) hoist(id jsonpath.Node) {
	for _, child := range e.tree.children(id) {
		e.defs = append(e.defs, quote(e.tree.Name(child))+":"+e.schema(child, false))
	}
}

// reference points to where a schema is now.
func (e *embedder) reference(to string) string {
	inner, isPointer := strings.CutPrefix(to, "#")
	switch {
	case !isPointer || inner != "" && inner[0] != '/':
		e.refuse("$ref")
	case strings.HasPrefix(inner, "/$defs/"):
	case strings.HasPrefix(inner, "/definitions/"):
		inner = "/$defs/" + strings.TrimPrefix(inner, "/definitions/")
	default:
		inner = "/$defs/" + e.name + inner
	}
	return quote("#" + inner)
}

// added are members that an object's schema gets besides its own.
func (e *embedder) added(id jsonpath.Node, root bool) []string {
	var properties, isClosed bool
	var required []string
	for _, child := range e.tree.children(id) {
		switch e.tree.Name(child) {
		case "properties":
			properties = true
		case "additionalProperties":
			isClosed = true
		case "required":
			for _, name := range e.tree.children(child) {
				required = append(required, e.tree.Text(name))
			}
		}
	}
	var added []string
	if root && len(e.required) > 0 {
		for _, name := range e.required {
			if !slices.Contains(required, name) {
				required = append(required, name)
			}
		}
		added = append(added, `"required":[`+strings.Join(quoteAll(required), ",")+"]")
	}
	if properties && !isClosed && e.closes {
		added = append(added, `"additionalProperties":false`)
	}
	return added
}
