// Command demo shows what weir does, on real reviews: it starts a model server and `weir serve`, sends the reviews through
// one by one and in batches, checks what comes back, and prints both runs side by side.
//
//	go run ./examples/demo                             the simulator as the model: no key, no network
//	go run ./examples/demo -provider NAME              the same, with weir and the simulator speaking another vendor's format
//	go run ./examples/demo -llm                        a small real language model (needs Python and PyPI)
//	go run ./examples/demo -picture docs/demo.svg      draws the run, too
//
// It is a client of weir as any other and measures from the outside. It is no benchmark: `make bench` is. docs/demo.md
// tells what the figures mean.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/term"
)

func main() {
	llm := flag.Bool("llm", false, "ask a small real language model instead of the simulator")
	vendor := flag.String("provider", openAI, "whose `format` weir and the simulator speak")
	d := demo{out: os.Stdout}
	flag.StringVar(&d.weir, "weir", "", "`path` of weir's binary (default: it is built as bin/weir)")
	flag.StringVar(&d.picture, "picture", "", "`file` for an SVG of the run")
	flag.Parse()
	var err error
	if d.scene, err = simulated().inFormat(*vendor); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(2)
	}
	if *llm {
		d.scene = realModel()
	}
	os.Exit(d.run())
}

// run plays the demo for a terminal or a pipe and returns the exit code.
func (d *demo) run() int {
	// Children end with the thread that has started them (see isolate), and this one lives as long as the process.
	runtime.LockOSThread()
	// A reader that has gone must not end the demo before it has ended its children.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	if term.IsTerminal(int(os.Stdout.Fd())) {
		d.live = os.Stdout
	}
	err := d.play(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "demo: interrupted; everything that it had started is ended")
		return 130
	default:
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 1
	}
}
