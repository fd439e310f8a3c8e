package simulator

import (
	"maps"
	"strconv"
	"sync"
)

// Stats are the counts since the start or the last reset.
type Stats struct {
	// Calls is how many completions were asked for, refused ones included.
	Calls int `json:"calls"`
	// Answered is how many got an answer with status 200, however distorted.
	Answered int `json:"answered"`
	// PromptTokens and CompletionTokens are those of answered calls, as their usage says.
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	// CachedTokens are those of PromptTokens that were found in the cache of prompts.
	CachedTokens int `json:"cached_tokens"`
	// InFlight is how many calls are being worked on now, and MostConcurrent the most there were at once.
	InFlight       int `json:"in_flight"`
	MostConcurrent int `json:"most_concurrent"`
	// ByStatus counts calls by how they ended: an HTTP status, "reset", or "gone" where the client did not wait.
	ByStatus map[string]int `json:"by_status"`
	// ByFault counts the faults that calls met.
	ByFault map[Fault]int `json:"by_fault"`
	// ByKey counts the calls of each key that were within its limits, in the order of Config.APIKey; nil where no key is asked
	// for.
	ByKey []int `json:"by_key,omitempty"`
}

// How calls end without a status.
const (
	endReset = "reset"
	endGone  = "gone"
)

// stats counts. A call is counted before its answer is sent, so that a client that has its answer finds it counted.
type stats struct {
	mu sync.Mutex
	Stats
}

func (s *stats) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls++
}

func (s *stats) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.InFlight++
	s.MostConcurrent = max(s.MostConcurrent, s.InFlight)
}

func (s *stats) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.InFlight--
}

func (s *stats) met(fault Fault) {
	if fault == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ByFault == nil {
		s.ByFault = map[Fault]int{}
	}
	s.ByFault[fault]++
}

func (s *stats) end(how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(how)
}

func (s *stats) answered(status int, used usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Answered++
	s.PromptTokens += used.prompt
	s.CompletionTokens += used.completion
	s.CachedTokens += used.cached
	s.count(strconv.Itoa(status))
}

func (s *stats) count(how string) {
	if s.ByStatus == nil {
		s.ByStatus = map[string]int{}
	}
	s.ByStatus[how]++
}

func (s *stats) snapshot() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	shot := s.Stats
	shot.ByStatus, shot.ByFault = maps.Clone(s.ByStatus), maps.Clone(s.ByFault)
	return shot
}

// reset starts again; calls in flight stay in flight.
func (s *stats) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Stats = Stats{InFlight: s.InFlight, MostConcurrent: s.InFlight}
}
