// Package simulator is a model server for demos, tests and benchmarks: real HTTP, the wire formats of the vendors, answers from the
// embedded model of providers/local, and latency, limits and faults as configured. All formats are served at once:
//
//	POST /v1/chat/completions, /v1/responses, /v1/embeddings                                  OpenAI
//	POST /openai/deployments/NAME/chat/completions?api-version=V, …/embeddings, /openai/v1/…  Azure OpenAI
//	POST /v1/messages                                                                         Anthropic
//	POST /v1beta/models/NAME:generateContent, :embedContent, :batchEmbedContents              Gemini
//	POST /model/NAME/converse                                                                 Amazon Bedrock
//	POST /api/chat, /api/embed                                                                Ollama
//	POST /SERVER/v1/chat/completions, /SERVER/v1/embeddings     vllm, llamacpp, lmstudio, tgi, ollama: OpenAI's format, their words
//	GET  /v1/models             the models there are
//	GET  /stats                 the counts, see [Stats]; POST /stats/reset starts them again
//	GET  /faults                the faults to come, see [FaultPlan]; POST /faults adds to them, DELETE /faults ends them
//
// The answers are honest work: the server sees the prompt and nothing else, and answers what it finds there. What a vendor refuses
// is refused here in its words: fields that it does not know, schemas that its strict mode does not take, keys, models, prompts
// that are too long. An answer is held to a schema where one is asked for. Prompts that begin like an earlier one count as cached.
//
// It does not stream and calls no tools but one that must be called. It is no load balancer's test: one process, one address, no TLS.
package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Server is one model server. Its methods may be called by several goroutines at once.
type Server struct {
	cfg      Config
	mux      *http.ServeMux
	stats    stats
	faults   faults
	places   *places
	accounts *accounts
	cache    *cache
	number   atomic.Uint64

	// mu guards the life of the server.
	mu       sync.Mutex
	closed   chan struct{}
	handlers sync.WaitGroup
	listener net.Listener
	http     *http.Server
	served   chan struct{}
}

// New makes a server. It serves as an http.Handler at once, and on an address of its own after Start. A problem of cfg is
// Start's error; a server that is only a handler needs a cfg that has passed Validate.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg.withDefaults(), mux: http.NewServeMux(), closed: make(chan struct{})}
	s.places = newPlaces(s.cfg)
	s.accounts = newAccounts(s.cfg)
	s.cache = newCache()
	s.faults.rates = s.cfg.Faults
	for pattern, dialect := range dialects() {
		s.mux.HandleFunc("POST "+pattern, s.serve(dialect))
	}
	s.mux.HandleFunc("GET /v1/models", s.models)
	s.mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, s.Stats()) })
	s.mux.HandleFunc("POST /stats/reset", s.resetStats)
	s.mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, s.faults.plan()) })
	s.mux.HandleFunc("POST /faults", s.addFaults)
	s.mux.HandleFunc("DELETE /faults", s.clearFaults)
	return s
}

// Start listens on addr, such as "127.0.0.1:9349"; port 0 takes a free one. It returns as soon as calls are taken; Close
// ends it. A server starts once.
func (s *Server) Start(addr string) error {
	if err := s.cfg.Validate(); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("the simulator cannot listen: %w", err)
	}
	return s.StartOn(listener)
}

// StartOn is Start with a listener of the caller's, such as a [Pipe]. The server closes it, at once where it does not start.
func (s *Server) StartOn(listener net.Listener) error {
	if err := s.cfg.Validate(); err != nil {
		_ = listener.Close()
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil || s.isClosed() {
		_ = listener.Close()
		return errors.New("the simulator was started or closed before: make a new one")
	}
	s.listener, s.served = listener, make(chan struct{})
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: 64 << 10}
	go func() {
		defer close(s.served)
		// It ends with Close, or with the listener, which then tells the next client.
		_ = s.http.Serve(listener)
	}()
	return nil
}

// Addr is the address that the server listens on; "" before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// URL is the base URL for clients, http://ADDRESS/v1; "" before Start.
func (s *Server) URL() string {
	addr := s.Addr()
	if addr == "" {
		return ""
	}
	return "http://" + addr + "/v1"
}

// Close ends the server at once: calls in flight lose their connection. It waits until all handlers have returned. It may
// be called twice, and without Start.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.isClosed() {
		close(s.closed)
	}
	server, served := s.http, s.served
	s.mu.Unlock()
	var err error
	if server != nil {
		err = server.Close()
		<-served
	}
	s.handlers.Wait()
	return err
}

func (s *Server) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// ServeHTTP serves all endpoints.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		plain(http.StatusServiceUnavailable, "The simulator is closed.").send(w)
		return
	}
	defer s.handlers.Done()
	s.mux.ServeHTTP(w, r)
}

// enter counts a handler, unless the server is closed: Close must not wait while new ones come.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return false
	}
	s.handlers.Add(1)
	return true
}

// Stats returns the counts.
func (s *Server) Stats() Stats {
	shot := s.stats.snapshot()
	shot.ByKey = s.accounts.calls()
	return shot
}

// ResetStats starts the counts again.
func (s *Server) ResetStats() {
	s.stats.reset()
	s.accounts.reset()
}

// Inject adds faults, as POST /faults does. A plan with a problem changes nothing.
func (s *Server) Inject(plan FaultPlan) error { return s.faults.add(plan) }

// ClearFaults ends all faults, those of the Config included.
func (s *Server) ClearFaults() { s.faults.clear() }

func (s *Server) resetStats(w http.ResponseWriter, _ *http.Request) {
	s.ResetStats()
	sendJSON(w, s.Stats())
}

func (s *Server) addFaults(w http.ResponseWriter, r *http.Request) {
	var plan FaultPlan
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&plan)
	if err == nil {
		err = s.Inject(plan)
	}
	if err != nil {
		plain(http.StatusBadRequest, err.Error()).send(w)
		return
	}
	sendJSON(w, s.faults.plan())
}

func (s *Server) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.ClearFaults()
	sendJSON(w, s.faults.plan())
}

func sendJSON(w http.ResponseWriter, v any) {
	reply{status: http.StatusOK, kind: jsonKind, body: encode(v)}.send(w)
}

// id is unlike that of other servers and other calls.
func (s *Server) id(number uint64) string {
	return strconv.FormatUint(s.cfg.Seed, 36) + "-" + strconv.FormatUint(number, 36)
}

// reset ends the connection with a TCP reset, where there is one to end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		plain(http.StatusInternalServerError, "The simulator cannot reset this connection.").send(w)
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Without lingering, closing sends a reset instead of a proper end.
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
