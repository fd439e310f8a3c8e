package sdktest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weir-ml/weir/simulator"
)

func TestMain(m *testing.M) {
	// OpenCensus, which genai brings along, starts a worker that never ends.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

const (
	instruction = "You are a sentiment analyzer. Answer in JSON."
	batch       = "Return JSON: [{\"index\": <n>, \"sentiment\": \"<positive|negative|neutral>\"}]\n\n" +
		"Input 1: \"I love it\"\nInput 2: \"I hate it\""
	batchAnswer = `[{"index": 1, "sentiment": "positive"}, {"index": 2, "sentiment": "negative"}]`
	heldAnswer  = `{"r1": "positive", "r2": "negative"}`
)

// schemaJSON has a required key for each record and no others; loose leaves open what strict modes want closed.
const schemaJSON = `{"type": "object", "properties": {
	"r1": {"type": "string", "enum": ["positive", "negative", "neutral"]},
	"r2": {"type": "string", "enum": ["positive", "negative", "neutral"]}
}, "required": ["r1", "r2"], "additionalProperties": false}`

func schema() map[string]any { return decoded([]byte(schemaJSON)) }

func loose() map[string]any {
	s := schema()
	delete(s, "additionalProperties")
	return s
}

func decoded(body []byte) map[string]any {
	var all map[string]any
	if json.Unmarshal(body, &all) != nil {
		return nil
	}
	return all
}

// long is a prompt with some 1,900 tokens, 1,500 of them before its records.
func long() string { return strings.Repeat("Be fair to the writer. ", 260) + batch }

// start starts a simulator until the test ends.
func start(t *testing.T, cfg simulator.Config) *simulator.Server {
	t.Helper()
	cfg.RetryAfter = 1500 * time.Millisecond
	s := simulator.New(cfg)
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func root(s *simulator.Server) string { return strings.TrimSuffix(s.URL(), "/v1") }

// meet makes the next call meet a fault.
func meet(t *testing.T, s *simulator.Server, fault simulator.Fault) {
	t.Helper()
	if err := s.Inject(simulator.FaultPlan{Next: []simulator.Next{{Fault: fault}}}); err != nil {
		t.Fatal(err)
	}
}

// tap is a transport that keeps what was sent last.
type tap struct {
	base *http.Transport

	mu   sync.Mutex
	path string
	body []byte
}

func newTap(t *testing.T) *tap {
	t.Helper()
	w := &tap{base: &http.Transport{}}
	t.Cleanup(w.base.CloseIdleConnections)
	return w
}

func (w *tap) client() *http.Client { return &http.Client{Transport: w} }

// RoundTrip keeps a call and makes it.
func (w *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := w.keep(r)
	if err != nil {
		return nil, err
	}
	return w.base.RoundTrip(sent)
}

// keep keeps a call and returns it with its body unread.
func (w *tap) keep(r *http.Request) (*http.Request, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.path, w.body = r.URL.RequestURI(), body
	sent := r.Clone(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return sent, nil
}

// sent is the body of the last call, decoded.
func (w *tap) sent() map[string]any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return decoded(w.body)
}
