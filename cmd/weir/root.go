package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-ml/weir/config"
)

// The exit codes. They are part of the command line: docs/cli.md and `weir --help` say the same.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitRecords     = 3
	exitInterrupted = 130
	exitTerminated  = 143
)

const exitCodes = `Exit codes:
  0    done; for serve also: told to stop, and everything accepted was answered
  1    something failed at run time: no server, a full disk, a drain that took too long
  2    the command line, the configuration, an option or the input as a whole is wrong
  3    done, but some records ended with an error
  130  interrupted (Ctrl-C); 143 where it was SIGTERM. A second signal ends every command at once`

// streams are the program's.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run runs the command line args until it is done or ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	root := newRoot()                         //nolint:contextcheck // commands have it from cobra
	root.SetArgs(append([]string{}, args...)) // nil would mean the process's own
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	failed, ran := errors.AsType[*failure](err)
	if !ran { // cobra's own: a flag, an argument or a command that is not one
		fmt.Fprintf(std.err, "weir: %s\nRun `%s --help` for what it takes.\n", strings.TrimSpace(err.Error()), cmd.CommandPath())
		return exitUsage
	}
	if failed.err != nil {
		fmt.Fprintln(std.err, said(failed))
	}
	return failed.code
}

// said is an error as it is shown. Problems of a file begin with their place, as editors expect it.
func said(err error) string {
	if problems, is := errors.AsType[*config.Error](err); is && problems.Problems[0].Line > 0 {
		return problems.Error()
	}
	return "weir: " + err.Error()
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "weir",
		Short: "Batches records into model calls",
		Long: `weir gathers records from streams into batches, asks a language model about a whole batch in one call, and
answers each record by itself, in order.

` + exitCodes,
		Example: `  weir serve                                    # the embedded model, on this machine
  weir predict reviews.jsonl > labelled.jsonl   # in another terminal
  weir serve weir.yaml                          # a model of your own`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(
		newServe(), newCheck(), newModels(), newRender(), newParse(), newPredict(), newCost(), newSimulate(), newBench(), newVersion(),
	)
	return root
}

// failure is an error of a command that ran, with its exit code. A nil err means that all has been said.
type failure struct {
	code int
	err  error
}

// Error says what went wrong.
func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.err }

// misuse is an error of the command line or a configuration.
func misuse(format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...)}
}

// action is what a command does; what it returns is a *failure, so that run can tell it from an error of cobra.
type action func(cmd *cobra.Command, args []string) error

func (do action) run(cmd *cobra.Command, args []string) error {
	err := do(cmd, args)
	if err == nil {
		return nil
	}
	if _, is := errors.AsType[*failure](err); is {
		return err
	}
	return &failure{exitFailure, err}
}

// interrupted is the failure of a command whose context has ended; message may be empty.
func interrupted(ctx context.Context, message string) error {
	f := &failure{code: exitInterrupted}
	if signal, is := errors.AsType[*interruption](context.Cause(ctx)); is {
		f.code = signal.code()
	}
	if message != "" {
		f.err = errors.New(message)
	}
	return f
}

// refused puts the status of a server into words, for the command at address.
func refused(err error, address string) error {
	if _, said := errors.AsType[*failure](err); err == nil || said {
		return err
	}
	s, is := status.FromError(err)
	if !is {
		return err
	}
	switch s.Code() {
	case codes.Unavailable:
		return fmt.Errorf("no answer from a weir server at %s: start one with `weir serve`, or name another with --server (%s)",
			address, reached(s.Message()))
	case codes.Unauthenticated:
		return misuse("%s refuses the call: %s. Give the token with --token env:NAME or --token file:PATH", address, s.Message())
	case codes.NotFound, codes.InvalidArgument, codes.PermissionDenied:
		return misuse("%s", s.Message())
	case codes.Unimplemented:
		return fmt.Errorf("what listens at %s is no weir server, or an older one: %s", address, s.Message())
	default:
		return fmt.Errorf("%s ended the call: %s (%s)", address, s.Message(), s.Code())
	}
}

// refusal is an error of a stream in a few words.
func refusal(err error) string {
	if s, is := status.FromError(err); is {
		return reached(s.Message())
	}
	return err.Error()
}

// reached takes gRPC's wrapping off why a server was not reached.
func reached(message string) string {
	if _, inner, ok := strings.Cut(message, `desc = "transport: `); ok {
		message = strings.TrimSuffix(inner, `"`)
	}
	return strings.TrimPrefix(message, "Error while dialing: ")
}
