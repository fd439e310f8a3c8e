package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bounds of a child's life.
const (
	// startTime is how long a child may take until it is ready; it may have to be installed first.
	startTime = 10 * time.Minute
	// endTime is how long it may take to end after SIGTERM; then it is killed.
	endTime = 10 * time.Second
	// lastLines is how many lines of what it says are kept, for an error; those that were shown are not.
	lastLines = 12
)

// child is a process that the demo has started. It ends with stop, and at the latest with the demo.
type child struct {
	name   string
	says   *listener
	cancel context.CancelFunc
	ended  chan struct{} // closed when the process is gone
	err    error         // how it ended; valid when ended is closed
}

// startChild starts a command and waits until it says a line that ready matches, whose submatches it returns. Until then what
// it says goes to echo, too.
func startChild(ctx context.Context, args []string, ready *regexp.Regexp, echo io.Writer) (*child, []string, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	c := &child{
		name:   strings.Join(args[:min(2, len(args))], " "),
		says:   &listener{ready: ready, echo: echo, match: make(chan []string, 1)},
		cancel: cancel,
		ended:  make(chan struct{}),
	}
	cmd.Stdout, cmd.Stderr = c.says, c.says
	isolate(cmd)
	cmd.Cancel = func() error { return terminate(cmd) }
	cmd.WaitDelay = endTime
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("%s cannot be started: %w", c.name, err)
	}
	go func() {
		defer close(c.ended)
		c.err = cmd.Wait()
		kill(cmd)
	}()
	match, err := c.waitReady(ctx)
	if err != nil {
		c.stop()
		return nil, nil, err
	}
	return c, match, nil
}

func (c *child) waitReady(ctx context.Context) ([]string, error) {
	timer := time.NewTimer(startTime)
	defer timer.Stop()
	select {
	case match := <-c.says.match:
		return match, nil
	case <-c.ended:
		return nil, c.failure()
	case <-timer.C:
		return nil, fmt.Errorf("%s was not ready within %v", c.name, startTime)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// failure says that the child has ended when it should not have.
func (c *child) failure() error {
	how := "it has stopped"
	if c.err != nil {
		how = c.err.Error()
	}
	return errors.New(strings.TrimSpace(fmt.Sprintf("%s ended: %s\n%s", c.name, how, c.says.last())))
}

// stop ends the child and waits until it is gone. It may be called again.
func (c *child) stop() {
	c.cancel()
	<-c.ended
}

// listener hears what a child says, line by line.
type listener struct {
	ready *regexp.Regexp
	match chan []string // gets the first match

	mu    sync.Mutex
	echo  io.Writer // nil: silent
	part  []byte    // of a line
	lines []string
}

// Write takes what the child says; a line that does not end is cut at 64 KiB.
func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, p...)
	for {
		line, rest, whole := bytes.Cut(l.part, []byte("\n"))
		if !whole && len(l.part) < 64<<10 {
			return len(p), nil
		}
		l.hear(strings.TrimRight(string(line), "\r"))
		l.part = slices.Clone(rest)
	}
}

func (l *listener) hear(line string) {
	match := l.ready.FindStringSubmatch(line)
	if match != nil {
		l.echo = nil
		select {
		case l.match <- match:
		default:
		}
	}
	if l.echo != nil {
		fmt.Fprintf(l.echo, "  %s\n", line)
		return
	}
	l.lines = append(l.lines, line)
	l.lines = l.lines[max(0, len(l.lines)-lastLines):]
}

func (l *listener) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return "    " + strings.Join(append(l.lines, string(l.part)), "\n    ")
}

// command runs a command to its end; what it says is in the error only.
func command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	isolate(cmd)
	cmd.Cancel = func() error { return terminate(cmd) }
	cmd.WaitDelay = endTime
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if missing := (*exec.Error)(nil); errors.As(err, &missing) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
