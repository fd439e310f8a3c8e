package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// tally counts what happened in the soak.
type tally struct {
	mu        sync.Mutex
	streams   map[manner]int
	complete  map[manner]int // those whose every record has its result
	values    int
	errors    map[weirv1.Reason]int
	longTotal int
	longTook  time.Duration
}

func newTally() *tally {
	return &tally{streams: map[manner]int{}, complete: map[manner]int{}, errors: map[weirv1.Reason]int{}}
}

func (t *tally) opened(m manner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.streams[m]++
}

func (t *tally) ended(m manner, complete bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if complete {
		t.complete[m]++
	}
}

func (t *tally) result(r *weirv1.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.GetError() != nil {
		t.errors[r.GetError().GetReason()]++
		return
	}
	t.values++
}

func (t *tally) long(records int, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.longTotal, t.longTook = records, took
}

// line is how far it is.
func (t *tally) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	streams, failed := 0, 0
	for _, n := range t.streams {
		streams += n
	}
	for _, n := range t.errors {
		failed += n
	}
	return fmt.Sprintf("%s streams, %s values, %s typed errors", grouped(int64(streams)), grouped(int64(t.values)), grouped(int64(failed)))
}

func (t *tally) report(out io.Writer, took time.Duration) {
	fmt.Fprintf(out, "%s in %.0f s\n", t.line(), took.Seconds())
	fmt.Fprintln(out, "each was its record's only result, in its place: the value of its text, or an error that its plan explains")
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range slices.Sorted(maps.Keys(t.streams)) {
		all, complete := grouped(int64(t.streams[m])), grouped(int64(t.complete[m]))
		fmt.Fprintf(out, "  %-9s %6s streams, %6s answered to the last record\n", m, all, complete)
	}
	for _, reason := range slices.Sorted(maps.Keys(t.errors)) {
		fmt.Fprintf(out, "  %s: %s\n", strings.TrimPrefix(reason.String(), "REASON_"), grouped(int64(t.errors[reason])))
	}
	fmt.Fprintf(out, "  one stream of %s records: %.1f s\n", grouped(int64(t.longTotal)), t.longTook.Seconds())
}

// verdict fails a soak that has not seen enough to prove anything.
func (t *tally) verdict() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, m := range []manner{proper, slow, lingers, bad} {
		if t.complete[m] != t.streams[m] || t.streams[m] == 0 {
			errs = append(errs, fmt.Errorf("%d of %d %s streams were answered to the end", t.complete[m], t.streams[m], m))
		}
	}
	for _, m := range []manner{cancels, hangsUp, deadline, deaf} {
		if t.streams[m] == 0 {
			errs = append(errs, fmt.Errorf("no %s stream: run it for longer", m))
		}
	}
	if t.values == 0 || len(t.errors) == 0 {
		errs = append(errs, errors.New("values and errors must both have been seen"))
	}
	return errors.Join(errs...)
}
