package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/server"
)

// system is everything that `weir serve` runs: the server on its port, the admin page on another, and what they stand on.
type system struct {
	cfg       *config.Config
	log       *slog.Logger
	accounts  accounts
	telemetry *telemetry.Telemetry
	engine    *inference.Engine
	server    *server.Server
	admin     *telemetry.Admin

	grpcPort  net.Listener
	adminPort net.Listener // nil: off
	draining  atomic.Bool
	goes      sync.WaitGroup
}

// listen opens the ports.
func (s *system) listen(ctx context.Context) error {
	var err error
	if s.grpcPort, err = listenOn(ctx, s.cfg.Listen, "listen"); err != nil {
		return err
	}
	if s.cfg.Admin == "" {
		return nil
	}
	if s.adminPort, err = listenOn(ctx, s.cfg.Admin, "admin"); err != nil {
		return errors.Join(err, s.grpcPort.Close())
	}
	return nil
}

// listenOn opens a port; key is what sets the address, in the file and with two dashes as a flag.
func listenOn(ctx context.Context, address, key string) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use: stop what listens there, or choose another address with --%s", address, key)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (--%s): %w", address, key, err)
	}
	return listener, nil
}

func (s *system) adminAddress() string {
	if s.adminPort == nil {
		return "off"
	}
	return s.adminPort.Addr().String()
}

// run serves until ctx ends, and then until everything accepted is answered.
func (s *system) run(ctx context.Context) error {
	served := make(chan error, 2)
	s.goes.Go(func() { served <- s.server.Serve(s.grpcPort) })
	if s.adminPort != nil {
		s.goes.Go(func() { served <- s.admin.Serve(s.adminPort) })
	}
	s.telemetry.SetReady(s.ready)
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		err = s.drain(ctx)
	}
	return errors.Join(err, s.close(context.WithoutCancel(ctx)))
}

// ready says whether the server takes streams.
func (s *system) ready() error {
	if s.draining.Load() {
		return errors.New("draining")
	}
	return nil
}

func (s *system) drain(ctx context.Context) error {
	s.draining.Store(true)
	s.log.Info("draining", "why", context.Cause(ctx).Error(), "streams", s.server.Streams(), "at_most", s.cfg.Limits.DrainTimeout)
	if err := s.server.Shutdown(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	s.log.Info("stopped")
	return nil
}

// close ends at once what still runs and gives everything back.
func (s *system) close(ctx context.Context) error {
	s.server.Close()
	err := s.admin.Shutdown(ctx)
	s.goes.Wait()
	s.accounts.close()
	if err := s.telemetry.Shutdown(ctx); err != nil { // a collector that is not there is no failure of the server's
		s.log.Warn("telemetry did not end well", "problem", err.Error())
	}
	return err
}
