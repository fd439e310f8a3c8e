package simulator

import (
	"net/http"
	"slices"
	"strings"
)

// compatible are chat completions as another server speaks them, under a path of its own: what OpenAI's has, and its own way
// to ask for a form. These servers pass over fields that they do not know, and have no strict mode.
type compatible struct {
	openAI

	// formats are the types of response_format beside text, and schema the name of a schema in one that is not json_schema.
	formats []string
	schema  string
	// form reads what the server knows beside response_format; nil: nothing.
	form func(*fields, *ask)
	// kind is the type of a 400. coded: errors have the status as their code. flat: there is no object around them.
	kind        string
	coded, flat bool
}

// compatibles are the servers, by their part of the path.
func compatibles() map[string]compatible {
	return map[string]compatible{
		"vllm":     {formats: []string{"json_object", "json_schema"}, form: vLLM, kind: "BadRequestError", coded: true},
		"llamacpp": {formats: []string{"json_object", "json_schema"}, schema: "schema", form: llamaCPP, kind: typeRequest, coded: true},
		"lmstudio": {formats: []string{"json_schema"}, kind: typeRequest},
		"tgi":      {formats: []string{"json", "json_object", "json_schema"}, schema: "value", kind: "validation", flat: true},
		"ollama":   {formats: []string{"json_object", "json_schema"}, kind: typeRequest},
	}
}

func (d compatible) decode(_ *http.Request, body []byte) (*ask, *trouble) {
	f := readFields(body)
	a := &ask{model: f.text("model"), automatic: true}
	readChat(f, a)
	f.object("response_format", func(format *fields) { d.format(format, a) })
	if d.form != nil {
		d.form(f, a)
	}
	return a, f.trouble()
}

func (d compatible) format(format *fields, a *ask) {
	kind := format.text("type")
	switch {
	case kind == "text":
	case !slices.Contains(d.formats, kind):
		format.failAt(badRequest, "type", "'response_format.type' must be one of '"+strings.Join(d.formats, "', '")+"' or 'text'")
	case kind == "json_schema":
		for _, name := range [...]string{"json_schema", "value"} {
			format.object(name, func(inner *fields) {
				takeSchema(inner, a, "schema")
				clear(inner.values)
			})
		}
	default:
		a.form.json, a.form.at = true, format.at
		takeSchema(format, a, d.schema)
	}
	clear(format.values)
}

// vLLM reads a schema in structured_outputs, and under its older name, too.
func vLLM(f *fields, a *ask) {
	f.object("structured_outputs", func(wanted *fields) {
		takeSchema(wanted, a, "json")
		clear(wanted.values)
	})
	takeSchema(f, a, "guided_json")
}

// llamaCPP reads a schema beside response_format, too. The simulator has no grammars.
func llamaCPP(f *fields, a *ask) {
	takeSchema(f, a, "json_schema")
	if f.has("grammar") {
		f.failAt(badRequest, "grammar", "the simulator reads no grammars")
	}
}

// takeSchema takes a field that is a schema, if it is there.
func takeSchema(f *fields, a *ask, name string) {
	raw := f.raw(name)
	if raw == nil {
		return
	}
	s, err := readSchema(raw)
	if err != nil {
		f.fail(&trouble{kind: badRequest, path: f.at.then(name), message: "The schema is not valid: " + err.Error()})
		return
	}
	a.form.schema, a.form.at = s, f.at.then(name)
}

func (compatible) encode(a *ask, done *answer) (int, any) { return http.StatusOK, completion(a, done) }

func (d compatible) refuse(t *trouble) (int, any) {
	status, body := d.openAI.refuse(t)
	e, ok := body.(openAIError)
	switch {
	case !ok:
	case d.flat:
		return status, map[string]any{"error": e.Error.Message, "error_type": d.kind}
	case d.coded:
		e.Error.Code = status
		if status == http.StatusBadRequest {
			e.Error.Type = d.kind
		}
		return status, e
	}
	return status, body
}
