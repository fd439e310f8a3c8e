package client

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// DefaultReconnects is how often a [Run] tries to go on, one after another without a single result between.
const DefaultReconnects = 10

// The waits before a Run tries again: the first, doubled each time up to the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
)

// sendTogether is the most items that a Run sends in one message; it never waits for them.
const sendTogether = 64

// Run sends items through a model and hands each back with its result, in the items' order, exactly once. Where a stream
// breaks or its server stops, it opens another one and sends there what is unanswered.
//
// The fields are set before Do and not changed after.
type Run[T any] struct {
	Client *Client
	// Start is what each stream asks for. Results always come in order.
	Start Start
	// Items are what is sent; the run ends when the channel is closed and every item is back.
	Items <-chan T
	// Record returns an item's record, without a sequence. nil: there is nothing to ask, and the item is handed back in its
	// turn without a result. It is called again where the item is sent again, and must return an equal record.
	Record func(item T) *weirv1.Record
	// Emit takes an item back, with its result or nil. An error ends the run. It is called by one goroutine at a time.
	Emit func(item T, result *weirv1.Result) error
	// Idle is called, as Emit is, when all that came back together has been emitted; an error ends the run. nil: nobody is
	// told.
	Idle func() error
	// Started is told what each stream got, before its first result; an error ends the run. nil: nobody is told.
	Started func(started *weirv1.PredictStarted) error
	// Retrying is told why the run goes on with another stream, the how manieth try that is, and after what wait. nil:
	// nobody is told.
	Retrying func(why error, try int, wait time.Duration)
	// Reconnects is how often in a row the run goes on without a result between; 0: [DefaultReconnects]; below: never.
	Reconnects int
	// Pause waits before another try; nil: by the clock. It returns an error where ctx ends first.
	Pause func(ctx context.Context, wait time.Duration) error

	queue *queue[T]
}

// Do makes the run. It returns nil when all items are back, else the first error: that of ctx, of Emit, Idle or Started as
// it is, or a gRPC status of a server that refuses or cannot be reached any more. Where no server is there at the very
// first try there is no second: a wrong address is likelier than a restart. Items that are not back then have no result.
func (r *Run[T]) Do(ctx context.Context) error {
	r.queue = newQueue(r)
	for try := 0; ; {
		before := r.queue.answered()
		err := r.stream(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.queue.answered() > before {
			try = 0
		}
		if !r.goesOn(err, try) {
			return err
		}
		try++
		if err := r.pause(ctx, err, try); err != nil {
			return err
		}
	}
}

// goesOn reports whether another stream may do better.
func (r *Run[T]) goesOn(err error, tries int) bool {
	reconnects := r.Reconnects
	if reconnects == 0 {
		reconnects = DefaultReconnects
	}
	if tries >= reconnects {
		return false
	}
	switch status.Code(err) {
	case codes.Unavailable:
		return r.queue.everOpened
	case codes.Aborted, codes.ResourceExhausted:
		return true
	default:
		return errors.Is(err, errBroken)
	}
}

func (r *Run[T]) pause(ctx context.Context, why error, try int) error {
	wait := min(firstPause<<min(try-1, 10), longestPause)
	if r.Retrying != nil {
		r.Retrying(why, try, wait)
	}
	if r.Pause != nil {
		return r.Pause(ctx, wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errBroken is a stream that ended before it should have.
var errBroken = errors.New("the stream ended with records unanswered")

// stream makes the run on one stream, as far as that goes.
func (r *Run[T]) stream(ctx context.Context) error {
	session, err := r.Client.Open(ctx, r.Start)
	if err != nil {
		return err
	}
	defer session.Close()
	r.queue.restart(int(session.Started().GetWindow().GetRecords()))
	if r.Started != nil {
		if err := r.Started(session.Started()); err != nil {
			return err
		}
	}
	sent := make(chan error, 1)
	go func() { sent <- r.send(ctx, session) }()
	received := r.receive(session)
	session.Close()
	if err := <-sent; err != nil {
		return err
	}
	return received
}

// send sends what is unanswered and then what comes, until the items or the stream end. Its error is not the stream's:
// receive has that.
func (r *Run[T]) send(ctx context.Context, session *Session) error {
	var records []*weirv1.Record
	for {
		var err error
		if records, err = r.queue.take(session, records[:0]); err != nil {
			session.Close() // Emit has failed: nothing may follow
			return err
		}
		if len(records) == 0 {
			if r.queue.ended() {
				_ = session.CloseSend() // receive has its error
			}
			return nil
		}
		if err := session.Send(ctx, records...); err != nil {
			return nil //nolint:nilerr // receive knows why the stream is over
		}
	}
}

// receive hands back what comes, until the stream ends. It returns nil when every item is back.
func (r *Run[T]) receive(session *Session) error {
	for {
		results, err := session.Recv()
		if errors.Is(err, io.EOF) {
			return r.finished()
		}
		if err != nil {
			return err
		}
		if err := r.queue.answer(results); err != nil {
			return err
		}
	}
}

func (r *Run[T]) finished() error {
	if r.queue.ended() && r.queue.empty() {
		return nil
	}
	return errBroken
}
