package parsing

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// The bounds of response.schema. With references a short schema can ask for exponential work: 16 of them for about 250
// times its own.
const (
	maxSchemaBytes = 64 << 10
	maxReferences  = 16
	maxNumberBytes = 64
	schemaName     = "response.schema"
)

// schema is a JSON Schema of one value, or of the object of all fields where there are several.
type schema struct {
	compiled *jsonschema.Schema
	text     string
	// typed says that the format tells texts from numbers. Where it does not, a text that can be read as what the schema
	// wants is that.
	typed bool
}

func newSchema(text string, typed bool) (*schema, error) {
	if len(text) > maxSchemaBytes {
		return nil, fmt.Errorf("at most %d bytes, this has %d", maxSchemaBytes, len(text))
	}
	n := 0
	for _, keyword := range []string{`"$ref"`, `"$dynamicRef"`, `"$recursiveRef"`} {
		n += strings.Count(text, keyword)
	}
	if n > maxReferences {
		return nil, fmt.Errorf("at most %d references, these are %d", maxReferences, n)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("this is not JSON: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	if err := compiler.AddResource(schemaName, doc); err != nil {
		return nil, fmt.Errorf("this is not a JSON Schema: %w", err)
	}
	compiled, err := compiler.Compile(schemaName)
	if err != nil {
		return nil, fmt.Errorf("this is not a JSON Schema: %w", err)
	}
	return &schema{compiled: compiled, text: compact(text), typed: typed}, nil
}

// noLoader keeps a schema from reading files and addresses.
type noLoader struct{}

func (noLoader) Load(string) (any, error) {
	return nil, errors.New("a schema refers only to what is in it")
}

// check returns why the values do not fit, "" if they do. It holds words of the schema, and none of the values.
func (s *schema) check(fields []Field) string {
	if len(fields) == 1 {
		value, ok := decode(fields[0])
		return s.judge(value, ok, fields)
	}
	object, all := make(map[string]any, len(fields)), true
	for _, f := range fields {
		value, ok := decode(f)
		object[f.Name], all = value, all && ok
	}
	return s.judge(object, all, fields)
}

// takes reports whether a value as it stands fits.
func (s *schema) takes(f Field) bool {
	value, ok := decode(f)
	return ok && s.validate(value) == ""
}

func (s *schema) judge(value any, readable bool, fields []Field) string {
	if !readable {
		return fmt.Sprintf("the value for this record has a number of more than %d characters or a large exponent", maxNumberBytes)
	}
	message := s.validate(value)
	if message == "" || s.typed || len(fields) > 1 || fields[0].JSON {
		return message
	}
	// The format knows only texts.
	asJSON := Field{Value: compact(strings.TrimSpace(fields[0].Value)), JSON: true}
	if value, ok := decode(asJSON); ok && json.Valid([]byte(asJSON.Value)) && s.validate(value) == "" {
		fields[0].Value, fields[0].JSON = asJSON.Value, true
		return ""
	}
	return message
}

func (s *schema) validate(value any) (message string) {
	defer func() {
		if recover() != nil {
			message = "the value for this record cannot be held against response.schema"
		}
	}()
	err := s.compiled.Validate(value)
	if err == nil {
		return ""
	}
	wrong, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return "the value for this record does not fit response.schema"
	}
	return "the value for this record does not fit response.schema: " + reason(wrong)
}

// reason describes the first thing that is wrong by the schema's words alone.
func reason(e *jsonschema.ValidationError) string {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	_, at, _ := strings.Cut(e.SchemaURL, "#")
	where := strings.Join(append([]string{"#" + at}, e.ErrorKind.KeywordPath()...), "/")
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		return fmt.Sprintf("it is of type %s and must be %s (%s)", k.Got, strings.Join(k.Want, " or "), where)
	case *kind.Required:
		return fmt.Sprintf("it lacks %s (%s)", strings.Join(k.Missing, ", "), where)
	case *kind.Enum:
		return fmt.Sprintf("it is not among the values of the enum (%s)", where)
	}
	return "it breaks " + where
}

// decode reads a value; false where its numbers would cost too much.
func decode(f Field) (any, bool) {
	if !f.JSON {
		return f.Value, true
	}
	d := json.NewDecoder(strings.NewReader(f.Value))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, false
	}
	return value, modest(value)
}

// modest reports whether the numbers in a value are of a size that arithmetic can do with.
func modest(value any) bool {
	switch v := value.(type) {
	case json.Number:
		_, exponent, has := strings.Cut(strings.ToLower(v.String()), "e")
		return len(v) <= maxNumberBytes && (!has || len(strings.Trim(exponent, "+-0")) <= 3)
	case []any:
		for _, element := range v {
			if !modest(element) {
				return false
			}
		}
	case map[string]any:
		for _, member := range v {
			if !modest(member) {
				return false
			}
		}
	}
	return true
}
