package providers_test

import (
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
)

// TestSchemaRules checks what a vendor's rules let through.
func TestSchemaRules(t *testing.T) {
	const closed = `{"type": "object", "properties": {"r1": {"enum": ["a", "bc"]}, "r2": {"type": ["string", "null"]}},
		"required": ["r1", "r2"], "additionalProperties": false}`
	tests := map[string]struct {
		rules  providers.SchemaRules
		schema string
		why    string // "": it is taken
	}{
		"no rules":       {providers.SchemaRules{}, closed, ""},
		"all within":     {providers.SchemaRules{Closed: true, Properties: 2, Depth: 2, Enum: 2, Unions: 1, Bytes: 7}, closed, ""},
		"properties":     {providers.SchemaRules{Properties: 1}, closed, "2 properties"},
		"depth":          {providers.SchemaRules{Depth: 1}, closed, "2 levels"},
		"enum":           {providers.SchemaRules{Enum: 1}, closed, "2 words"},
		"bytes":          {providers.SchemaRules{Bytes: 6}, closed, "7 bytes"},
		"no bound":       {providers.SchemaRules{Unions: 0}, closed, ""},
		"keyword":        {providers.SchemaRules{Keywords: []string{"type"}}, `{"type": "string", "minLength": 2}`, `"minLength"`},
		"annotation":     {providers.SchemaRules{Keywords: []string{"type"}}, `{"type": "string", "description": "x"}`, ""},
		"open":           {providers.SchemaRules{Closed: true}, `{"type": "object", "properties": {}}`, "additionalProperties"},
		"not required":   {providers.SchemaRules{Closed: true}, `{"properties": {"a": {}}, "additionalProperties": false}`, "required"},
		"open within":    {providers.SchemaRules{Closed: true}, `{"type": "array", "items": {"type": "object"}}`, "additionalProperties"},
		"a name is none": {providers.SchemaRules{Keywords: []string{"properties"}}, `{"properties": {"minLength": {}}}`, ""},
		"unions":         {providers.SchemaRules{Unions: 1}, `{"anyOf": [{"type": ["string", "null"]}]}`, "2 unions"},
		"bottomless":     {providers.SchemaRules{}, strings.Repeat(`{"items":`, 100) + "{}" + strings.Repeat("}", 100), "too deep"},
		"broken":         {providers.SchemaRules{}, `{`, "not JSON"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.rules.Check(&providers.Schema{JSON: []byte(test.schema)})
			switch {
			case test.why == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.why != "" && (err == nil || !strings.Contains(err.Error(), test.why)):
				t.Errorf("error %v, want one with %q", err, test.why)
			}
		})
	}
}
