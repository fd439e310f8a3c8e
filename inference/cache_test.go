package inference_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/weir-ml/weir/providers"
)

// keeper keeps what it is asked; its first answer lacks a record.
type keeper struct {
	mu   sync.Mutex
	reqs []*providers.Request
}

func (m *keeper) Complete(_ context.Context, req *providers.Request) (*providers.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reqs = append(m.reqs, req)
	texts := textsOf(req)
	answer := answersTo(texts)
	if len(m.reqs) == 1 {
		answer = strings.NewReplacer(`"value": "text 2"`, `"value": "unheard of"`, `"value": "text 6"`, `"value": "unheard of"`).Replace(answer)
	}
	return &providers.Response{Text: answer, Finish: providers.FinishStop}, nil
}

// TestStablePrefix: all calls of a plan begin with the same bytes, as far as they say; what the model is told about its last
// answer comes behind them.
func TestStablePrefix(t *testing.T) {
	t.Parallel()
	m := &keeper{}
	engine := newEngine(t, m, map[string]string{
		"batch.size": "4", "system.prompt": "Be exact.", "response.values": "text 1,text 2,text 3,text 4,text 5,text 6,text 7,text 8",
	})
	checkOwn(t, predict(t, engine, recordsOf(8)))
	if len(m.reqs) != 3 {
		t.Fatalf("%d calls, want 3", len(m.reqs))
	}
	for i, req := range m.reqs {
		if req.CacheKey == "" || req.CacheKey != m.reqs[0].CacheKey || len(req.CacheKey) > 64 {
			t.Errorf("call %d has the key %q, the first %q", i+1, req.CacheKey, m.reqs[0].CacheKey)
		}
		system, user := req.Messages[0], req.Messages[1]
		if system.Content[:system.Stable] != "Be exact." {
			t.Errorf("call %d: stable of the system message is %q", i+1, system.Content[:system.Stable])
		}
		before, _, _ := strings.Cut(user.Content, "Input ")
		told := len(system.Content) > system.Stable
		if begins := user.Content[:user.Stable]; !strings.HasSuffix(before, begins) ||
			told != (begins == "") {
			t.Errorf("call %d: stable of the user message is %q, told is %v", i+1, begins, told)
		}
	}
}

// TestCacheKey: plans whose prompts begin the same have the same key, others not; it shows nothing of the prompt.
func TestCacheKey(t *testing.T) {
	t.Parallel()
	key := func(set map[string]string) string {
		m := &keeper{}
		predict(t, newEngine(t, m, set), recordsOf(1))
		return m.reqs[0].CacheKey
	}
	two := key(map[string]string{"batch.size": "2", "system.prompt": "Secret."})
	three := key(map[string]string{"batch.size": "3", "system.prompt": "Secret."})
	other := key(map[string]string{"batch.size": "3", "system.prompt": "Secret!"})
	if two != three || two == other || strings.Contains(two, "Secret") {
		t.Errorf("keys: %q, %q, %q", two, three, other)
	}
	if single := key(nil); single != "" {
		t.Errorf("a prompt that is the record alone has the key %q", single)
	}
}
