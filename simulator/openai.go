package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// openAI is what all of OpenAI's endpoints have in common.
type openAI struct{}

func (openAI) key(r *http.Request) string { return bearer(r) }

// bearer is a request's bearer token; "" if it has none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// openAIError is OpenAI's error; an empty param or code is null.
type openAIError struct {
	Error openAIProblem `json:"error"`
}

type openAIProblem struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Param   any    `json:"param"`
	Code    any    `json:"code"`
}

const (
	typeRequest = "invalid_request_error"
	typeServer  = "server_error"
)

func openAIFailure(status int, kind, param, code, message string) (int, any) {
	problem := openAIProblem{Message: message, Type: kind}
	if param != "" {
		problem.Param = param
	}
	if code != "" {
		problem.Code = code
	}
	return status, openAIError{problem}
}

func (openAI) refuse(t *trouble) (int, any) {
	switch t.kind {
	case unauthorized:
		message := "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys."
		if t.have == 0 {
			message = "You didn't provide an API key."
		}
		return openAIFailure(http.StatusUnauthorized, typeRequest, "", "invalid_api_key", message)
	case unknownModel:
		return openAIFailure(http.StatusNotFound, typeRequest, "", "model_not_found",
			fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", t.message))
	case tooLarge:
		message := fmt.Sprintf("The request is larger than %d bytes.", t.most)
		return openAIFailure(http.StatusRequestEntityTooLarge, typeRequest, "", "", message)
	case rateLimited:
		return openAIFailure(http.StatusTooManyRequests, openAILimit(t), "", "rate_limit_exceeded", t.message)
	case outOfQuota:
		return openAIFailure(http.StatusTooManyRequests, "insufficient_quota", "", "insufficient_quota",
			"You exceeded your current quota, please check your plan and billing details.")
	case serverError:
		return openAIFailure(http.StatusInternalServerError, typeServer, "", "", t.message)
	case unavailable, overloaded:
		return openAIFailure(http.StatusServiceUnavailable, typeServer, "", "", t.message)
	default:
		return openAIBadRequest(t)
	}
}

// openAILimit is the type of a 429.
func openAILimit(t *trouble) string {
	if strings.Contains(t.limit, "tokens") {
		return "tokens"
	}
	return "requests"
}

// openAIBadRequest is a 400.
func openAIBadRequest(t *trouble) (int, any) {
	param, code, message := t.path.brackets(), "", t.message
	switch t.kind {
	case badJSON:
		param, message = "", "We could not parse the JSON body of your request."
	case unknownField:
		code, message = "unknown_parameter", fmt.Sprintf("Unknown parameter: '%s'.", param)
	case wrongType:
		code, message = "invalid_type", fmt.Sprintf("Invalid type for '%s': expected %s.", param, t.message)
	case missingField:
		code, message = "missing_required_parameter", fmt.Sprintf("Missing required parameter: '%s'.", param)
	case badSchema:
		message = fmt.Sprintf("Invalid schema for %s '%s': %s", param, t.message, openAIFlaw(t.flaw))
	case overflow:
		param, code = "messages", "context_length_exceeded"
		message = fmt.Sprintf("This model's maximum context length is %d tokens. However, your messages resulted in %d tokens. "+
			"Please reduce the length of the messages.", t.most, t.have)
	case unsupported:
		message = fmt.Sprintf("Invalid parameter: '%s' of type '%s' is not supported with this model.", param, t.message)
	default:
		code = t.limit
	}
	return openAIFailure(http.StatusBadRequest, typeRequest, param, code, message)
}

func openAIFlaw(f *flaw) string {
	switch f.kind {
	case flawRoot:
		return fmt.Sprintf("schema must be a JSON Schema of 'type: \"object\"', got 'type: \"%s\"'.", f.word)
	case flawOpen:
		return fmt.Sprintf("In context=%s, 'additionalProperties' is required to be supplied and to be false.", f.context())
	case flawNoRequired, flawNotRequired:
		return fmt.Sprintf("In context=%s, 'required' is required to be supplied and to be an array including every key in "+
			"properties. Missing '%s'.", f.context(), f.word)
	case flawKeyword:
		return fmt.Sprintf("In context=%s, '%s' is not permitted.", f.context(), f.word)
	case flawTooMuch:
		return fmt.Sprintf("Expected at most %d %s, but received %d.", f.most, f.word, f.have)
	default:
		return f.word
	}
}

// openAIStrict is OpenAI's strict mode, by its guide to structured outputs.
var openAIStrict = strictness{
	closed: true, required: true, root: true,
	refused: []string{
		"allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "patternProperties", "unevaluatedProperties",
		"propertyNames", "minProperties", "maxProperties", "unevaluatedItems", "contains", "minContains", "maxContains",
		"uniqueItems", "minLength", "maxLength",
	},
	properties: 5000, depth: 10, words: 1000,
}

func (openAI) headers(id string, left *left, t *trouble) [][2]string {
	h := [][2]string{{"X-Request-Id", id}, {"Openai-Version", "2020-10-01"}}
	h = append(h, openAILeft("Requests", left.requests)...)
	tokens := left.tokens
	if tokens.limit == 0 {
		tokens = left.input
	}
	h = append(h, openAILeft("Tokens", tokens)...)
	return append(h, retryAfter(t)...)
}

func openAILeft(what string, s share) [][2]string {
	if s.limit == 0 {
		return nil
	}
	return [][2]string{
		{"X-Ratelimit-Limit-" + what, strconv.Itoa(s.limit)},
		{"X-Ratelimit-Remaining-" + what, strconv.Itoa(s.left)},
		{"X-Ratelimit-Reset-" + what, s.reset.Round(time.Millisecond).String()},
	}
}

// retryAfter asks to wait in seconds and in milliseconds.
func retryAfter(t *trouble) [][2]string {
	if t == nil || t.wait == 0 {
		return nil
	}
	return [][2]string{
		{"Retry-After", strconv.FormatInt(roundUp(t.wait, time.Second), 10)},
		{"Retry-After-Ms", strconv.FormatInt(roundUp(t.wait, time.Millisecond), 10)},
	}
}

// roundUp is d in whole units.
func roundUp(d, unit time.Duration) int64 { return int64((d + unit - 1) / unit) }

// thinking is what a reasoning model thinks, in tokens, by the effort that is asked for: made up, in OpenAI's steps of 64.
var thinking = map[string]int{"none": 0, "minimal": 0, "low": 64, "": 128, "medium": 128, "high": 256, "xhigh": 512}

// reasons reports whether a model is one that thinks, by its name.
func reasons(model string) bool {
	for _, family := range [...]string{"o1", "o3", "o4", "gpt-5"} {
		if model == family || strings.HasPrefix(model, family+"-") || strings.HasPrefix(model, family+".") {
			return true
		}
	}
	return false
}

// openAIEffort takes how much a model shall think; false where the word is none of OpenAI's.
func openAIEffort(a *ask, effort string) bool {
	tokens, ok := thinking[effort]
	if ok && reasons(a.model) {
		a.thinking = tokens
	}
	return ok
}

// openAIFormat takes a form: of response_format, whose schema is one object further in, or of text.format.
func openAIFormat(f *fields, a *ask) {
	switch kind := f.text("type"); kind {
	case "text":
	case "json_object":
		a.form.json, a.form.at = true, f.at
	case "json_schema":
		a.form.at = f.at
		if f.has("json_schema") {
			f.object("json_schema", func(inner *fields) { openAISchema(inner, a) })
			return
		}
		openAISchema(f, a)
	default:
		f.failAt(badRequest, "type", fmt.Sprintf(
			"Invalid value: '%s'. Supported values are: 'json_object', 'json_schema', and 'text'.", kind))
	}
}

func openAISchema(f *fields, a *ask) {
	name, strict := f.text("name"), false
	f.take("strict", &strict)
	f.known("description")
	raw := f.raw("schema")
	switch {
	case name == "":
		f.failAt(missingField, "name", "")
	case !isWord(name):
		f.failAt(badRequest, "name", fmt.Sprintf("Invalid '%s': string does not match pattern. Expected a string that matches the "+
			"pattern '^[a-zA-Z0-9_-]+$'.", f.at.then("name").brackets()))
	case raw == nil:
		f.failAt(missingField, "schema", "")
	default:
		a.form.schema = heldTo(f, raw, name, strict)
	}
}

// heldTo reads a schema by the rules of OpenAI's strict mode, or by none.
func heldTo(f *fields, raw json.RawMessage, name string, strict bool) *schema {
	at := f.at[:1]
	if f.at[0] == "text" {
		at = f.at
	}
	s, err := readSchema(raw)
	if err != nil {
		f.fail(&trouble{kind: badSchema, path: at, message: name, flaw: &flaw{word: err.Error()}})
		return nil
	}
	if flaw := openAIStrict.check(s); strict && flaw != nil {
		f.fail(&trouble{kind: badSchema, path: at, message: name, flaw: flaw})
	}
	return s
}

// isWord reports whether a name is one that OpenAI takes.
func isWord(name string) bool {
	other := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, other)
}
