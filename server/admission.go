package server

import (
	"math/bits"
	"sync"
	"time"
)

// minWindowBytes is the smallest window a stream gets, however many there are.
const minWindowBytes = 64 << 10

// admission lets streams and unary calls in, and shares the bytes that the server may hold among the streams: as many streams
// as there are, that many equal parts, rounded down to a power of two so that the windows move rarely.
type admission struct {
	maxStreams  int
	heldBytes   int
	windowLimit int

	mu       sync.Mutex
	sessions map[*session]struct{}
	calls    int // unary ones
	stopping bool
	empty    chan struct{} // closed when stopping and nobody is in
	share    int
}

func newAdmission(cfg *Config) *admission {
	a := &admission{
		maxStreams:  cfg.MaxStreams,
		heldBytes:   cfg.HeldBytes,
		windowLimit: cfg.WindowBytes,
		sessions:    make(map[*session]struct{}),
		empty:       make(chan struct{}),
	}
	a.share = a.shareOf(1)
	return a
}

// windowBytes is a stream's part of the bytes that the server may hold.
func (a *admission) windowBytes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.share
}

// streams returns how many streams and unary calls are in.
func (a *admission) streams() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sessions) + a.calls
}

func (a *admission) shareOf(streams int) int {
	part := a.heldBytes / max(streams, 1)
	if part >= a.windowLimit {
		return a.windowLimit
	}
	if part <= minWindowBytes {
		return min(minWindowBytes, a.windowLimit)
	}
	return 1 << (bits.Len(uint(part)) - 1)
}

// enter lets a session in.
func (a *admission) enter(s *session) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.full(); err != nil {
		return err
	}
	a.sessions[s] = struct{}{}
	a.reshare()
	return nil
}

func (a *admission) leave(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.sessions, s)
	a.reshare()
	a.checkEmpty()
}

// enterCall lets a unary call in.
func (a *admission) enterCall() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.full(); err != nil {
		return err
	}
	a.calls++
	return nil
}

func (a *admission) leaveCall() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls--
	a.checkEmpty()
}

// full says why nobody is let in; nil where there is room.
func (a *admission) full() error {
	if a.stopping {
		return errStopping
	}
	if n := len(a.sessions) + a.calls; n >= a.maxStreams {
		return errFull(n)
	}
	return nil
}

func (a *admission) checkEmpty() {
	if a.stopping && len(a.sessions)+a.calls == 0 {
		close(a.empty)
	}
}

// catchUp gives a session that has just opened the present share.
func (a *admission) catchUp(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s.moveWindow(a.share)
}

// reshare moves every stream's window where the parts have become others.
func (a *admission) reshare() {
	share := a.shareOf(len(a.sessions))
	if share == a.share {
		return
	}
	a.share = share
	for s := range a.sessions {
		s.moveWindow(share)
	}
}

// stop lets nobody in any more and returns those who are.
func (a *admission) stop() []*session {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.stopping {
		a.stopping = true
		if len(a.sessions)+a.calls == 0 {
			close(a.empty)
		}
	}
	in := make([]*session, 0, len(a.sessions))
	for s := range a.sessions {
		in = append(in, s)
	}
	return in
}

// watchEvery is how often a session looks after its client.
func watchEvery(stall time.Duration) time.Duration {
	return min(max(stall/8, 10*time.Millisecond), time.Second)
}
