package server

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
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
	calls  context.Context    //nolint:containedctx // the life of the stream's calls, which may end before the stream does
	cancel context.CancelFunc // ends calls
	over   chan struct{}      // closed when the handler ends
	latest time.Time          // when the records must have their results; zero: never

	// The reader's own.
	records []inference.Record // scratch
	next    uint64             // the sequence of a record that has none
	refused bool               // a record came after the drain

	opened atomic.Pointer[opened] // set once, by the reader, when the start is accepted
	failed chan error             // the reader's error
	sent   chan error             // the writer's end
	room   chan struct{}          // has a token when control has room

	mu        sync.Mutex
	control   []*weirv1.PredictResponse
	inputOver bool // the client has half-closed, and every record before that was accepted
	draining  bool

	sending atomic.Int64 // when the Send in progress began, in Unix nanoseconds; 0: none is
	lastOut atomic.Int64 // when the last Send ended
}

// opened is what a session has from its start message on.
type opened struct {
	engine    *inference.Stream
	window    *window
	heartbeat time.Duration
}

func newSession(server *Server, stream predictStream) *session {
	s := &session{
		server: server,
		stream: stream,
		over:   make(chan struct{}),
		next:   1,
		failed: make(chan error, 1),
		sent:   make(chan error, 1),
		room:   make(chan struct{}, 1),
	}
	s.calls, s.cancel = context.WithCancel(stream.Context())
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
	close(s.over)
	s.cancel()
	if o := s.opened.Load(); o != nil {
		o.window.close()
		o.engine.Close()
		<-o.engine.Idle()
	}
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
		s.lastOut.Store(now.UnixNano())                                                                                       // the next one a whole heartbeat later, however long this one waits
		s.say(&weirv1.PredictResponse{Message: &weirv1.PredictResponse_Ping{Ping: &weirv1.Ping{Id: uint64(now.UnixNano())}}}) //nolint:gosec // any number
	}
	return nil
}

// read is the reader: it takes messages as long as there is room for what they bring.
func (s *session) read() {
	for {
		req, err := s.stream.Recv()
		if errors.Is(err, io.EOF) {
			err = s.halfClose()
			if err == nil {
				return
			}
		}
		if err == nil {
			err = s.take(req)
		}
		if err != nil {
			s.fail(err)
			return
		}
	}
}

func (s *session) take(req *weirv1.PredictRequest) error {
	o := s.opened.Load()
	if start := req.GetStart(); start != nil || o == nil {
		return s.start(start)
	}
	switch m := req.GetMessage().(type) {
	case *weirv1.PredictRequest_Record:
		return s.accept(o, m.Record)
	case *weirv1.PredictRequest_Records:
		return s.accept(o, m.Records.GetRecords()...)
	case *weirv1.PredictRequest_Flush:
		o.engine.Flush()
		return nil
	case *weirv1.PredictRequest_Ping:
		return s.answerPing(m.Ping)
	case *weirv1.PredictRequest_Pong:
		return nil
	default:
		return misuse("a message with nothing in it that this server (version %s) knows:"+
			" one of start, record, records, flush, ping, pong", s.server.cfg.Version)
	}
}

// start opens the stream.
func (s *session) start(start *weirv1.PredictStart) error {
	switch {
	case start == nil:
		return misuse("the first message of a stream must be a start")
	case s.opened.Load() != nil:
		return misuse("a second start: a stream has one, and it comes first")
	}
	heartbeat := start.GetHeartbeat().AsDuration()
	if heartbeat != 0 && heartbeat < minHeartbeat {
		return misuse("heartbeat is %v; at least %v, or none", heartbeat, minHeartbeat)
	}
	records := s.server.cfg.WindowRecords
	if asked := int(start.GetMaxInFlight()); asked > 0 {
		records = min(records, asked)
	}
	bytes := s.server.admission.windowBytes()
	o := &opened{
		window:    newWindow(records, bytes, start.GetOrder() != weirv1.Order_ORDER_UNORDERED),
		heartbeat: heartbeat,
	}
	var err error
	o.engine, err = s.server.cfg.Engine.Open(s.calls, inference.StreamConfig{
		Model:    start.GetModel(),
		Options:  start.GetOptions(),
		Capacity: records,
		Receiver: receiver{o.window},
	})
	if err != nil {
		return err
	}
	s.say(s.started(o, records, bytes))
	s.opened.Store(o)
	s.moveWindow(s.server.admission.windowBytes()) // it may have moved since
	s.server.cfg.Hooks.started(o.engine.Model(), start)
	s.server.goes.Go(s.write)
	return nil
}

func (s *session) started(o *opened, records, bytes int) *weirv1.PredictResponse {
	size, warning := o.engine.EffectiveBatchSize()
	started := &weirv1.PredictStarted{
		Model:              o.engine.Model(),
		Options:            o.engine.Options().Map(),
		Window:             &weirv1.Window{Records: uint32(records), Bytes: uint64(bytes)}, //nolint:gosec // both are bounded and positive
		EffectiveBatchSize: uint32(size),                                                   //nolint:gosec // at most batch.size
		ServerVersion:      s.server.cfg.Version,
	}
	if warning != "" {
		started.Warnings = append(started.Warnings, warning)
	}
	return &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Started{Started: started}}
}

// accept takes a slot for each record, as they become free, and submits them: all that fit at once, together.
func (s *session) accept(o *opened, records ...*weirv1.Record) error {
	now := time.Now()
	s.records = s.records[:0]
	for _, r := range records {
		sequence, err := s.sequence(r)
		if err != nil {
			s.submit(o)
			return err
		}
		tag, ok := s.slot(o, sequence, sizeOf(r))
		if !ok { // the session ends or drains: what is behind here was never accepted
			s.refused = true
			s.submit(o)
			o.engine.Flush()
			return nil
		}
		s.records = append(s.records, recordOf(r, tag, now, s.latest))
	}
	s.submit(o)
	return nil
}

func (s *session) submit(o *opened) {
	if len(s.records) > 0 {
		o.engine.Submit(s.records)
	}
	clear(s.records)
	s.records = s.records[:0]
}

// sequence returns a record's number; the numbers of a stream rise.
func (s *session) sequence(r *weirv1.Record) (uint64, error) {
	sequence := s.next
	if r.Sequence != nil {
		sequence = r.GetSequence()
	}
	if sequence < s.next {
		return 0, misuse("record sequence %d after %d: each must be larger than the one before"+
			" (leave it out and the server numbers)", sequence, s.next-1)
	}
	s.next = sequence + 1
	return sequence, nil
}

// slot takes a slot and waits for one if it must; what was gathered so far goes ahead, because it is what makes room.
func (s *session) slot(o *opened, sequence uint64, bytes int) (uint64, bool) {
	for {
		tag, why := o.window.take(sequence, bytes)
		switch why {
		case blockedNot:
			return tag, true
		case blockedForEver:
			return 0, false
		case blockedByRecords, blockedByBytes:
		}
		s.submit(o)
		o.engine.Hold(why == blockedByBytes)
		select {
		case <-o.window.room:
		case <-s.over:
			return 0, false
		}
		o.engine.Hold(false)
	}
}

// halfClose notes the end of the input. It comes after the last Submit, so the flush covers every record.
func (s *session) halfClose() error {
	o := s.opened.Load()
	if o == nil {
		return misuse("the stream ended before its start message")
	}
	s.mu.Lock()
	s.inputOver = !s.refused
	s.mu.Unlock()
	o.engine.Flush()
	signal(o.window.filled)
	return nil
}

func (s *session) answerPing(ping *weirv1.Ping) error {
	pong := &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Pong{Pong: &weirv1.Pong{Id: ping.GetId()}}}
	for !s.say(pong) {
		select {
		case <-s.room:
		case <-s.over:
			return nil
		}
	}
	return nil
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

// fail ends the session with err, unless it is ending already.
func (s *session) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// moveWindow gives the stream another bound in bytes.
func (s *session) moveWindow(bytes int) {
	o := s.opened.Load()
	if o == nil || !o.window.resize(bytes) {
		return
	}
	s.say(&weirv1.PredictResponse{Message: &weirv1.PredictResponse_WindowUpdate{WindowUpdate: &weirv1.WindowUpdate{
		Window: &weirv1.Window{Records: uint32(o.window.maxRecords), Bytes: uint64(bytes)}, //nolint:gosec // bounded and positive
	}}})
}

// write is the writer: it sends what is ready until nothing can come any more.
func (s *session) write() {
	o := s.opened.Load()
	for {
		message, results := s.nextMessage(o)
		if message == nil {
			if over, err := s.isOver(o); over {
				s.sent <- err
				return
			}
			select {
			case <-o.window.filled:
			case <-s.over:
				return
			}
			continue
		}
		if results > 0 {
			o.engine.Answered(results)
		}
		if err := s.send(message); err != nil {
			s.sent <- err
			return
		}
	}
}

// nextMessage returns what leaves next, and how many results are in it; nil where nothing is ready.
func (s *session) nextMessage(o *opened) (*weirv1.PredictResponse, int) {
	if m := s.nextControl(); m != nil {
		return m, 0
	}
	results := o.window.next()
	if len(results) == 0 {
		return nil, 0
	}
	return &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Results{
		Results: &weirv1.ResultBatch{Results: results},
	}}, len(results)
}

func (s *session) nextControl() *weirv1.PredictResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.control) == 0 {
		return nil
	}
	m := s.control[0]
	s.control = s.control[1:]
	signal(s.room)
	return m
}

// isOver reports whether nothing more can come, and how the stream then ends. A client that has not half-closed must learn
// that its later records were not taken, so a drained stream does not end with OK.
func (s *session) isOver(o *opened) (bool, error) {
	s.mu.Lock()
	inputOver, draining, talking := s.inputOver, s.draining, len(s.control) > 0
	s.mu.Unlock()
	ending := inputOver || draining
	if !ending || talking || !o.window.empty() {
		return false, nil
	}
	if inputOver {
		return true, nil
	}
	return true, errDrained(o.window.close())
}

func (s *session) send(m *weirv1.PredictResponse) error {
	s.sending.Store(time.Now().UnixNano())
	err := s.stream.Send(m)
	s.lastOut.Store(time.Now().UnixNano())
	s.sending.Store(0)
	return err
}

// receiver puts the engine's results into their slots.
type receiver struct{ window *window }

// Receive converts in the goroutine of the batch, so that the writer has less to do.
func (r receiver) Receive(results []inference.Result) {
	r.window.fill(results, resultsOf(results))
}
