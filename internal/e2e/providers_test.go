package e2e_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// faultTest is a way in which a provider fails, and what its records then get.
type faultTest struct {
	name     string
	fault    fault
	options  []string
	reason   weirv1.Reason
	attempts uint32
	says     string // part of the message
	least    time.Duration
}

const (
	unavailable = weirv1.Reason_REASON_PROVIDER_UNAVAILABLE
	rejected    = weirv1.Reason_REASON_PROVIDER_REJECTED
	limited     = weirv1.Reason_REASON_RATE_LIMITED
)

func always(status int, kind, body string, header ...string) fault {
	return func(c *call, _ int64) { c.say(status, kind, []byte(body), header...) }
}

const (
	unauthorizedBody = `{"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","code":"invalid_api_key"}}`
	unknownBody      = `{"error":{"message":"The model does not exist.","type":"invalid_request_error","code":"model_not_found"}}`
	limitedBody      = `{"error":{"message":"Rate limit reached.","type":"requests","code":"rate_limit_exceeded"}}`
	brokenBody       = `{"error":{"message":"The server had an error.","type":"server_error"}}`
	page             = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
)

func faultTests() []faultTest {
	one := []string{"max.retries: 1"}
	whole := string(body("[]", "stop"))
	return []faultTest{
		{name: "401", fault: always(401, "application/json", unauthorizedBody), options: one, reason: rejected, attempts: 1, says: "api_key"},
		{name: "unknown model", fault: always(404, "application/json", unknownBody), options: one, reason: rejected, attempts: 1, says: `"canary"`},
		{name: "429 for ever", fault: always(429, "application/json", limitedBody, "Retry-After", "1"), options: one, reason: limited, attempts: 2, says: "429", least: time.Second},
		{name: "500 always", fault: always(500, "application/json", brokenBody), options: []string{"max.retries: 2"}, reason: unavailable, attempts: 3, says: "500"},
		{name: "hang", fault: hang, options: []string{"max.retries: 1", "request.timeout.ms: 150"}, reason: unavailable, attempts: 2, says: "request.timeout.ms (150ms)", least: 300 * time.Millisecond},
		{name: "hang in the body", fault: hangInBody, options: []string{"max.retries: 0", "request.timeout.ms: 150"}, reason: unavailable, attempts: 1, says: "request.timeout.ms (150ms)"},
		{name: "garbage", fault: always(200, "application/json", "\x00\x01 certainly! \xff"), options: one, reason: unavailable, attempts: 2, says: "not a JSON object"},
		{name: "page with 502", fault: always(502, "text/html", page), options: one, reason: unavailable, attempts: 2, says: "HTML"},
		{name: "page with 200", fault: always(200, "text/html", page), options: one, reason: unavailable, attempts: 2, says: "HTML"},
		{name: "100 MB", fault: huge, options: one, reason: unavailable, attempts: 2, says: "more than 8388608 bytes"},
		{name: "reset", fault: reset(""), options: one, reason: unavailable, attempts: 2, says: "the connection broke"},
		{name: "reset in the middle", fault: reset(whole[:len(whole)/2]), options: one, reason: unavailable, attempts: 2, says: "the connection broke"},
		{name: "truncated JSON", fault: always(200, "application/json", whole[:len(whole)/2]), options: one, reason: unavailable, attempts: 2, says: "broken or unexpected JSON"},
		{name: "redirect", fault: always(307, "text/plain", "", "Location", "https://elsewhere.example/"), options: one, reason: rejected, attempts: 1, says: "redirect"},
	}
}

// hang answers nothing until the caller is gone.
func hang(c *call, _ int64) { <-c.request.Context().Done() }

func hangInBody(c *call, _ int64) {
	c.say(http.StatusOK, "application/json", []byte(`{"choices":`))
	_ = http.NewResponseController(c).Flush()
	<-c.request.Context().Done()
}

// huge sends 100 MB, as long as somebody reads.
func huge(c *call, _ int64) {
	piece := []byte(strings.Repeat(" ", 1<<20))
	for range 100 {
		if _, err := c.Write(piece); err != nil {
			return
		}
	}
}

// reset resets the connection after the start of a body.
func reset(start string) fault {
	return func(c *call, _ int64) {
		control := http.NewResponseController(c)
		if start != "" {
			c.say(http.StatusOK, "application/json", []byte(start), "Content-Length", "100000")
			_ = control.Flush()
		}
		conn, _, err := control.Hijack()
		if err != nil {
			return
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset instead of an orderly end
		}
		_ = conn.Close()
	}
}

// TestProviderFaults: while a provider fails, every record gets a typed error after the attempts that are configured; once
// it works again, the later records of the same stream get their values.
func TestProviderFaults(t *testing.T) {
	t.Parallel()
	for _, test := range faultTests() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			provider := newFaulty(t, test.fault)
			w := serve(t, model(provider.url(), append(test.options, "batch.size: 5", "batch.timeout.ms: 10000")...), nil)
			s := w.predict(t.Context(), t, &weirv1.PredictStart{})
			began := time.Now()
			s.texts(numbered(1, 5)...)
			wantErrors(t, s.results(5), &test)
			if took := time.Since(began); took < test.least || took > test.least+10*time.Second {
				t.Errorf("took %v, want at least %v and not much more", took, test.least)
			}
			if calls := provider.calls.Load(); calls != int64(test.attempts) {
				t.Errorf("%d calls, want %d", calls, test.attempts)
			}
			provider.behave()
			s.texts(numbered(6, 12)...)
			wantValues(t, 6, numbered(6, 12), s.finish(7))
		})
	}
}

func wantErrors(t *testing.T, got []*weirv1.Result, want *faultTest) {
	t.Helper()
	for i, r := range got {
		e := r.GetError()
		if r.GetSequence() != uint64(i+1) || e.GetReason() != want.reason || r.GetAttempts() != want.attempts {
			t.Errorf("record %d: %v, want %v after %d attempts", i+1, r, want.reason, want.attempts)
		}
		if !strings.Contains(e.GetMessage(), want.says) || strings.Contains(e.GetMessage(), "quoted") || !strings.HasPrefix(e.GetMessage(), "provider p: ") {
			t.Errorf("record %d: the message %q does not say %q", i+1, e.GetMessage(), want.says)
		}
		if e.GetRetriable() != (want.reason != rejected) {
			t.Errorf("record %d: retriable is %t", i+1, e.GetRetriable())
		}
	}
}

// numbered are the texts first to last.
func numbered(first, last int) []string {
	texts := make([]string, 0, last-first+1)
	for n := first; n <= last; n++ {
		texts = append(texts, text(n))
	}
	return texts
}

// TestRateLimitedTwice: two refusals are waited out, and the results say how many calls it took.
func TestRateLimitedTwice(t *testing.T) {
	t.Parallel()
	provider := newFaulty(t, func(c *call, n int64) {
		if n <= 2 {
			c.say(http.StatusTooManyRequests, "application/json", []byte(limitedBody))
			return
		}
		c.answer(c.right(), "stop")
	})
	w := serve(t, model(provider.url(), "batch.size: 5", "max.retries: 2"), nil)
	s := w.predict(t.Context(), t, &weirv1.PredictStart{})
	s.texts(numbered(1, 5)...)
	got := s.finish(5)
	wantValues(t, 1, numbered(1, 5), got)
	for _, r := range got {
		if r.GetAttempts() != 3 {
			t.Errorf("%d attempts, want 3", r.GetAttempts())
		}
	}
}

// TestRetryAfterBeyondDeadline: a wait that a record has no time for is not begun.
func TestRetryAfterBeyondDeadline(t *testing.T) {
	t.Parallel()
	provider := newFaulty(t, always(429, "application/json", limitedBody, "Retry-After", "30"))
	w := serve(t, model(provider.url(), "system.prompt: single"), nil)
	s := w.predict(t.Context(), t, &weirv1.PredictStart{})
	began := time.Now()
	s.records(&weirv1.Record{Text: "x", Timeout: seconds(20)})
	wantErrors(t, s.results(1), &faultTest{reason: limited, attempts: 1, says: "429"})
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v: it waited for what cannot be", took)
	}
}

// TestNotListening: nobody listens at the provider's address, and later somebody does.
func TestNotListening(t *testing.T) {
	t.Parallel()
	port := holdPort(t)
	w := serve(t, model("http://"+port.addr+"/v1", "batch.size: 5", "batch.timeout.ms: 10000", "max.retries: 1"), nil)
	s := w.predict(t.Context(), t, &weirv1.PredictStart{})
	s.texts(numbered(1, 5)...)
	wantErrors(t, s.results(5), &faultTest{reason: unavailable, attempts: 2, says: port.addr + "/v1/chat/completions: connection refused"})
	late := &http.Server{Handler: &canary{}, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	listener := port.listen(t)
	go func() { served <- late.Serve(listener) }()
	s.texts(numbered(6, 12)...)
	wantValues(t, 6, numbered(6, 12), s.finish(7))
	if err := late.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// TestFaultsBesideStreams: a stream whose provider hangs does not hold up one whose provider answers.
func TestFaultsBesideStreams(t *testing.T) {
	t.Parallel()
	bad, good := newFaulty(t, hang), newCanary(t)
	file := fmt.Sprintf(`
providers: {bad: {kind: openai, base_url: "%s"}, good: {kind: openai, base_url: "%s"}}
models:
  hangs: {provider: bad, model: canary, options: {system.prompt: single}}
  works: {provider: good, model: canary, options: {batch.size: 5}}
`, bad.url(), good.url())
	w := serve(t, file, nil)
	held := w.predict(t.Context(), t, &weirv1.PredictStart{Model: "hangs"})
	held.texts(numbered(1, 200)...)
	waitFor(t, "64 calls that hang", func() bool { return bad.inside.Load() == 64 })
	s := w.predict(t.Context(), t, &weirv1.PredictStart{Model: "works"})
	s.texts(numbered(1, 12)...)
	wantValues(t, 1, numbered(1, 12), s.finish(12))
	if n := bad.calls.Load(); n != 64 {
		t.Errorf("%d calls at the provider that hangs, want its limit of 64", n)
	}
}
