package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// soakStream is a stream of the soak on its way.
type soakStream struct {
	*soakPlan
	conn   *grpc.ClientConn
	chance *rand.Rand
	tally  *tally

	over     <-chan struct{} // closed when the stream's context ends
	rpc      weirv1.InferenceService_PredictClient
	credits  *credits
	isBad    []bool // by record
	answered []bool
	next     int // ordered: the record whose result is next
	results  int
}

// errDone ends a stream whose client has done what its manner says.
var errDone = errors.New("the client has left")

// run runs the stream to the end that its plan has; every other end is an error.
func (s *soakStream) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.manner == deadline {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(20+s.chance.IntN(300))*time.Millisecond)
		defer stop()
	}
	s.plant()
	s.tally.opened(s.manner)
	if err := s.open(ctx); err != nil {
		return s.allowed(err)
	}
	sent := make(chan struct{})
	go func() {
		s.send()
		close(sent)
	}()
	err := s.receive()
	if errors.Is(err, errDone) && s.manner == hangsUp {
		_ = s.conn.Close() // as a killed process does
	}
	cancel()
	<-sent
	return s.allowed(err)
}

// plant decides which records are bad.
func (s *soakStream) plant() {
	s.isBad, s.answered = make([]bool, s.records), make([]bool, s.records)
	if s.manner != bad {
		return
	}
	for i := range s.isBad {
		s.isBad[i] = s.chance.IntN(50) == 0
	}
}

func (s *soakStream) open(ctx context.Context) error {
	var err error
	if s.rpc, err = weirv1.NewInferenceServiceClient(s.conn).Predict(ctx); err != nil {
		return err
	}
	s.over = s.rpc.Context().Done()
	start := &weirv1.PredictStart{Model: s.model, Options: s.options, MaxInFlight: uint32(s.window)} //nolint:gosec // at most 2,048
	if s.unordered {
		start.Order = weirv1.Order_ORDER_UNORDERED
	}
	err = s.rpc.Send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: start}})
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	first, err := s.rpc.Recv()
	if err == nil && first.GetStarted() == nil {
		err = fmt.Errorf("the first message is %v", first)
	}
	s.credits = newCredits(s.window)
	return err
}

// send sends the records and half-closes. Why it cannot is receive's to know.
func (s *soakStream) send() {
	for from := 0; s.manner == deaf || from < s.records; {
		n := s.perMessage
		if s.manner != deaf {
			n = min(n, s.records-from)
			if !s.credits.take(s.over, n) {
				return
			}
		}
		if s.rpc.Send(s.message(from, n)) != nil {
			return
		}
		from += n
	}
	if s.manner == lingers {
		pause(s.over, 100*time.Millisecond)
	}
	_ = s.rpc.CloseSend() // it fails only where the stream is over
}

func (s *soakStream) message(from, n int) *weirv1.PredictRequest {
	records := make([]*weirv1.Record, n)
	for i := range records {
		records[i] = s.record(from + i)
	}
	return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Records{Records: &weirv1.RecordBatch{Records: records}}}
}

func (s *soakStream) record(i int) *weirv1.Record {
	if i < len(s.isBad) && s.isBad[i] {
		return badRecords[i%len(badRecords)]
	}
	r := &weirv1.Record{Text: s.text(i)}
	if s.timeout > 0 {
		r.Timeout = durationpb.New(s.timeout)
	}
	return r
}

// receive takes results to the end of the stream.
func (s *soakStream) receive() error {
	if s.manner == deaf {
		// The server ends the stream. The news of it wait behind results that nobody takes, so it is read in the end.
		pause(s.over, 2*soakStall)
	}
	for {
		m, err := s.rpc.Recv()
		if errors.Is(err, io.EOF) && s.results == s.records {
			return nil
		}
		if err != nil {
			return err
		}
		if s.manner == deaf {
			continue
		}
		results := m.GetResults().GetResults()
		for _, r := range results {
			if err := s.verify(r); err != nil {
				return err
			}
		}
		s.credits.give(len(results))
		if s.results > s.breakAt && (s.manner == cancels || s.manner == hangsUp) {
			return errDone
		}
		if s.manner == slow {
			pause(s.over, time.Duration(s.chance.IntN(20))*time.Millisecond)
		}
	}
}

// verify checks that r is a right result, the first one of its record and, where the stream is ordered, in its place.
func (s *soakStream) verify(r *weirv1.Result) error {
	i := int(r.GetSequence()) - 1
	switch {
	case i < 0 || i >= s.records:
		return fmt.Errorf("a result for record %d of %d", r.GetSequence(), s.records)
	case s.answered[i]:
		return fmt.Errorf("a second result for record %d", r.GetSequence())
	case !s.unordered && i != s.next:
		return fmt.Errorf("the result of record %d, where %d is next", r.GetSequence(), s.next+1)
	}
	s.answered[i] = true
	s.next = i + 1
	s.results++
	s.tally.result(r)
	return s.judge(i, r)
}

// judge checks what a result says.
func (s *soakStream) judge(i int, r *weirv1.Result) error {
	reason := r.GetError().GetReason()
	switch {
	case s.isBad[i]:
		if reason != weirv1.Reason_REASON_INVALID_RECORD {
			return fmt.Errorf("record %d is none, and has the result %v", i+1, r)
		}
		return nil
	case r.GetError() == nil:
		if !s.check(s.text(i), r.GetText()) {
			return fmt.Errorf("record %d, %q, has the result %v", i+1, s.text(i), r)
		}
		return nil
	case s.mayFail(reason):
		return nil
	}
	return fmt.Errorf("record %d: no fault of the simulator leads to %v", i+1, r.GetError())
}

// mayFail reports whether a record of this plan may end with that reason.
func (s *soakStream) mayFail(reason weirv1.Reason) bool {
	switch reason {
	case weirv1.Reason_REASON_DEADLINE_EXCEEDED:
		return s.timeout > 0 || s.manner == deadline
	case weirv1.Reason_REASON_MISSING_ANSWER, weirv1.Reason_REASON_UNPARSABLE_ANSWER, weirv1.Reason_REASON_INVALID_ANSWER,
		weirv1.Reason_REASON_RATE_LIMITED, weirv1.Reason_REASON_PROVIDER_UNAVAILABLE:
		return s.model == modelUpstream
	default:
		return false
	}
}

// allowed reports nil where the stream's end is one that its plan leads to.
func (s *soakStream) allowed(err error) error {
	code := status.Code(err)
	switch {
	case err == nil, errors.Is(err, errDone):
		if err == nil && s.manner == deaf {
			return errors.New("the server never ended it")
		}
		s.tally.ended(s.manner, err == nil)
		return nil
	case s.manner == deaf && code == codes.Aborted:
	case s.manner == deadline && (code == codes.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded)):
	default:
		return err
	}
	s.tally.ended(s.manner, false)
	return nil
}

// pause waits, or until over is closed.
func pause(over <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-over:
	}
}
