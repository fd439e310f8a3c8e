package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// The HTTP/2 windows of the client, of the echo and, by its own choice, of weir.
const (
	streamWindow = 256 << 10
	connWindow   = 1 << 20
)

// load is what streams are made of: the same for weir and for what it is measured against.
type load struct {
	model      string
	options    map[string]string
	texts      []string
	perMessage int
	window     int
	// check says whether the value of a text is right; every value of every run is checked.
	check func(text, value string) bool
}

func dial(address string) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStaticStreamWindowSize(streamWindow), grpc.WithStaticConnWindowSize(connWindow))
	if err != nil {
		return nil, fmt.Errorf("dialling %s: %w", address, err)
	}
	return conn, nil
}

// stream is one Predict stream. It is used by one goroutine, but for what pass starts.
type stream struct {
	*load
	rpc      weirv1.InferenceService_PredictClient
	cancel   context.CancelFunc
	over     <-chan struct{} // closed when the stream's context ends
	credits  *credits
	sent     int
	received int
}

// open opens a stream and waits until the server has accepted it.
func (l *load) open(ctx context.Context, conn *grpc.ClientConn) (*stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	rpc, err := weirv1.NewInferenceServiceClient(conn).Predict(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("opening the stream: %w", err)
	}
	s := &stream{load: l, rpc: rpc, cancel: cancel, over: rpc.Context().Done(), credits: newCredits(l.window)}
	if err := s.begin(); err != nil {
		cancel()
		return nil, err
	}
	return s, nil
}

func (s *stream) begin() error {
	err := s.rpc.Send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: &weirv1.PredictStart{
		Model: s.model, Options: s.options, MaxInFlight: uint32(s.window), //nolint:gosec // a small constant
	}}})
	if err != nil && !errors.Is(err, io.EOF) { // io.EOF: Recv knows why
		return fmt.Errorf("sending start: %w", err)
	}
	first, err := s.rpc.Recv()
	if err != nil {
		return fmt.Errorf("waiting for started: %w", err)
	}
	if first.GetStarted() == nil {
		return fmt.Errorf("the first message is %v, not started", first)
	}
	return nil
}

// run streams records on a stream of their own and returns how long it took from the first record to the last result.
func (l *load) run(ctx context.Context, conn *grpc.ClientConn, records int) (time.Duration, error) {
	s, err := l.open(ctx, conn)
	if err != nil {
		return 0, err
	}
	defer s.cancel()
	took, err := s.pass(records)
	if err != nil {
		return 0, err
	}
	return took, s.end()
}

// pass sends records, as fast as the window lets it, checks their results, and returns how long that took. The stream stays
// open.
func (s *stream) pass(records int) (time.Duration, error) {
	begin := time.Now()
	failed := make(chan error, 1)
	go func() { failed <- s.send(records) }()
	err := s.receive(s.received + records)
	took := time.Since(begin)
	if err != nil {
		s.cancel()
	}
	return took, errors.Join(err, <-failed)
}

// end half-closes and waits for the end of the stream: no result may come any more.
func (s *stream) end() error {
	if err := s.rpc.CloseSend(); err != nil {
		return fmt.Errorf("half-closing: %w", err)
	}
	m, err := s.rpc.Recv()
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("after the last result: %v, %w", m, err)
	}
	return nil
}

func (s *stream) send(records int) error {
	for end := s.sent + records; s.sent < end; {
		n := min(s.perMessage, end-s.sent)
		if !s.credits.take(s.over, n) {
			return nil // receive knows why
		}
		if err := s.rpc.Send(s.message(n)); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("sending: %w", err)
		}
		s.sent += n
	}
	err := s.rpc.Send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Flush{Flush: &weirv1.Flush{}}})
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("flushing: %w", err)
	}
	return nil
}

// message is the next n records.
func (s *stream) message(n int) *weirv1.PredictRequest {
	if n == 1 {
		return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Record{Record: &weirv1.Record{Text: s.text(s.sent)}}}
	}
	records := make([]*weirv1.Record, n)
	for i := range records {
		records[i] = &weirv1.Record{Text: s.text(s.sent + i)}
	}
	return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Records{Records: &weirv1.RecordBatch{Records: records}}}
}

func (l *load) text(i int) string { return l.texts[i%len(l.texts)] }

// receive takes results until it has as many as it is told.
func (s *stream) receive(until int) error {
	for s.received < until {
		m, err := s.rpc.Recv()
		if err != nil {
			return fmt.Errorf("after %d of %d results: %w", s.received, until, err)
		}
		results := m.GetResults().GetResults()
		for _, r := range results {
			if err := s.verify(r); err != nil {
				return err
			}
			s.received++
		}
		s.credits.give(len(results))
	}
	if s.received > until {
		return fmt.Errorf("%d results for %d records", s.received, until)
	}
	return nil
}

// verify checks that r is the right result of the next record: order, exactly once, and the value.
func (s *stream) verify(r *weirv1.Result) error {
	if want := uint64(s.received + 1); r.GetSequence() != want {
		return fmt.Errorf("a result for record %d, where %d is the next", r.GetSequence(), want)
	}
	if text := s.text(s.received); !s.check(text, r.GetText()) {
		return fmt.Errorf("record %d, %q, has the result %v", r.GetSequence(), text, r)
	}
	return nil
}

// call sends one record and waits for its result.
func (s *stream) call() error {
	if err := s.rpc.Send(s.message(1)); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("sending: %w", err)
	}
	s.sent++
	return s.receive(s.sent)
}

// credits count what a client may still send.
type credits struct {
	mu    sync.Mutex
	left  int
	moved chan struct{}
}

func newCredits(n int) *credits { return &credits{left: n, moved: make(chan struct{}, 1)} }

// take takes n credits, waiting for them; false means that over was closed.
func (c *credits) take(over <-chan struct{}, n int) bool {
	for !c.try(n) {
		select {
		case <-c.moved:
		case <-over:
			return false
		}
	}
	return true
}

func (c *credits) try(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left < n {
		return false
	}
	c.left -= n
	return true
}

func (c *credits) give(n int) {
	c.mu.Lock()
	c.left += n
	c.mu.Unlock()
	select {
	case c.moved <- struct{}{}:
	default:
	}
}
