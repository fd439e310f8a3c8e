package providers

import (
	"context"
	"sync"
)

// errAway is why a call does not wait for a place: nobody would leave one. It was made in the place of nobody.
func errAway() *Error {
	return &Error{Kind: KindUnavailable, Message: "not sent: all calls of its provider wait for other models", Unsent: true}
}

// elsewhere enters another limit for a call that keeps its place in l, and waits for that until ctx ends, or until all who have
// a place there wait elsewhere too. Models that fall back to each other would else wait for each other for ever when both of their
// providers fail. l may be nil.
func (l *Limit) elsewhere(ctx context.Context, other *Limit) *Error {
	w := &visitor{limit: other, entered: make(chan struct{})}
	if other.Enter(w.ready) {
		return nil
	}
	l.away(1)
	defer l.away(-1)
	select {
	case <-w.entered:
		return nil
	case <-ctx.Done():
		return w.giveUp(ended(ctx, nil))
	case <-other.deserted():
		return w.giveUp(errAway())
	}
}

// visitor waits for a place.
type visitor struct {
	limit   *Limit
	entered chan struct{} // closed when it has one

	mu   sync.Mutex
	gone bool
}

func (w *visitor) ready() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone { // a place cannot be declined before it is there
		w.limit.Leave()
		return
	}
	close(w.entered)
}

// giveUp returns why, or nil if there is a place in the same moment.
func (w *visitor) giveUp(why *Error) *Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.entered:
		return nil
	default:
		w.gone = true
		return why
	}
}

// away counts those who have a place and wait elsewhere.
func (l *Limit) away(change int) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.absent += change
	if l.isDeserted() && l.empty != nil {
		close(l.empty)
		l.empty = nil
	}
}

// deserted is closed when everybody who has a place waits elsewhere.
func (l *Limit) deserted() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.empty == nil {
		l.empty = make(chan struct{})
	}
	empty := l.empty
	if l.isDeserted() {
		close(l.empty)
		l.empty = nil
	}
	return empty
}

// isDeserted reports whether all places are taken by those who wait elsewhere. l.mu is held.
func (l *Limit) isDeserted() bool { return l.inside >= l.most && l.absent >= l.inside }
