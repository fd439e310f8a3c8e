package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weir-ml/weir/simulator"
)

var update = flag.Bool("update", false, "write the golden files and docs/cli.md")

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "weir-test-")
	if err != nil {
		panic(err)
	}
	binaryFolder = folder
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(folder)
		os.Exit(code) //nolint:forbidigo // what goleak does without a Cleanup
	}))
}

// result is what a command line came to.
type result struct {
	code     int
	out, err string
}

// weir runs a command line to its end.
func weir(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return weirContext(t.Context(), stdin, args...)
}

func weirContext(ctx context.Context, stdin string, args ...string) result {
	var out, errOut bytes.Buffer
	code := run(ctx, args, streams{strings.NewReader(stdin), &out, &errOut})
	return result{code, out.String(), errOut.String()}
}

// serving is a `weir serve` in this process.
type serving struct {
	address, admin string
	cancel         context.CancelFunc
	code           chan int
	log            *lines
}

// startServer runs `weir serve` until the test ends. listen is an address; "" takes a free port.
func startServer(t *testing.T, listen string, args ...string) *serving {
	t.Helper()
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	s := &serving{cancel: cancel, code: make(chan int, 1), log: newLines()}
	go func() {
		code := run(ctx, append([]string{"serve", "--listen", listen, "--admin", "127.0.0.1:0"}, args...),
			streams{strings.NewReader(""), io.Discard, s.log})
		s.log.close()
		s.code <- code
	}()
	t.Cleanup(func() { s.stop() })
	line := s.log.waitFor("weir serves")
	if line == "" {
		t.Fatalf("the server did not start:\n%s", s.log.String())
	}
	s.address, s.admin = valueOf(line, "address"), valueOf(line, "admin")
	return s
}

// stop drains the server and returns its exit code; -1 where it was stopped before.
func (s *serving) stop() int {
	s.cancel()
	code, ok := <-s.code
	if !ok {
		return -1
	}
	close(s.code)
	return code
}

// valueOf returns the value of a key of a log line.
func valueOf(line, key string) string {
	found := regexp.MustCompile(`\b` + key + `=(\S+)`).FindStringSubmatch(line)
	if found == nil {
		return ""
	}
	return found[1]
}

// lines is a writer whose lines can be waited for.
type lines struct {
	mu     sync.Mutex
	grown  *sync.Cond
	text   bytes.Buffer
	closed bool
}

func newLines() *lines {
	l := &lines{}
	l.grown = sync.NewCond(&l.mu)
	return l
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grown.Broadcast()
	return l.text.Write(p)
}

func (l *lines) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.grown.Broadcast()
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// waitFor returns the first line with the text in it; empty where the writer is closed without one.
func (l *lines) waitFor(text string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		scanner := bufio.NewScanner(bytes.NewReader(l.text.Bytes()))
		for scanner.Scan() {
			if strings.Contains(scanner.Text(), text) {
				return scanner.Text()
			}
		}
		if l.closed {
			return ""
		}
		l.grown.Wait()
	}
}

// waitForRows returns when n line ends were written; false where the writer is closed before.
func (l *lines) waitForRows(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for bytes.Count(l.text.Bytes(), []byte("\n")) < n {
		if l.closed {
			return false
		}
		l.grown.Wait()
	}
	return true
}

// startSimulator runs a simulator until the test ends.
func startSimulator(t *testing.T, cfg simulator.Config) *simulator.Server {
	t.Helper()
	s := simulator.New(cfg)
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// writeFile writes a file of the test and returns its path.
func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// golden compares text with a file; with -update it writes the file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(readFile(t, path), got); diff != "" {
		t.Errorf("%s is stale (-file +now); if the change is meant, run: go generate ./cmd/weir\n%s", path, diff)
	}
}
