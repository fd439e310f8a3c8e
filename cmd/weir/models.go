package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
)

func newModels() *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "models [NAME]",
		Short: "List a server's models, or the options of one",
		Long: `Lists the models of a server. With a NAME it lists the options of that model as they stand, and which of them a request
may set.`,
		Example: `  weir models
  weir models sentiment
  weir models --server weir.example:9347 --tls --token env:WEIR_TOKEN`,
		Args: cobra.MaximumNArgs(1),
		RunE: action(func(cmd *cobra.Command, args []string) error {
			return t.withClient(cmd.Context(), func(ctx context.Context, c *client.Client) error {
				if len(args) == 1 {
					return showModel(ctx, c, args[0], cmd.OutOrStdout())
				}
				return showModels(ctx, c, cmd.OutOrStdout())
			})
		}).run,
	}
	t.flags(cmd.Flags())
	return cmd
}

func showModels(ctx context.Context, c *client.Client, out io.Writer) error {
	resp, err := c.Service().ListModels(ctx, &weirv1.ListModelsRequest{})
	if err != nil {
		return err
	}
	table := newTable(out)
	fmt.Fprintln(table, "NAME\tPROVIDER\tKIND\tMODEL\tDESCRIPTION")
	for _, m := range resp.GetModels() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n",
			m.GetName(), m.GetProvider(), m.GetProviderKind(), m.GetProviderModel(), m.GetDescription())
	}
	return table.Flush()
}

func showModel(ctx context.Context, c *client.Client, name string, out io.Writer) error {
	resp, err := c.Service().GetModel(ctx, &weirv1.GetModelRequest{Model: name})
	if err != nil {
		return err
	}
	m := resp.GetModel()
	fmt.Fprintf(out, "%s: %s of %s (%s)%s\n", m.GetName(), m.GetProviderModel(), m.GetProvider(), m.GetProviderKind(), taskText(m))
	if m.GetDescription() != "" {
		fmt.Fprintln(out, m.GetDescription())
	}
	if p := m.GetPrice(); p != nil {
		fmt.Fprintln(out, priceText(p))
	}
	fmt.Fprintln(out)
	table := newTable(out)
	fmt.Fprintln(table, "OPTION\tVALUE\tDEFAULT\tA REQUEST MAY SET IT")
	for _, o := range resp.GetOptions() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", o.GetName(), oneLine(o.GetValue()), oneLine(o.GetDefaultValue()), yesNo(o.GetOverridable()))
	}
	return table.Flush()
}

// priceText says what a model costs, and how old that is.
func priceText(p *weirv1.Price) string {
	rate := func(micros uint64) string { return "$" + strconv.FormatFloat(float64(micros)/1e6, 'f', -1, 64) }
	text := fmt.Sprintf("a million tokens: %s in (%s cached), %s out", rate(p.GetInput()), rate(p.GetCachedInput()), rate(p.GetOutput()))
	if p.GetDate() == "" {
		return text + "; the operator's price"
	}
	return fmt.Sprintf("%s; %s of %s", text, p.GetSource(), p.GetDate())
}

func newTable(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 8, 2, ' ', 0) }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// oneLine shows a value in a cell of a table: on one line, and not all of a long one.
func oneLine(s string) string {
	const most = 48
	if s == "" {
		return "–"
	}
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}
