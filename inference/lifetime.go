package inference

import (
	"context"
	"sync/atomic"
)

// whileAnyStream returns a context that lives as long as any stream of the records: a call that still serves somebody is
// not cancelled. Its cause is that of the last one.
func whileAnyStream(records []pending) (context.Context, context.CancelFunc) {
	streams := streamsOf(records)
	if len(streams) == 1 {
		return streams[0].ctx, func() {} // each call has a context of its own below it
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	var left atomic.Int64
	left.Store(int64(len(streams)))
	stops := make([]func() bool, 0, len(streams))
	for _, s := range streams {
		stops = append(stops, context.AfterFunc(s.ctx, func() {
			if left.Add(-1) == 0 {
				cancel(context.Cause(s.ctx))
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel(nil)
	}
}

// streamsOf returns the different streams of the records.
func streamsOf(records []pending) []*Stream {
	streams := []*Stream{records[0].stream}
	var seen map[*Stream]bool
	for i := 1; i < len(records); i++ {
		s := records[i].stream
		if s == records[i-1].stream || seen[s] {
			continue
		}
		if seen == nil {
			seen = map[*Stream]bool{streams[0]: true}
		}
		seen[s] = true
		streams = append(streams, s)
	}
	return streams
}
