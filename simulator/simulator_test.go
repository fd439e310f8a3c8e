package simulator_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const batch = `Return JSON: [{"index": <n>, "sentiment": "<positive|negative|neutral>"}]

Input 1: "I love it"
Input 2: "I hate it"`

const batchAnswer = `[{"index": 1, "sentiment": "positive"}, {"index": 2, "sentiment": "negative"}]`

func TestCompletion(t *testing.T) {
	s := start(t, simulator.Config{Seed: 7})
	response := post(t, s, body("any", batch))
	var got map[string]any
	unmarshal(t, response.body, &got)
	created, ok := got["created"].(float64)
	if !ok || time.Since(time.Unix(int64(created), 0)).Abs() > time.Minute {
		t.Errorf("created = %v", got["created"])
	}
	delete(got, "created")
	want := map[string]any{
		"id": "chatcmpl-7-1", "object": "chat.completion", "model": "any",
		"choices": []any{map[string]any{
			"index": 0.0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": batchAnswer, "refusal": nil},
		}},
		"usage": map[string]any{
			"prompt_tokens": 29.0, "completion_tokens": 20.0, "total_tokens": 49.0,
			"prompt_tokens_details":     map[string]any{"cached_tokens": 0.0},
			"completion_tokens_details": map[string]any{"reasoning_tokens": 0.0},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("completion (-want +got):\n%s", diff)
	}
	if response.header.Get("X-Request-Id") != "req_7-1" || response.header.Get("Content-Type") != "application/json" {
		t.Errorf("header = %v", response.header)
	}
}

func TestContentParts(t *testing.T) {
	s := start(t, simulator.Config{})
	response := post(t, s, `{"model": "m", "messages": [{"role": "developer", "content": "List the entities."},
		{"role": "assistant", "content": "Input 1: \"x\""},
		{"role": "user", "content": [{"type": "text", "text": "I saw Bill "}, {"type": "text", "text": "Gates."}]}]}`)
	if got := answer(t, response); got != `["Bill Gates"]` {
		t.Errorf("answer = %s", got)
	}
}

func TestMaxTokens(t *testing.T) {
	s := start(t, simulator.Config{})
	for _, field := range []string{"max_tokens", "max_completion_tokens"} {
		response := post(t, s, strings.Replace(body("m", batch), `{`, `{"`+field+`": 3, `, 1))
		if got := answer(t, response); got != batchAnswer[:12] || !bytes.Contains(response.body, []byte(`"finish_reason":"length"`)) {
			t.Errorf("%s: %s", field, response.body)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cfg    simulator.Config
		body   string
		status int
		code   any
	}{
		{"no key", simulator.Config{APIKey: "other"}, body("m", "x"), http.StatusUnauthorized, "invalid_api_key"},
		{"unknown model", simulator.Config{Models: []string{"a"}}, body("m", "x"), http.StatusNotFound, "model_not_found"},
		{"no model", simulator.Config{}, body("", "x"), http.StatusNotFound, "model_not_found"},
		{"no JSON", simulator.Config{}, "{", http.StatusBadRequest, nil},
		{"no messages", simulator.Config{}, `{"model": "m"}`, http.StatusBadRequest, "missing_required_parameter"},
		{"an image", simulator.Config{}, `{"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}`, http.StatusBadRequest, nil},
		{"streaming", simulator.Config{}, strings.Replace(body("m", "x"), "{", `{"stream": true, `, 1), http.StatusBadRequest, "unsupported_value"},
		{"too large", simulator.Config{MaxBodyBytes: 64}, body("m", strings.Repeat("x", 64)), http.StatusRequestEntityTooLarge, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, tt.cfg)
			response := post(t, s, tt.body)
			var got struct {
				Error struct {
					Message, Type string
					Code          any
				}
			}
			unmarshal(t, response.body, &got)
			if response.status != tt.status || got.Error.Code != tt.code || got.Error.Message == "" || got.Error.Type == "" {
				t.Errorf("status %d, %s", response.status, response.body)
			}
			if stats := s.Stats(); stats.Calls != 1 || stats.Answered != 0 || len(stats.ByStatus) != 1 {
				t.Errorf("stats = %+v", stats)
			}
		})
	}
}

func TestKeyAndModels(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key", Models: []string{"m"}})
	if got := answer(t, post(t, s, body("m", "I love it"))); got != "positive" {
		t.Errorf("answer = %q", got)
	}
	if got := string(get(t, s, "/v1/models")); got != `{"object":"list","data":[{"id":"m","object":"model","created":0,"owned_by":"weir"}]}` {
		t.Errorf("models = %s", got)
	}
}

// The latency holds to the nanosecond of the bubble's clock: the work is part of it.
func TestLatency(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  simulator.Config
		want time.Duration
	}{
		{"none", simulator.Config{}, 0},
		{"a call", simulator.Config{Latency: 200 * time.Millisecond}, 200 * time.Millisecond},
		{"per token", simulator.Config{
			Latency: time.Second, LatencyPerPromptToken: time.Millisecond, LatencyPerCompletionToken: 10 * time.Millisecond,
		}, time.Second + 29*time.Millisecond + 20*10*time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := callTime(t, simulator.New(tt.cfg)); got != tt.want {
					t.Errorf("took %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestJitter(t *testing.T) {
	times := func(seed uint64) (list []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			s := simulator.New(simulator.Config{Latency: time.Second, Jitter: 100 * time.Millisecond, Seed: seed})
			for range 50 {
				list = append(list, callTime(t, s))
			}
		})
		return list
	}
	first := times(1)
	short, long := time.Hour, time.Duration(0)
	for _, d := range first {
		short, long = min(short, d), max(long, d)
	}
	if short < 900*time.Millisecond || long > 1100*time.Millisecond || long-short < 100*time.Millisecond {
		t.Errorf("calls took %v to %v, want nearly 900 ms to 1.1 s", short, long)
	}
	if diff := cmp.Diff(first, times(1)); diff != "" {
		t.Errorf("the same seed gives other times:\n%s", diff)
	}
	if cmp.Equal(first, times(2)) {
		t.Error("another seed gives the same times")
	}
}

// The demo's profile makes 300 ms of a prompt with 20 real reviews, and hardly more than 200 of one.
func TestDemoConfig(t *testing.T) {
	all := reviews(t)
	const size = 20
	var batches, singles time.Duration
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.DemoConfig())
		for at := 0; at < 50*size; at += size {
			batches += timeOf(t, s, prompt(all[at:at+size]))
			singles += timeOf(t, s, all[at])
		}
	})
	batches, singles = batches/50, singles/50
	t.Logf("mean of 50 calls: %v with %d reviews, %v with one", batches, size, singles)
	if batches < 290*time.Millisecond || batches > 310*time.Millisecond {
		t.Errorf("a prompt with %d reviews takes %v, want about 300 ms", size, batches)
	}
	if singles < 200*time.Millisecond || singles > 210*time.Millisecond {
		t.Errorf("a review takes %v, want 200 to 210 ms", singles)
	}
}

func TestClientGone(t *testing.T) {
	s := start(t, simulator.Config{Latency: time.Hour})
	ctx, cancel := testContext(t)
	done := make(chan error, 1)
	go func() {
		_, err := try(ctx, s, body("m", "x"))
		done <- err
	}()
	waitFor(t, s, func(stats simulator.Stats) bool { return stats.InFlight == 1 })
	cancel()
	if err := <-done; err == nil {
		t.Error("the call was answered")
	}
	stats := waitFor(t, s, func(stats simulator.Stats) bool { return stats.ByStatus["gone"] == 1 })
	if stats.InFlight != 0 {
		t.Errorf("stats = %+v", stats)
	}
}

func TestCloseEndsCalls(t *testing.T) {
	s := start(t, simulator.Config{Latency: time.Hour})
	done := make(chan error, 1)
	go func() {
		_, err := try(t.Context(), s, body("m", "x"))
		done <- err
	}()
	waitFor(t, s, func(stats simulator.Stats) bool { return stats.InFlight == 1 })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("the call was answered")
	}
	if err := s.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	if s.Stats().InFlight != 0 {
		t.Errorf("stats = %+v", s.Stats())
	}
}

func TestLife(t *testing.T) {
	never := simulator.New(simulator.Config{})
	if never.Addr() != "" || never.URL() != "" {
		t.Errorf("before Start: %q, %q", never.Addr(), never.URL())
	}
	if err := errors.Join(never.Close(), never.Close()); err != nil {
		t.Errorf("Close without Start: %v", err)
	}
	if err := never.Start("127.0.0.1:0"); err == nil {
		t.Error("a closed server starts")
	}
	running := start(t, simulator.Config{})
	if err := running.Start("127.0.0.1:0"); err == nil {
		t.Error("a server starts twice")
	}
	if err := simulator.New(simulator.Config{}).Start(running.Addr()); err == nil {
		t.Error("two servers listen on one address")
	}
}

func TestValidate(t *testing.T) {
	bad := simulator.Config{Latency: -1, RequestsPerMinute: -1, Faults: map[simulator.Fault]float64{"500": 0.7, "hang": 0.6, "fire": 0.1, "drop": -1}}
	err := bad.Validate()
	if err == nil || err.Error() != simulator.New(bad).Start("127.0.0.1:0").Error() {
		t.Fatalf("Validate = %v", err)
	}
	for _, want := range []string{"latency: -1", "requests per minute: -1", `no fault "fire"`, "fault drop: the chance -1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	if err := (simulator.Config{Faults: map[simulator.Fault]float64{"500": 0.7, "hang": 0.6}}).Validate(); err == nil {
		t.Error("chances of 1.3 are taken")
	}
}

// BenchmarkCalls is the whole of a call over loopback, the client's part included, with the real prompt of 20 reviews.
func BenchmarkCalls(b *testing.B) {
	for _, bench := range []struct{ name, text string }{{"1", reviews(b)[0]}, {"20", prompt(reviews(b)[:20])}} {
		b.Run("records="+bench.name, func(b *testing.B) {
			s := start(b, simulator.Config{})
			request := body("m", bench.text)
			b.ReportAllocs()
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := try(b.Context(), s, request); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

// BenchmarkHandler is the server's part alone.
func BenchmarkHandler(b *testing.B) {
	s := simulator.New(simulator.Config{})
	request := body("m", prompt(reviews(b)[:20]))
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(request)))
	}
}

// BenchmarkLatency tells how much longer than its latency a call takes, over loopback.
func BenchmarkLatency(b *testing.B) {
	const latency = 20 * time.Millisecond
	s := start(b, simulator.Config{Latency: latency})
	request := body("m", prompt(reviews(b)[:20]))
	if _, err := try(b.Context(), s, request); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := try(b.Context(), s, request); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((b.Elapsed()/time.Duration(b.N) - latency).Microseconds()), "us-over")
}

var reviewFile = sync.OnceValues(func() ([]byte, error) { return os.ReadFile("../examples/reviews/reviews.jsonl") })

func reviews(tb testing.TB) []string {
	tb.Helper()
	file, err := reviewFile()
	if err != nil {
		tb.Fatal(err)
	}
	var all []string
	for line := range bytes.Lines(file) {
		var r struct{ Text string }
		if err := json.Unmarshal(line, &r); err != nil {
			tb.Fatal(err)
		}
		all = append(all, r.Text)
	}
	return all
}

// callTime is how long a call takes in a bubble.
func callTime(t *testing.T, s *simulator.Server) time.Duration {
	t.Helper()
	return timeOf(t, s, batch)
}

func timeOf(t *testing.T, s *simulator.Server, text string) time.Duration {
	t.Helper()
	began := time.Now()
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(body("m", text))))
	if recorder.Code != http.StatusOK {
		t.Errorf("status %d: %s", recorder.Code, recorder.Body)
	}
	return time.Since(began)
}

func unmarshal(tb testing.TB, data []byte, v any) {
	tb.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		tb.Fatalf("%v: %s", err, data)
	}
}

func TestAnswersAreTheModelsOwn(t *testing.T) {
	s := start(t, simulator.Config{})
	all := reviews(t)
	var got []struct {
		Index     int
		Sentiment string
	}
	unmarshal(t, []byte(answer(t, post(t, s, body("m", prompt(all[:200]))))), &got)
	if len(got) != 200 {
		t.Fatalf("%d answers, want 200", len(got))
	}
	for i, entry := range got {
		if want := local.Label(local.Sentiment(all[i])); entry.Index != i+1 || entry.Sentiment != want {
			t.Errorf("answer %d = %+v, want %s", i, entry, want)
		}
	}
}
