package inference

import (
	"context"
	"fmt"
	"time"

	"github.com/weir-ml/weir/batching"
	"github.com/weir-ml/weir/options"
)

// StreamConfig is what a stream asks for.
type StreamConfig struct {
	// Model is the model's name; empty for the only one.
	Model string
	// Options override the model's own.
	Options map[string]string
	// Capacity is the most records that the stream will have unanswered; at least 1.
	Capacity int
	// Receiver gets the results.
	Receiver Receiver
}

// Stream is a sequence of records with the same options. Submit, Flush, Answered and Hold may be called by several
// goroutines at once, Submit in the order of the records. A stream must be closed.
type Stream struct {
	engine   *Engine
	plan     *plan
	gatherer *gatherer
	source   *batching.Source[pending]
	receiver Receiver
	capacity int
	ctx      context.Context //nolint:containedctx // a record's call lives as long as its stream, not as long as a Submit
	idle     <-chan struct{}
}

// pending is a record on its way.
type pending struct {
	record  Record
	cut     string // what was cut off of it; empty: nothing
	stream  *Stream
	arrived time.Time
	settled bool // it has its result

	// What its calls have brought so far.
	calls    int // questions to the model that it was in
	attempts int // calls, repeated ones included
	spent    spending
	why      *Error   // of the last call; nil: none yet
	warnings []string // of its last answer
	note     string   // what the model is told about its last answer; empty: nothing
}

// Open opens a stream. Its records' calls are cancelled when ctx ends. The error is an *UnknownModelError, or an
// *options.Error that names every problem.
func (e *Engine) Open(ctx context.Context, cfg StreamConfig) (*Stream, error) {
	m, err := e.find(cfg.Model)
	if err != nil {
		return nil, err
	}
	p, err := m.plan(cfg.Options, e.hooks)
	if err != nil {
		return nil, err
	}
	s := &Stream{engine: e, receiver: cfg.Receiver, capacity: max(cfg.Capacity, 1), ctx: ctx, idle: closedChannel}
	s.gatherer = e.gatherer(p)
	s.plan = s.gatherer.plan // which has the same values, and learns from the batches
	s.source = s.gatherer.batcher.Join(s.capacity)
	return s, nil
}

// Model returns the model's name and Options its options as they hold for this stream.
func (s *Stream) Model() string { return s.plan.model.Name }

// Task returns what the model does with a record.
func (s *Stream) Task() Task { return s.plan.model.Task }

// Options returns the options as they hold for this stream.
func (s *Stream) Options() options.Values { return s.plan.options }

// EffectiveBatchSize returns how many records make a full batch of this stream alone, and a warning where its capacity
// keeps batches below `batch.size`.
func (s *Stream) EffectiveBatchSize() (size int, warning string) {
	want := s.plan.options.BatchSize
	size = batching.EffectiveSize(want, s.capacity)
	if size >= want || s.plan.options.BatchScope == options.ScopeModel {
		return size, ""
	}
	return size, fmt.Sprintf("batches have %d records, not batch.size=%d, because at most %d records of this stream are"+
		" unanswered at once: set max_in_flight (Flink: max-concurrent-operations) to %d, or batch.scope to model",
		size, want, s.capacity, (s.capacity+want-1)/want*want)
}

// Submit takes records, in order. It does not wait. Each record's result reaches the Receiver, possibly before Submit
// returns. The slice stays the caller's.
func (s *Stream) Submit(records []Record) {
	now, known := time.Now(), s.plan.meter.figures()
	items := make([]batching.Item[pending], 0, len(records))
	for i := range records {
		r := records[i]
		if err := s.plan.admit(&r, s.engine.maxRecordBytes); err != nil {
			s.skip(r.Tag, err)
			continue
		}
		if !r.Deadline.IsZero() && !now.Before(r.Deadline) {
			s.skip(r.Tag, tooLate())
			continue
		}
		if err := s.hopeless(&r, len(items), now); err != nil {
			s.skip(r.Tag, err)
			continue
		}
		f, err := s.plan.fit(r, known)
		if err != nil {
			s.skip(r.Tag, err)
			continue
		}
		items = append(items, batching.Item[pending]{
			Value:    pending{record: f.record, cut: f.cut, stream: s, arrived: now},
			Bytes:    f.record.Bytes(),
			Weight:   f.weight,
			Deadline: r.Deadline,
		})
	}
	if len(items) == 0 || s.source.Add(items...) {
		return
	}
	for i := range items {
		s.reject(items[i].Value.record.Tag, unsent())
	}
}

// skip gives a record that was never added its result.
func (s *Stream) skip(tag uint64, err *Error) {
	s.source.Skip(1)
	s.reject(tag, err)
}

// reject gives a record that goes into no batch its result.
func (s *Stream) reject(tag uint64, err *Error) {
	if s.engine.hooks.Rejected != nil {
		s.engine.hooks.Rejected(s.plan.model.Name, err.Reason, 1)
	}
	s.deliver([]Result{{Tag: tag, Err: err}})
}

func (s *Stream) deliver(results []Result) { s.receiver.Receive(results) }

// Flush lets what is gathered leave now.
func (s *Stream) Flush() { s.source.Flush() }

// Answered says that the results of n records have gone out, so that the client may send as many again.
func (s *Stream) Answered(n int) { s.source.Answered(n) }

// Hold says whether the client is kept from sending by the bytes of its window.
func (s *Stream) Hold(held bool) { s.source.Hold(held) }

// Close ends the stream: what is gathered and has not left gets CANCELLED. Batches in flight go on; cancel the context of
// Open first to end those too.
func (s *Stream) Close() {
	for _, p := range s.source.Leave() {
		s.reject(p.record.Tag, unsent())
	}
	if s.engine.release(s.gatherer) {
		s.idle = s.gatherer.batcher.Idle()
	}
}

// Idle is closed when nothing of the stream is in flight any more, and at once where other streams share its batches. It may
// be called after Close.
func (s *Stream) Idle() <-chan struct{} { return s.idle }

var closedChannel = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func unsent() *Error {
	return &Error{Reason: ReasonCancelled, Message: "the stream ended before the record was sent to the model"}
}

func tooLate() *Error {
	return &Error{Reason: ReasonDeadlineExceeded, Message: "the record's time was over before the model answered"}
}
