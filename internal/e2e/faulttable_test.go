package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// faultRow is a way in which a provider of 60 records in batches of 20 goes wrong, and what that may cost.
type faultRow struct {
	name    string
	fault   fault
	options []string
	// atOnce makes the three calls at once instead of one after another.
	atOnce bool
	// right, wrong and failed are the records with their own value, with another's, and with a reason.
	right, wrong, failed int
	reason               weirv1.Reason
	// least and most are how many calls it takes; three are needed.
	least, most int64
	// wait is the least time it takes.
	wait time.Duration
}

const (
	tableRecords = 60
	poisoned     = 27
	// bisected is the most further calls that one record may cost a batch of 20: 2 ceil(log2 20) + 1.
	bisected = 11
)

// onFirst damages the first call; all others are answered well.
func onFirst(f fault) fault {
	return func(c *call, n int64) {
		if n == 1 {
			f(c, n)
			return
		}
		c.answer(c.right(), "stop")
	}
}

// saying answers with changed entries.
func saying(change func(right []entry) []entry) fault {
	return func(c *call, _ int64) { c.answer(replyOf(change(c.entries())), "stop") }
}

// isPoison reports whether a call is about the poisoned record.
func (c *call) isPoison() bool {
	return slices.ContainsFunc(c.inputs, func(in input) bool { return in.text == text(poisoned) })
}

// poison spoils every call with one record.
func poison(c *call, _ int64) {
	if c.isPoison() {
		c.answer("I cannot help with that.", "stop")
		return
	}
	c.answer(c.right(), "stop")
}

// forgetful never answers one record.
func forgetful(c *call, _ int64) {
	entries := c.entries()
	if at := slices.IndexFunc(c.inputs, func(in input) bool { return in.text == text(poisoned) }); at >= 0 {
		entries = slices.Delete(entries, at, at+1)
	}
	c.answer(replyOf(entries), "stop")
}

// cutBehind ends a reply at the token limit, in the middle of the entry behind n whole ones.
func cutBehind(n int) fault {
	return func(c *call, _ int64) {
		whole := replyOf(c.entries())
		if len(c.inputs) <= n {
			c.answer(whole, "stop")
			return
		}
		c.answer(whole[:len(replyOf(c.entries()[:n]))+15], "length")
	}
}

func shiftValues(all []entry) []entry {
	last := all[len(all)-1].Value
	for i := len(all) - 1; i > 0; i-- {
		all[i].Value = all[i-1].Value
	}
	all[0].Value = last
	return all
}

func shuffled(all []entry) []entry {
	random := rand.New(rand.NewPCG(1, 1))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func first(n int64, f fault) fault {
	return func(c *call, nth int64) {
		if nth <= n {
			f(c, nth)
			return
		}
		c.answer(c.right(), "stop")
	}
}

func dies(c *call, n int64) {
	if n == 1 {
		c.answer(c.right(), "stop")
		return
	}
	reset("")(c, n)
}

func faultRows() []faultRow {
	fifth := func(r []entry) []entry { return without(r, 5) }
	twice := func(r []entry) []entry {
		r[4].Index = 7
		return r
	}
	fences := func(c *call, n int64) {
		c.answer(fmt.Sprintf([]string{"```json\n%s\n```", "Here they are, all {20} of [1-20]:\n%s\nDone."}[n%2], c.right()), "stop")
	}
	limit := always(http.StatusTooManyRequests, "application/json", limitedBody, "Retry-After", "1")
	return []faultRow{
		{name: "one item dropped once", fault: onFirst(saying(fifth)), right: 60, least: 4, most: 4},
		{name: "one item dropped always", fault: forgetful, right: 59, failed: 1, reason: reasons['u'], least: 4, most: 3 + bisected},
		{name: "index twice, one missing", fault: onFirst(saying(twice)), right: 60, least: 4, most: 4},
		{name: "order changed", fault: saying(shuffled), right: 60, least: 3, most: 3},
		{name: "values shifted, ids kept: nobody can see it", fault: onFirst(saying(shiftValues)), right: 40, wrong: 20, least: 3, most: 3},
		{name: "cut off once", fault: onFirst(cutBehind(12)), right: 60, least: 4, most: 4},
		{name: "cut off always", fault: cutBehind(12), right: 60, least: 6, most: 6},
		{name: "fences, prose", fault: fences, right: 60, least: 3, most: 3},
		{name: "one poison record", fault: poison, right: 59, failed: 1, reason: reasons['u'], least: 4, most: 3 + bisected},
		{name: "429 four times", fault: first(4, limit), atOnce: true, right: 60, least: 7, most: 7, wait: time.Second},
		{
			name: "500 always", fault: always(500, "application/json", brokenBody), options: []string{"max.retries: 2"},
			failed: 60, reason: unavailable, least: 5, most: 9,
		},
		{
			name: "provider dies after the first batch", fault: dies, options: []string{"max.retries: 1"},
			right: 20, failed: 40, reason: unavailable, least: 3, most: 5,
		},
		{
			name: "a hanging call", fault: onFirst(hang), options: []string{"request.timeout.ms: 500"},
			right: 60, least: 4, most: 4, wait: 500 * time.Millisecond,
		},
	}
}

// TestFaultTable: what each fault of a provider costs 60 records in three batches.
func TestFaultTable(t *testing.T) {
	t.Parallel()
	for _, row := range faultRows() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			provider := newFaulty(t, row.fault)
			file := model(provider.url(), append(row.options, "batch.size: 20", "batch.timeout.ms: 10000")...)
			if !row.atOnce {
				file = strings.Replace(file, "kind: openai,", "kind: openai, max_in_flight: 1,", 1)
			}
			w := serve(t, file, nil)
			s := w.predict(t.Context(), t, &weirv1.PredictStart{})
			began := time.Now()
			s.texts(numbered(1, tableRecords)...)
			row.check(t, s.finish(tableRecords))
			if took := time.Since(began); took < row.wait {
				t.Errorf("took %v, want %v at least", took, row.wait)
			}
			calls := provider.calls.Load()
			t.Logf("%d calls", calls)
			if calls < row.least || calls > row.most {
				t.Errorf("%d calls, want %d to %d", calls, row.least, row.most)
			}
		})
	}
}

func (row *faultRow) check(t *testing.T, got []*weirv1.Result) {
	t.Helper()
	right, wrong, failed := 0, 0, 0
	for i, r := range got {
		switch {
		case r.GetSequence() != uint64(i+1):
			t.Fatalf("result %d has sequence %d: out of order", i+1, r.GetSequence())
		case r.GetError() == nil && r.GetText() == answerTo(text(i+1)):
			right++
		case r.GetError() == nil:
			wrong++
		case r.GetError().GetReason() != row.reason:
			t.Errorf("record %d: %v, want %v", i+1, r, row.reason)
			fallthrough
		default:
			failed++
		}
	}
	if right != row.right || wrong != row.wrong || failed != row.failed {
		t.Errorf("%d right, %d wrong, %d errors; want %d, %d, %d", right, wrong, failed, row.right, row.wrong, row.failed)
	}
}
