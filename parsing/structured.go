package parsing

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// The value of a field of which only the name is known: numbers and booleans stay what they are. Lists and objects need a
// response.schema, because a strict schema says what is in them. Beside other values null says that there is none.
const (
	scalar         = `{"anyOf":[{"type":"string"},{"type":"number"},{"type":"boolean"}]}`
	scalarOrNull   = `{"anyOf":[{"type":"string"},{"type":"number"},{"type":"boolean"},{"type":"null"}]}`
	maxInlineBytes = 32 // about a reference
)

// keyOf is the name of a record's member in an answer that has one for each.
func keyOf(record int) string { return "r" + strconv.Itoa(record) }

// answerForm is what an answer that is held to a schema looks like.
type answerForm struct {
	// value is the schema of one record's value, and defs are the schemas that it refers to, each as a member of $defs.
	value string
	defs  []string
	// sum is different for different values.
	sum uint64
}

// newAnswerForm makes the schema of a value from what cfg says of it: the schema that it gives; else the values or the fields.
func newAnswerForm(cfg Config, n names) (*answerForm, error) {
	f, name := &answerForm{}, "value"
	switch {
	case len(n.values) == 1 && len(cfg.Values) > 0:
		f.value = enumOf(cfg.Values)
	case !isAny(cfg.Schema):
		var required []string
		if len(n.values) > 1 {
			required = n.values
		}
		e, err := embed(cfg.Schema, required)
		if err != nil {
			return nil, err
		}
		f.value, f.defs, name = e.value, e.defs, e.name
	case len(n.values) == 1:
		f.value = scalar
	default:
		f.value = f.object(n.values, cfg.Values)
	}
	f.refer(name)
	h := fnv.New64a()
	_, _ = h.Write([]byte(f.value + strings.Join(f.defs, ",")))
	f.sum = h.Sum64()
	return f, nil
}

// isAny reports whether a schema says nothing.
func isAny(schema string) bool {
	text := compact(strings.TrimSpace(schema))
	return text == "" || text == "{}" || text == "true"
}

// refer puts a value that is longer than a reference under a name, once for all records: so it is sent once, and counts once
// where a provider bounds words and unions. Shorter ones stay in their places, but for those that refer to themselves.
func (f *answerForm) refer(name string) {
	if len(f.value) <= maxInlineBytes && !strings.Contains(f.value, "#/$defs/"+name) {
		return
	}
	f.defs = append([]string{quote(name) + ":" + f.value}, f.defs...)
	f.value = referTo(name)
}

func referTo(name string) string { return `{"$ref":` + quote("#/$defs/"+name) + `}` }

// object is a value of several fields. A name that is a path is one name here: weir says what the answer looks like.
func (f *answerForm) object(fields, allowed []string) string {
	f.defs = append(f.defs, quote("field")+":"+scalarOrNull)
	members := make([]string, len(fields))
	for i, name := range fields {
		schema := referTo("field")
		if i == 0 && len(allowed) > 0 {
			schema = enumOf(allowed)
		}
		members[i] = quote(name) + ":" + schema
	}
	return closed(members, quoteAll(fields))
}

// closed is the schema of an object that has these members, all of them, and no others.
func closed(members, names []string) string {
	return `{"type":"object","properties":{` + strings.Join(members, ",") + `},"required":[` + strings.Join(names, ",") +
		`],"additionalProperties":false}`
}

func enumOf(values []string) string {
	return `{"type":"string","enum":[` + strings.Join(quoteAll(values), ",") + `]}`
}

func quoteAll(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return quoted
}

// schema is that of an answer about so many records. Its members are in the order of the records, because models answer in
// the order of a schema.
func (f *answerForm) schema(records int) string {
	members, names := make([]string, records), make([]string, records)
	for i := range records {
		names[i] = quote(keyOf(i + 1))
		members[i] = names[i] + ":" + f.value
	}
	schema := closed(members, names)
	if len(f.defs) > 0 {
		schema = strings.TrimSuffix(schema, "}") + `,"$defs":{` + strings.Join(f.defs, ",") + "}}"
	}
	return schema
}

// structure prepares the schema of answers, where cfg wants one.
func (p *Parser) structure(cfg Config, f Format) []error {
	if !cfg.Structured {
		return nil
	}
	j, ok := f.(*jsonFormat)
	if !ok {
		return []error{errors.New("response.structured: only the format json can be held to a schema")}
	}
	j.schema = p.schema
	var err error
	if p.form, err = newAnswerForm(cfg, j.names); err != nil {
		return []error{err}
	}
	return nil
}

// Schema returns the JSON Schema that an answer about so many records shall be held to, and a name for it of letters, digits
// and _, at most 64: the same name for the same schema. Both are empty where Config.Structured is not set. Its length grows
// with the records, by 40 bytes for each and no faster.
func (p *Parser) Schema(records int) (name, schema string) {
	if p.form == nil {
		return "", ""
	}
	return fmt.Sprintf("weir_%d_%016x", records, p.form.sum), p.form.schema(max(records, 0))
}

// keyedInstruction asks for the form of the schema in words: not every provider holds a model to a schema, and those that do
// it do not tell the model what it means.
func (f *jsonFormat) keyedInstruction() string {
	var b strings.Builder
	b.WriteString("Answer with one JSON object and nothing else. ")
	fmt.Fprintf(&b, "It has a member for each input, %s for input 1, %s for input 2, and so on:\n", quote(keyOf(1)), quote(keyOf(2)))
	value := f.keyedExample()
	fmt.Fprintf(&b, "{%s: %s, %s: %s}\n", quote(keyOf(1)), value, quote(keyOf(2)), value)
	b.WriteString(f.keyedMeaning() + " Answer every input exactly once.")
	return b.String()
}

func (f *jsonFormat) keyedExample() string {
	if len(f.values) == 1 {
		return "…"
	}
	members := make([]string, len(f.values))
	for i, name := range f.values {
		members[i] = quote(name) + ": …"
	}
	return "{" + strings.Join(members, ", ") + "}"
}

func (f *jsonFormat) keyedMeaning() string {
	quoted, last := quoteAll(f.values), len(f.values)-1
	switch {
	case last > 0:
		return fmt.Sprintf("%s and %s are your answers for that input.", strings.Join(quoted[:last], ", "), quoted[last])
	case f.values[0] == defaultValue:
		return "Each value is your answer for that input."
	}
	return fmt.Sprintf("Each value is the %s of that input.", quoted[0])
}
