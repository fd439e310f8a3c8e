package openai

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-ml/weir/providers"
)

const (
	// lessonLife is how long something is left out that a server has refused. Then it is tried once more: servers are updated.
	lessonLife = time.Hour
	// maxLessons bounds what is remembered; at the bound all is forgotten, which costs a call for each.
	maxLessons = 512
)

// lessons are what the server has refused, by model. The zero value is none.
type lessons struct {
	mu    sync.Mutex
	until map[lesson]time.Time
}

type lesson struct{ model, what string }

// of returns whether something has been refused for a model of late.
func (l *lessons) of(model string) func(what string) bool {
	return func(what string) bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		until, ok := l.until[lesson{model, what}]
		return ok && time.Now().Before(until)
	}
}

func (l *lessons) add(model, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil || len(l.until) >= maxLessons {
		l.until = make(map[lesson]time.Time)
	}
	l.until[lesson{model, what}] = time.Now().Add(lessonLife)
}

// teaching are the statuses with which servers refuse a field: OpenAI 400, FastAPI and TGI 422, and those that fail at it.
var teaching = []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusNotImplemented}

// What servers call the things that weir has added by itself, in lower case.
var (
	schemaWords = []string{
		"response_format", "response format", "json_schema", "json schema", "invalid schema", "structured_output",
		"structured output", "text.format", "grammar", "guided",
	}
	jsonWords    = []string{"response_format", "response format", "json_object", "json mode", "text.format"}
	refusalWords = []string{"unsupported", "not supported", "unrecognized", "unknown", "extra inputs", "not permitted", "unexpected"}
)

// learn looks whether a failure is about something that weir has added by itself, remembers that, and reports whether the
// same call would go out differently now. The name of the bound is changed to the other one, because without it the answer
// would have none.
func (p *Provider) learn(kind providers.Kind, status int, f failure, as shape) bool {
	about := kind == providers.KindBadRequest || kind == providers.KindUnavailable
	if !about || !slices.Contains(teaching, status) {
		return false
	}
	said := strings.ToLower(f.param + " " + f.message)
	var what string
	switch {
	case as.form == providers.FormSchema && mentions(said, schemaWords):
		what = refusedSchema(said, as)
	case as.form == providers.FormJSON && mentions(said, jsonWords):
		what = "JSON mode"
	case as.cacheKey && strings.Contains(said, "prompt_cache_key"):
		what = "cache key"
	case as.bound && strings.Contains(said, as.boundName()) && mentions(said, refusalWords):
		return p.otherBound(as)
	default:
		return false
	}
	p.lessons.add(as.model, what)
	return true
}

// refusedSchema tells a schema that the server does not like from a server that likes none.
func refusedSchema(said string, as shape) string {
	if strings.Contains(said, "invalid schema") || strings.Contains(said, "grammar") {
		return "schema " + as.schema.Name
	}
	return "schema"
}

// boundName is how the bound of the answer was called.
func (as shape) boundName() string {
	if as.completion {
		return "max_completion_tokens"
	}
	return "max_tokens"
}

// otherBound has the bound called by its other name from now on, unless that is what was refused.
func (p *Provider) otherBound(as shape) bool {
	if as.completion != reasoning.MatchString(as.model) {
		return false
	}
	p.lessons.add(as.model, "bound")
	return true
}

func mentions(said string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(said, word) })
}
