package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/server"
)

// This file is the one place where a configuration becomes drivers, an engine and a server.

// account is a configured provider: its driver, and the limit that all its models share.
type account struct {
	kind   string
	driver providers.Provider
	limit  *providers.Limit
	close  func()
}

// accounts makes the drivers. Its error names every problem.
func accounts(cfg *config.Config) (map[string]account, error) {
	all := make(map[string]account, len(cfg.Providers))
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(cfg.Providers)) {
		a, err := newAccount(cfg.Providers[name])
		if err != nil {
			problems = append(problems, fmt.Errorf("provider %s: %w", name, err))
			continue
		}
		all[name] = a
	}
	return all, errors.Join(problems...)
}

func newAccount(p config.Provider) (account, error) {
	a := account{kind: p.Kind, limit: providers.NewLimit(p.MaxInFlight), close: func() {}}
	switch p.Kind {
	case config.KindLocal:
		a.driver = local.New()
	case config.KindOpenAI:
		driver, err := openai.New(openai.Config{BaseURL: p.BaseURL, APIKey: p.APIKey.Reveal, MaxInFlight: p.MaxInFlight})
		if err != nil {
			return account{}, err
		}
		a.driver, a.close = driver, driver.Close
	default:
		return account{}, fmt.Errorf("no driver for kind %q", p.Kind)
	}
	return a, nil
}

// newEngine makes the engine, and returns what closes its drivers' connections.
func newEngine(cfg *config.Config, hooks inference.Hooks) (*inference.Engine, func(), error) {
	all, err := accounts(cfg)
	if err != nil {
		return nil, nil, err
	}
	closeAll := func() {
		for _, a := range all {
			a.close()
		}
	}
	engine, err := inference.New(inference.Config{
		Models:         modelsOf(cfg, all),
		MaxRecordBytes: int(cfg.Limits.MaxRecordBytes),
		Hooks:          hooks,
	})
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	return engine, closeAll, nil
}

func modelsOf(cfg *config.Config, all map[string]account) []inference.ModelConfig {
	models := make([]inference.ModelConfig, 0, len(cfg.Models))
	for _, name := range slices.Sorted(maps.Keys(cfg.Models)) {
		m := cfg.Models[name]
		a := all[m.Provider]
		models = append(models, inference.ModelConfig{
			Name:          name,
			Description:   m.Description,
			Provider:      m.Provider,
			Kind:          a.kind,
			ProviderModel: m.Model,
			Driver:        a.driver,
			Limit:         a.limit,
			Options:       m.Options,
			Open:          m.Opens,
		})
	}
	return models
}

// newServer makes the gRPC server of an engine.
func newServer(cfg *config.Config, engine *inference.Engine, log *slog.Logger) (*server.Server, error) {
	tls, err := cfg.TLS.Load()
	if err != nil {
		return nil, err
	}
	return server.New(server.Config{
		Engine:        engine,
		Version:       thisBuild().version,
		WindowRecords: cfg.Limits.WindowRecords,
		WindowBytes:   int(cfg.Limits.WindowBytes),
		HeldBytes:     int(cfg.Limits.MaxHeldBytes),
		MaxStreams:    cfg.Limits.MaxStreams,
		StallTimeout:  cfg.Limits.StallTimeout,
		DrainTimeout:  cfg.Limits.DrainTimeout,
		TLS:           tls,
		Token:         cfg.Auth.Token.Reveal,
		Logger:        log,
	}), nil
}
