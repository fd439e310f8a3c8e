package bedrock

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// failure is what an error says: its name, in a header or in the body, and a message.
type failure struct {
	name, message string
	status        int
}

// readFailure reads an error, or the text of what is none, such as a proxy's page.
func readFailure(reply *httpjson.Reply) failure {
	f := failure{name: errorName(reply.Header.Get("X-Amzn-Errortype")), status: reply.Status}
	var b struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"` // Message too: names are read without case
	}
	if json.Unmarshal(reply.Body, &b) != nil {
		f.message = drivers.Text(reply.Body)
		return f
	}
	f.message = b.Message
	for _, name := range [...]string{b.Type, b.Code} {
		if f.name == "" {
			f.name = errorName(name)
		}
	}
	return f
}

// errorName returns the name in com.amazon.coral#Name or Name:http://internal….
func errorName(s string) string {
	if i := strings.LastIndexByte(s, '#'); i >= 0 {
		s = s[i+1:]
	}
	name, _, _ := strings.Cut(s, ":")
	return strings.TrimSpace(name)
}

// kinds are the names that mean the same whatever the message says. The rest is said by the status.
var kinds = map[string]providers.Kind{
	"ThrottlingException":                 providers.KindRateLimited,
	"ServiceQuotaExceededException":       providers.KindRateLimited, // of calls at once or tokens; AWS says to try later
	"ModelNotReadyException":              providers.KindUnavailable, // a 429, but nobody is too quick
	"ModelTimeoutException":               providers.KindTimeout,
	"ModelErrorException":                 providers.KindUnavailable, // a 424
	"ModelStreamErrorException":           providers.KindUnavailable,
	"InternalServerException":             providers.KindUnavailable,
	"InternalFailure":                     providers.KindUnavailable,
	"ServiceUnavailableException":         providers.KindUnavailable,
	"ConflictException":                   providers.KindUnavailable,
	"AccessDeniedException":               providers.KindUnauthorized,
	"UnrecognizedClientException":         providers.KindUnauthorized,
	"ExpiredTokenException":               providers.KindUnauthorized,
	"InvalidSignatureException":           providers.KindUnauthorized,
	"SignatureDoesNotMatch":               providers.KindUnauthorized,
	"IncompleteSignatureException":        providers.KindUnauthorized,
	"IncompleteSignature":                 providers.KindUnauthorized,
	"MissingAuthenticationTokenException": providers.KindUnauthorized,
	"InvalidClientTokenId":                providers.KindUnauthorized,
	"NotAuthorized":                       providers.KindUnauthorized,
	"OptInRequired":                       providers.KindUnauthorized,
	"RequestExpired":                      providers.KindUnauthorized,
	"FTUFormNotFilled":                    providers.KindUnauthorized, // a 404: Anthropic's form about the use case
	"ResourceNotFoundException":           providers.KindUnknownModel,
	"RequestEntityTooLargeException":      providers.KindContextOverflow,
}

// Parts of messages that say more than the name does, in lower case.
var (
	overflows = []string{
		"input is too long", "prompt is too long", "too many input tokens", "maximum context length", "exceed context limit",
		"exceeds the maximum number of tokens", "input tokens exceed", "exceeds the model's maximum",
	}
	strangers = []string{
		"model identifier is invalid", "on-demand throughput", "end of its life", "model is not supported in this region",
	}
	poor     = []string{"too many tokens per day", "invalid_payment_instrument", "payment instrument"}
	nameless = []string{"use case details have not been submitted"}
)

// classify says of what kind a failure is.
func (f failure) classify() providers.Kind {
	switch {
	case drivers.Says(f.message, poor):
		return providers.KindQuota
	case drivers.Says(f.message, overflows):
		return providers.KindContextOverflow
	case drivers.Says(f.message, strangers):
		return providers.KindUnknownModel
	case drivers.Says(f.message, nameless):
		return providers.KindUnauthorized
	}
	if kind, ok := kinds[f.name]; ok {
		return kind
	}
	switch f.status {
	case http.StatusOK:
		return providers.KindUnavailable // it says nothing: the provider's trouble, which may pass
	case http.StatusFailedDependency:
		return providers.KindUnavailable
	}
	return drivers.KindOf(f.status)
}

// Parts of what Bedrock says of extras that a model does not take, in lower case.
var (
	noCache  = []string{"prompt caching", "cachepoint", "cache_control"}
	noSchema = []string{
		"outputconfig", "output_config", "textformat", "toolconfig", "toolchoice", "tool_choice", "tool use", "schema", "grammar",
	}
)

// failed is the error of an answer that says the call failed. One that an extra is to blame for is repeated without it.
func (p *Provider) failed(f failure, c call) *providers.Error {
	kind := f.classify()
	if extra := p.refusal(kind, f, c); extra != "" {
		return p.advice.Without(extra, f.status)
	}
	advice, said := p.advice, c.sign.hide(f.message)
	if c.sign != nil {
		advice.NoKey = "check access_key_id, secret_access_key and session_token of this provider, its region, and what they may do"
	}
	if strings.Contains(f.name, "Signature") && c.sign != nil {
		// AWS repeats the whole request here.
		said = "the signature does not match: a wrong secret_access_key or region, a clock that is wrong, or a proxy that changes the call"
	}
	return advice.Failed(kind, said, f.status, c.req)
}

// refusal remembers what a call is refused for, and names it; "": something else. A cache point is refused with a 403 or a 400.
func (p *Provider) refusal(kind providers.Kind, f failure, c call) string {
	switch {
	case kind != providers.KindBadRequest && kind != providers.KindUnauthorized:
		return ""
	case c.caching && drivers.Says(f.message, noCache):
		p.refused.Add(cacheRefusal(c.req))
		return "cache points"
	case c.as != free && kind == providers.KindBadRequest && drivers.Says(f.message, noSchema):
		p.refused.Add(schemaRefusal(c.req))
		return "this schema"
	default:
		return ""
	}
}
