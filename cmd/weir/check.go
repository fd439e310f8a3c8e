package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/providers"
)

func newCheck() *cobra.Command {
	probe := false
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a configuration file",
		Long: `Checks everything that a start would: the file, the secrets it refers to, and each model's options, templates and paths.
Every problem is named with its place, and the exit code is then 2. No port is opened and nobody is called.

With --probe each model is asked, or embeds, a few words: a wrong key, an unknown model or a server that cannot be
reached is found here instead of at the first record. That is one short call for each model, which the provider may charge for. Where a
probe fails the exit code is 1.`,
		Example: `  weir check weir.yaml
  weir check weir.yaml --probe`,
		Args: cobra.ExactArgs(1),
		RunE: action(func(cmd *cobra.Command, args []string) error {
			cfg, err := loadChecked(args[0])
			if err != nil {
				return err
			}
			for _, w := range cfg.Warnings {
				fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", w)
			}
			if probe {
				if err := probeAll(cmd, args[0], cfg); err != nil {
					return err
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "ok: %s\n", count(len(cfg.Models), "model"))
			return nil
		}).run,
	}
	cmd.Flags().BoolVar(&probe, "probe", false, "make one short call for each model")
	return cmd
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

// loadChecked reads a configuration file and compiles every model of it; the empty name is weir without a file. Its error
// names every problem with its place.
func loadChecked(file string) (*config.Config, error) {
	cfg, err := loadConfig(file)
	if err != nil {
		return nil, err
	}
	all, err := newAccounts(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, misuse("%w", err)
	}
	defer all.close()
	var problems []config.Problem
	for _, m := range all.models(cfg) {
		if _, err := newEngine(cfg, []inference.ModelConfig{m}, inference.Hooks{}); err != nil {
			problems = append(problems, problemsOf(m.Name, err)...)
		}
	}
	if len(problems) > 0 {
		locate(file, problems)
		return nil, misuse("%w", &config.Error{Problems: problems})
	}
	return cfg, nil
}

// problemsOf takes the error of a model apart.
func problemsOf(model string, err error) []config.Problem {
	wrong, is := errors.AsType[*options.Error](err)
	if !is {
		return []config.Problem{{Path: "models." + model, Message: err.Error()}}
	}
	problems := make([]config.Problem, len(wrong.Problems))
	for i, p := range wrong.Problems {
		problems[i] = config.Problem{Path: "models." + model + ".options." + p.Option, Message: p.Message}
	}
	return problems
}

// The bounds of a probe.
const (
	probeTimeout = 30 * time.Second
	probeText    = "Answer with the word ok."
)

// probeAll asks each model a few words and says what came of it. Its error names every model that did not answer.
func probeAll(cmd *cobra.Command, file string, cfg *config.Config) error {
	all, err := newAccounts(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return misuse("%w", err)
	}
	defer all.close()
	var problems []config.Problem
	for _, m := range all.models(cfg) {
		took, err := probe(cmd.Context(), m)
		if cmd.Context().Err() != nil {
			return interrupted(cmd.Context(), "")
		}
		if err != nil {
			message := fmt.Sprintf("does not work for model %s: %s", m.Name, err)
			problems = append(problems, config.Problem{Path: keyOf(err.Kind, m), Message: message})
			continue
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "model %s answers (%s)\n", m.Name, short(took))
	}
	if len(problems) == 0 {
		return nil
	}
	locate(file, problems)
	return &config.Error{Problems: problems}
}

// probe makes one call of a model, without retries.
func probe(ctx context.Context, m inference.ModelConfig) (time.Duration, *providers.Error) {
	call := providers.Chain(m.Driver, providers.ChainConfig{RequestTimeout: probeTimeout})
	start := time.Now()
	_, err := call.Complete(ctx, probeOf(&m))
	return time.Since(start), providers.AsError(err)
}

// keyOf is the key of the file that a failed call is most likely about. What to do is in the driver's message.
func keyOf(kind providers.Kind, m inference.ModelConfig) string {
	switch kind {
	case providers.KindUnauthorized, providers.KindQuota, providers.KindRateLimited:
		return "providers." + m.Provider + ".api_key"
	case providers.KindUnknownModel:
		return "models." + m.Name + ".model"
	default:
		return "providers." + m.Provider
	}
}
