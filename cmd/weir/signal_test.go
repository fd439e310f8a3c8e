package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
	"github.com/weir-ml/weir/simulator"
)

// program is the built binary, running.
type program struct {
	cmd *exec.Cmd
	log *lines
}

// binary is the real thing, built at the first use; TestMain makes the folder and takes it away.
var (
	binaryFolder string
	binary       = sync.OnceValues(func() (string, error) {
		path := filepath.Join(binaryFolder, "weir")
		out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%w\n%s", err, out)
		}
		return path, nil
	})
)

func buildBinary(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func start(t *testing.T, path string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(path, args...), log: newLines()}
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

func (p *program) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wait returns the exit code.
func (p *program) wait() int {
	_ = p.cmd.Wait()
	p.log.close()
	return p.cmd.ProcessState.ExitCode()
}

// TestSignals sends signals to the real binary while it has a record unanswered.
func TestSignals(t *testing.T) {
	path := buildBinary(t)
	for _, c := range []struct {
		name    string
		latency time.Duration // of the model
		drain   string
		signals []os.Signal
		code    int
		answers int
	}{
		{"SIGTERM drains", 300 * time.Millisecond, "30s", []os.Signal{syscall.SIGTERM}, exitOK, 1},
		{"Ctrl-C drains", 300 * time.Millisecond, "30s", []os.Signal{os.Interrupt}, exitOK, 1},
		{"the drain time is over", time.Hour, "50ms", []os.Signal{syscall.SIGTERM}, exitFailure, 0},
		{"a second SIGTERM ends at once", time.Hour, "1h", []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, exitTerminated, 0},
		{"a second Ctrl-C ends at once", time.Hour, "1h", []os.Signal{os.Interrupt, os.Interrupt}, exitInterrupted, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			model := startSimulator(t, simulator.Config{Latency: c.latency})
			file := writeFile(t, "weir.yaml", "providers: {p: {kind: openai, base_url: '"+model.URL()+"'}}\nmodels: {m: {provider: p, model: m}}\n")
			p := start(t, path, "serve", file, "--listen", "127.0.0.1:0", "--admin", "off", "--drain-timeout", c.drain)
			session := ask(t, valueOf(p.log.waitFor("weir serves"), "address"))
			waitForCall(t, model)
			p.signal(t, c.signals[0])
			if p.log.waitFor("draining") == "" {
				t.Fatalf("it does not drain: %s", p.log)
			}
			for _, s := range c.signals[1:] {
				p.signal(t, s)
			}
			answers := 0
			for {
				results, err := session.Recv()
				if err != nil {
					break
				}
				if results[0].GetError() == nil {
					answers++
				}
			}
			if code := p.wait(); code != c.code || answers != c.answers {
				t.Errorf("exit code %d and %d answers, want %d and %d\n%s", code, answers, c.code, c.answers, p.log)
			}
			if strings.Contains(p.log.String(), "goroutine") {
				t.Errorf("a stack:\n%s", p.log)
			}
		})
	}
}

// ask sends one record on a stream that stays open.
func ask(t *testing.T, address string) *client.Session {
	t.Helper()
	c, err := client.Dial(client.Config{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	session, err := c.Open(context.WithoutCancel(t.Context()), client.Start{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	if err := session.Send(t.Context(), &weirv1.Record{Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	return session
}

// waitForCall waits until the simulator works on a call.
func waitForCall(t *testing.T, s *simulator.Server) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.Stats().InFlight == 0 {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("no call came")
		}
	}
}

// TestInterruptedBinary interrupts `weir predict` as a terminal does, and goes on.
func TestInterruptedBinary(t *testing.T) {
	path := buildBinary(t)
	server := startServer(t, "", slowModel(t, 20*time.Millisecond))
	in, want := reviews(300)
	file := writeFile(t, "in.jsonl", in)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	args := []string{"predict", file, "--server", server.address, "--out", out, "--max-in-flight", "16"}
	p := start(t, path, args...)
	waitForSize(t, out, 1000)
	p.signal(t, os.Interrupt)
	if code := p.wait(); code != exitInterrupted || !strings.HasPrefix(want, readFile(t, out)) || !strings.Contains(p.log.String(), "--resume") {
		t.Fatalf("exit code %d, %s", code, p.log)
	}
	p = start(t, path, append(args, "--resume")...)
	if code := p.wait(); code != exitOK || readFile(t, out) != want {
		t.Errorf("resumed: exit code %d, %s", code, p.log)
	}
}

func waitForSize(t *testing.T, path string, bytes int64) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if info, err := os.Stat(path); err == nil && info.Size() >= bytes {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("no output came")
		}
	}
}

// TestClosedPipe closes the reader of the real binary's output.
func TestClosedPipe(t *testing.T) {
	path := buildBinary(t)
	server := startServer(t, "")
	in, _ := reviews(20_000)
	said := newLines()
	cmd := exec.CommandContext(t.Context(), path, "predict", writeFile(t, "in.jsonl", in), "--server", server.address)
	cmd.Stderr = said
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(pipe, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	_ = pipe.Close()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailure || !strings.Contains(said.String(), "closed by its reader") {
		t.Errorf("exit code %d, %s", code, said)
	}
}
