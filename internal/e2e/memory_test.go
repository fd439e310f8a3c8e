package e2e_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// peak is the most memory that the process has had so far, in MiB.
func (r *running) peak(t *testing.T) int {
	t.Helper()
	return r.memory(t, "VmHWM:")
}

// memory reads a line of the process's status, where there is one.
func (r *running) memory(t *testing.T, line string) int {
	t.Helper()
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", r.process.Pid))
	if err != nil {
		t.Skipf("no figures of a process here: %v", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		kib := 0
		if rest, ok := strings.CutPrefix(lines.Text(), line); ok {
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				t.Fatal(err)
			}
			return kib >> 10
		}
	}
	t.Fatalf("no %s in the status", line)
	return 0
}

// connect returns a client of the program.
func (r *running) connect(t *testing.T) *weir {
	t.Helper()
	w := &weir{conn: dial(t, r.addr)}
	w.client = weirv1.NewInferenceServiceClient(w.conn)
	t.Cleanup(func() {
		if err := w.conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// TestMemoryOfHugeBodies: bodies of 100 MB are not read beyond their bound of 8 MiB, however many there are.
func TestMemoryOfHugeBodies(t *testing.T) {
	t.Parallel()
	provider := newCanary(t)
	file := strings.Replace(model(provider.url(), "system.prompt: single", "max.retries: 0"), "kind: openai,", "kind: openai, max_in_flight: 1,", 1)
	program := startProgram(t, file, "--admin", "off")
	s := program.connect(t).predict(t.Context(), t, &weirv1.PredictStart{})
	s.texts("a", "b")
	s.results(2)
	before := program.peak(t)
	provider.misbehave(huge)
	s.texts(numbered(1, 9)...) // one more in a row opens the provider's breaker
	for _, r := range s.results(9) {
		if r.GetError().GetReason() != unavailable {
			t.Errorf("%v", r)
		}
	}
	after := program.peak(t)
	t.Logf("%d MiB before, %d MiB at most while nine bodies of 100 MB came", before, after)
	if after-before > 96 { // a whole body alone would take more
		t.Errorf("memory grew by %d MiB", after-before)
	}
	provider.behave()
	s.texts("c")
	if got := s.finish(1); got[0].GetText() != answerTo("c") {
		t.Errorf("%v", got)
	}
}

// TestMemoryOfSlowReader: what a client sends that does not read its results waits in the client, once the window is full.
func TestMemoryOfSlowReader(t *testing.T) {
	t.Parallel()
	provider := newCanary(t)
	program := startProgram(t, model(provider.url(), "batch.size: 20"), "--admin", "off")
	s := program.connect(t).predict(t.Context(), t, &weirv1.PredictStart{})
	before := program.peak(t)
	const records = 12_000
	pad := strings.Repeat(" and so on", 100)
	textOf := func(n int) string { return text(n) + pad }
	var sent atomic.Int64
	done := make(chan error, 1)
	go func() {
		for n := range records {
			if err := s.Send(batchOf(recordsOf(textOf(n + 1)))); err != nil {
				done <- err
				return
			}
			sent.Add(1)
		}
		done <- s.CloseSend()
	}()
	waitFor(t, "the client to be held", func() bool {
		last := sent.Load()
		<-after(300 * time.Millisecond)
		return last > 2048 && sent.Load() == last
	})
	held := program.peak(t)
	t.Logf("%d MiB before, %d MiB with a full window; %d of %d records sent", before, held, sent.Load(), records)
	if n := sent.Load(); n == records {
		t.Errorf("all records were sent")
	}
	if held-before > 32 {
		t.Errorf("memory grew by %d MiB", held-before)
	}
	for n := 0; n < records; {
		for _, r := range s.recv().GetResults().GetResults() {
			n++
			if r.GetSequence() != uint64(n) || r.GetText() != answerTo(textOf(n)) {
				t.Fatalf("result %d: %v", n, r)
			}
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
