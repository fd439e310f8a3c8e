package main

import (
	"context"
	"log/slog"
	"net"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/server"
)

// system is everything that `weir serve` runs.
type system struct {
	cfg     *config.Config
	engine  *inference.Engine
	server  *server.Server
	drivers func() // closes them
	grpc    net.Listener
}

// newSystem makes everything and listens on nothing yet. Its error is of the configuration.
func newSystem(_ context.Context, cfg *config.Config, log *slog.Logger) (*system, error) {
	s := &system{cfg: cfg}
	var err error
	if s.engine, s.drivers, err = newEngine(cfg, inference.Hooks{}); err != nil {
		return nil, misuse("%w", err)
	}
	if s.server, err = newServer(cfg, s.engine, log); err != nil {
		s.drivers()
		return nil, misuse("%w", err)
	}
	return s, nil
}

func (s *system) listen(ctx context.Context) error {
	var err error
	s.grpc, err = listenOn(ctx, s.cfg.Listen, "--listen")
	return err
}

func (s *system) adminAddress() string { return "off" }

// run serves until ctx ends, and then until everything accepted is answered.
func (s *system) run(ctx context.Context, log *slog.Logger) error {
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.grpc) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	log.Info("draining", "why", context.Cause(ctx).Error(), "streams", s.server.Streams(), "at_most", s.cfg.Limits.DrainTimeout)
	err := s.server.Shutdown(context.WithoutCancel(ctx))
	<-served
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// close gives back what newSystem took.
func (s *system) close(*slog.Logger) {
	s.server.Close()
	s.drivers()
}
