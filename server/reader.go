package server

import (
	"errors"
	"io"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
)

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
		client: &weirv1.Client{
			Name:    shorten(start.GetClient().GetName(), maxClientName),
			Version: shorten(start.GetClient().GetVersion(), maxClientVersion),
		},
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
	if !s.open(o) {
		o.engine.Close()
		return nil
	}
	s.server.admission.catchUp(s) // the share may have moved since
	s.server.cfg.Hooks.started(o)
	s.server.goes.Go(s.write)
	return nil
}

// open makes o the session's, unless the session has ended in the meantime.
func (s *session) open(o *opened) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.over:
		return false
	default:
		s.opened.Store(o)
		return true
	}
}

func (s *session) started(o *opened, records, bytes int) *weirv1.PredictResponse {
	size, _ := o.engine.EffectiveBatchSize()
	started := &weirv1.PredictStarted{
		Model:              o.engine.Model(),
		Options:            o.engine.Options().Map(),
		Window:             &weirv1.Window{Records: uint32(records), Bytes: uint64(bytes)}, //nolint:gosec // both are bounded and positive
		EffectiveBatchSize: uint32(size),                                                   //nolint:gosec // at most batch.size
		ServerVersion:      s.server.cfg.Version,
		Warnings:           o.engine.Warnings(),
		Task:               taskOf(o.engine.Task()),
	}
	return &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Started{Started: started}}
}

// accept takes a slot for each record, as they become free, and submits them: all that fit at once, together.
func (s *session) accept(o *opened, records ...*weirv1.Record) error {
	now := time.Now()
	s.records = s.records[:0]
	for _, r := range records {
		sequence, err := s.numbers.next(r)
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
	if o.window.isClosed() { // a drain has flushed before these were added
		o.engine.Flush()
	}
	return nil
}

func (s *session) submit(o *opened) {
	if len(s.records) > 0 {
		o.engine.Submit(s.records)
	}
	if cap(s.records) > keptRecords { // an idle stream keeps no room that a burst needed
		s.records = nil
		return
	}
	clear(s.records)
	s.records = s.records[:0]
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
