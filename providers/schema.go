package providers

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Schema is the form of an answer, as JSON Schema.
type Schema struct {
	// Name is a word for it, of letters, digits and _, at most 64. Schemas with the same name have the same JSON.
	Name string
	// JSON is the schema: of an object whose properties are all required, and no others allowed.
	JSON json.RawMessage
}

// SchemaHolder is a driver that knows whether it can hold answers to a schema at all. One without this method may.
type SchemaHolder interface {
	// HoldsSchema reports false where Request.Schema is never more than words to the model.
	HoldsSchema() bool
}

// SchemaRules are what a vendor's strict mode takes of JSON Schema. 0 is no bound, nil no rule.
type SchemaRules struct {
	// Keywords are those that it knows, annotations left out; a schema with another one cannot be used.
	Keywords []string
	// Closed says that every object must have all its properties required, and additionalProperties false.
	Closed bool
	// Properties is the most properties of all objects together, Depth how deep objects and arrays may nest, Enum the most
	// words of all enums together, Unions the most anyOf and lists of types together.
	Properties, Depth, Enum, Unions int
	// Bytes is the most bytes of names, enum and const values together.
	Bytes int
}

// annotations say nothing about what is valid, so any vendor may be sent them.
var annotations = []string{"title", "description", "examples", "default", "$schema", "$id", "$comment"}

// Check returns why a vendor with these rules cannot be sent s; nil if it can.
func (r SchemaRules) Check(s *Schema) error {
	var root any
	if err := json.Unmarshal(s.JSON, &root); err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	if !readable(root) {
		return errors.New("it is no schema of an object")
	}
	c := &schemaCheck{rules: r}
	c.visit(root, 1)
	for _, bound := range [...]struct {
		what       string
		have, most int
	}{
		{"properties", c.properties, r.Properties},
		{"levels", c.depth, r.Depth},
		{"words in enums", c.words, r.Enum},
		{"unions", c.unions, r.Unions},
		{"bytes of names and words", c.bytes, r.Bytes},
	} {
		if bound.most > 0 && bound.have > bound.most {
			c.refusef("it has %d %s; at most %d are taken", bound.have, bound.what, bound.most)
		}
	}
	return c.err
}

// schemaCheck counts what a schema has.
type schemaCheck struct {
	rules                                   SchemaRules
	properties, depth, words, unions, bytes int
	err                                     error
}

func (c *schemaCheck) refusef(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// maxSchemaDepth ends the search of a schema that nests without end, in schemas within schemas.
const maxSchemaDepth = 64

func (c *schemaCheck) visit(node any, depth int) {
	object, ok := node.(map[string]any)
	if !ok || c.err != nil {
		return
	}
	if c.depth = max(c.depth, depth); depth > maxSchemaDepth {
		c.err = errors.New("it nests too deep")
		return
	}
	for keyword, value := range object {
		if c.rules.Keywords != nil && !slices.Contains(annotations, keyword) && !slices.Contains(c.rules.Keywords, keyword) {
			c.refusef("the keyword %q is not taken", keyword)
		}
		c.keyword(keyword, value, depth)
	}
	if c.rules.Closed && isObject(object) {
		c.closed(object)
	}
}

// readable reports whether JSON can be a schema whose properties have names.
func readable(root any) bool {
	schema, ok := root.(map[string]any)
	properties, has := schema["properties"]
	_, named := properties.(map[string]any)
	return ok && named == has
}

// isObject reports whether a schema is one of objects.
func isObject(schema map[string]any) bool {
	_, has := schema["properties"]
	return has || schema["type"] == "object"
}

func (c *schemaCheck) closed(object map[string]any) {
	properties, _ := object["properties"].(map[string]any)
	required, _ := object["required"].([]any)
	if others, is := object["additionalProperties"].(bool); !is || others {
		c.refusef("an object allows other properties than its own; additionalProperties must be false")
	}
	for name := range properties {
		if !slices.Contains(required, any(name)) {
			c.refusef("a property is not required; all must be")
		}
	}
}

// keyword counts one keyword and looks into the schemas in it.
func (c *schemaCheck) keyword(keyword string, value any, depth int) {
	switch keyword {
	case "properties", "$defs", "definitions", "patternProperties":
		c.named(keyword, value, depth)
	case "enum":
		words, _ := value.([]any)
		c.words += len(words)
		for _, word := range words {
			c.text(word)
		}
	case "const":
		c.text(value)
	case "type":
		if list, ok := value.([]any); ok && len(list) > 1 {
			c.unions++
		}
	case "anyOf", "oneOf", "allOf", "prefixItems":
		c.listed(keyword, value, depth)
	case "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames":
		c.visit(value, depth+1)
	}
}

func (c *schemaCheck) named(keyword string, value any, depth int) {
	schemas, _ := value.(map[string]any)
	for name, schema := range schemas {
		if keyword == "properties" {
			c.properties++
			c.bytes += len(name)
		}
		c.visit(schema, depth+1)
	}
}

func (c *schemaCheck) listed(keyword string, value any, depth int) {
	schemas, _ := value.([]any)
	if keyword == "anyOf" || keyword == "oneOf" {
		c.unions++
	}
	for _, schema := range schemas {
		c.visit(schema, depth)
	}
}

func (c *schemaCheck) text(value any) {
	if s, ok := value.(string); ok {
		c.bytes += len(s)
	}
}
