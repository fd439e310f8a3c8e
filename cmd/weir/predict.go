package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weir-ml/weir/internal/client"
)

// predictFlags are the command line of predict.
type predictFlags struct {
	target
	request

	fields      []string
	format      string
	out         string
	prefix      string
	maxInFlight int
	reconnects  int
	resume      bool
	overwrite   bool
	strict      bool
	quiet       bool
}

const predictLong = `Streams the rows of a JSONL or CSV file, or of standard input, through a server, and writes each row with the
model's answer added, in the input's order.

What the model sees: the columns named by --field; where there is one, its text. Without --field it is the column "text".
What is written: the input's row as it is, then the column "prediction", or one column for each name of
response.value.field where that is a list, and "error" (in JSONL only where there is one). --prefix puts something before
these names where the input has them already.

A row that cannot be read, or that the model gives no answer for, has its error in its row, and the exit code is then 3;
with --strict the first row that cannot be read ends the run. Where the connection breaks or the server stops, the run
goes on with the rows that have no answer yet.

Ctrl-C keeps every row that is done. With --out FILE the same command with --resume goes on behind them: it compares the
rows of FILE with the input, drops a last row that is not complete, and asks for the rest only.

The input is read as it goes, so its size does not matter. On a terminal a bar shows how far it is. The number of calls is
the least that can have been made: the server says how many calls a row was part of, not which.`

func newPredict() *cobra.Command {
	var f predictFlags
	cmd := &cobra.Command{
		Use:   "predict [FILE|-]",
		Short: "Send the rows of a file through a server",
		Long:  predictLong,
		Example: `  weir predict reviews.jsonl > labelled.jsonl
  weir predict reviews.csv --field review --out labelled.csv
  weir predict reviews.csv --field review --out labelled.csv --resume
  weir predict tickets.jsonl -m triage --field subject,body -o response.value.field=team,urgency
  tail -f events.jsonl | weir predict - --server weir.example:9347 --tls --token env:WEIR_TOKEN`,
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

func (f *predictFlags) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.request.flags(flags)
	fieldFlags(flags, &f.fields)
	flags.StringVar(&f.format, "format", "", "jsonl or csv (default: what the file's name ends in, else jsonl)")
	flags.StringVar(&f.out, "out", "", "`file` for the output (default standard output)")
	flags.BoolVar(&f.resume, "resume", false, "go on with the output of an earlier run")
	flags.BoolVar(&f.overwrite, "overwrite", false, "replace an output that is there already")
	flags.StringVar(&f.prefix, "prefix", "", "`text` before the names of the added columns")
	flags.BoolVar(&f.strict, "strict", false, "end at the first row that cannot be read")
	flags.IntVar(&f.maxInFlight, "max-in-flight", 0, "most rows without an answer; 0: as many as the server allows")
	flags.IntVar(&f.reconnects, "reconnects", client.DefaultReconnects, "most tries in a row to go on after a broken connection")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no bar, no summary, no warnings")
	f.target.flags(flags)
}

func (f *predictFlags) run(cmd *cobra.Command, path string) error {
	if f.resume && f.out == "" {
		return misuse("--resume goes on with a file: say which with --out")
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
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has no rows; nothing to do\n", in.name)
		return nil
	}
	p := &prediction{flags: f, in: in, strict: f.strict, options: set}
	if err := p.openOutput(cmd.OutOrStdout()); err != nil {
		return err
	}
	err = f.withClient(cmd.Context(), func(ctx context.Context, c *client.Client) error {
		return p.run(ctx, c, cmd.ErrOrStderr())
	})
	if closed := p.sink.close(); err == nil {
		err = closed
	}
	return err
}
