// Package server speaks gRPC: it turns the messages of the contract into records for package inference and the results
// into messages, in order and under flow control. It is the only library package that knows the generated code. It does not
// know what a batch, a prompt or a provider is, and reads no configuration file.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
)

// Defaults of Config.
const (
	DefaultWindowRecords = 2048
	DefaultWindowBytes   = 16 << 20
	DefaultHeldBytes     = 256 << 20
	DefaultMaxStreams    = 1024
	DefaultStallTimeout  = 2 * time.Minute
	DefaultDrainTimeout  = 30 * time.Second
)

// The transport's bounds. The HTTP/2 windows are pinned: left alone, gRPC grows them to 16 MiB a connection, and everything
// in them is records that the server has not counted yet.
const (
	maxMessageBytes   = 16 << 20
	streamWindowBytes = 256 << 10
	connWindowBytes   = 1 << 20
	maxHeaderBytes    = 64 << 10
	connectTimeout    = 20 * time.Second
	ioBufferBytes     = 16 << 10
	keepaliveMinTime  = 10 * time.Second
	keepaliveTime     = 2 * time.Minute
	keepaliveTimeout  = 20 * time.Second
	stopAfterDrain    = 2 * time.Second
	maxClientName     = 128
	maxClientVersion  = 64
)

// Config says what a Server serves. Engine is required; a zero bound takes its default.
type Config struct {
	Engine *inference.Engine
	// Version is the program's, for clients.
	Version string
	// WindowRecords and WindowBytes are the most that one stream may have unanswered. When a stream's window is full the
	// server does not read it.
	WindowRecords, WindowBytes int
	// HeldBytes is the most record bytes of all streams together. With many streams each one's window shrinks, down to
	// 64 KiB.
	HeldBytes int
	// MaxStreams is how many streams may be open; a further one is refused with RESOURCE_EXHAUSTED and RetryInfo.
	MaxStreams int
	// StallTimeout is how long a client may let a message of the server wait unread, and how long it may take to start.
	StallTimeout time.Duration
	// DrainTimeout is how long Shutdown lets the streams answer what they have accepted.
	DrainTimeout time.Duration
	// TLS is the server's certificate; nil means plain text.
	TLS *tls.Config
	// Token returns the bearer token that clients must send; nil, or an empty one, means that none is asked for.
	Token func() string
	// Logger gets what an operator wants to know; nil means slog.Default().
	Logger *slog.Logger
	// Hooks are told what happens.
	Hooks Hooks
	// Options are further options of the gRPC server, for telemetry.
	Options []grpc.ServerOption
}

// Hooks tell an observer what happens to streams. Every function may be nil; they must not wait.
type Hooks struct {
	// StreamStarted is called when a stream has its model, StreamEnded when it ends.
	StreamStarted func(model, client, clientVersion string)
	StreamEnded   func(model string, err error)
}

func (h *Hooks) started(o *opened) {
	if h.StreamStarted != nil {
		h.StreamStarted(o.engine.Model(), o.client.GetName(), o.client.GetVersion())
	}
}

func (h *Hooks) ended(model string, err error) {
	if h.StreamEnded != nil {
		h.StreamEnded(model, err)
	}
}

// Server serves the contract, the standard health service and server reflection. Serve may be called for several
// listeners; a Server that has been shut down cannot be used again.
type Server struct {
	cfg       Config
	admission *admission
	grpc      *grpc.Server
	health    *health.Server
	goes      sync.WaitGroup // the readers and writers of sessions
	stopping  sync.Once
}

// New returns a Server.
func New(cfg Config) *Server {
	setDefaults(&cfg)
	s := &Server{cfg: cfg, admission: newAdmission(&cfg), health: health.NewServer()}
	s.grpc = grpc.NewServer(append(s.transport(), cfg.Options...)...)
	weirv1.RegisterInferenceServiceServer(s.grpc, &service{server: s})
	healthv1.RegisterHealthServer(s.grpc, s.health)
	reflection.Register(s.grpc)
	return s
}

func setDefaults(cfg *Config) {
	for value, standard := range map[*int]int{
		&cfg.WindowRecords: DefaultWindowRecords,
		&cfg.WindowBytes:   DefaultWindowBytes,
		&cfg.HeldBytes:     DefaultHeldBytes,
		&cfg.MaxStreams:    DefaultMaxStreams,
	} {
		if *value <= 0 {
			*value = standard
		}
	}
	if cfg.StallTimeout <= 0 {
		cfg.StallTimeout = DefaultStallTimeout
	}
	if cfg.DrainTimeout <= 0 {
		cfg.DrainTimeout = DefaultDrainTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
}

func (s *Server) transport() []grpc.ServerOption {
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.ForceServerCodecV2(newBoundedCodec()),
		grpc.StaticStreamWindowSize(streamWindowBytes),
		grpc.StaticConnWindowSize(connWindowBytes),
		grpc.MaxConcurrentStreams(uint32(min(s.cfg.MaxStreams+1, 1<<16))), //nolint:gosec // bounded
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.ConnectionTimeout(connectTimeout),
		grpc.ReadBufferSize(ioBufferBytes),
		grpc.WriteBufferSize(ioBufferBytes),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveMinTime, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.WaitForHandlers(true),
		grpc.ChainUnaryInterceptor(s.authorizeUnary),
		grpc.ChainStreamInterceptor(s.authorizeStream),
	}
	if s.cfg.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.cfg.TLS)))
	}
	return options
}

// Serve serves a listener until Shutdown or Close; it then returns nil.
func (s *Server) Serve(listener net.Listener) error {
	err := s.grpc.Serve(listener)
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	}
	return nil
}

// Streams returns how many streams are open.
func (s *Server) Streams() int { return s.admission.streams() }

// Shutdown stops the server without losing what it has accepted: it refuses new streams, reads no more records, sends what
// is gathered on its way, and waits until every stream has its results, for at most DrainTimeout or until ctx ends. What is
// then unanswered ends with CANCELLED; clients have up to 4 s more to read that. It returns an error when it had to cancel.
// It may be called again.
func (s *Server) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.DrainTimeout)
	defer cancel()
	s.health.Shutdown()
	sessions := s.admission.stop()
	s.stopping.Do(func() {
		for _, session := range sessions {
			session.drain(s.cfg.DrainTimeout)
		}
	})
	var err error
	select {
	case <-s.admission.empty:
	case <-ctx.Done():
		err = fmt.Errorf("%d streams had records unanswered when the drain time was over", s.admission.streams())
		s.cancel(sessions)
	}
	s.hangUp()
	s.Close()
	return err
}

// hangUp lets what the handlers have sent reach the clients; Stop would cut it off. The wait is bounded because streams of
// the health and reflection services may stay open for ever.
func (s *Server) hangUp() {
	gone := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(gone)
	}()
	timer := time.NewTimer(stopAfterDrain)
	defer timer.Stop()
	select {
	case <-gone:
	case <-timer.C:
		s.grpc.Stop()
		<-gone
	}
}

// cancel ends the calls of the sessions and gives them a moment to tell their clients.
func (s *Server) cancel(sessions []*session) {
	for _, session := range sessions {
		session.giveUp()
	}
	timer := time.NewTimer(stopAfterDrain)
	defer timer.Stop()
	select {
	case <-s.admission.empty:
	case <-timer.C:
	}
}

// Close ends every stream at once and waits until all goroutines have ended.
func (s *Server) Close() {
	s.admission.stop()
	s.grpc.Stop()
	<-s.admission.empty
	s.goes.Wait()
}
