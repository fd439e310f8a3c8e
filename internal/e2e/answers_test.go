package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// answerTest is what a model makes of its answer about five records, and what the records then get: "v" the value, or the
// first letter of a reason: "m" MISSING_ANSWER, "u" UNPARSABLE_ANSWER, "i" INVALID_ANSWER, "r" REFUSED.
type answerTest struct {
	name   string
	reply  func(right []entry) string
	finish string
	want   string
	match  weirv1.Match
	warns  string
}

const (
	byIndex    = weirv1.Match_MATCH_INDEX
	byPosition = weirv1.Match_MATCH_POSITION
)

var reasons = map[byte]weirv1.Reason{
	'm': weirv1.Reason_REASON_MISSING_ANSWER,
	'u': weirv1.Reason_REASON_UNPARSABLE_ANSWER,
	'i': weirv1.Reason_REASON_INVALID_ANSWER,
	'r': weirv1.Reason_REASON_REFUSED,
}

// changed makes a reply of other entries.
func changed(change func(right []entry) []entry) func([]entry) string {
	return func(right []entry) string { return replyOf(change(right)) }
}

// renamed gives every entry another index.
func renamed(name func(i int) any) func([]entry) string {
	return changed(func(right []entry) []entry {
		for i := range right {
			right[i].Index = name(i + 1)
		}
		return right
	})
}

func without(right []entry, i int) []entry { return slices.Delete(right, i-1, i) }

func answerTests() []answerTest {
	around := func(format string) func([]entry) string {
		return func(right []entry) string { return fmt.Sprintf(format, replyOf(right)) }
	}
	return []answerTest{
		{name: "right", reply: replyOf, want: "vvvvv", match: byIndex},
		{name: "prose", reply: around("Certainly! Here is [what] I {found}:\n\n%s\n\nDo you need [anything] else?"), want: "vvvvv", match: byIndex},
		{name: "fence", reply: around("```json\n%s\n```"), want: "vvvvv", match: byIndex},
		{name: "thinking", reply: around("<think>[{\"index\": 1, \"value\": \"no\"}]</think>\n%s"), want: "vvvvv", match: byIndex},
		{name: "any order", reply: changed(func(r []entry) []entry { return []entry{r[3], r[0], r[4], r[2], r[1]} }), want: "vvvvv", match: byIndex},
		{name: "dropped", reply: changed(func(r []entry) []entry { return without(r, 3) }), want: "vvmvv", match: byIndex},
		{name: "dropped, numbered on", reply: func(r []entry) string {
			return renamed(func(i int) any { return i })(without(r, 3))
		}, want: "mmmmm"},
		{name: "last dropped", reply: changed(func(r []entry) []entry { return without(r, 5) }), want: "mmmmm"},
		{name: "first dropped, counted past the end", reply: changed(func(r []entry) []entry {
			r = without(r, 1)
			for i := range r {
				r[i].Index = i + 3
			}
			return r
		}), want: "mmmmm"},
		{name: "twice the same", reply: changed(func(r []entry) []entry { return append(r, r[1]) }), want: "vvvvv", match: byIndex, warns: "more than once"},
		{name: "twice, different", reply: changed(func(r []entry) []entry {
			r[2].Index = 2
			return r
		}), want: "vimvv", match: byIndex},
		{name: "out of range", reply: changed(func(r []entry) []entry {
			return append(r, entry{Index: 9, Value: "stray"}, entry{Index: -1, Value: "stray"})
		}), want: "vvvvv", match: byIndex, warns: "index of no record"},
		{name: "from 0", reply: renamed(func(i int) any { return i - 1 }), want: "vvvvv", match: byIndex, warns: "counts from 0"},
		{name: "from 0, one dropped", reply: func(r []entry) string {
			return renamed(func(i int) any { return i - 1 })(without(r, 5))
		}, want: "mmmmm"},
		{name: "indexes as text", reply: renamed(func(i int) any { return fmt.Sprint(i) }), want: "vvvvv", match: byIndex},
		{name: "indexes with a word", reply: renamed(func(i int) any { return fmt.Sprintf("Input %d", i) }), want: "vvvvv", match: byIndex},
		{name: "indexes in words", reply: renamed(func(int) any { return "second" }), want: "mmmmm", warns: "something as their index"},
		{name: "no indexes", reply: renamed(func(int) any { return nil }), want: "vvvvv", match: byPosition, warns: "no answer has an index"},
		{name: "no indexes, one dropped", reply: func(r []entry) string {
			return renamed(func(int) any { return nil })(without(r, 2))
		}, want: "mmmmm"},
		{name: "no value", reply: changed(func(r []entry) []entry {
			r[3].Value = nil
			return r
		}), want: "vvviv", match: byIndex},
		{name: "cut off", reply: func(r []entry) string {
			s := replyOf(r)
			return s[:strings.Index(s, `{"index":4`)+15]
		}, finish: "length", want: "vvvmm", match: byIndex, warns: "ends too early"},
		{name: "prose alone", reply: func([]entry) string { return "I am sorry, but I cannot." }, want: "uuuuu"},
		{name: "empty", reply: func([]entry) string { return "" }, want: "mmmmm"},
		{name: "filtered", reply: func([]entry) string { return "" }, finish: "content_filter", want: "rrrrr"},
		{name: "one text for all", reply: func([]entry) string { return `"positive"` }, want: "uuuuu"},
	}
}

// TestDistortedAnswers: whatever a model does to its answer, no record gets another's value, and those that can have their
// own get it, where nothing is asked again.
func TestDistortedAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range answerTests() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			provider := newFaulty(t, func(c *call, _ int64) {
				finish := test.finish
				if finish == "" {
					finish = "stop"
				}
				c.answer(test.reply(c.entries()), finish)
			})
			w := serve(t, model(provider.url(), "record.ids: sequential", "batch.size: 5", "batch.timeout.ms: 10000", "batch.failure.strategy: error"), nil)
			s := w.predict(t.Context(), t, &weirv1.PredictStart{})
			s.texts(numbered(1, 5)...)
			for i, r := range s.results(5) {
				checkAnswer(t, &test, i, r)
			}
			provider.behave()
			s.texts(numbered(6, 12)...)
			wantValues(t, 6, numbered(6, 12), s.finish(7))
		})
	}
}

// TestDistortedOnce: what a model does to one answer costs no record its value, and a few calls at most.
func TestDistortedOnce(t *testing.T) {
	t.Parallel()
	for _, test := range answerTests() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			provider := newFaulty(t, func(c *call, _ int64) {
				switch {
				case calls.Add(1) > 1:
					c.answer(replyOf(c.entries()), "stop")
				case test.finish != "":
					c.answer(test.reply(c.entries()), test.finish)
				default:
					c.answer(test.reply(c.entries()), "stop")
				}
			})
			w := serve(t, model(provider.url(), "record.ids: sequential", "batch.size: 5", "batch.timeout.ms: 10000"), nil)
			s := w.predict(t.Context(), t, &weirv1.PredictStart{})
			s.texts(numbered(1, 5)...)
			wantValues(t, 1, numbered(1, 5), s.finish(5))
			if n := calls.Load(); n > 3 {
				t.Errorf("%d calls, want the first and two halves at most", n)
			}
		})
	}
}

func checkAnswer(t *testing.T, test *answerTest, i int, r *weirv1.Result) {
	t.Helper()
	if r.GetSequence() != uint64(i+1) || r.GetAttempts() != 1 {
		t.Errorf("record %d: %v", i+1, r)
	}
	if tokens := r.GetUsage().GetPromptTokens(); tokens != 20 && test.want[i] != 'r' {
		t.Errorf("record %d: %d tokens, want a fifth of 100", i+1, tokens)
	}
	if warnings := strings.Join(r.GetWarnings(), "\n"); (test.warns == "") != (warnings == "") || !strings.Contains(warnings, test.warns) {
		t.Errorf("record %d: warnings %q, want %q", i+1, warnings, test.warns)
	}
	if test.want[i] == 'v' {
		if r.GetText() != answerTo(text(i+1)) || r.GetMatch() != test.match {
			t.Errorf("record %d: %v, want %q by %v", i+1, r, answerTo(text(i+1)), test.match)
		}
		return
	}
	if e := r.GetError(); e.GetReason() != reasons[test.want[i]] || strings.Contains(e.GetMessage(), "canary-") {
		t.Errorf("record %d: %v, want %v", i+1, r, reasons[test.want[i]])
	}
}
