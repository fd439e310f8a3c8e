package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/parsing"
)

// parseFlags are those of weir parse.
type parseFlags struct {
	records int
	set     []string
	ids     string
	cutOff  bool
}

// shortcuts are flags that stand for an option.
var shortcuts = []struct{ flag, option, usage string }{
	{"format", "response.format", "json, xml, delimited, regex or text"},
	{"path", "response.path", "where the entries are: JSONPath, XPath or pattern"},
	{"index", "response.index.field", "field with the record's index"},
	{"value", "response.value.field", "field with the value, or several with commas between"},
	{"values", "response.values", "values that are allowed, with commas between"},
}

func newParse() *cobra.Command {
	f := parseFlags{}
	cmd := &cobra.Command{
		Use:   "parse [FILE]",
		Short: "Show what weir reads in a model's answer",
		Long: `Reads an answer that a model gave about a batch, from FILE or standard input, and shows which value goes to which record
and why the others get none. No server is needed and nobody is called. The exit code is 3 where a record has no value.`,
		Example: `  weir parse --count 3 answer.txt
  weir parse --count 20 --format xml --path //review --value sentiment answer.xml
  weir parse --count 2 --ids kq,bd -o response.match=strict -`,
		Args: cobra.MaximumNArgs(1),
		RunE: action(f.parse).run,
	}
	flags := cmd.Flags()
	flags.IntVarP(&f.records, "count", "n", 1, "how many records the model was asked about")
	flags.StringArrayVarP(&f.set, "option", "o", nil, "an option as `key=value`; may be repeated")
	flags.StringVar(&f.ids, "ids", "", "the records' ids with commas between, where they have some (record.ids=token)")
	flags.BoolVar(&f.cutOff, "cut-off", false, "the answer ended at a token limit")
	for _, s := range shortcuts {
		flags.String(s.flag, "", s.usage+" ("+s.option+")")
	}
	return cmd
}

func (f *parseFlags) parse(cmd *cobra.Command, args []string) error {
	if f.records < 1 || f.records > 1000 {
		return misuse("--count must be from 1 to 1000, not %d", f.records)
	}
	parser, err := f.parser(cmd)
	if err != nil {
		return err
	}
	reply, err := f.reply(cmd.InOrStdin(), args)
	if err != nil {
		return err
	}
	answer := parser.Parse(reply, f.records)
	if missing := f.write(cmd.OutOrStdout(), answer); missing > 0 {
		return &failure{code: exitRecords}
	}
	return nil
}

// parser compiles the options as a server does.
func (f *parseFlags) parser(cmd *cobra.Command) (*parsing.Parser, error) {
	set, err := (&request{options: f.set}).set()
	if err != nil {
		return nil, err
	}
	for _, s := range shortcuts {
		if value := cmd.Flag(s.flag).Value.String(); value != "" {
			set[s.option] = value
		}
	}
	if _, ok := set["response.format"]; !ok {
		set["response.format"] = options.FormatJSON
	}
	v, problems := options.Resolve(options.Layer{Name: "command line", Set: set})
	if len(problems) > 0 {
		return nil, misuse("%w", &options.Error{Problems: problems})
	}
	parser, err := parsing.New(parsing.Config{
		Format: v.ResponseFormat, Path: v.ResponsePath, Delimiter: v.Delimiter,
		IndexField: v.IndexField, ValueFields: v.ValueFields,
		Strict: v.ResponseMatch == options.MatchStrict, Values: v.ResponseValues, Schema: v.ResponseSchema,
	})
	if err != nil {
		return nil, misuse("%w", err)
	}
	return parser, nil
}

func (f *parseFlags) reply(stdin io.Reader, args []string) (parsing.Reply, error) {
	in := stdin
	if len(args) > 0 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return parsing.Reply{}, misuse("%w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, parsing.MaxReplyBytes+1))
	if err != nil {
		return parsing.Reply{}, fmt.Errorf("reading the answer: %w", err)
	}
	reply := parsing.Reply{Text: string(text), CutOff: f.cutOff}
	if f.ids != "" {
		reply.IDs = strings.Split(f.ids, ",")
		if len(reply.IDs) != f.records {
			return reply, misuse("--ids has %d ids for %d records", len(reply.IDs), f.records)
		}
	}
	return reply, nil
}

// write shows the answer, a record a line, and returns how many have no value.
func (*parseFlags) write(out io.Writer, answer parsing.Answer) int {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RECORD\tBY\tVALUE OR REASON")
	missing := 0
	for i, e := range answer.Entries {
		if e.Problem != parsing.ProblemNone {
			missing++
			fmt.Fprintf(table, "%d\t–\t%s: %s\n", i+1, e.Problem, e.Message)
			continue
		}
		fmt.Fprintf(table, "%d\t%s\t%s\n", i+1, e.Match, shownFields(e.Fields))
	}
	_ = table.Flush() // a closed standard output is nobody's loss
	if answer.Suspect {
		fmt.Fprintln(out, "suspect: the model seems to have lost count; weir asks again about all, in smaller batches")
	}
	for _, w := range answer.Warnings {
		fmt.Fprintln(out, "warning: "+w)
	}
	fmt.Fprintf(out, "%d of %s have a value\n", len(answer.Entries)-missing, count(len(answer.Entries), "record"))
	return missing
}

// shownFields writes one value as it is read, and several with their names.
func shownFields(fields []parsing.Field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Value
		if !f.JSON {
			parts[i] = strconv.Quote(f.Value)
		}
		if len(fields) > 1 {
			parts[i] = f.Name + "=" + parts[i]
		}
	}
	return strings.Join(parts, " ")
}
