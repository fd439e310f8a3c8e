package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-ml/weir/simulator"
)

// TestReferencesAreBounded: a part of a schema is read once however often it is named, and counts each time.
func TestReferencesAreBounded(t *testing.T) {
	t.Parallel()
	v, s := vendors[0], simulator.New(simulator.Config{})
	for _, c := range []struct {
		name, schema string
		refused      bool
	}{
		{"often", often(20), false},
		{"itself", `{"type": "object", "properties": {"a": {"$ref": "#"}}}`, true},
		{"in turns", `{"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"items": {"$ref": "#/$defs/a"}}}}`, true},
		{"doubling", doubling(12), false},
		{"doubling too often", doubling(15), true},
		{"not too deep", deep(20, 8), false},
		{"too deep where it is named the second time", deep(20, 20), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := v.call(s, v.request(v.held, batch, c.schema)).Body.String()
			if refused := strings.Contains(got, "nests more than 32 deep, or has more than 50000 parts"); refused != c.refused {
				t.Errorf("refused for its size: %v, want %v: %s", refused, c.refused, got)
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
