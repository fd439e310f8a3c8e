package httpjson

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter bounds what is believed of a header; the chain waits less.
const maxRetryAfter = 24 * time.Hour

// RetryAfter returns how long the provider asks to wait: retry-after-ms, or Retry-After in seconds or as a date. 0: it
// does not say, or nothing that makes sense. Dates count from the server's own clock where it sends one, so that two
// clocks which differ do no harm.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		return sensible(ms, time.Millisecond)
	}
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return sensible(seconds, time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// sensible returns n units, at least 0 and at most maxRetryAfter; 0 for what is no number.
func sensible(n float64, unit time.Duration) time.Duration {
	if math.IsNaN(n) || n <= 0 {
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(maxRetryAfter)))
}

// RequestID returns the provider's id of the call, at most 128 bytes; empty where it gives none.
func RequestID(h http.Header) string {
	for _, name := range [...]string{"X-Request-Id", "Request-Id", "Apim-Request-Id"} {
		if id := h.Get(name); id != "" && printable(id) {
			return id[:min(len(id), 128)]
		}
	}
	return ""
}
