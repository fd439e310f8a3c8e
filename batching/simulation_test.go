package batching_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/batching"
)

const (
	simulatedRecords = 10_000
	simulatedCall    = 200 * time.Millisecond
)

// client keeps at most capacity records unanswered and, like Flink's ordered async operator, gets a place back only when
// the OLDEST record is answered. Every extra-th place goes to something that is no record (a watermark).
type client struct {
	source   *batching.Source[int]
	records  int
	capacity int
	extra    int // every extra-th slot is a watermark; 0: none

	mu       sync.Mutex
	next     int    // next record to send
	slots    []slot // sent and not yet emitted, oldest first
	sent     int    // slots ever used
	answered map[int]bool
	finished bool
	done     chan struct{}
}

type slot struct {
	record    int
	watermark bool
}

// pump emits what is ready and fills the places that are free.
func (c *client) pump() {
	var items []batching.Item[int]
	c.mu.Lock()
	for {
		freed := 0
		for len(c.slots) > 0 && (c.slots[0].watermark || c.answered[c.slots[0].record]) {
			if !c.slots[0].watermark {
				freed++
			}
			c.slots = c.slots[1:]
		}
		for len(c.slots) < c.capacity && c.next < c.records {
			c.sent++
			if c.extra > 0 && c.sent%(c.extra+1) == 0 {
				c.slots = append(c.slots, slot{watermark: true})
				continue
			}
			c.slots = append(c.slots, slot{record: c.next})
			items = append(items, batching.Item[int]{Value: c.next, Bytes: 1})
			c.next++
		}
		if freed == 0 || len(c.slots) == 0 || !c.slots[0].watermark {
			break
		}
	}
	all := c.next == c.records
	finished := all && len(c.slots) == 0 && !c.finished
	c.finished = c.finished || finished
	c.mu.Unlock()
	if len(items) > 0 {
		c.source.Add(items...)
	}
	if all {
		c.source.Flush()
	}
	if finished {
		close(c.done)
	}
}

func (c *client) answer(records ...int) {
	c.mu.Lock()
	for _, r := range records {
		c.answered[r] = true
	}
	c.mu.Unlock()
	c.source.Answered(len(records))
	c.pump()
}

type outcome struct {
	calls int
	rate  float64 // records a second
}

// simulate runs all records through a Batcher with calls of 200 ms. Piecewise answers come one record at a time over the
// second half of the call, as repaired or streamed answers do.
func simulate(t *testing.T, c *client, piecewise bool) outcome {
	t.Helper()
	var out outcome
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		c.answered, c.done = map[int]bool{}, make(chan struct{})
		b := batching.New(batching.Config[int]{
			Policy: batching.Policy{Size: 20, Timeout: time.Second},
			Process: func(batch []int, _ batching.Reason) {
				mu.Lock()
				out.calls++
				mu.Unlock()
				if !piecewise {
					<-time.After(simulatedCall)
					c.answer(batch...)
					return
				}
				<-time.After(simulatedCall / 2)
				for _, r := range batch {
					<-time.After(simulatedCall / 2 / time.Duration(len(batch)))
					c.answer(r)
				}
			},
		})
		c.source = b.Join(c.capacity)
		start := time.Now()
		c.pump()
		<-c.done
		out.rate = float64(c.records) / time.Since(start).Seconds()
		c.source.Leave()
		b.Close()
		<-b.Idle()
	})
	return out
}

// TestCallsPerCapacity is the reason for EffectiveSize and the stall guard: naive rules need up to ten times the calls.
func TestCallsPerCapacity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		capacity, most int
		rate           float64
	}{
		{10, 1060, 45},
		{25, 545, 90},
		{39, 560, 150},
		{128, 545, 400},
	}
	for _, test := range tests {
		for _, piecewise := range []bool{false, true} {
			t.Run(fmt.Sprintf("capacity=%d/piecewise=%t", test.capacity, piecewise), func(t *testing.T) {
				t.Parallel()
				got := simulate(t, &client{records: simulatedRecords, capacity: test.capacity}, piecewise)
				t.Logf("%d calls, %.0f records/s", got.calls, got.rate)
				if got.calls > test.most || got.rate < test.rate {
					t.Errorf("%d calls, %.1f records/s; want at most %d, at least %.0f", got.calls, got.rate, test.most, test.rate)
				}
			})
		}
	}
}

// TestWatermarks has a watermark take a place after every ten records: without the stall guard each batch of a small
// capacity would wait for the timeout, and without its second half a capacity of two batches would hold one.
func TestWatermarks(t *testing.T) {
	t.Parallel()
	for _, capacity := range []int{10, 20, 25, 39, 40, 44, 60, 64, 80, 100, 120, 128, 256} {
		t.Run(fmt.Sprintf("capacity=%d", capacity), func(t *testing.T) {
			t.Parallel()
			plain := simulate(t, &client{records: 2000, capacity: capacity}, false)
			marked := simulate(t, &client{records: 2000, capacity: capacity, extra: 10}, false)
			t.Logf("with watermarks %.1f records/s and %d calls, without %.1f and %d", marked.rate, marked.calls, plain.rate, plain.calls)
			if marked.rate < 0.75*plain.rate || float64(marked.calls) > 1.15*float64(plain.calls) {
				t.Error("want at least 75 % of the rate, and at most 15 % more calls")
			}
		})
	}
}
