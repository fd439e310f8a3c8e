package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// victimEnv holds the address of a server for a process of this test's program that is to be killed.
const victimEnv = "WEIR_E2E_VICTIM"

const victimStreams = 10

// victim is that process: it opens streams, sends without an end, and says so when all of them run.
func victim(addr string) error {
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	client := weirv1.NewInferenceServiceClient(conn)
	ended := make(chan error, 2*victimStreams)
	for n := range victimStreams {
		stream, err := client.Predict(context.Background())
		if err != nil {
			return err
		}
		if err := stream.Send(startOf(&weirv1.PredictStart{MaxInFlight: 20})); err != nil {
			return err
		}
		if _, err := stream.Recv(); err != nil {
			return err
		}
		go func() { ended <- sendForEver(stream, n) }()
		go func() {
			_, err := restOf(stream)
			ended <- err
		}()
	}
	if _, err := fmt.Fprintln(os.Stdout, "running"); err != nil {
		return err
	}
	return <-ended
}

// sendForEver sends until the stream ends.
func sendForEver(stream weirv1.InferenceService_PredictClient, n int) error {
	for i := 0; ; i++ {
		if err := stream.Send(batchOf(recordsOf(fmt.Sprintf("stream %d record %d", n, i)))); err != nil {
			return err
		}
	}
}

// TestKilledProcesses: client processes are killed in the middle of their streams, some while the provider hangs and some
// while it answers. Their calls are cancelled and nothing of them stays.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	provider := newCanary(t)
	w := serve(t, model(provider.url(), "batch.size: 10", "batch.timeout.ms: 20", "max.retries: 0"), nil)
	for _, hangs := range []bool{false, true} {
		provider.misbehave(slow)
		if hangs {
			provider.misbehave(hang)
		}
		const processes = 2
		var all [processes]*exec.Cmd
		for i := range all {
			all[i] = startVictim(t, w.addr)
		}
		waitFor(t, "calls of all processes", func() bool { return w.server.Streams() == processes*victimStreams && provider.inside.Load() > 0 })
		for _, cmd := range all {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			_ = cmd.Wait() // it was killed
		}
		waitFor(t, "the streams to end", func() bool { return w.server.Streams() == 0 })
		waitFor(t, "the calls to be cancelled", func() bool { return provider.inside.Load() == 0 })
	}
	provider.behave()
	s := w.predict(t.Context(), t, &weirv1.PredictStart{})
	s.texts(numbered(1, 25)...)
	wantValues(t, 1, numbered(1, 25), s.finish(25))
}

// slow answers well after 200 ms.
func slow(c *call, _ int64) {
	<-after(200 * time.Millisecond)
	c.answer(c.right(), "stop")
}

func startVictim(t *testing.T, addr string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), victimEnv+"="+addr)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the client did not start: %q, %v", line, err)
	}
	return cmd
}

// TestManyStreams: 200 streams at once, on a few connections, each get their own values.
func TestManyStreams(t *testing.T) {
	t.Parallel()
	provider := newCanary(t)
	w := serve(t, model(provider.url(), "batch.size: 5", "batch.timeout.ms: 50"), nil)
	const streams, each = 200, 20
	problems := make(chan error, streams)
	var ready sync.WaitGroup
	ready.Add(streams)
	for n := range streams {
		go func() { problems <- w.oneOfMany(t.Context(), n, each, &ready) }()
	}
	for range streams {
		if err := <-problems; err != nil {
			t.Error(err)
		}
	}
	if got := w.tally.values.Load(); got != streams*each {
		t.Errorf("%d values, want %d", got, streams*each)
	}
}

// oneOfMany is a stream that waits until all the others are open too.
func (w *weir) oneOfMany(ctx context.Context, n, records int, ready *sync.WaitGroup) error {
	stream, err := w.client.Predict(ctx)
	if err == nil {
		err = stream.Send(startOf(&weirv1.PredictStart{MaxInFlight: 10}))
	}
	if err == nil {
		_, err = stream.Recv()
	}
	ready.Done()
	if err != nil {
		return err
	}
	ready.Wait()
	if open := w.server.Streams(); n == 0 && open < 150 {
		return fmt.Errorf("only %d streams are open", open)
	}
	texts := make([]string, records)
	for i := range texts {
		texts[i] = fmt.Sprintf("stream %d record %d", n, i)
	}
	if err := errors.Join(stream.Send(batchOf(recordsOf(texts...))), stream.CloseSend()); err != nil {
		return err
	}
	got, err := restOf(stream)
	if !errors.Is(err, io.EOF) || len(got) != records {
		return fmt.Errorf("stream %d: %d results, %w", n, len(got), err)
	}
	for i, r := range got {
		if r.GetText() != answerTo(texts[i]) || r.GetSequence() != uint64(i+1) {
			return fmt.Errorf("stream %d, record %d: %v", n, i+1, r)
		}
	}
	return nil
}

// TestManyStreamsGone: 200 streams with calls in flight, gathered records and batches that wait for a place, half of them
// cancelled and half cut off with their connection.
func TestManyStreamsGone(t *testing.T) {
	t.Parallel()
	provider := newFaulty(t, hang)
	w := serve(t, model(provider.url(), "batch.size: 5", "batch.timeout.ms: 20"), nil)
	other := &weir{conn: dial(t, w.addr)}
	other.client = weirv1.NewInferenceServiceClient(other.conn)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const streams = 200
	for n := range streams {
		from := w
		if n%2 == 0 {
			from = other
		}
		s := from.predict(ctx, t, &weirv1.PredictStart{})
		s.texts(numbered(1, 1+n%17)...)
	}
	waitFor(t, "64 calls, the provider's limit", func() bool { return provider.inside.Load() == 64 })
	if n := w.server.Streams(); n != streams {
		t.Errorf("%d streams are open, want %d", n, streams)
	}
	if err := other.conn.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	waitFor(t, "all streams to end", func() bool { return w.server.Streams() == 0 })
	waitFor(t, "the calls to be cancelled", func() bool { return provider.inside.Load() == 0 })
	provider.behave()
	s := w.predict(t.Context(), t, &weirv1.PredictStart{})
	began := time.Now()
	s.texts(numbered(1, 5)...)
	wantValues(t, 1, numbered(1, 5), s.finish(5))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v: places of the gone are still taken", took)
	}
}
