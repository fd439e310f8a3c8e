package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// Start is what a stream asks for.
type Start struct {
	// Model is a name on the server; empty: its only model.
	Model string
	// Options are set over those of the model.
	Options map[string]string
	// MaxInFlight is the most unanswered records; 0: as many as the server allows.
	MaxInFlight int
	// Unordered lets results come in any order.
	Unordered bool
	// Heartbeat is after how much silence the server sends a sign of life, so that proxies keep an idle stream open; at
	// least 1 s. 0: none.
	Heartbeat time.Duration
}

// ErrDraining is returned by Send once the server has said that it stops: what is sent is still answered, the rest has to
// go to another stream.
var ErrDraining = errors.New("the server is stopping and takes no more records on this stream")

// ErrEnded is returned by Send once the stream is over. Recv says why.
var ErrEnded = errors.New("the stream is over")

// Session is one Predict stream. One goroutine may call Send, Flush and CloseSend while another calls Recv, and Recv must
// be called all the time: it is what makes room for Send. Who opens a Session closes it.
type Session struct {
	started *weirv1.PredictStarted
	stream  grpc.BidiStreamingClient[weirv1.PredictRequest, weirv1.PredictResponse]
	cancel  context.CancelFunc
	window  *window
	pings   chan uint64   // what is to be answered with a Pong
	drained chan struct{} // closed when the server stops
	over    chan struct{} // closed when Recv has failed
	ending  sync.Once
	goes    sync.WaitGroup

	writing sync.Mutex // one message at a time
	closed  bool       // CloseSend was called
}

// Open opens a stream and waits until the server has accepted it, or until ctx ends; the stream ends with ctx too. Its
// error is a gRPC status.
func (c *Client) Open(ctx context.Context, start Start) (*Session, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &Session{
		cancel:  cancel,
		pings:   make(chan uint64, 1),
		drained: make(chan struct{}),
		over:    make(chan struct{}),
	}
	if err := s.open(ctx, c, start); err != nil {
		cancel()
		return nil, err
	}
	s.window = newWindow(s.started.GetWindow(), start.Unordered)
	if start.Heartbeat > 0 {
		s.goes.Go(s.answerPings)
	}
	return s, nil
}

func (s *Session) open(ctx context.Context, c *Client, start Start) error {
	var err error
	if s.stream, err = c.service.Predict(ctx); err != nil {
		return err
	}
	err = s.stream.Send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: c.start(start)}})
	if err != nil && !errors.Is(err, io.EOF) { // io.EOF: Recv knows why
		return err
	}
	resp, err := s.stream.Recv()
	if err != nil {
		return err
	}
	if s.started = resp.GetStarted(); s.started == nil {
		return errors.New("the server's first message is not a start")
	}
	return nil
}

func (c *Client) start(start Start) *weirv1.PredictStart {
	m := &weirv1.PredictStart{
		Model:       start.Model,
		Options:     start.Options,
		MaxInFlight: uint32(min(max(start.MaxInFlight, 0), 1<<30)),
		Order:       weirv1.Order_ORDER_RECORD,
		Client:      &weirv1.Client{Name: c.cfg.Name, Version: c.cfg.Version},
	}
	if start.Unordered {
		m.Order = weirv1.Order_ORDER_UNORDERED
	}
	if start.Heartbeat > 0 {
		m.Heartbeat = durationpb.New(start.Heartbeat)
	}
	return m
}

// Started is what the server gave: the options as they hold, the window, the effective batch size, warnings.
func (s *Session) Started() *weirv1.PredictStarted { return s.started }

// Draining is closed when the server has said that it stops.
func (s *Session) Draining() <-chan struct{} { return s.drained }

// Unanswered returns how many records have been sent and have no result yet.
func (s *Session) Unanswered() int { return s.window.unanswered() }

// Send sends records in order, several in a message, and waits for room in the window for each. A record without a
// sequence is numbered by the server: 1, 2, …, or on from the one before. Send returns [ErrDraining] or [ErrEnded] where
// the server takes no more, and the error of ctx where that ends first; some of the records may then have been sent.
func (s *Session) Send(ctx context.Context, records ...*weirv1.Record) error {
	for len(records) > 0 {
		n := s.window.enter(records)
		if n == 0 {
			if err := s.wait(ctx); err != nil {
				return err
			}
			continue
		}
		if err := s.write(messageOf(records[:n])); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

func messageOf(records []*weirv1.Record) *weirv1.PredictRequest {
	if len(records) == 1 {
		return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Record{Record: records[0]}}
	}
	return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Records{Records: &weirv1.RecordBatch{Records: records}}}
}

// wait waits for room.
func (s *Session) wait(ctx context.Context) error {
	select {
	case <-s.window.room:
		return nil
	case <-s.drained:
		return ErrDraining
	case <-s.over:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write sends a message, unless the server takes none.
func (s *Session) write(m *weirv1.PredictRequest) error {
	select {
	case <-s.drained:
		return ErrDraining
	default:
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.stream.Send(m); err != nil {
		return fmt.Errorf("%w: %w", ErrEnded, err)
	}
	return nil
}

// Flush sends what the server has gathered of this stream on its way, as a full batch would be.
func (s *Session) Flush() error {
	return s.write(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Flush{Flush: &weirv1.Flush{}}})
}

// CloseSend says that no more records come. The results of those that were sent still do.
func (s *Session) CloseSend() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.closed = true
	return s.stream.CloseSend()
}

// Recv waits for results and returns all that came together, in the stream's order. Everything else that the server says
// is dealt with on the way. At the end of the stream its error is [io.EOF], else a gRPC status; the results that it has
// not returned by then never come.
func (s *Session) Recv() ([]*weirv1.Result, error) {
	for {
		resp, err := s.stream.Recv()
		if err != nil {
			s.end()
			return nil, err
		}
		results := s.take(resp)
		if len(results) == 0 {
			continue
		}
		if err := s.window.leave(results); err != nil {
			s.end()
			return nil, fmt.Errorf("a fault of the server: %w", err)
		}
		return results, nil
	}
}

// take deals with a message and returns its results, if it is about that.
func (s *Session) take(resp *weirv1.PredictResponse) []*weirv1.Result {
	switch m := resp.GetMessage().(type) {
	case *weirv1.PredictResponse_Results:
		return m.Results.GetResults()
	case *weirv1.PredictResponse_WindowUpdate:
		s.window.resize(m.WindowUpdate.GetWindow())
	case *weirv1.PredictResponse_Ping:
		select {
		case s.pings <- m.Ping.GetId():
		default: // the one before is not answered yet
		}
	case *weirv1.PredictResponse_Drain:
		s.drain()
	}
	return nil
}

func (s *Session) drain() {
	select {
	case <-s.drained: // a server says it once
	default:
		close(s.drained)
	}
}

// answerPings has a goroutine of its own: where the server does not read, a Pong waits, and Recv must not.
func (s *Session) answerPings() {
	for {
		select {
		case id := <-s.pings:
			s.pong(id)
		case <-s.over:
			return
		}
	}
}

func (s *Session) pong(id uint64) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.closed {
		_ = s.stream.Send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Pong{Pong: &weirv1.Pong{Id: id}}}) // Recv knows
	}
}

func (s *Session) end() { s.ending.Do(func() { close(s.over) }) }

// Close ends the stream at once: what is unanswered stays so. It waits for the Session's own goroutines, and may be called
// again, from any goroutine.
func (s *Session) Close() {
	s.cancel()
	s.end()
	s.goes.Wait()
}
