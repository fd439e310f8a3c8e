package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// renderFlags are the command line of render.
type renderFlags struct {
	target
	request

	config string
	fields []string
	format string
	count  int
}

// maxRender is the most records that a server takes in one call where its bound is the default.
const maxRender = 2048

const renderLong = `Shows the exact prompts that the first rows of a file would be sent in, and makes no model call: what the model is told
of a batch, how the records are written, and about how many tokens that is. With --config it reads the models from a
configuration file and needs no server.`

func newRender() *cobra.Command {
	var f renderFlags
	cmd := &cobra.Command{
		Use:   "render [FILE|-]",
		Short: "Show the prompts of some records",
		Long:  renderLong,
		Example: `  weir render reviews.jsonl
  weir render reviews.csv --field review -n 3 -o batch.size=3
  weir render reviews.jsonl --config weir.yaml -m triage
  echo '{"text": "Great!"}' | weir render - -o batch.prompt.template="$(cat prompt.txt)"`,
		Args: cobra.MaximumNArgs(1),
		RunE: action(func(cmd *cobra.Command, args []string) error {
			path := "-"
			if len(args) == 1 {
				path = args[0]
			}
			return f.run(cmd, path)
		}).run,
	}
	flags := cmd.Flags()
	f.request.flags(flags)
	flags.IntVarP(&f.count, "count", "n", 20, "how many rows to take")
	fieldFlags(flags, &f.fields)
	flags.StringVar(&f.format, "format", "", "jsonl or csv (default: what the file's name ends in, else jsonl)")
	flags.StringVarP(&f.config, "config", "c", "", "configuration `file` to take the model from, instead of a server")
	f.target.flags(flags)
	return cmd
}

func (f *renderFlags) run(cmd *cobra.Command, path string) error {
	if f.count < 1 || f.count > maxRender {
		return misuse("--count must be from 1 to %d, not %d", maxRender, f.count)
	}
	set, err := f.set()
	if err != nil {
		return err
	}
	records, err := f.records(path, cmd.InOrStdin())
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return misuse("%s has no rows to render", path)
	}
	req := &weirv1.RenderPromptRequest{Model: f.model, Options: set, Records: records}
	var prompts []*weirv1.Prompt
	err = f.withRenderer(cmd.Context(), f.config, func(ctx context.Context, r renderer) error {
		var err error
		prompts, err = r.render(ctx, req)
		return err
	})
	if err != nil {
		return err
	}
	for i, p := range prompts {
		writePrompt(cmd.OutOrStdout(), i+1, p)
	}
	return nil
}

// records are those of the first rows; a bad row is an error, because a prompt without it would be another one.
func (f *renderFlags) records(path string, stdin io.Reader) ([]*weirv1.Record, error) {
	in, err := openInput(path, f.format, f.fields, stdin)
	if err != nil {
		return nil, err
	}
	defer in.close()
	var records []*weirv1.Record
	for len(records) < f.count {
		r, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if r.record == nil {
			return nil, misuse("line %d: %s", r.line, r.problem)
		}
		records = append(records, r.record)
	}
	return records, nil
}

func writePrompt(out io.Writer, n int, p *weirv1.Prompt) {
	first, last := uint64(0), uint64(0)
	if s := p.GetSequences(); len(s) > 0 {
		first, last = s[0], s[len(s)-1]
	}
	if n > 1 {
		fmt.Fprintln(out)
	}
	rows := fmt.Sprintf("row %d", first)
	if last > first {
		rows = fmt.Sprintf("rows %d to %d", first, last)
	}
	fmt.Fprintf(out, "=== prompt %d: %s, about %s tokens\n", n, rows, number(uint64(p.GetEstimatedTokens())))
	for _, m := range p.GetMessages() {
		fmt.Fprintf(out, "--- %s\n%s\n", m.GetRole(), strings.TrimRight(m.GetContent(), "\n"))
	}
	if p.GetAnswerSchema() != "" {
		fmt.Fprintf(out, "--- schema of the answer\n%s\n", p.GetAnswerSchema())
	}
}
