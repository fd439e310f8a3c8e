package gemini

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/providers"
)

// failure is what a google.rpc.Status says.
type failure struct {
	code    int
	status  string // such as INVALID_ARGUMENT
	message string
	reason  string // of an ErrorInfo, such as API_KEY_INVALID
	quotas  string // the quotas that a QuotaFailure names, one after another
	delay   time.Duration
}

// detail is what weir reads of the details of a google.rpc.Status: ErrorInfo, QuotaFailure and RetryInfo.
type detail struct {
	Reason     string `json:"reason"`
	RetryDelay string `json:"retryDelay"`
	Violations []struct {
		QuotaID     string `json:"quotaId"`
		Description string `json:"description"`
	} `json:"violations"`
}

// readFailure reads {"error":{…}}, also as the only element of a list, or the text of what is none, such as a proxy's page.
func readFailure(body []byte) failure {
	var b struct {
		Error struct {
			Code    int      `json:"code"`
			Status  string   `json:"status"`
			Message string   `json:"message"`
			Details []detail `json:"details"`
		} `json:"error"`
	}
	if err := json.Unmarshal(unlisted(body), &b); err != nil && b.Error.Status == "" {
		return failure{message: drivers.Text(body)}
	}
	f := failure{code: b.Error.Code, status: b.Error.Status, message: b.Error.Message}
	for _, d := range b.Error.Details {
		if d.Reason != "" {
			f.reason = d.Reason
		}
		if delay, err := time.ParseDuration(d.RetryDelay); err == nil {
			f.delay = min(max(delay, 0), maxDelay)
		}
		for _, v := range d.Violations {
			f.quotas += v.QuotaID + " " + v.Description + " "
		}
	}
	return f
}

// maxDelay bounds what is believed of a delay; the chain waits less.
const maxDelay = 24 * time.Hour

// unlisted returns the inside of a list of one.
func unlisted(body []byte) []byte {
	body = bytes.TrimSpace(body)
	if bytes.HasPrefix(body, []byte("[")) && bytes.HasSuffix(body, []byte("]")) {
		return body[1 : len(body)-1]
	}
	return body
}

// kinds are the codes of google.rpc that mean the same whatever the message says. The codes that are left are those of statuses.
var kinds = map[string]providers.Kind{
	"UNAUTHENTICATED":    providers.KindUnauthorized,
	"PERMISSION_DENIED":  providers.KindUnauthorized,
	"NOT_FOUND":          providers.KindUnknownModel,
	"RESOURCE_EXHAUSTED": providers.KindRateLimited,
	"DEADLINE_EXCEEDED":  providers.KindTimeout,
	"UNAVAILABLE":        providers.KindUnavailable,
	"INTERNAL":           providers.KindUnavailable,
	"UNKNOWN":            providers.KindUnavailable,
	"ABORTED":            providers.KindUnavailable,
	"CANCELLED":          providers.KindUnavailable,
}

// reasons say more than the code: a wrong key is an INVALID_ARGUMENT with status 400.
var reasons = map[string]providers.Kind{
	"API_KEY_INVALID":         providers.KindUnauthorized,
	"API_KEY_SERVICE_BLOCKED": providers.KindUnauthorized,
	"ACCESS_TOKEN_EXPIRED":    providers.KindUnauthorized,
	"BILLING_DISABLED":        providers.KindQuota,
}

// overflows are parts of what Google says of a prompt that is too long, in lower case.
var overflows = []string{"exceeds the maximum number of tokens", "token count exceeds", "payload size exceeds the limit"}

// spent are parts of what a 429 says that no wait of minutes helps with: quotas of a day, free tiers of nothing, and money.
var spent = []string{"perday", "per day", "limit: 0", "credits are depleted", "spending cap", "spend cap"}

// classify says of what kind a failure is; status is that of HTTP, or 0 where it came with a 200.
func (f failure) classify(status int) providers.Kind {
	if kind, ok := reasons[f.reason]; ok {
		return kind
	}
	if drivers.Says(f.message, overflows) {
		return providers.KindContextOverflow
	}
	kind, ok := kinds[f.status]
	switch {
	case ok:
	case status == 0:
		kind = providers.KindUnavailable // it says nothing: the provider's trouble, which may pass
	default:
		kind = drivers.KindOf(status)
	}
	if kind == providers.KindRateLimited && drivers.Says(f.quotas+f.message, spent) {
		return providers.KindQuota
	}
	return kind
}

// noJSON are parts of what Google says where a model has no JSON, and noSchema of a schema that it does not take, in lower case.
var (
	noJSON   = []string{"json mode is not", "response_mime_type", "responsemimetype", "response mime type"}
	noSchema = []string{"schema", "too many states", "constraint"}
)

// failed is the error of an answer that says the call failed. One that the request's schema is to blame for is repeated with less.
func (p *Provider) failed(kind providers.Kind, f failure, status int, c call) *providers.Error {
	e := p.advice.Failed(kind, f.message, status, c.req)
	if kind == providers.KindBadRequest && c.as != providers.FormFree {
		if extra := p.refusal(f.message, c); extra != "" {
			e = p.advice.Without(extra, status)
		}
	}
	e.RetryAfter = f.delay
	return e
}

// refusal remembers what a bad request is refused for, and names it; "": something else.
func (p *Provider) refusal(message string, c call) string {
	switch {
	case drivers.Says(message, noJSON):
		p.refused.Add(jsonRefusal(c.req))
		return "answers in JSON"
	case c.as == providers.FormSchema && drivers.Says(message, noSchema):
		p.refused.Add(schemaRefusal(c.req))
		return "this schema"
	default:
		return ""
	}
}
