package server

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
)

// The bounds of a session that are not configured.
const (
	// A tenth of a call's time, within these bounds, is kept of its deadline, so that typed results still reach the client.
	minDeadlineReserve = 50 * time.Millisecond
	maxDeadlineReserve = time.Second
	// minHeartbeat is the shortest heartbeat a client may ask for.
	minHeartbeat = time.Second
	// keptRecords is for how many records of a message the reader keeps room.
	keptRecords = 4
	// maxControl is how many messages that are no results may wait; the reader waits while they do.
	maxControl = 16
)

type predictStream = grpc.BidiStreamingServer[weirv1.PredictRequest, weirv1.PredictResponse]

// session is one Predict stream: a reader that takes slots and submits records, a writer that sends what is ready, and the
// handler's own goroutine that watches both. Only the return of the handler releases a Recv or a Send that hangs, so
// neither is called from it.
type session struct {
	server *Server
	stream predictStream
	calls  context.Context         //nolint:containedctx // the life of the stream's calls, which may end before the stream does
	cancel context.CancelCauseFunc // ends calls; the cause becomes the records' message
	over   chan struct{}           // closed when the handler ends
	latest time.Time               // when the records must have their results; zero: never

	// The reader's own.
	records []inference.Record // scratch
	numbers numbering
	refused bool // a record came after the drain

	opened atomic.Pointer[opened] // set once, by the reader, when the start is accepted
	failed chan error             // the reader's error
	sent   chan error             // the writer's end
	room   chan struct{}          // has a token when control has room

	mu        sync.Mutex
	control   []*weirv1.PredictResponse
	inputOver bool // the client has half-closed, and every record before that was accepted
	draining  bool
	// windowMoved says that the client has not been told the present bound.
	windowMoved bool

	sending atomic.Int64 // when the Send in progress began, in Unix nanoseconds; 0: none is
	lastOut atomic.Int64 // when the last Send ended
}

// opened is what a session has from its start message on.
type opened struct {
	engine    *inference.Stream
	window    *window
	heartbeat time.Duration
	client    *weirv1.Client
}

func newSession(server *Server, stream predictStream) *session {
	s := &session{
		server: server,
		stream: stream,
		over:   make(chan struct{}),
		failed: make(chan error, 1),
		sent:   make(chan error, 1),
		room:   make(chan struct{}, 1),
	}
	s.calls, s.cancel = context.WithCancelCause(stream.Context())
	s.latest = latestResult(stream.Context(), time.Now())
	s.lastOut.Store(time.Now().UnixNano())
	return s
}

// latestResult is when a call that begins now must have its results; zero where it has no deadline.
func latestResult(ctx context.Context, now time.Time) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Time{}
	}
	reserve := min(max(deadline.Sub(now)/10, minDeadlineReserve), maxDeadlineReserve)
	return deadline.Add(-reserve)
}

// serve runs the session to its end. On every path the calls are cancelled that nobody waits for any more, and every
// goroutine ends: the reader and the writer as soon as serve has returned.
func (s *session) serve() error {
	defer s.end()
	s.server.goes.Go(s.read)
	watch := time.NewTicker(watchEvery(s.server.cfg.StallTimeout))
	defer watch.Stop()
	for {
		select {
		case err := <-s.failed:
			return err
		case err := <-s.sent:
			return err
		case <-s.stream.Context().Done():
			return s.stream.Context().Err()
		case now := <-watch.C:
			if err := s.check(now); err != nil {
				return err
			}
		}
	}
}

// end gives everything back. It waits for the calls in flight that are this stream's alone; they have been cancelled.
func (s *session) end() {
	s.mu.Lock()
	close(s.over)
	s.cancel(nil)
	o := s.opened.Load()
	s.mu.Unlock()
	if o != nil {
		o.window.close()
		o.engine.Close()
		<-o.engine.Idle()
	}
}

// tell tells operators how the stream ended: what a client did wrong is worth a line, what is usual is not.
func (s *session) tell(err error) {
	o := s.opened.Load()
	if o == nil {
		s.server.cfg.Logger.Debug("stream refused", "status", status.Code(err).String(),
			"why", shorten(status.Convert(err).Message(), maxErrorMessage))
		return
	}
	level := slog.LevelDebug
	if c := status.Code(err); c == codes.InvalidArgument || c == codes.Aborted || c == codes.Internal {
		level = slog.LevelWarn
	}
	s.server.cfg.Logger.Log(context.Background(), level, "stream ended", "model", o.engine.Model(), "client", o.client.GetName(),
		"client_version", o.client.GetVersion(), "status", status.Code(err).String(), "why", status.Convert(err).Message())
	s.server.cfg.Hooks.ended(o.engine.Model(), err)
}

// check is what the watch looks for: a client that does not read, one that does not start, and an idle stream.
func (s *session) check(now time.Time) error {
	limit := s.server.cfg.StallTimeout
	if since := s.sending.Load(); since != 0 && now.Sub(time.Unix(0, since)) > limit {
		return errStalled(limit)
	}
	o := s.opened.Load()
	quiet := now.Sub(time.Unix(0, s.lastOut.Load()))
	switch {
	case o == nil && quiet > limit:
		return errNoStart(limit)
	case o != nil && o.heartbeat > 0 && quiet >= o.heartbeat:
		s.ping(now)
	}
	return nil
}

func (s *session) ping(now time.Time) {
	s.lastOut.Store(now.UnixNano()) // the next one a whole heartbeat later, however long this one waits
	ping := &weirv1.Ping{Id: uint64(now.UnixNano())}
	s.say(&weirv1.PredictResponse{Message: &weirv1.PredictResponse_Ping{Ping: ping}})
}

// say queues a message that is no result, and reports whether there was room.
func (s *session) say(m *weirv1.PredictResponse) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.control) >= maxControl {
		return false
	}
	s.control = append(s.control, m)
	if o := s.opened.Load(); o != nil {
		signal(o.window.filled)
	}
	return true
}

// drain stops taking records and tells the client which ones are still answered.
func (s *session) drain(grace time.Duration) {
	o := s.opened.Load()
	if o == nil {
		s.fail(errStopping)
		return
	}
	last := o.window.close()
	s.mu.Lock()
	s.draining = true
	s.control = append(s.control, &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Drain{
		Drain: &weirv1.Drain{LastSequence: last, Grace: durationpb.New(grace)},
	}})
	s.mu.Unlock()
	o.engine.Flush()
	signal(o.window.filled)
}

// giveUp cancels the calls because the drain time is over, and lets what is still gathered go the same way.
func (s *session) giveUp() {
	s.cancel(errDrainOver)
	if o := s.opened.Load(); o != nil {
		o.engine.Flush()
	}
}

// fail ends the session with err, unless it is ending already.
func (s *session) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// moveWindow gives the stream another bound in bytes. The client is told the latest one, however often it moves meanwhile.
func (s *session) moveWindow(bytes int) {
	o := s.opened.Load()
	if o == nil || !o.window.resize(bytes) {
		return
	}
	s.mu.Lock()
	s.windowMoved = true
	s.mu.Unlock()
	signal(o.window.filled)
}
