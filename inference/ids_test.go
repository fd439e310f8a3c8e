package inference_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

var tokenLine = regexp.MustCompile(`(?m)^Input ([a-z]+): (".*")$`)

// skipper answers each record with its own text and leaves the third of the first call out.
type skipper struct {
	// numbered makes it count in the place of copying the ids.
	numbered bool

	mu    sync.Mutex
	calls [][]string // the ids of each call
}

// HoldsSchema makes weir call records by ids of its own: nobody would hold an answer to fixed keys.
func (m *skipper) HoldsSchema() bool { return false }

func (m *skipper) Complete(_ context.Context, req *providers.Request) (*providers.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids, entries []string
	for i, line := range tokenLine.FindAllStringSubmatch(req.Messages[len(req.Messages)-1].Content, -1) {
		ids = append(ids, line[1])
		if len(m.calls) == 0 && i == 2 {
			continue
		}
		id := line[1]
		if m.numbered {
			id = fmt.Sprint(len(entries) + 1)
		}
		entries = append(entries, fmt.Sprintf(`{"index": %q, "value": %s}`, id, line[2]))
	}
	m.calls = append(m.calls, ids)
	return &providers.Response{Text: "[" + strings.Join(entries, ", ") + "]", Finish: providers.FinishStop}, nil
}

// TestIDs: with ids a record that is left out costs only its own second call, and every call has ids of its own.
func TestIDs(t *testing.T) {
	t.Parallel()
	for range 5 { // the same id twice is a matter of chance, one in some hundred times
		m := &skipper{}
		got := predict(t, newEngine(t, m, map[string]string{"batch.size": "10", "record.ids": "token"}), recordsOf(10))
		for tag, r := range got {
			if r.Err != nil || r.Values[0].Value != fmt.Sprintf("text %d", tag) {
				t.Errorf("record %d: %+v", tag, r)
			}
		}
		if len(m.calls) != 2 || len(m.calls[1]) != 1 {
			t.Fatalf("the calls were about %q", m.calls)
		}
		if m.calls[0][2] != m.calls[1][0] {
			return
		}
	}
	t.Error("a record that is asked about again has the id that it had")
}

// TestIDsAndNumbers: a model that counts in the place of copying ids answers nobody, and so moves nobody.
func TestIDsAndNumbers(t *testing.T) {
	t.Parallel()
	set := map[string]string{"batch.size": "10", "record.ids": "token", "batch.failure.strategy": "error"}
	for tag, r := range predict(t, newEngine(t, &skipper{numbered: true}, set), recordsOf(10)) {
		if r.Err == nil || r.Err.Reason != inference.ReasonMissingAnswer {
			t.Errorf("record %d: %+v", tag, r)
		}
	}
}

// TestIDsByDefault: where weir writes the records and the instruction, records have ids without being asked for, and a prompt that is
// only looked at shows the same ones each time.
func TestIDsByDefault(t *testing.T) {
	t.Parallel()
	m := &skipper{}
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{
		{Name: "m", Driver: m, Options: map[string]string{"batch.size": "10"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if values := checkOwn(t, predict(t, engine, recordsOf(10))); values != 10 || len(m.calls) != 2 || len(m.calls[0]) != 10 {
		t.Errorf("%d values after the calls %q", values, m.calls)
	}
	var seen [2][]inference.Prompt
	for i := range seen {
		if seen[i], err = engine.Render(t.Context(), "m", nil, recordsOf(10)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
		t.Errorf("the prompt changes (-first +second):\n%s", diff)
	}
	named, err := engine.Render(t.Context(), "m", map[string]string{"batch.prompt.template": "Repeat each: [{index: <n>}]"}, recordsOf(1))
	if err != nil || !strings.Contains(named[0].Messages[0].Content, "Input 1: ") {
		t.Errorf("a template gets no numbers: %v, %v", named, err)
	}
}
