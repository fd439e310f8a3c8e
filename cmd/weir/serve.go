package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-ml/weir/config"
)

// serveFlags are what the command line of serve says over the file.
type serveFlags struct {
	file     string
	config   config.Flags
	insecure bool
	drain    time.Duration
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [FILE]",
		Short: "Run the server",
		Long: `Runs the server until it is told to stop.

FILE is a YAML file (docs/configuration.md). Without one the server has a single model, "sentiment", which is inside this
program and needs neither key nor network, and listens on this machine only.

The environment goes over the file, and flags go over both: WEIR_LISTEN, WEIR_ADMIN, WEIR_LOG_LEVEL. The standard OTEL_*
variables say where telemetry goes; GOGC and GOMEMLIMIT are Go's own.

SIGTERM or Ctrl-C: the server takes no more records, answers those it has, and exits with 0; with 1 if that takes longer
than the drain time. A second signal ends it at once, with 143 or 130.`,
		Example: `  weir serve
  weir serve weir.yaml
  weir serve weir.yaml --listen 127.0.0.1:7000 --log-level debug
  WEIR_LISTEN=127.0.0.1:7000 weir serve weir.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: action(func(cmd *cobra.Command, args []string) error {
			cfg, err := f.load(args)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, newLogger(cmd.ErrOrStderr(), cfg.Log))
		}).run,
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "config", "c", "", "the configuration `file`, the same as FILE")
	flags.StringVar(&f.config.Listen, "listen", "", "`address` for gRPC (default 127.0.0.1:9347)")
	flags.StringVar(&f.config.Admin, "admin", "", "`address` for metrics and health, or off (default 127.0.0.1:9348)")
	flags.StringVar(&f.config.LogLevel, "log-level", "", "debug, info, warn or error (default info)")
	flags.BoolVar(&f.insecure, "insecure", false, "allow other machines to connect without TLS or without a token")
	flags.DurationVar(&f.drain, "drain-timeout", 0, "longest time to go on answering after a signal (default 30s)")
	return cmd
}

// load reads the configuration that the command line names. Every error of it is of the configuration.
func (f *serveFlags) load(args []string) (*config.Config, error) {
	file := f.file
	if len(args) == 1 {
		if file != "" && file != args[0] {
			return nil, misuse("two configuration files, %s and %s; name one", args[0], file)
		}
		file = args[0]
	}
	cfg, err := loadChecked(file)
	if err != nil {
		return nil, err
	}
	if err := cfg.Override(os.Getenv, f.config); err != nil {
		return nil, misuse("%w", err)
	}
	if f.drain < 0 {
		return nil, misuse("--drain-timeout must not be negative, not %v", f.drain)
	}
	if f.drain > 0 {
		cfg.Limits.DrainTimeout = f.drain
	}
	if err := config.CheckExposure(cfg, f.insecure); err != nil {
		return nil, misuse("%w", err)
	}
	return cfg, nil
}

// loadConfig reads a configuration file; the empty name is weir without one.
func loadConfig(file string) (*config.Config, error) {
	if file == "" {
		return config.Default(), nil
	}
	cfg, err := config.Load(file)
	if err != nil {
		return nil, misuse("%w", err)
	}
	return cfg, nil
}

func newLogger(to io.Writer, log config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: log.Level}
	if log.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

// serve runs a server until ctx ends and it has drained.
func serve(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	setMemory()
	s, err := newSystem(ctx, cfg, log)
	if err != nil {
		return err
	}
	if err := s.listen(ctx); err != nil {
		return errors.Join(err, s.close(context.WithoutCancel(ctx)))
	}
	for _, w := range cfg.Warnings {
		log.Warn("configuration", "problem", w.String())
	}
	log.Info("weir serves", "address", s.grpcPort.Addr().String(), "admin", s.adminAddress(),
		"models", strings.Join(s.engine.Models(), ","), "tls", onOff(cfg.TLS != config.TLS{}),
		"token", onOff(cfg.Auth.Token.IsSet()), "version", thisBuild().version)
	return s.run(ctx)
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}
