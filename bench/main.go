// Command bench measures weir and holds it to its limits: `make bench` prints docs/benchmarks.md's tables and exits with 1
// where a limit is missed; `make soak` runs everything at once for a while and looks for what is lost, leaked or grown.
//
// What is measured runs in processes of its own: `weir serve` and `weir simulate` as a user starts them, and this program
// again in another role where something is needed that weir does not have, such as a model without latency or a plain
// echo. So a server's CPU time and memory are its own. Every value of every run is checked. It needs Linux, for /proc, and
// is no tool for measuring other servers: that is `weir bench`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// settings are the command line.
type settings struct {
	only       *regexp.Regexp
	rounds     int
	short      bool
	write      bool
	cpuprofile string

	demo     bool
	soak     bool
	duration time.Duration
	seed     uint64

	role roleSettings
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	set, err := parse(args)
	if err != nil {
		return err
	}
	if set.role.name != "" {
		return set.role.serve(ctx)
	}
	l, err := newLab(ctx, set, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	switch {
	case set.demo:
		return demoFlink(ctx, l)
	case set.soak:
		return soak(ctx, l)
	}
	return benchmark(ctx, l)
}

func parse(args []string) (*settings, error) {
	set := &settings{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("run", "", "run only the rows whose name matches this regular `expression`; `collector` runs only when named")
	flags.IntVar(&set.rounds, "rounds", 5, "how many `rounds` a row is measured, after one to warm up")
	flags.BoolVar(&set.short, "short", false, "fewer records: whether it works, not how fast it is")
	flags.BoolVar(&set.write, "write", false, "write docs/benchmarks.md, or with -demo-flink the run into docs/demo.md")
	flags.StringVar(&set.cpuprofile, "cpuprofile", "", "write a CPU profile of each measured server to `FILE`.ROW.N")
	flags.BoolVar(&set.demo, "demo-flink", false, "show ML_PREDICT in Flink on a few reviews instead")
	flags.BoolVar(&set.soak, "soak", false, "run the soak instead")
	flags.DurationVar(&set.duration, "duration", time.Minute, "how long the soak opens new streams")
	flags.Uint64Var(&set.seed, "seed", 0, "where the soak's chances begin; 0: anywhere")
	set.role.flags(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	var err error
	if set.only, err = regexp.Compile(*only); err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	if set.rounds < 1 || flags.NArg() > 0 {
		return nil, fmt.Errorf("-rounds must be at least 1, and there are no arguments: %q", flags.Args())
	}
	return set, nil
}
