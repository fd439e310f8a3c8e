// Command gotest runs `go test` with the arguments it gets, shows a line for each package and all output of what
// failed, and ends with a line that counts the tests: `N passed, N failed` or `N passed, N failed, N skipped`. It exits
// with 1 if a test failed or none ran.
//
// A directory that is given with -plain is tested without -race: one whose dependencies take minutes to build, and whose own code
// starts no goroutines.
//
//	go run ./internal/lint/gotest [-C dir]... [-plain dir]... [-count-file FILE] -- -race ./...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"

	"github.com/weir-ml/weir/internal/lint/counting"
)

// errTests says that the count has the news.
var errTests = errors.New("tests failed, or none ran")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err == nil {
		return
	}
	if !errors.Is(err, errTests) {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("gotest", flag.ContinueOnError)
	countFile := flags.String("count-file", "", "also write the count to this `file`")
	var dirs, plain []string
	flags.Func("plain", "run in this `directory` without -race; may be given several times", func(dir string) error {
		plain = append(plain, dir)
		return nil
	})
	flags.Func("C", "run in this `directory`; may be given several times (default \".\")", func(dir string) error {
		dirs = append(dirs, dir)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("arguments: %w", err)
	}
	if len(dirs)+len(plain) == 0 {
		dirs = []string{"."}
	}
	counter := counting.New(out)
	for _, dir := range dirs {
		if err := test(ctx, counter, dir, flags.Args()); err != nil {
			return err
		}
	}
	without := slices.DeleteFunc(slices.Clone(flags.Args()), func(arg string) bool { return arg == "-race" })
	for _, dir := range plain {
		if err := test(ctx, counter, dir, without); err != nil {
			return err
		}
	}
	return report(counter.Count(), *countFile, out)
}

// test runs go test in dir.
func test(ctx context.Context, counter *counting.Counter, dir string, args []string) error {
	before := counter.Count().Failed
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-C", dir, "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	stream, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	readErr := counter.Read(stream)
	waitErr := cmd.Wait()
	if readErr == nil && waitErr != nil && counter.Count().Failed == before {
		counter.Fail("go test in " + dir + ": " + waitErr.Error())
	}
	return readErr
}

// report writes the count as the last line.
func report(n counting.Count, file string, out io.Writer) error {
	if _, err := fmt.Fprintln(out, n); err != nil {
		return fmt.Errorf("writing the count: %w", err)
	}
	if file != "" {
		if err := os.WriteFile(file, []byte(n.String()+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing the count: %w", err)
		}
	}
	if !n.OK() {
		return errTests
	}
	return nil
}
