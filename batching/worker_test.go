package batching_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/batching"
)

// TestWorkersRest: a goroutine waits for the next batch, and does so for no longer than 50 ms.
func TestWorkersRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		var at []time.Duration
		start := time.Now()
		b := batching.New(batching.Config[int]{
			Policy:  batching.Policy{Size: 1},
			Process: func([]int, batching.Reason) { at = append(at, time.Since(start)) },
		})
		source := b.Join(1)
		for range 3 {
			source.Add(batching.Item[int]{})
			source.Answered(1)
			synctest.Wait()
			if n := runtime.NumGoroutine() - before; n != 1 {
				t.Errorf("%d goroutines after a batch, want 1 that rests", n)
			}
			<-time.After(45 * time.Millisecond)
		}
		<-time.After(50 * time.Millisecond)
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n != 0 {
			t.Errorf("%d goroutines 50 ms after the last batch", n)
		}
		source.Add(batching.Item[int]{}) // a new one
		source.Leave()
		b.Close()
		<-b.Idle()
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n != 0 || len(at) != 4 {
			t.Errorf("%d goroutines after the end, and %d batches", n, len(at))
		}
	})
}

// TestWorkersRestAfterLongBatches: a batch that takes longer than a rest does not make the rest longer.
func TestWorkersRestAfterLongBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		b := batching.New(batching.Config[int]{
			Policy:  batching.Policy{Size: 1},
			Process: func([]int, batching.Reason) { <-time.After(10 * time.Second) },
		})
		source := b.Join(1)
		for range 2 { // the second finds a timer that has run out during the batch
			source.Add(batching.Item[int]{})
			source.Answered(1)
			<-time.After(10*time.Second + time.Millisecond)
		}
		<-time.After(50 * time.Millisecond)
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n != 0 {
			t.Errorf("%d goroutines 50 ms after the last batch", n)
		}
		source.Leave()
		b.Close()
		<-b.Idle()
	})
}

// TestAWorkerThatEndsInABatch: it is not given the next one.
func TestAWorkerThatEndsInABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		batches := 0
		b := batching.New(batching.Config[int]{
			Policy: batching.Policy{Size: 1},
			Process: func([]int, batching.Reason) {
				if batches++; batches == 1 {
					runtime.Goexit()
				}
			},
		})
		source := b.Join(1)
		for range 2 {
			source.Add(batching.Item[int]{})
			source.Answered(1)
			synctest.Wait()
		}
		source.Leave()
		b.Close()
		<-b.Idle()
		if batches != 2 {
			t.Errorf("%d batches", batches)
		}
	})
}

// TestABatchForAWorkerThatEnds: batches that come in the very moment in which the worker ends are processed all the same, and no
// worker rests for ever.
func TestABatchForAWorkerThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		done := make(chan struct{}, 1)
		b := batching.New(batching.Config[int]{
			Policy:  batching.Policy{Size: 1},
			Process: func([]int, batching.Reason) { done <- struct{}{} },
		})
		source := b.Join(1)
		for range 1000 {
			source.Add(batching.Item[int]{})
			source.Answered(1)
			<-done
			<-time.After(50 * time.Millisecond)
		}
		<-time.After(time.Second)
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n != 0 {
			t.Errorf("%d goroutines a second after the last batch", n)
		}
		source.Leave()
		b.Close()
		<-b.Idle()
	})
}
