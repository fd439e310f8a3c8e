package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
)

// costFlags are the command line of cost.
type costFlags struct {
	target
	request

	config   string
	fields   []string
	format   string
	sizes    []int
	answer   int
	latency  time.Duration
	perToken time.Duration
	parallel int
}

// mostSizes is how many batch sizes are compared.
const mostSizes = 16

const costLong = `Says how many calls, tokens, dollars and about how much time the rows of a file would take at several batch sizes, without
a call: it renders the very prompts that predict would send, and reckons with the model's price.

The tokens of the prompts are counted where the model's vocabulary is public, and else estimated: 3.5 bytes to a token, or, from a
server that has used the model lately, what that has learned. An answer is taken to have 32 tokens for each row, or what the
server has learned, or --answer-tokens. What a provider's cache of prompts saves, and what has to be asked again, is left out.

Time is what --latency, --token-time and --parallel make of it: a call takes the latency and a time for each token of its answer,
and so many calls run side by side.`

func newCost() *cobra.Command {
	var f costFlags
	cmd := &cobra.Command{
		Use:   "cost [FILE|-]",
		Short: "Estimate calls, tokens, time and price of a file",
		Long:  costLong,
		Example: `  weir cost reviews.jsonl --config weir.yaml
  weir cost reviews.csv --field review -m triage --batch-sizes 1,20,100
  weir cost reviews.jsonl --config weir.yaml --answer-tokens 12 --latency 400ms --token-time 8ms --parallel 32`,
		Args: cobra.MaximumNArgs(1),
		RunE: action(func(cmd *cobra.Command, args []string) error {
			path := "-"
			if len(args) == 1 {
				path = args[0]
			}
			return f.run(cmd, path)
		}).run,
	}
	f.flags(cmd)
	return cmd
}

func (f *costFlags) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.request.flags(flags)
	fieldFlags(flags, &f.fields)
	flags.StringVar(&f.format, "format", "", "jsonl or csv (default: what the file's name ends in, else jsonl)")
	flags.StringVarP(&f.config, "config", "c", "", "configuration `file` to take the model from, instead of a server")
	flags.IntSliceVar(&f.sizes, "batch-sizes", []int{1, 5, 10, 20, 50}, "batch sizes to compare, at most 16")
	flags.IntVar(&f.answer, "answer-tokens", 0, "tokens of an answer for each row; 0: what is known")
	flags.DurationVar(&f.latency, "latency", time.Second, "time of a call without the tokens of its answer")
	flags.DurationVar(&f.perToken, "token-time", 10*time.Millisecond, "time for each token of an answer")
	flags.IntVar(&f.parallel, "parallel", 16, "calls side by side")
	f.target.flags(flags)
}

func (f *costFlags) check() error {
	switch {
	case len(f.sizes) == 0 || len(f.sizes) > mostSizes:
		return misuse("--batch-sizes takes 1 to %d sizes, not %d", mostSizes, len(f.sizes))
	case f.answer < 0 || f.latency < 0 || f.perToken < 0:
		return misuse("--answer-tokens, --latency and --token-time cannot be below 0")
	case f.parallel < 1:
		return misuse("--parallel must be at least 1, not %d", f.parallel)
	default:
		return nil
	}
}

func (f *costFlags) run(cmd *cobra.Command, path string) error {
	if err := f.check(); err != nil {
		return err
	}
	set, err := f.set()
	if err != nil {
		return err
	}
	in, err := openInput(path, f.format, f.fields, cmd.InOrStdin())
	if err != nil {
		return err
	}
	defer in.close()
	if in.empty {
		return misuse("%s has no rows to reckon with", in.name)
	}
	return f.withRenderer(cmd.Context(), f.config, func(ctx context.Context, r renderer) error {
		model, err := r.describe(ctx, f.model)
		if err != nil {
			return err
		}
		e := f.estimation(r, model, set)
		if err := e.read(ctx, in); err != nil {
			return err
		}
		e.write(cmd.OutOrStdout(), in.name)
		return nil
	})
}

// estimation returns an empty one of each size.
func (f *costFlags) estimation(r renderer, model description, set map[string]string) *estimation {
	e := &estimation{flags: f, renderer: r, model: model}
	for _, size := range f.sizes {
		own := maps.Clone(set)
		if own == nil {
			own = map[string]string{}
		}
		own["batch.size"] = strconv.Itoa(size)
		e.sizes = append(e.sizes, &sized{size: size, options: own})
	}
	return e
}

// How much is rendered at once: a server takes 2,048 records, and returns 8 MiB of prompts.
const (
	chunkRows  = 500
	chunkBytes = 256 << 10
)

// read reads the input to its end, in chunks.
func (e *estimation) read(ctx context.Context, in *input) error {
	for end := false; !end; {
		chunk, bytes := make([]*weirv1.Record, 0, chunkRows), 0
		for !end && len(chunk) < chunkRows && bytes < chunkBytes {
			r, err := in.next()
			if errors.Is(err, io.EOF) {
				end = true
				break
			}
			if err != nil {
				return err
			}
			n, ok := sound(r)
			if !ok {
				e.unsound++
				continue
			}
			chunk, bytes = append(chunk, r.record), bytes+n
		}
		e.rows += len(chunk)
		if err := e.add(ctx, chunk, end); err != nil {
			return err
		}
	}
	return nil
}

// sound reports whether a row can be asked about, and how long it is.
func sound(r row) (bytes int, ok bool) {
	if r.record == nil {
		return 0, false
	}
	record := recordsOf([]*weirv1.Record{r.record})[0]
	return record.Bytes(), record.Validate(inference.DefaultMaxRecordBytes) == nil
}

// add renders a chunk at every size.
func (e *estimation) add(ctx context.Context, chunk []*weirv1.Record, end bool) error {
	for _, s := range e.sizes {
		s.waiting = append(s.waiting, chunk...)
		if err := e.render(ctx, s, end); err != nil {
			return fmt.Errorf("batch.size %d: %w", s.size, err)
		}
	}
	return nil
}

// render renders what waits. The last prompt is left for later, unless this is the end: its batch may not be full.
func (e *estimation) render(ctx context.Context, s *sized, end bool) error {
	if len(s.waiting) == 0 {
		return nil
	}
	prompts, err := e.renderer.render(ctx, &weirv1.RenderPromptRequest{Model: e.flags.model, Options: s.options, Records: s.waiting})
	if err != nil {
		return err
	}
	if !end {
		prompts = prompts[:len(prompts)-1]
	}
	for _, p := range prompts {
		records := len(p.GetSequences())
		s.waiting = s.waiting[records:]
		e.count(s, p, records)
	}
	return nil
}
