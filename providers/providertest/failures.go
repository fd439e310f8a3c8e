//nolint:thelper // these are the tests themselves: a failure is to show their line, not that of Run
package providertest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/providers"
)

// failures checks what a driver makes of an answer that says the call failed.
func (s *suite) failures(t *testing.T) {
	for kind, failures := range s.Wire.Failures {
		for _, f := range failures {
			s.run(t, strings.TrimSpace(kind.String()+" "+f.Name), func(t *testing.T) {
				srv, p := s.serve(t, says(f.Status, f.Header, f.Body))
				if e := s.fails(t, p, kind); e.Status != f.Status {
					t.Errorf("status %d, want %d", e.Status, f.Status)
				}
				srv.wantCalls(t, 1)
			})
		}
	}
	s.statuses(t)
	s.run(t, "an error with status 200", s.errorIn200)
	s.run(t, "key and prompt in the message", s.leakyMessage)
	s.run(t, "retry after", s.retryAfter)
}

// statuses checks statuses that mean the same whatever the body says.
func (s *suite) statuses(t *testing.T) {
	const html = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
	unauthorized := s.Wire.Failures[providers.KindUnauthorized][0].Body
	unavailable := s.Wire.Failures[providers.KindUnavailable][0].Body
	tests := []struct {
		name   string
		status int
		body   string
		kind   providers.Kind
	}{
		{"401", http.StatusUnauthorized, unauthorized, providers.KindUnauthorized},
		{"401 empty", http.StatusUnauthorized, "", providers.KindUnauthorized},
		{"403", http.StatusForbidden, unauthorized, providers.KindUnauthorized},
		{"404 HTML", http.StatusNotFound, html, providers.KindUnknownModel},
		{"400 empty", http.StatusBadRequest, "", providers.KindBadRequest},
		{"400 garbage", http.StatusBadRequest, "{\"error\":", providers.KindBadRequest},
		{"400 long", http.StatusBadRequest, strings.Repeat("x", 1<<20), providers.KindBadRequest},
		{"408", http.StatusRequestTimeout, "", providers.KindUnavailable},
		{"429 empty", http.StatusTooManyRequests, "", providers.KindRateLimited},
		{"500", http.StatusInternalServerError, unavailable, providers.KindUnavailable},
		{"502 HTML", http.StatusBadGateway, html, providers.KindUnavailable},
		{"503", http.StatusServiceUnavailable, unavailable, providers.KindUnavailable},
	}
	for _, test := range tests {
		s.run(t, test.name, func(t *testing.T) {
			srv, p := s.serve(t, says(test.status, nil, test.body))
			if e := s.fails(t, p, test.kind); e.Status != test.status {
				t.Errorf("status %d, want %d", e.Status, test.status)
			}
			srv.wantCalls(t, 1)
		})
	}
}

// errorIn200 serves a failure's body with status 200: whatever it is taken for, it is no answer.
func (s *suite) errorIn200(t *testing.T) {
	srv, p := s.serve(t, says(http.StatusOK, nil, s.Wire.Failures[providers.KindUnavailable][0].Body))
	if resp, e := s.complete(t, p); e == nil {
		t.Errorf("response %+v, want an error", resp)
	} else if !e.Kind.Retriable() {
		t.Errorf("error %v, want one that may pass", e)
	}
	srv.wantCalls(t, 1)
}

// leakyMessage has the server repeat the key and the prompt: neither may be passed on (see checkError).
func (s *suite) leakyMessage(t *testing.T) {
	prompt := strings.Join(s.Request.Inputs, "")
	if len(s.Request.Messages) > 0 {
		prompt = s.Request.Messages[len(s.Request.Messages)-1].Content
	}
	for name, text := range map[string]string{"key": "wrong key " + Key, "prompt": "cannot answer " + prompt} {
		t.Run(name, func(t *testing.T) {
			_, p := s.serve(t, says(http.StatusBadRequest, nil, text))
			_ = s.fails(t, p, providers.KindBadRequest)
		})
	}
}

// retryAfter checks both forms of the header.
func (s *suite) retryAfter(t *testing.T) {
	limited := s.Wire.Failures[providers.KindRateLimited][0]
	inAMinute := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
	tests := []struct {
		name, value string
		low, high   time.Duration
	}{
		{"seconds", "7", 7 * time.Second, 7 * time.Second},
		{"date", inAMinute, 30 * time.Second, time.Minute},
		{"past", time.Unix(1, 0).UTC().Format(http.TimeFormat), 0, 0},
		{"negative", "-7", 0, 0},
		{"garbage", "soon", 0, 0},
		{"huge", "99999999999999999999", 0, 48 * time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			srv, p := s.serve(t, says(limited.Status, map[string]string{"Retry-After": test.value}, limited.Body))
			if e := s.fails(t, p, providers.KindRateLimited); e.RetryAfter < test.low || e.RetryAfter > test.high {
				t.Errorf("retry after %v, want from %v to %v", e.RetryAfter, test.low, test.high)
			}
			srv.wantCalls(t, 1)
		})
	}
}
