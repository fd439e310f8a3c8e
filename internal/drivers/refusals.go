package drivers

import (
	"sync"
	"time"
)

const (
	// maxRefusals is how many refusals are remembered: one for each model and schema.
	maxRefusals = 256
	// refusalLasts is how long. Vendors learn, so it is tried again.
	refusalLasts = time.Hour
)

// Refusals remembers what a provider has refused, so that it is not sent again: at most 256 things for an hour each; where there
// are more, the oldest is forgotten. The zero value is empty. Its methods may be called by several goroutines at once; none waits.
type Refusals struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// Add remembers that thing was refused.
func (r *Refusals) Add(thing string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	if _, known := r.until[thing]; !known && len(r.until) >= maxRefusals {
		r.forgetOldest()
	}
	r.until[thing] = time.Now().Add(refusalLasts)
}

// forgetOldest makes room for one. r.mu is held.
func (r *Refusals) forgetOldest() {
	oldest, at := "", time.Time{}
	for thing, until := range r.until {
		if oldest == "" || until.Before(at) {
			oldest, at = thing, until
		}
	}
	delete(r.until, oldest)
}

// Has reports whether thing is remembered.
func (r *Refusals) Has(thing string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, known := r.until[thing]
	return known && time.Now().Before(until)
}
