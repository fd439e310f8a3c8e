package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stage is what a scene plays on: the two servers, each a process of its own, on ports that were free.
type stage struct {
	scene

	modelServer string // http://HOST:PORT
	address     string // of weir's gRPC
	admin       string
	folder      string // for weir's configuration
	children    []*child
}

var weirReady = regexp.MustCompile(`msg="weir serves" address=(\S+) admin=(\S+)`)

// setStage starts the servers and waits until they are ready. Who calls it clears the stage, unless there is an error.
func (d *demo) setStage(ctx context.Context) (*stage, error) {
	s := &stage{scene: d.scene}
	if err := s.set(ctx, d); err != nil {
		s.clear()
		return nil, err
	}
	return s, nil
}

func (s *stage) set(ctx context.Context, d *demo) error {
	args := slices.Clone(s.server)
	if args[0] == "weir" {
		args[0] = d.weir
	}
	var echo io.Writer
	if !s.simulated {
		echo = d.out // what is installed, and where
	}
	match, err := s.start(ctx, args, s.ready, echo)
	if err != nil {
		return err
	}
	s.modelServer = match[1]
	fmt.Fprintf(d.out, "  %-19s%s\n", "model server", s.modelServer)
	config, err := s.writeConfig()
	if err != nil {
		return err
	}
	match, err = s.start(ctx, []string{d.weir, "serve", config, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, weirReady, nil)
	if err != nil {
		return err
	}
	s.address, s.admin = match[1], match[2]
	fmt.Fprintf(d.out, "  %-19s%s, at most %d calls at once both ways\n\n", "weir serve", s.address, s.atOnce)
	return nil
}

// start starts a child that ends with the stage.
func (s *stage) start(ctx context.Context, args []string, ready *regexp.Regexp, echo io.Writer) ([]string, error) {
	c, match, err := startChild(ctx, args, ready, echo)
	if err != nil {
		return nil, err
	}
	s.children = append(s.children, c)
	return match, nil
}

// writeConfig writes the scene's configuration with the model server's address in it.
func (s *stage) writeConfig() (string, error) {
	if n := strings.Count(s.config, s.standIn); n != 1 {
		return "", fmt.Errorf("%s has %s %d times, not once", s.file, s.standIn, n)
	}
	var err error
	if s.folder, err = os.MkdirTemp("", "weir-demo-"); err != nil {
		return "", err
	}
	path := filepath.Join(s.folder, filepath.Base(s.file))
	config := strings.Replace(s.config, s.standIn, s.modelServer+s.path, 1)
	return path, os.WriteFile(path, []byte(config), 0o600)
}

// watch returns a context that ends when ctx does or when one of the servers ends, which is then the cause.
func (s *stage) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	for _, c := range s.children {
		go func() {
			select {
			case <-c.ended:
				cancel(c.failure())
			case <-ctx.Done():
			}
		}()
	}
	return ctx, func() { cancel(nil) }
}

// because returns why ctx has ended, where that follows a problem closely: a server that ends breaks streams first.
func because(ctx context.Context, problem error) error {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return problem
	}
}

// clear ends the servers, the last one first, and removes what was written.
func (s *stage) clear() {
	for _, c := range slices.Backward(s.children) {
		c.stop()
	}
	_ = os.RemoveAll(s.folder)
}
