package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/server"
)

// This file, and drivers.go for the drivers, is the one place where a configuration becomes an engine and a server.

// account is a configured provider: its driver, and the limits that all its models share.
type account struct {
	kind     string
	driver   providers.Provider
	limit    *providers.Limit
	fuse     *providers.Breaker
	throttle *providers.Throttle
	pool     *providers.Pool // of several keys or endpoints, which have a fuse and a throttle each
	close    func()
}

// accounts are all of them, by the names that the operator gave them.
type accounts map[string]account

// newAccounts makes the drivers. Its error names every problem.
func newAccounts(cfg *config.Config, log *slog.Logger) (accounts, error) {
	all := make(accounts, len(cfg.Providers))
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(cfg.Providers)) {
		a, err := newAccount(name, cfg.Providers[name], log)
		if err != nil {
			problems = append(problems, fmt.Errorf("provider %s: %w", name, err))
			continue
		}
		all[name] = a
	}
	return all, errors.Join(problems...)
}

// newBreaker returns a provider's breaker, which logs its moves.
func newBreaker(provider string, log *slog.Logger) *providers.Breaker {
	return providers.NewBreaker(providers.BreakerConfig{Moved: func(open bool) {
		if open {
			log.Warn("the provider fails and rests: calls wait for the next probe", "provider", provider)
			return
		}
		log.Info("the provider answers again", "provider", provider)
	}})
}

// close closes the connections that no call uses.
func (a accounts) close() {
	for _, one := range a {
		one.close()
	}
}

// models are the configured models with their drivers, by name.
func (a accounts) models(cfg *config.Config) []inference.ModelConfig {
	models := make([]inference.ModelConfig, 0, len(cfg.Models))
	for _, name := range slices.Sorted(maps.Keys(cfg.Models)) {
		m := cfg.Models[name]
		of := a[m.Provider]
		models = append(models, inference.ModelConfig{
			Name:          name,
			Description:   m.Description,
			Provider:      m.Provider,
			Kind:          of.kind,
			ProviderModel: m.Model,
			Driver:        of.driver,
			Limit:         of.limit,
			Breaker:       of.fuse,
			Throttle:      of.throttle,
			Pool:          of.pool,
			Fallback:      m.Fallback,
			FallbackOn:    kindsOf(m.FallbackOn),
			Options:       m.Options,
			Open:          m.Opens,
		})
		describe(&models[len(models)-1], m)
		if m.Embeds() {
			embed(&models[len(models)-1])
		}
	}
	return models
}

// newEngine compiles every model. Its error names every problem.
func newEngine(cfg *config.Config, models []inference.ModelConfig, hooks inference.Hooks) (*inference.Engine, error) {
	return inference.New(inference.Config{
		Models:         models,
		MaxRecordBytes: int(cfg.Limits.MaxRecordBytes),
		Hooks:          hooks,
	})
}

// newSystem makes everything that a server needs, and opens no port. Its error is of the configuration.
func newSystem(ctx context.Context, cfg *config.Config, log *slog.Logger) (*system, error) {
	s := &system{cfg: cfg, log: log}
	var err error
	if s.accounts, err = newAccounts(cfg, log); err != nil {
		return nil, misuse("%w", err)
	}
	models := s.accounts.models(cfg)
	version := thisBuild().version
	if s.telemetry, err = telemetry.New(ctx, telemetry.Config{Version: version, Models: models, Logger: log}); err != nil {
		return nil, err
	}
	if s.engine, err = newEngine(cfg, models, s.telemetry.InferenceHooks()); err != nil {
		return nil, errors.Join(misuse("%w", err), s.telemetry.Shutdown(ctx))
	}
	certificate, err := cfg.TLS.Load()
	if err != nil {
		return nil, errors.Join(misuse("%w", err), s.telemetry.Shutdown(ctx))
	}
	s.server = server.New(server.Config{
		Engine:        s.engine,
		Version:       version,
		WindowRecords: cfg.Limits.WindowRecords,
		WindowBytes:   int(cfg.Limits.WindowBytes),
		HeldBytes:     int(cfg.Limits.MaxHeldBytes),
		MaxStreams:    cfg.Limits.MaxStreams,
		StallTimeout:  cfg.Limits.StallTimeout,
		DrainTimeout:  cfg.Limits.DrainTimeout,
		TLS:           certificate,
		Token:         cfg.Auth.Token.Reveal,
		Logger:        log,
		Hooks:         s.telemetry.ServerHooks(),
		Options:       s.telemetry.ServerOptions(),
	})
	s.admin = telemetry.NewAdmin(s.telemetry.Handler(), log)
	s.observe()
	return s, nil
}

// observe lets telemetry look at what only the parts themselves can count.
func (s *system) observe() {
	s.telemetry.ObserveStreams(s.server.Streams)
	for name, a := range s.accounts {
		s.telemetry.ObserveProvider(name, a.limit, a.fuse)
		s.telemetry.ObserveThrottles(name, a.throttles()...)
	}
}
