//nolint:thelper // these are the tests themselves: a failure is to show their line, not that of Run
package providertest

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/providers"
)

// network checks what a driver makes of a server, or a network, that misbehaves.
func (s *suite) network(t *testing.T) {
	s.run(t, "no server", s.noServer)
	s.run(t, "hang, cancelled", func(t *testing.T) { s.hang(t, "", cancelled) })
	s.run(t, "hang, deadline", func(t *testing.T) { s.hang(t, "", late) })
	s.run(t, "hang in the body, cancelled", func(t *testing.T) { s.hang(t, "{", cancelled) })
	s.run(t, "hang in the body, deadline", func(t *testing.T) { s.hang(t, "{", late) })
	s.run(t, "huge body", s.hugeBody)
	s.run(t, "redirect", s.redirect)
	s.run(t, "connections are used again", s.reuse)
	s.run(t, "packed with gzip", s.packed)
	s.run(t, "absurd headers", s.absurdHeaders)
	const list = `{"object":"list","data":[{"id":"a-model","object":"model"}]}`
	whole := s.Wire.Answer(Answer{Text: "positive", Finish: providers.FinishStop})
	tests := map[string]struct {
		handler http.HandlerFunc
		kind    providers.Kind
	}{
		"reset in the body":      {breaksOff(whole[:len(whole)/2], true), providers.KindUnavailable},
		"reset before the body":  {breaksOff("", true), providers.KindUnavailable},
		"closed in the body":     {breaksOff(whole[:len(whole)/2], false), providers.KindUnavailable},
		"closed before the body": {breaksOff("", false), providers.KindUnavailable},
		"truncated JSON":         {says(http.StatusOK, nil, whole[:len(whole)/2]), providers.KindMalformed},
		"garbage":                {says(http.StatusOK, nil, "\x00\x01 certainly! \xff"), providers.KindMalformed},
		"HTML":                   {says(http.StatusOK, nil, "<html>sign in</html>"), providers.KindMalformed},
		"other JSON":             {says(http.StatusOK, nil, `{"hello":"world"}`), providers.KindMalformed},
		"list of models":         {says(http.StatusOK, nil, list), providers.KindMalformed},
		"stream of events":       {says(http.StatusOK, nil, "event: ping\ndata: {}\n\n"), providers.KindMalformed},
		"JSON of another type":   {says(http.StatusOK, nil, `[[[1]]]`), providers.KindMalformed},
		"empty body":             {says(http.StatusOK, nil, ""), providers.KindMalformed},
		"no content":             {says(http.StatusNoContent, nil, ""), providers.KindMalformed},
		"gzip that is not":       {says(http.StatusOK, map[string]string{"Content-Encoding": "gzip"}, whole), providers.KindMalformed},
		"two answers in a body":  {says(http.StatusOK, nil, whole+whole), providers.KindMalformed},
		"deeply nested nonsense": {says(http.StatusOK, nil, strings.Repeat("[", 100_000)), providers.KindMalformed},
	}
	for name, test := range tests {
		s.run(t, name, func(t *testing.T) {
			srv, p := s.serve(t, test.handler)
			_ = s.fails(t, p, test.kind)
			srv.wantCalls(t, 1)
		})
	}
}

// noServer calls a port that nobody listens on any more.
func (s *suite) noServer(t *testing.T) {
	srv, p := s.serve(t, says(http.StatusOK, nil, ""))
	address := srv.Listener.Addr().String()
	srv.stop()
	if e := s.fails(t, p, providers.KindUnavailable); !strings.Contains(e.Message, address) {
		t.Errorf("message %q, want the address %s in it", e.Message, address)
	}
}

// cancelled returns a context that ends soon after the server was asked.
func cancelled(t *testing.T, srv *server) (context.Context, providers.Kind) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		select {
		case <-srv.asking:
		case <-srv.ended:
		}
	}()
	return ctx, providers.KindCancelled
}

// late returns a context whose deadline is near.
func late(t *testing.T, _ *server) (context.Context, providers.Kind) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx, providers.KindTimeout
}

// hang has the server stop for ever, after the start of a body where there is one, and ends the caller's context.
func (s *suite) hang(t *testing.T, start string, end func(*testing.T, *server) (context.Context, providers.Kind)) {
	t.Helper()
	var srv *server
	srv, p := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		if start != "" {
			says(http.StatusOK, nil, start)(w, r)
			_ = http.NewResponseController(w).Flush()
		}
		srv.hang(r)
	})
	ctx, kind := end(t, srv)
	// A driver that does not look at its context would hang the suite as well.
	watchdog := time.AfterFunc(2*promptly, srv.stop)
	defer watchdog.Stop()
	began := time.Now()
	resp, err := p.Complete(ctx, s.request())
	if took := time.Since(began); took > promptly {
		t.Errorf("returned after %v, want soon after the context ended", took)
	}
	if _, e := s.checked(t, resp, err); e == nil || e.Kind != kind {
		t.Errorf("error %v, want kind %q", e, kind)
	}
	srv.wantCalls(t, 1)
}

// hugeBody serves 100 MB, with and without saying so: a driver stops reading at its bound.
func (s *suite) hugeBody(t *testing.T) {
	const size, most = 100 << 20, 80 << 20 // all allocations, while a buffer grows: far less than to read it all takes
	piece := []byte(strings.Repeat(" ", 1<<20))
	for name, length := range map[string]string{"announced": "104857600", "chunked": ""} {
		t.Run(name, func(t *testing.T) {
			_, p := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if length != "" {
					w.Header().Set("Content-Length", length)
				}
				for sent := 0; sent < size; sent += len(piece) {
					if _, err := w.Write(piece); err != nil {
						return
					}
				}
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			_ = s.fails(t, p, providers.KindMalformed)
			runtime.ReadMemStats(&after)
			if took := time.Since(began); took > promptly {
				t.Errorf("took %v", took)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > most {
				t.Errorf("took %d MiB of memory, want at most %d", used>>20, most>>20)
			}
		})
	}
}

// redirect points elsewhere: nothing may follow, least of all the key.
func (s *suite) redirect(t *testing.T) {
	elsewhere, _ := s.serve(t, says(http.StatusOK, nil, s.Wire.Answer(Answer{Text: "positive"})))
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv, p := s.serve(t, says(status, map[string]string{"Location": elsewhere.URL + "/v1?key=" + Key}, ""))
		if e := s.fails(t, p, providers.KindBadRequest); !strings.Contains(e.Message, elsewhere.URL) {
			t.Errorf("message %q, want %s in it", e.Message, elsewhere.URL)
		}
		srv.wantCalls(t, 1)
	}
	elsewhere.wantCalls(t, 0)
}

// packed serves an answer with gzip, where the driver says that it takes it.
func (s *suite) packed(t *testing.T) {
	whole := s.Wire.Answer(Answer{Text: "positive", Finish: providers.FinishStop})
	var small bytes.Buffer
	w := gzip.NewWriter(&small)
	_, _ = io.WriteString(w, whole)
	_ = w.Close()
	_, p := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("the driver does not take gzip")
		}
		says(http.StatusOK, map[string]string{"Content-Encoding": "gzip"}, small.String())(w, r)
	})
	if resp := s.succeeds(t, p); resp.Text != "positive" && len(resp.Vectors) != len(own()) {
		t.Errorf("text %q, vectors %v, want what was packed", resp.Text, resp.Vectors)
	}
}

// absurdHeaders has headers say what cannot be, beside a good answer and beside a failure.
func (s *suite) absurdHeaders(t *testing.T) {
	whole := s.Wire.Answer(Answer{Text: "positive", Finish: providers.FinishStop})
	limited := s.Wire.Failures[providers.KindRateLimited][0]
	for _, value := range []string{"-1", "NaN", "1e300", "99999999999999999999", "-99999h", "9999999h", "\xff", strings.Repeat("9", 4096)} {
		header := map[string]string{"Retry-After": value, "X-Request-Id": strings.Repeat("x", 4096), "Request-Id": value}
		for _, name := range limitHeaders {
			header[name] = value
		}
		_, p := s.serve(t, says(http.StatusOK, header, whole))
		resp := s.succeeds(t, p)
		checkHeaders(t, resp.RequestID, 0, resp.Quota)
		_, p = s.serve(t, says(limited.Status, header, limited.Body))
		e := s.fails(t, p, providers.KindRateLimited)
		checkHeaders(t, e.RequestID, e.RetryAfter, e.Quota)
	}
}

// limitHeaders are the names of the headers that tell of limits: OpenAI's, Azure's and Anthropic's.
var limitHeaders = []string{
	"Retry-After-Ms",
	"X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests",
	"X-Ratelimit-Limit-Tokens", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens",
	"Anthropic-Ratelimit-Requests-Limit", "Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset",
	"Anthropic-Ratelimit-Tokens-Limit", "Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Tokens-Reset",
}

// checkHeaders checks that what was read of headers can be.
func checkHeaders(t *testing.T, id string, wait time.Duration, q *providers.Quota) {
	t.Helper()
	if len(id) > 256 {
		t.Errorf("a request id of %d bytes", len(id))
	}
	if wait < 0 || wait > 48*time.Hour {
		t.Errorf("retry after %v", wait)
	}
	if q == nil {
		return
	}
	for _, a := range []providers.Allowance{q.Requests, q.Tokens, q.InputTokens, q.OutputTokens} {
		if a.Limit < 0 || a.Left < 0 || a.Left > a.Limit || a.Reset < 0 || a.Reset > 48*time.Hour {
			t.Errorf("allowance %+v", a)
		}
	}
}

// reuse makes calls that succeed and calls that fail, one after another: all on one connection.
func (s *suite) reuse(t *testing.T) {
	limited := s.Wire.Failures[providers.KindRateLimited][0]
	remotes := map[string]bool{} // one handler at a time: the calls follow one another
	var srv *server
	srv, p := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		remotes[r.RemoteAddr] = true
		if srv.calls.Load()%2 == 0 {
			says(limited.Status, nil, limited.Body)(w, r)
			return
		}
		says(http.StatusOK, nil, s.Wire.Answer(Answer{Text: "positive", Finish: providers.FinishStop}))(w, r)
	})
	for range 10 {
		s.succeeds(t, p)
		_ = s.fails(t, p, providers.KindRateLimited)
	}
	if len(remotes) != 1 {
		t.Errorf("20 calls took %d connections, want 1", len(remotes))
	}
}
