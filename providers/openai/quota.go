package openai

import (
	"net/http"
	"strconv"
	"time"

	"github.com/weir-ml/weir/providers"
)

const (
	// mostAllowed bounds what is believed of a limit.
	mostAllowed = 1 << 40
	// longestReset bounds what is believed of the time until a limit is whole again.
	longestReset = 24 * time.Hour
)

// quotaOf reads x-ratelimit-limit-requests and its like, which OpenAI and Azure send, and some gateways; nil where there are none.
func quotaOf(h http.Header) *providers.Quota {
	q := providers.Quota{Requests: allowance(h, "Requests"), Tokens: allowance(h, "Tokens")}
	if !q.Said() {
		return nil
	}
	return &q
}

// allowance reads one limit. What is not whole, or cannot be, counts as not said: a limit that is believed to be used up stops
// all calls.
func allowance(h http.Header, of string) providers.Allowance {
	said := h.Get("X-Ratelimit-Limit-" + of)
	if said == "" { // as most servers of one's own
		return providers.Allowance{}
	}
	limit, err := strconv.Atoi(said)
	if err != nil || limit <= 0 || limit > mostAllowed {
		return providers.Allowance{}
	}
	left, err := strconv.Atoi(h.Get("X-Ratelimit-Remaining-" + of))
	if err != nil || left < 0 {
		return providers.Allowance{}
	}
	return providers.Allowance{Limit: limit, Left: min(left, limit), Reset: reset(h.Get("X-Ratelimit-Reset-" + of))}
}

// reset reads a time until: 6m0s as OpenAI has it, or seconds. 0 for what is neither.
func reset(value string) time.Duration {
	wait, err := time.ParseDuration(value)
	if err != nil {
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || !(seconds >= 0) { // NaN too
			return 0
		}
		wait = time.Duration(min(seconds, longestReset.Seconds()) * float64(time.Second))
	}
	return min(max(wait, 0), longestReset)
}
