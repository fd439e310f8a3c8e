package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestReferencesAreBounded: a part of a schema is read once however often it is named, and counts each time.
func TestReferencesAreBounded(t *testing.T) {
	t.Parallel()
	const tooMuch = "more than"
	for _, c := range []struct {
		name, schema, want string
	}{
		{"often", often(20), ""},
		{"itself", `{"type": "object", "properties": {"a": {"$ref": "#"}}}`, tooMuch},
		{"in turns", `{"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"items": {"$ref": "#/$defs/a"}}}}`, tooMuch},
		{"doubling", doubling(12), ""},
		{"doubling too often", doubling(15), tooMuch},
		{"too deep by a part that was read higher up", deep(maxSchemaDepth/2, maxSchemaDepth/2+2), tooMuch},
		{"not too deep", deep(maxSchemaDepth/2, maxSchemaDepth/4), ""},
		{"nowhere", `{"$ref": "#/$defs/a"}`, "is not there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := readSchema(json.RawMessage(c.schema))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// often is an object with n properties of the same schema.
func often(n int) string {
	var properties []string
	for i := range n {
		properties = append(properties, fmt.Sprintf(`"r%d": {"$ref": "#/$defs/a"}`, i))
	}
	return `{"properties": {` + strings.Join(properties, ", ") + `}, "$defs": {"a": {"type": "string"}}}`
}

// doubling is a schema of 2^n parts, written with n of them.
func doubling(n int) string {
	parts := []string{`"p0": {"type": "string"}`}
	for i := range n {
		parts = append(parts, fmt.Sprintf(`"p%d": {"anyOf": [{"$ref": "#/$defs/p%d"}, {"$ref": "#/$defs/p%d"}]}`, i+1, i, i))
	}
	return fmt.Sprintf(`{"$ref": "#/$defs/p%d", "$defs": {%s}}`, n, strings.Join(parts, ", "))
}

// deep names a part that nests n deep twice: at the top, and below so many levels.
func deep(n, below int) string {
	nest := func(n int, inner string) string {
		return strings.Repeat(`{"items": `, n) + inner + strings.Repeat("}", n)
	}
	const part = `{"$ref": "#/$defs/a"}`
	return fmt.Sprintf(`{"anyOf": [%s, %s], "$defs": {"a": %s}}`, part, nest(below, part), nest(n, `{"type": "string"}`))
}
