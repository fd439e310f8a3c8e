package drivers

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/weir-ml/weir/providers"
)

// maxReset bounds what is believed of a limit's reset: a day, the longest window that vendors count by.
const maxReset = 24 * time.Hour

// AllowanceHeaders are the names of the headers that say one limit.
type AllowanceHeaders struct{ Limit, Left, Reset string }

// Allowance reads one limit. What is no number, or cannot be, has not been said; a reset is a time as of RFC 3339, and counts from
// the server's own clock where it sends one.
func Allowance(h http.Header, names AllowanceHeaders, now time.Time) providers.Allowance {
	limit, ok := count(h.Get(names.Limit))
	left, okLeft := count(h.Get(names.Left))
	if !ok || !okLeft || limit == 0 {
		return providers.Allowance{}
	}
	return providers.Allowance{Limit: limit, Left: left, Reset: reset(h, names.Reset, now)}
}

// count reads a number of calls or tokens.
func count(s string) (int, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, false
	}
	return int(n), true
}

func reset(h http.Header, name string, now time.Time) time.Duration {
	at, err := time.Parse(time.RFC3339, h.Get(name))
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return min(max(at.Sub(now), 0), maxReset)
}
