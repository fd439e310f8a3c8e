package inference_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// echoModel answers each record with its own text, except where its fault says otherwise. So an answer on another record is
// seen at once.
type echoModel struct {
	// fault changes the reply of the nth call (from 1) about these texts; nil leaves it.
	fault func(nth int, texts []string) (reply, error)

	mu    sync.Mutex
	calls [][]string // the texts of each call
}

// reply is what a faulty model says. The zero reply leaves what it would have said.
type reply struct {
	text   string
	finish providers.Finish
}

var inputLine = regexp.MustCompile(`(?m)^Input \d+: (".*")$`)

// Complete answers.
func (m *echoModel) Complete(_ context.Context, req *providers.Request) (*providers.Response, error) {
	texts := textsOf(req)
	m.mu.Lock()
	m.calls = append(m.calls, texts)
	nth := len(m.calls)
	m.mu.Unlock()
	out := &providers.Response{Text: answersTo(texts), Finish: providers.FinishStop}
	out.Usage = providers.Usage{PromptTokens: 10 * len(texts), CompletionTokens: len(texts), Reported: true}
	if m.fault == nil {
		return out, nil
	}
	changed, err := m.fault(nth, texts)
	if err != nil {
		return nil, err
	}
	if changed != (reply{}) {
		out.Text, out.Finish = changed.text, changed.finish
	}
	return out, nil
}

func textsOf(req *providers.Request) []string {
	var texts []string
	for _, line := range inputLine.FindAllStringSubmatch(req.Messages[len(req.Messages)-1].Content, -1) {
		var text string
		if json.Unmarshal([]byte(line[1]), &text) == nil {
			texts = append(texts, text)
		}
	}
	return texts
}

// answersTo is a right reply; without leaves some out.
func answersTo(texts []string, without ...string) string {
	entries := []string{}
	for i, text := range texts {
		if !slices.Contains(without, text) {
			entries = append(entries, fmt.Sprintf(`{"index": %d, "value": %q}`, i+1, text))
		}
	}
	return "[" + strings.Join(entries, ", ") + "]"
}

// renumbered leaves one out and numbers on without a gap.
func renumbered(texts []string, without string) string {
	return answersTo(slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return text == without }))
}

// spoils are the ways in which a record can spoil a call that it is in.
func spoils(poison string) map[string]func(texts []string) (reply, error) {
	says := func(text string, finish providers.Finish) (reply, error) {
		return reply{text: text, finish: finish}, nil
	}
	return map[string]func(texts []string) (reply, error){
		"prose":     func([]string) (reply, error) { return says("I cannot do that.", providers.FinishStop) },
		"nothing":   func([]string) (reply, error) { return says("[]", providers.FinishStop) },
		"left out":  func(texts []string) (reply, error) { return says(answersTo(texts, poison), providers.FinishStop) },
		"counts on": func(texts []string) (reply, error) { return says(renumbered(texts, poison), providers.FinishStop) },
		"cut off":   func([]string) (reply, error) { return says(`[{"index": 1, "val`, providers.FinishLength) },
		"refused":   func([]string) (reply, error) { return reply{}, &providers.Error{Kind: providers.KindRefused} },
		"too long":  func([]string) (reply, error) { return reply{}, &providers.Error{Kind: providers.KindContextOverflow} },
	}
}

// checkOwn fails where a record has the value of another one.
func checkOwn(t interface {
	Errorf(format string, args ...any)
}, got map[uint64]inference.Result,
) (values int) {
	for tag, r := range got {
		if r.Err != nil {
			continue
		}
		values++
		if want := fmt.Sprintf("text %d", tag); len(r.Values) != 1 || r.Values[0].Value != want {
			t.Errorf("record %d has %v", tag, r.Values)
		}
	}
	return values
}

// most is how many further calls one record may cost that spoils every call that it is in.
func most(n int) int { return 2*bits.Len(uint(n-1)) + 1 }

// TestPoison: one record that spoils every call costs a bounded number of calls, and the others keep their answers.
func TestPoison(t *testing.T) {
	t.Parallel()
	for name := range spoils("") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{1, 2, 3, 4, 5, 8, 13, 20, 33, 64} {
				for _, at := range []int{1, (n + 1) / 2, n} {
					poison := fmt.Sprintf("text %d", at)
					spoil := spoils(poison)[name]
					m := &echoModel{fault: func(_ int, texts []string) (reply, error) {
						if slices.Contains(texts, poison) {
							return spoil(texts)
						}
						return reply{}, nil
					}}
					got := predict(t, newEngine(t, m, batchesOf(n)), recordsOf(n))
					if values := checkOwn(t, got); values != n-1 || got[uint64(at)].Err == nil {
						t.Errorf("n=%d, poison %d: %d values (%v)", n, at, values, got[uint64(at)].Err)
					}
					if extra := len(m.calls) - 1; extra > most(n) {
						t.Errorf("n=%d, poison %d: %d further calls, at most %d", n, at, extra, most(n))
					}
				}
			}
		})
	}
}

func batchesOf(n int) map[string]string {
	set := map[string]string{"batch.size": fmt.Sprint(n), "max.retries": "0"}
	if n == 1 {
		set["response.format"] = "json" // else the whole reply is the value, whatever it is
	}
	return set
}

// TestPoisonOfAnyKind: the bound holds where the record spoils each call in another way.
func TestPoisonOfAnyKind(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 64).Draw(rt, "n")
		at := rapid.IntRange(1, n).Draw(rt, "poison")
		poison := fmt.Sprintf("text %d", at)
		ways := spoils(poison)
		names := slices.Sorted(maps.Keys(ways))
		m := &echoModel{fault: func(_ int, texts []string) (reply, error) {
			if !slices.Contains(texts, poison) {
				return reply{}, nil
			}
			return ways[rapid.SampledFrom(names).Draw(rt, "way")](texts)
		}}
		got := predict(t, newEngine(t, m, batchesOf(n)), recordsOf(n))
		if values := checkOwn(rt, got); values != n-1 || len(m.calls)-1 > most(n) {
			rt.Errorf("n=%d: %d values, %d further calls, at most %d", n, values, len(m.calls)-1, most(n))
		}
	})
}

// TestStrikesOnce: what goes wrong once costs one further call or a few, and no record its value.
func TestStrikesOnce(t *testing.T) {
	t.Parallel()
	for name, spoil := range spoils("text 7") {
		m := &echoModel{fault: func(nth int, texts []string) (reply, error) {
			if nth == 1 {
				return spoil(texts)
			}
			return reply{}, nil
		}}
		got := predict(t, newEngine(t, m, batchesOf(20)), recordsOf(20))
		if values := checkOwn(t, got); values != 20 || len(m.calls) > 3 {
			t.Errorf("%s: %d values after %d calls", name, values, len(m.calls))
		}
	}
}

// TestOnlyWhatIsMissing is asked again, numbered from 1, while the others have their results already.
func TestOnlyWhatIsMissing(t *testing.T) {
	t.Parallel()
	m := &echoModel{fault: func(nth int, texts []string) (reply, error) {
		if nth == 1 {
			return reply{text: answersTo(texts, "text 2", "text 5")}, nil
		}
		return reply{}, nil
	}}
	got := predict(t, newEngine(t, m, batchesOf(6)), recordsOf(6))
	if diff := cmp.Diff([]string{"text 2", "text 5"}, m.calls[1]); diff != "" || len(m.calls) != 2 {
		t.Errorf("%d calls; the second (-want +got):\n%s", len(m.calls), diff)
	}
	checkOwn(t, got)
	tokens := 0
	for tag, r := range got {
		want := 1
		if tag == 2 || tag == 5 {
			want = 2
		}
		if r.Attempts != want {
			t.Errorf("record %d: %d attempts, want %d", tag, r.Attempts, want)
		}
		tokens += r.Usage.PromptTokens
	}
	if tokens != 80 {
		t.Errorf("the records' shares are %d tokens, want those of both calls, 80", tokens)
	}
}

// TestStrategies: how often each is asked, for a record that is left out and for a batch that is not answered at all.
func TestStrategies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ leftOut, silent []int }{ // the sizes of the calls
		"error":      {[]int{4}, []int{4}},
		"retry":      {[]int{4, 1}, []int{4, 4}},
		"split":      {[]int{4, 1, 1, 1}, []int{4, 4, 2, 1, 1, 2, 1, 1}},
		"individual": {[]int{4, 1, 1, 1}, []int{4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	}
	for strategy, want := range tests {
		set := batchesOf(4)
		set["batch.failure.strategy"] = strategy
		leftOut := &echoModel{fault: func(_ int, texts []string) (reply, error) {
			return reply{text: answersTo(texts, "text 3")}, nil
		}}
		silent := &echoModel{fault: func(int, []string) (reply, error) { return reply{text: "no"}, nil }}
		if values := checkOwn(t, predict(t, newEngine(t, leftOut, set), recordsOf(4))); values != 3 {
			t.Errorf("%s: %d values, want 3", strategy, values)
		}
		predict(t, newEngine(t, silent, set), recordsOf(4))
		for what, sizes := range map[string][2][]int{
			"left out": {want.leftOut, sizesOf(leftOut.calls)}, "silent": {want.silent, sizesOf(silent.calls)},
		} {
			if diff := cmp.Diff(sizes[0], sizes[1]); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", strategy, what, diff)
			}
		}
	}
}

func sizesOf(calls [][]string) []int {
	sizes := make([]int, len(calls))
	for i := range calls {
		sizes[i] = len(calls[i])
	}
	return sizes
}

// TestTheModelIsTold what was wrong with its answer, by the name that the record has in the new call.
func TestTheModelIsTold(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`about input (\S+) was not accepted`)
	for _, ids := range []string{"sequential", "token"} {
		var system, user string
		calls := 0
		m := driver(func(_ context.Context, req *providers.Request) (*providers.Response, error) {
			calls++
			user = req.Messages[len(req.Messages)-1].Content
			if req.Messages[0].Role == providers.RoleSystem {
				system = req.Messages[0].Content
			}
			var entries []string
			for i, id := range namesIn(user) {
				value := `"yes"`
				if calls == 1 && i == 1 {
					value = "null"
				}
				entries = append(entries, fmt.Sprintf(`{"index": %q, "value": %s}`, id, value))
			}
			return &providers.Response{Text: "[" + strings.Join(entries, ",") + "]", Finish: providers.FinishStop}, nil
		})
		set := batchesOf(2)
		set["record.ids"] = ids
		for tag, r := range predict(t, newEngine(t, m, set), recordsOf(2)) {
			if r.Err != nil {
				t.Errorf("%s: record %d: %v", ids, tag, r.Err)
			}
		}
		told := named.FindStringSubmatch(system)
		if calls != 2 || told == nil || told[1] != namesIn(user)[0] {
			t.Errorf("%s: after %d calls the model was told %q about\n%s", ids, calls, system, user)
		}
	}
}

// namesIn returns what a prompt calls its records.
func namesIn(user string) []string {
	var names []string
	for _, line := range regexp.MustCompile(`(?m)^Input (\S+): "`).FindAllStringSubmatch(user, -1) {
		names = append(names, line[1])
	}
	return names
}

// TestRoom: a prompt that is too long is halved, and later batches are cut to what fits before they are sent.
func TestRoom(t *testing.T) {
	t.Parallel()
	overflows := 0
	m := &echoModel{fault: func(_ int, texts []string) (reply, error) {
		if len(texts) > 6 {
			overflows++
			return reply{}, &providers.Error{Kind: providers.KindContextOverflow}
		}
		return reply{}, nil
	}}
	engine := newEngine(t, m, batchesOf(10))
	for range 10 {
		if values := checkOwn(t, predict(t, engine, recordsOf(10))); values != 10 {
			t.Errorf("%d values, want 10", values)
		}
	}
	if overflows != 1 {
		t.Errorf("%d calls were too long, want the first alone", overflows)
	}
}

// TestRepairBudget: a model that cannot answer costs a fifth more, and the floor, not a multiple.
func TestRepairBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &echoModel{fault: func(_ int, texts []string) (reply, error) {
			if len(texts) > 1 {
				return reply{text: answersTo(texts, "text 4", "text 9")}, nil
			}
			return reply{text: "no"}, nil
		}}
		engine := newEngine(t, m, batchesOf(20))
		refused := 0
		for range 50 {
			for _, r := range predict(t, engine, recordsOf(20)) {
				if r.Err != nil && strings.Contains(r.Err.Message, "a fifth") {
					refused++
				}
			}
		}
		asked := 0
		for _, texts := range m.calls {
			asked += len(texts)
		}
		if extra := asked - 50*20; extra > 50*20/5 || extra < 50*20/10 {
			t.Errorf("%d records were asked again of %d", extra, 50*20)
		}
		if refused == 0 {
			t.Error("no error says that the budget is used up")
		}
	})
}

// TestApart: a model that never answers a batch as a batch is not taken apart for ever, and is tried again later.
func TestApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := true
		m := &echoModel{fault: func(_ int, texts []string) (reply, error) {
			if len(texts) > 1 && broken {
				return reply{text: "no"}, nil
			}
			return reply{}, nil
		}}
		var moves []bool
		hooks := inference.Hooks{TakenApart: func(_ string, open bool) { moves = append(moves, open) }}
		engine := newEngineWith(t, m, batchesOf(2), hooks)
		run := func(batches int) (values int) {
			for range batches {
				values += checkOwn(t, predict(t, engine, recordsOf(2)))
			}
			return values
		}
		earnBudget(t, engine, m, &broken)
		if values := run(20); values != 2*5 {
			t.Errorf("%d values before the breaker opens, want those of 5 batches", values)
		}
		<-time.After(31 * time.Second)
		if values := run(2); values != 2 {
			t.Errorf("%d values half a minute later, want those of one probe", values)
		}
		broken = false
		if values := run(2); values != 4 {
			t.Errorf("%d values when the model is well again, want 4", values)
		}
		if diff := cmp.Diff([]bool{true, false}, moves); diff != "" {
			t.Errorf("the breaker's moves (-want +got):\n%s", diff)
		}
	})
}

// TestRefusedBatchesAreTakenApart however many there are in a row: it is one record of each that is refused.
func TestRefusedBatchesAreTakenApart(t *testing.T) {
	t.Parallel()
	refuses := true
	m := &echoModel{fault: func(_ int, texts []string) (reply, error) {
		if refuses && slices.Contains(texts, "text 2") {
			return reply{}, &providers.Error{Kind: providers.KindRefused}
		}
		return reply{}, nil
	}}
	engine := newEngine(t, m, batchesOf(2))
	earnBudget(t, engine, m, &refuses)
	for i := range 12 {
		if values := checkOwn(t, predict(t, engine, recordsOf(2))); values != 1 {
			t.Errorf("batch %d: %d values, want that of the record that is not refused", i+1, values)
		}
	}
}

// earnBudget lets a model be right for a while.
func earnBudget(t *testing.T, engine *inference.Engine, m *echoModel, broken *bool) {
	t.Helper()
	*broken = false
	for range 200 {
		predict(t, engine, recordsOf(2))
	}
	*broken = true
	m.calls = nil
}

// TestLateWhileAskedAgain: a record whose time is over says why it was asked about again.
func TestLateWhileAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := driver(func(ctx context.Context, req *providers.Request) (*providers.Response, error) {
			<-time.After(300 * time.Millisecond)
			return (&echoModel{fault: func(_ int, texts []string) (reply, error) {
				return reply{text: answersTo(texts, "text 2")}, nil
			}}).Complete(ctx, req)
		})
		records := recordsOf(3)
		records[1].Deadline = time.Now().Add(500 * time.Millisecond)
		got := predict(t, newEngine(t, slow, batchesOf(3)), records)
		if values := checkOwn(t, got); values != 2 {
			t.Errorf("%d values, want 2", values)
		}
		err := got[2].Err
		if err == nil || err.Reason != inference.ReasonDeadlineExceeded || !strings.Contains(err.Message, "asked about again, because") {
			t.Errorf("%v", err)
		}
	})
}
