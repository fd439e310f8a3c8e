package telemetry

import (
	"sync"
	"time"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// failureEvery is how often a provider's failures of one kind are logged.
const failureEvery = time.Minute

// failures says which failures of calls are logged: the first of a provider and a kind, and one a minute from then on. It is as large
// as there are providers and kinds of errors. The zero value has logged none.
type failures struct {
	mu   sync.Mutex
	last map[failureKey]*failureCount
}

type failureKey struct {
	provider string
	kind     providers.Kind
}

type failureCount struct {
	logged time.Time
	since  int // how many were not
}

// log reports whether a failure is to be logged, and how many were not since the last one that was.
func (f *failures) log(provider string, kind providers.Kind, now time.Time) (unlogged int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		f.last = make(map[failureKey]*failureCount)
	}
	count := f.last[failureKey{provider, kind}]
	if count == nil {
		count = &failureCount{}
		f.last[failureKey{provider, kind}] = count
	}
	if !count.logged.IsZero() && now.Sub(count.logged) < failureEvery {
		count.since++
		return 0, false
	}
	unlogged = count.since
	count.logged, count.since = now, 0
	return unlogged, true
}

// failed logs that a call has failed, where that is its provider's trouble or the configuration's: without it a key that is refused
// is seen by clients alone. What a vendor says is not logged: it may repeat a record.
func (t *Telemetry) failed(call *inference.Call, err *providers.Error) {
	if err.Unsent || err.Learned || !isProvidersTrouble(err.Kind) {
		return
	}
	unlogged, ok := t.failures.log(call.Provider, err.Kind, time.Now())
	if !ok {
		return
	}
	t.log.Warn("a call has failed; the errors of its records say more", "model", call.Model, "provider", call.Provider,
		"why", err.Kind.String(), "status", err.Status, "retry_after", err.RetryAfter.String(), "calls_not_logged", unlogged)
}

// isProvidersTrouble reports whether an error is about more than the records of its call.
func isProvidersTrouble(kind providers.Kind) bool {
	switch kind {
	case providers.KindCancelled, providers.KindContextOverflow, providers.KindRefused:
		return false
	default:
		return true
	}
}
