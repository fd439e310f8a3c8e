package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/weir-ml/weir/simulator"
)

const simulateLong = `Runs a real HTTP server that speaks the formats of many vendors and answers weir's prompts with the embedded model,
with the latency, limits and faults of the flags. For demos, tests and benchmarks: it needs neither key nor network. All at once:

  POST /v1/chat/completions, /v1/responses, /v1/embeddings      OpenAI
  POST /openai/deployments/NAME/chat/completions, /openai/v1/…  Azure OpenAI
  POST /v1/messages                                             Anthropic
  POST /v1beta/models/NAME:generateContent                      Gemini
  POST /model/NAME/converse                                     Amazon Bedrock
  POST /api/chat, /api/embed                                    Ollama
  POST /SERVER/v1/chat/completions, /SERVER/v1/embeddings       vllm, llamacpp, lmstudio, tgi, ollama
  GET  /v1/models   the models there are
  GET  /stats       calls, tokens, most concurrent calls; POST /stats/reset starts the counts again
  GET  /faults      the faults to come; POST adds to them, DELETE ends them

An answer is held to a JSON Schema where a request has one. Fields that the vendor does not know are refused as it does.
A call meets at most one fault. --fault takes chances of a call, from 0 to 1 and together at most 1. Answers with a fault marked
with * are wrong and look right.

`

const simulateEnd = `
It runs until Ctrl-C or SIGTERM and then exits with 0.`

// faultTable lists the faults with what they do.
func faultTable() string {
	var b strings.Builder
	for _, f := range simulator.Faults() {
		mark := " "
		if !f.Seen() {
			mark = "*"
		}
		fmt.Fprintf(&b, "  %-21s %s %s\n", f, mark, f.Does())
	}
	return b.String()
}

func newSimulate() *cobra.Command {
	cfg := simulator.Config{}
	listen, demo := "", false
	var forms struct{ none, json bool }
	var faults []string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a model server for demos and tests",
		Long:  simulateLong + faultTable() + simulateEnd,
		Example: `  weir simulate
  weir simulate --demo
  weir simulate --latency 200ms --max-concurrent 8 --queue
  weir simulate --api-key a,b --requests-per-minute 60 --input-tokens-per-minute 50000
  weir simulate --fault 429=0.05,hang=0.01,drop=0.05,swap-order=0.01 --seed 7
  curl -s http://127.0.0.1:9349/stats`,
		Args: cobra.NoArgs,
		RunE: action(func(cmd *cobra.Command, _ []string) error {
			if demo {
				setLatencies(&cfg, cmd.Flags())
			}
			cfg.Forms = formsOf(forms.none, forms.json)
			var err error
			if cfg.Faults, err = parseFaults(faults); err != nil {
				return err
			}
			if err := cfg.Validate(); err != nil {
				return misuse("%w", err)
			}
			return simulate(cmd, cfg, listen)
		}).run,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&listen, "listen", "127.0.0.1:9349", "`address` to listen on; port 0 takes a free one")
	flags.BoolVar(&demo, "demo", false, "the latencies of the demo: 200 ms a call and more for longer prompts")
	simulatorFlags(flags, &cfg)
	flags.BoolVar(&forms.none, "no-structured", false, "asking for JSON or a schema gets a 400, as from old servers")
	flags.BoolVar(&forms.json, "json-mode-only", false, "asking for a schema gets a 400, asking for JSON does not")
	cmd.MarkFlagsMutuallyExclusive("no-structured", "json-mode-only")
	flags.StringSliceVar(&faults, "fault", nil, "faults and their `chances`, such as 429=0.05,drop=0.01; may be repeated")
	return cmd
}

func simulatorFlags(flags *pflag.FlagSet, cfg *simulator.Config) {
	flags.DurationVar(&cfg.Latency, "latency", 0, "time of a call")
	flags.DurationVar(&cfg.LatencyPerPromptToken, "latency-per-prompt-token", 0, "added for each token of the prompt")
	flags.DurationVar(&cfg.LatencyPerCompletionToken, "latency-per-completion-token", 0, "added for each token of the answer")
	flags.DurationVar(&cfg.Jitter, "jitter", 0, "most by which a call's time varies, either way")
	flags.Uint64Var(&cfg.Seed, "seed", 0, "where jitter and faults begin; the same seed gives the same ones")
	flags.IntVar(&cfg.MaxConcurrent, "max-concurrent", 0, "most calls at once, others get a 429; 0: no limit")
	flags.BoolVar(&cfg.Queue, "queue", false, "calls above --max-concurrent wait instead")
	flags.IntVar(&cfg.RequestsPerMinute, "requests-per-minute", 0, "most calls a minute of a key, others get a 429; 0: no limit")
	flags.IntVar(&cfg.TokensPerMinute, "tokens-per-minute", 0, "the same for the tokens of prompts and answers together")
	flags.IntVar(&cfg.InputTokensPerMinute, "input-tokens-per-minute", 0, "the same for the tokens of prompts")
	flags.IntVar(&cfg.OutputTokensPerMinute, "output-tokens-per-minute", 0, "the same for the tokens of answers")
	flags.DurationVar(&cfg.Minute, "minute", 0, "how long a minute of these limits is (default 1m)")
	flags.IntVar(&cfg.ContextTokens, "context-tokens", 0, "most tokens of prompt and answer; 0: no limit")
	flags.DurationVar(&cfg.RetryAfter, "retry-after", 0, "what a 429 asks to wait (default 1s)")
	flags.StringVar(&cfg.APIKey, "api-key", "", "key that calls need, or `keys` with commas between them (default any or none)")
	flags.StringSliceVar(&cfg.Models, "models", nil, "`names` of the models there are; others get a 404 (default any)")
	flags.Int64Var(&cfg.MaxBodyBytes, "max-body-bytes", 0, "largest request (default 8 MiB)")
	flags.DurationVar(&cfg.HangFor, "hang-for", 0, "how long a hanging call hangs (default 10m)")
}

func formsOf(none, json bool) simulator.Forms {
	switch {
	case none:
		return simulator.FormsNone
	case json:
		return simulator.FormsJSON
	default:
		return simulator.FormsAll
	}
}

// setLatencies takes the demo's latencies where no flag says otherwise.
func setLatencies(cfg *simulator.Config, flags *pflag.FlagSet) {
	demo := simulator.DemoConfig()
	if !flags.Changed("latency") {
		cfg.Latency = demo.Latency
	}
	if !flags.Changed("latency-per-prompt-token") {
		cfg.LatencyPerPromptToken = demo.LatencyPerPromptToken
	}
	if !flags.Changed("latency-per-completion-token") {
		cfg.LatencyPerCompletionToken = demo.LatencyPerCompletionToken
	}
}

func parseFaults(list []string) (map[simulator.Fault]float64, error) {
	faults := make(map[simulator.Fault]float64, len(list))
	for _, text := range list {
		name, chance, ok := strings.Cut(text, "=")
		rate, err := strconv.ParseFloat(chance, 64)
		if !ok || err != nil {
			return nil, misuse("--fault %q: it looks like 429=0.05", text)
		}
		faults[simulator.Fault(name)] = rate
	}
	return faults, nil
}

// simulate runs the simulator until the command's context ends.
func simulate(cmd *cobra.Command, cfg simulator.Config, listen string) error {
	s := simulator.New(cfg)
	if err := s.Start(listen); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%s is in use: stop what listens there, or choose another address with --listen", listen)
		}
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "simulator at %s\n", s.URL())
	<-cmd.Context().Done()
	stats := s.Stats()
	fmt.Fprintf(cmd.ErrOrStderr(), "%s calls, %s tokens in, %s out, at most %d at once\n",
		number(stats.Calls), number(stats.PromptTokens), number(stats.CompletionTokens), stats.MostConcurrent)
	for _, end := range slices.Sorted(maps.Keys(stats.ByStatus)) {
		fmt.Fprintf(cmd.ErrOrStderr(), "  %s: %s\n", end, number(stats.ByStatus[end]))
	}
	return s.Close()
}
