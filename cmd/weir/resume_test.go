package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/simulator"
)

// inputs have a bad row and everything else that makes rows hard to tell apart.
var inputs = map[string]string{
	"in.jsonl": `{"id": 1, "text": "` + good + `"}` + "\n" + `{"id": 2, "text": "` + bad + `", "note": "a\nb"}` + "\n\n" +
		`{"id": 3` + "\n" + `{"text": "` + good + ` ü"}` + "\n" + `{}` + "\n" + `{"id": 1, "text": "` + good + `"}`,
	"in.csv": "id,text,note\n1," + good + ",\n" + `2,"` + bad + `, ""so""","two` + "\n\n" + `lines"` + "\n3\n" +
		`4,` + good + ` ü,"x"` + "\n5,a\"b,\n1," + good + ",\n",
}

// TestResume cuts the output of a run everywhere and lets another run go on: the result is that of one run.
func TestResume(t *testing.T) {
	server := startServer(t, "")
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) {
			file := writeFile(t, name, in)
			out := filepath.Join(t.TempDir(), "out")
			args := []string{"predict", file, "--server", server.address, "--out", out, "-f", "text"}
			if got := weir(t, "", args...); got.code != exitRecords {
				t.Fatalf("exit code %d, %s", got.code, got.err)
			}
			want := readFile(t, out)
			for cut := 0; cut <= len(want); cut++ {
				if around := want[max(cut-1, 0):min(cut+1, len(want))]; cut%7 > 0 && !strings.ContainsAny(around, "\",\n{}") {
					continue // within a word: one in seven will do
				}
				if err := os.WriteFile(out, []byte(want[:cut]), 0o600); err != nil {
					t.Fatal(err)
				}
				got := weir(t, "", append(args, "--resume")...)
				if after := readFile(t, out); after != want {
					t.Fatalf("cut at %d of %d (%q): exit code %d, %s\n%s", cut, len(want), tail(want[:cut]), got.code, got.err, after)
				}
			}
		})
	}
}

func tail(s string) string { return s[max(0, len(s)-20):] }

func TestResumeRefuses(t *testing.T) {
	server := startServer(t, "")
	rows := `{"id": 1, "text": "a"}` + "\n" + `{"id": 2, "text": "b"}` + "\n"
	for _, c := range []struct{ name, file, in, out, says string }{
		{"another input", "in.jsonl", rows, `{"id": 7, "text": "a", "prediction": "x"}` + "\n", "row 1"},
		{"a row in the middle", "in.jsonl", rows, `{"id": 1, "text": "a", "prediction": "x"}` + "\n" + `{"id": 1, "text": "a", "prediction": "x"}` + "\n", "row 2"},
		{"the input itself", "in.jsonl", rows, rows, "row 1"},
		{"more rows than the input", "in.jsonl", rows, strings.Repeat(`{"id": 1, "text": "a", "prediction": "x"}`+"\n", 1) +
			`{"id": 2, "text": "b", "prediction": "x"}` + "\n" + `{"id": 3}` + "\n", "row 3"},
		{"another header", "in.csv", "id,text\n1,a\n", "id,body,prediction,error\n", "the header"},
		{"other values", "in.csv", "id,text\n1,a\n", "id,text,label,error\n", "other columns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, out := writeFile(t, c.file, c.in), writeFile(t, "out", c.out)
			got := weir(t, "", "predict", file, "--server", server.address, "--out", out, "--resume")
			if got.code != exitUsage || !strings.Contains(got.err, c.says) {
				t.Errorf("exit code %d, %s", got.code, got.err)
			}
			if after := readFile(t, out); after != c.out {
				t.Errorf("the output was changed: %q", after)
			}
		})
	}
}

// TestResumeCutsOffFirst has no server to go on with: what is left are complete rows, not a torn one.
func TestResumeCutsOffFirst(t *testing.T) {
	in, want := reviews(10)
	file, out := writeFile(t, "in.jsonl", in), writeFile(t, "out", want[:len(want)/2])
	got := weir(t, "", "predict", file, "--server", "127.0.0.1:1", "--out", out, "--resume")
	after := readFile(t, out)
	if got.code != exitFailure || !strings.HasPrefix(want, after) || !strings.HasSuffix(after, "\n") || len(after) < len(want)/3 {
		t.Errorf("exit code %d, %q", got.code, after)
	}
}

func TestResumeOfWhatIsDone(t *testing.T) {
	server := startServer(t, "")
	in, want := reviews(30)
	file, out := writeFile(t, "in.jsonl", in), writeFile(t, "out", want)
	got := weir(t, "", "predict", file, "--server", server.address, "--out", out, "--resume")
	if got.code != exitOK || readFile(t, out) != want || !strings.Contains(got.err, "30 rows from before") {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
}

// slowModel is a configuration whose only model takes its time and answers 4 records in a call.
func slowModel(t *testing.T, latency time.Duration) string {
	t.Helper()
	s := startSimulator(t, simulator.Config{Latency: latency})
	return writeFile(t, "weir.yaml", fmt.Sprintf(`
providers:
  sim: {kind: openai, base_url: %q, max_in_flight: 4}
models:
  slow:
    provider: sim
    model: any
    options:
      batch.size: 4
      batch.timeout.ms: 10
      batch.prompt.template: 'Name the sentiment of each text: [{"index": <n>, "value": "<positive|negative|neutral>"}]'
`, s.URL()))
}

// TestInterrupted ends a run in the middle, as Ctrl-C does: what is done is kept, and --resume does the rest.
func TestInterrupted(t *testing.T) {
	server := startServer(t, "", slowModel(t, 20*time.Millisecond))
	in, want := reviews(200)
	file := writeFile(t, "in.jsonl", in)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	args := []string{"predict", file, "--server", server.address, "--max-in-flight", "16"}

	ctx, interrupt := context.WithCancelCause(t.Context())
	written := newLines()
	go func() {
		written.waitForRows(40)
		interrupt(&interruption{os.Interrupt})
	}()
	said := newLines()
	code := run(ctx, args, streams{strings.NewReader(""), written, said})
	kept := written.String()
	if code != exitInterrupted || !strings.HasPrefix(want, kept) || !strings.HasSuffix(kept, "\n") || kept == want {
		t.Fatalf("exit code %d, %d bytes kept; %s", code, len(kept), said)
	}
	if !strings.Contains(said.String(), "--out FILE") {
		t.Errorf("it does not say how to go on: %s", said)
	}

	if err := os.WriteFile(out, []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
	got := weir(t, "", append(args, "--out", out, "--resume")...)
	if got.code != exitOK || readFile(t, out) != want {
		t.Errorf("resumed: exit code %d, %s", got.code, got.err)
	}
}

func TestInterruptedSaysHowToGoOn(t *testing.T) {
	server := startServer(t, "", slowModel(t, time.Hour))
	in, _ := reviews(20)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	ctx, cancel := context.WithCancelCause(t.Context())
	reader := &notify{in: strings.NewReader(in), ended: func() { cancel(&interruption{os.Interrupt}) }}
	var said bytes.Buffer
	code := run(ctx, []string{"predict", "--server", server.address, "--out", out}, streams{reader, nil, &said})
	if code != exitInterrupted || !strings.Contains(said.String(), "0 rows in "+out) || !strings.Contains(said.String(), "--resume") {
		t.Errorf("exit code %d, %s", code, said.String())
	}
}

// notify tells when the input was read to its end.
type notify struct {
	in    *strings.Reader
	ended func()
}

func (n *notify) Read(p []byte) (int, error) {
	if n.in.Len() == 0 {
		n.ended()
	}
	return n.in.Read(p)
}

// TestDrained restarts the server in the middle of a run, on the same port: nothing is lost, doubled or out of order.
func TestDrained(t *testing.T) {
	model := slowModel(t, 10*time.Millisecond)
	server := startServer(t, "", model)
	in, want := reviews(400)
	written, said := newLines(), newLines()
	code := make(chan int, 1)
	go func() {
		code <- run(t.Context(), []string{"predict", "--server", server.address, "--max-in-flight", "16"},
			streams{strings.NewReader(in), written, said})
		written.close()
	}()
	for _, rows := range []int{50, 150} {
		if !written.waitForRows(rows) {
			t.Fatalf("the run ended early: %s", said)
		}
		if got := server.stop(); got != exitOK {
			t.Errorf("the server's exit code is %d", got)
		}
		server = startServer(t, server.address, model)
	}
	if got := <-code; got != exitOK || written.String() != want {
		t.Errorf("exit code %d, %d bytes of output, want %d; %s", got, len(written.String()), len(want), said)
	}
	if !strings.Contains(said.String(), "going on in") {
		t.Errorf("it does not say that it went on: %s", said)
	}
}

// TestServerGone stops the server for good: the run gives up and keeps what is done.
func TestServerGone(t *testing.T) {
	server := startServer(t, "", slowModel(t, 10*time.Millisecond))
	in, want := reviews(400)
	written, said := newLines(), newLines()
	code := make(chan int, 1)
	go func() {
		code <- run(t.Context(), []string{"predict", "--server", server.address, "--max-in-flight", "16", "--reconnects", "2"},
			streams{strings.NewReader(in), written, said})
	}()
	written.waitForRows(50)
	server.stop()
	if got := <-code; got != exitFailure || !strings.HasPrefix(want, written.String()) || !strings.Contains(said.String(), "try 2 of 2") {
		t.Errorf("exit code %d, %s", got, said)
	}
}
