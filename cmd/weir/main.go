// Command weir is the server and everything around it: weir serve, check, models, render, predict, simulate, bench. `weir
// --help` and docs/cli.md say what each does. The command only wires packages together; what they do is theirs.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE) // a closed pipe is an error of the write, which says more than a signal
	go func() {
		stop(&interruption{<-signals})
		os.Exit((&interruption{<-signals}).code())
	}()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// interruption is a signal as the cause of a context's end.
type interruption struct{ signal os.Signal }

// Error names the signal.
func (i *interruption) Error() string { return "interrupted: " + i.signal.String() }

// code is the exit code that shells give a program that the signal ended.
func (i *interruption) code() int {
	if i.signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}
