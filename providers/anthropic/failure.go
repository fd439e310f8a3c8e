package anthropic

import (
	"encoding/json"
	"net/http"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// failure is what an error body says: {"type":"error","error":{"type":…,"message":…},"request_id":…}.
type failure struct {
	kind, message, requestID string
}

// readFailure reads an error body, or the text of what is none, such as a proxy's page.
func readFailure(body []byte) failure {
	var b struct {
		Error     json.RawMessage `json:"error"`
		Message   string          `json:"message"` // of gateways
		RequestID string          `json:"request_id"`
	}
	if json.Unmarshal(body, &b) != nil {
		return failure{message: drivers.Text(body)}
	}
	f := failure{message: b.Message, requestID: drivers.ID(b.RequestID)}
	var inner struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	var text string
	switch {
	case json.Unmarshal(b.Error, &inner) == nil:
		f.kind, f.message = inner.Type, inner.Message
	case json.Unmarshal(b.Error, &text) == nil:
		f.message = text
	}
	return f
}

// kinds are the types of errors that mean the same whatever their message says.
var kinds = map[string]providers.Kind{
	"authentication_error": providers.KindUnauthorized,
	"permission_error":     providers.KindUnauthorized,
	"not_found_error":      providers.KindUnknownModel,
	"request_too_large":    providers.KindContextOverflow,
	"billing_error":        providers.KindQuota,
	"api_error":            providers.KindUnavailable,
	"overloaded_error":     providers.KindUnavailable,
	"conflict_error":       providers.KindUnavailable,
	"timeout_error":        providers.KindTimeout,
	"rate_limit_error":     providers.KindRateLimited,
}

// overflows are parts of what the API says of a prompt that is too long, in lower case.
var overflows = []string{"prompt is too long", "exceed context limit", "exceeds the context window", "maximum context length"}

// poor are parts of what the API says, with status 400 or 429, where money is lacking.
var poor = []string{"credit balance is too low", "reached your specified api usage limits", "spend limit", "usage limits. you will regain"}

// filtered are parts of what the API says, with status 400, where its filter holds an answer back.
var filtered = []string{"blocked by content filtering policy"}

// classify says of what kind a failure is.
func classify(status int, f failure) providers.Kind {
	switch {
	case drivers.Says(f.message, poor):
		return providers.KindQuota
	case drivers.Says(f.message, overflows):
		return providers.KindContextOverflow
	case drivers.Says(f.message, filtered):
		return providers.KindRefused
	}
	if kind, ok := kinds[f.kind]; ok {
		return kind
	}
	return drivers.KindOf(status)
}

// schemas are parts of what the API says of a schema that it does not take, in lower case.
var schemas = []string{
	"output_config.format", "output_format", "compiled grammar", "too complex for compilation", "too many recursive", "optional parameters",
	"strict tools", "tools.0", "tool_choice", "structured output",
}

// failed is the error of an answer that says the call failed. One that the request's schema is to blame for is repeated without it.
func (p *Provider) failed(kind providers.Kind, f failure, status int, c call) *providers.Error {
	e := p.advice.Failed(kind, f.message, status, c.req)
	if kind == providers.KindBadRequest && c.as != free && drivers.Says(f.message, schemas) {
		p.refused.Add(refusal(c.req))
		e = p.advice.Without("this schema", status)
	}
	e.RequestID = f.requestID
	return e
}

// failedIn200 is the error of a failure that comes with status 200. One that says nothing is the provider's trouble, and may pass.
func (p *Provider) failedIn200(reply *httpjson.Reply, c call) *providers.Error {
	f := readFailure(reply.Body)
	status := http.StatusInternalServerError
	if f.kind == "invalid_request_error" {
		status = http.StatusBadRequest
	}
	return p.failed(classify(status, f), f, http.StatusOK, c)
}
