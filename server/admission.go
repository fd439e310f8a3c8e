package server

import (
	"math/bits"
	"sync"
	"time"
)

// minWindowBytes is the smallest window a stream gets, however many there are.
const minWindowBytes = 64 << 10

// admission lets streams in and shares the bytes that the server may hold among them: as many streams as there are, that
// many equal parts, rounded down to a power of two so that the windows move rarely. PredictBatch calls count as streams.
type admission struct {
	maxStreams  int
	heldBytes   int
	windowLimit int

	mu       sync.Mutex
	sessions map[*session]struct{}
	batches  int // PredictBatch calls
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

// streams returns how many streams and PredictBatch calls are in.
func (a *admission) streams() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sessions) + a.batches
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

// enter lets a session in, or a PredictBatch call where s is nil.
func (a *admission) enter(s *session) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopping {
		return errStopping
	}
	if n := len(a.sessions) + a.batches; n >= a.maxStreams {
		return errFull(n)
	}
	if s == nil {
		a.batches++
	} else {
		a.sessions[s] = struct{}{}
	}
	a.reshare()
	return nil
}

func (a *admission) leave(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s == nil {
		a.batches--
	} else {
		delete(a.sessions, s)
	}
	a.reshare()
	if a.stopping && len(a.sessions)+a.batches == 0 {
		close(a.empty)
	}
}

// reshare moves every stream's window where the parts have become others.
func (a *admission) reshare() {
	share := a.shareOf(len(a.sessions) + a.batches)
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
		if len(a.sessions)+a.batches == 0 {
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
