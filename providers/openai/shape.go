package openai

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/tidwall/gjson"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// shape is what goes out with a prompt: what the dialect has for it, less what the server has refused.
type shape struct {
	model  string
	schema *providers.Schema
	// form is what the server is asked to hold the answer to, and keys the root's properties where that is the schema.
	form providers.Form
	keys keys
	// cacheKey says that prompt_cache_key goes along.
	cacheKey bool
	// bound says that the answer is bounded, and completion that its bound is called max_completion_tokens.
	bound, completion bool
}

// reasoning are the names of the models that take only max_completion_tokens: o1, o3-mini, gpt-5.1 and so on, a gateway's
// prefix before them or not.
var reasoning = regexp.MustCompile(`^(?:.*/)?(?:o[1-9]|gpt-(?:[5-9]|[1-9][0-9]))(?:$|[-.])`)

// shape decides how a request goes out.
func (p *Provider) shape(req *providers.Request) shape {
	refused := p.lessons.of(req.Model)
	as := shape{
		model:      req.Model,
		schema:     req.Schema,
		cacheKey:   req.CacheKey != "" && p.dialect.CacheKey && !refused("cache key"),
		bound:      req.MaxOutputTokens > 0,
		completion: req.MaxOutputTokens > 0 && reasoning.MatchString(req.Model) != refused("bound"),
	}
	if req.Schema == nil {
		return as
	}
	if keys, err := p.schemas.keys(req.Schema, p.dialect.Rules); p.dialect.Schema != SchemaNone && err == nil &&
		!refused("schema") && !refused("schema "+req.Schema.Name) {
		as.form, as.keys = providers.FormSchema, keys
		return as
	}
	if p.dialect.JSONMode && !refused("JSON mode") && mentionsJSON(req) {
		as.form = providers.FormJSON
	}
	return as
}

// mentionsJSON reports whether the prompt has the word, without which OpenAI refuses JSON mode.
func mentionsJSON(req *providers.Request) bool {
	for _, m := range req.Messages {
		if strings.Contains(m.Content, "JSON") || strings.Contains(m.Content, "json") {
			return true
		}
	}
	return false
}

// held says what the answer shows to have been held to. Many servers take a schema and do nothing with it, so an answer that
// has not the form counts as free text, whatever was asked for. One that was cut off cannot be judged, and counts as asked.
func (as shape) held(resp *providers.Response) providers.Form {
	if as.form == providers.FormFree || resp.Finish == providers.FinishLength {
		return as.form
	}
	answer, ok := httpjson.Read([]byte(resp.Text))
	if !ok || !answer.IsObject() || as.form == providers.FormSchema && !as.keys.are(answer) {
		return providers.FormFree
	}
	return as.form
}

// keys are the properties of a schema's root, each with a number from 0.
type keys map[string]int

// are reports whether an object has all of them, each once, and no others.
func (k keys) are(object gjson.Result) bool {
	seen, n, others := make([]bool, len(k)), 0, false
	object.ForEach(func(key, _ gjson.Result) bool {
		i, known := k[key.Str]
		if others = !known || seen[i]; others {
			return false
		}
		seen[i] = true
		n++
		return true
	})
	return n == len(k) && !others
}

// maxSchemas is how many schemas a provider knows at once: one for each size of a batch and form of a value.
const maxSchemas = 1024

// schemas remembers, by name, what was found out about schemas. The zero value is ready.
type schemas struct {
	mu    sync.Mutex
	known map[string]verdict
}

type verdict struct {
	keys keys
	err  error
}

// keys returns the properties of a schema's root, or why a server with these rules cannot be sent it.
func (s *schemas) keys(schema *providers.Schema, rules providers.SchemaRules) (keys, error) {
	if schema.Name == "" {
		v := judge(schema, rules)
		return v.keys, v.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.known[schema.Name]
	if !ok {
		if s.known == nil || len(s.known) >= maxSchemas {
			s.known = make(map[string]verdict)
		}
		v = judge(schema, rules)
		s.known[schema.Name] = v
	}
	return v.keys, v.err
}

func judge(schema *providers.Schema, rules providers.SchemaRules) verdict {
	if err := rules.Check(schema); err != nil {
		return verdict{err: err}
	}
	var root struct {
		Type       any             `json:"type"`
		Properties json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(schema.JSON, &root); err != nil || root.Type != "object" {
		return verdict{err: errors.New("its root is not of type object")}
	}
	properties := gjson.ParseBytes(root.Properties)
	if !properties.IsObject() {
		return verdict{err: errors.New("its root has no properties")}
	}
	all := make(keys)
	properties.ForEach(func(key, _ gjson.Result) bool {
		all[key.Str] = len(all)
		return true
	})
	return verdict{keys: all}
}
