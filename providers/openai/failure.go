package openai

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// failure is what an error body says, whichever of the many shapes it has.
type failure struct {
	message string
	words   [2]string // type and code
	param   string    // the field that is wrong
	filters filters   // Azure's, which say what a content filter has seen
}

// readFailure reads an error body: OpenAI's {"error":{…}}, vLLM's flat {"message":…}, Ollama's {"error":"…"}, FastAPI's
// {"detail":…}, Gemini's list of one, or plain text.
func readFailure(body []byte) failure {
	var decoded any
	if err := json.Unmarshal(body, &decoded); err != nil {
		if strings.HasPrefix(strings.TrimSpace(string(body)), "<") {
			return failure{message: "an HTML page, perhaps of a proxy"}
		}
		return failure{message: string(body)}
	}
	return failureOf(decoded, 0)
}

// failureOf looks for the message in a decoded error body; depth bounds how far in.
func failureOf(v any, depth int) failure {
	switch v := v.(type) {
	case string:
		return failure{message: v}
	case []any:
		if len(v) > 0 && depth < 4 {
			return failureOf(v[0], depth+1)
		}
	case map[string]any:
		for _, inner := range [...]string{"error", "detail"} {
			if v[inner] != nil && depth < 4 {
				return failureOf(v[inner], depth+1)
			}
		}
		message, _ := v["message"].(string)
		if msg, ok := v["msg"].(string); ok && message == "" {
			message = msg
		}
		return failure{
			message: message,
			words:   [2]string{word(v["type"]), word(v["code"])},
			param:   paramOf(v),
			filters: filtersOf(v["innererror"]),
		}
	}
	return failure{}
}

// paramOf returns the field that a failure is about: OpenAI's param, or FastAPI's loc, with dots between.
func paramOf(v map[string]any) string {
	if param, ok := v["param"].(string); ok {
		return param
	}
	loc, _ := v["loc"].([]any)
	parts := make([]string, len(loc))
	for i, part := range loc {
		parts[i] = word(part)
	}
	return strings.Join(parts, ".")
}

// word returns a type or code, which some servers write as a number.
func word(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}

// known are the types and codes that say more than the status does.
var known = map[string]providers.Kind{
	"context_length_exceeded":    providers.KindContextOverflow,
	"exceed_context_size_error":  providers.KindContextOverflow, // llama.cpp
	"string_above_max_length":    providers.KindContextOverflow,
	"insufficient_quota":         providers.KindQuota,
	"billing_hard_limit_reached": providers.KindQuota,
	"billing_not_active":         providers.KindQuota,
	"model_not_found":            providers.KindUnknownModel,
	"DeploymentNotFound":         providers.KindUnknownModel, // Azure
	"content_filter":             providers.KindRefused,      // Azure
	"content_policy_violation":   providers.KindRefused,
	"invalid_prompt":             providers.KindRefused, // OpenAI's reasoning models, of a prompt against its rules
	"invalid_api_key":            providers.KindUnauthorized,
}

// meant are the statuses of types that come with status 200.
var meant = map[string]int{
	"authentication_error":  http.StatusUnauthorized,
	"permission_error":      http.StatusForbidden,
	"not_found_error":       http.StatusNotFound,
	"invalid_request_error": http.StatusBadRequest,
	"rate_limit_error":      http.StatusTooManyRequests,
	"rate_limit_exceeded":   http.StatusTooManyRequests,
}

// overflows are parts of what servers say of a prompt that is too long, in lower case.
var overflows = []string{
	"maximum context length",                // OpenAI, vLLM
	"maximum model length",                  // vLLM
	"too long to fit into the model",        // vLLM
	"exceeds the available context size",    // llama.cpp
	"context size has been exceeded",        // llama.cpp
	"is too large to process",               // llama.cpp, of a text to embed
	"exceed context window",                 // llama-cpp-python
	"exceeds context length",                // Ollama
	"exceeds the context length",            // Ollama
	"exceeds the model's context",           // LM Studio
	"with a larger context length",          // LM Studio
	"prompt is too long",                    // Anthropic
	"exceeds the maximum number of tokens",  // Gemini
	"`inputs` tokens + `max_new_tokens`",    // TGI
	"reduce the length of the messages",     // gateways that reword the rest
	"too large for model with",              // Mistral
	"maximum prompt length is",              // xAI
	"input is too long for requested model", // Bedrock
}

// classify says of what kind a failure is.
func classify(status int, f failure) providers.Kind {
	for _, word := range f.words {
		if kind, ok := known[word]; ok {
			return kind
		}
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		if strings.Contains(strings.ToLower(f.message), "out of call volume quota") { // Azure's small tiers
			return providers.KindQuota
		}
		return providers.KindUnauthorized
	case http.StatusNotFound:
		return providers.KindUnknownModel
	case http.StatusPaymentRequired:
		return providers.KindQuota
	case http.StatusTooManyRequests:
		return providers.KindRateLimited
	case http.StatusRequestEntityTooLarge:
		return providers.KindContextOverflow // of a proxy's bound: a shorter prompt helps as well
	}
	if overflown(f.message) {
		return providers.KindContextOverflow
	}
	switch {
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusConflict,
		status == http.StatusFailedDependency: // TGI, where the model's process fails
		return providers.KindUnavailable
	default:
		return providers.KindBadRequest
	}
}

// overflown reports whether a message says that the prompt is too long.
func overflown(message string) bool {
	message = strings.ToLower(message)
	for _, part := range overflows {
		if strings.Contains(message, part) {
			return true
		}
	}
	return false
}

// failure is the error of an answer that says the call failed.
func (p *Provider) failure(status int, f failure, req *providers.Request) *providers.Error {
	kind := classify(status, f)
	return &providers.Error{Kind: kind, Message: p.advise(kind, f, req, status)}
}

// failureIn200 is the error of a failure that comes with status 200: gateways and llama.cpp do that.
func (p *Provider) failureIn200(raw string, req *providers.Request) *providers.Error {
	f := readFailure([]byte(raw))
	kind := classify(f.status(), f)
	return &providers.Error{Kind: kind, Message: p.advise(kind, f, req, http.StatusOK)}
}

// status returns the status that a failure would have had: its code may be one. What says nothing is the provider's
// trouble, and may pass.
func (f failure) status() int {
	for _, word := range f.words {
		if status := meant[word]; status != 0 {
			return status
		}
		if status, err := strconv.Atoi(word); err == nil && status >= 400 && status < 600 {
			return status
		}
	}
	return http.StatusInternalServerError
}

// advise says what happened and what to do.
func (p *Provider) advise(kind providers.Kind, f failure, req *providers.Request, status int) string {
	what := fmt.Sprintf("%s answers %d", p.client.Place(), status)
	if said := p.client.Message(f.message, req); said != "" && kind != providers.KindRefused {
		what += ": " + said
	}
	switch kind {
	case providers.KindUnauthorized:
		return what + "; " + p.keyAdvice()
	case providers.KindUnknownModel:
		return what + "; " + p.notFoundAdvice(req)
	case providers.KindQuota:
		return what + "; the account has no money or quota left"
	case providers.KindContextOverflow:
		return what + "; the prompt is too long for the model: lower batch.size or shorten the records"
	case providers.KindRefused:
		return what + "; the provider's content filter refuses this prompt" + f.filters.names()
	default:
		return what
	}
}

// notFoundAdvice says what to look at when there is no such model, or no such path.
func (p *Provider) notFoundAdvice(req *providers.Request) string {
	if p.dialect.NotFound != "" {
		return p.dialect.NotFound
	}
	return fmt.Sprintf("is there a model %q, and does base_url end as it should (usually in /v1)?", req.Model)
}

// keyAdvice says what to do about credentials.
func (p *Provider) keyAdvice() string {
	if !p.client.HasKey() {
		return "no key was sent: set api_key of this provider"
	}
	return "check api_key of this provider, and what it may do"
}

// redirected is the error of a redirect. It is not followed: the key would go to wherever it points.
func (p *Provider) redirected(reply *httpjson.Reply) *providers.Error {
	target := "nowhere"
	if place := httpjson.Target(reply.Header); place != "" {
		target = "to " + place
	}
	return &providers.Error{
		Kind: providers.KindBadRequest,
		Message: fmt.Sprintf("%s answers %d, a redirect %s; weir follows none, because the key would go along: correct base_url",
			p.client.Place(), reply.Status, target),
	}
}
