//nolint:thelper // these are the tests themselves: a failure is to show their line, not that of Run
package providertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/weir-ml/weir/providers"
)

// promptly is how long a driver may take to notice that nobody waits any more, on a machine that is busy with other tests.
const promptly = 5 * time.Second

// answering starts a provider that answers: its own, or one that calls a server that does.
func (s *suite) answering(t *testing.T) (p providers.Provider, srv *server) {
	t.Helper()
	if s.Wire == nil {
		return s.New(t, ""), nil
	}
	body := s.Wire.Answer(Answer{Text: "positive", Finish: providers.FinishStop, Usage: &Tokens{12, 3}})
	srv, p = s.serve(t, says(http.StatusOK, nil, body))
	return p, srv
}

// contract checks what holds for every driver, with or without a network.
func (s *suite) contract(t *testing.T) {
	s.run(t, "ok", func(t *testing.T) {
		p, srv := s.answering(t)
		if resp := s.succeeds(t, p); resp.Text == "" || resp.Finish != providers.FinishStop {
			t.Errorf("response %+v, want a text that ends by itself", resp)
		}
		if srv != nil {
			srv.wantCalls(t, 1)
		}
	})
	s.run(t, "concurrent", s.concurrent)
	s.run(t, "ended before it starts", s.endedBefore)
	s.run(t, "schema that cannot be sent", s.oddSchema)
}

// concurrent makes calls with one shared request from many goroutines; the race detector watches.
func (s *suite) concurrent(t *testing.T) {
	const goroutines, calls = 8, 8
	p, srv := s.answering(t)
	req := s.request()
	seen := sync.Map{}
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range calls {
				resp, err := p.Complete(t.Context(), req)
				if err != nil {
					t.Errorf("error %v, want a response", err)
					return
				}
				if _, shared := seen.LoadOrStore(resp, true); shared {
					t.Error("two calls got the same *Response, which the chain writes to")
				}
				resp.Attempts = 1
			}
		})
	}
	wg.Wait()
	if !reflect.DeepEqual(req, s.Request) {
		t.Errorf("the driver changed the request to %+v", req)
	}
	if srv != nil {
		srv.wantCalls(t, goroutines*calls)
	}
}

// oddSchema asks for a form that is none: no request fails for its schema.
func (s *suite) oddSchema(t *testing.T) {
	p, _ := s.answering(t)
	for _, odd := range []string{"", "{", "[]", "null", `{"type":"object","properties":3}`} {
		req := s.request()
		req.Schema = &providers.Schema{Name: "odd", JSON: []byte(odd)}
		resp, err := p.Complete(t.Context(), req)
		if resp, e := s.checked(t, resp, err); e != nil || resp.Form == providers.FormSchema {
			t.Errorf("schema %q: %+v, %v, want an answer that was not held to it", odd, resp, err)
		}
	}
}

// endedBefore calls with a context that is over.
func (s *suite) endedBefore(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, stop := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer stop()
	p, srv := s.answering(t)
	for ctx, kind := range map[context.Context]providers.Kind{cancelled: providers.KindCancelled, late: providers.KindTimeout} {
		resp, err := p.Complete(ctx, s.request())
		_, e := s.checked(t, resp, err)
		if e == nil || e.Kind != kind || !errors.Is(e, ctx.Err()) {
			t.Errorf("error %v, want kind %q that wraps %v", err, kind, ctx.Err())
		}
	}
	if srv != nil {
		srv.wantCalls(t, 0)
	}
}

// answers checks what a driver makes of a 200.
func (s *suite) answers(t *testing.T) {
	answer := Answer{Text: "négatif \"x\" <b> & ☹\n2", Finish: providers.FinishStop, Usage: &Tokens{12, 3}}
	reported := providers.Usage{PromptTokens: 12, CompletionTokens: 3, Reported: true}
	complete := providers.Response{Text: answer.Text, Finish: providers.FinishStop, Usage: reported}
	tests := map[string]struct {
		change func(a *Answer)
		expect func(r *providers.Response)
	}{
		"complete": {func(*Answer) {}, func(*providers.Response) {}},
		"empty":    {func(a *Answer) { a.Text = "" }, func(r *providers.Response) { r.Text = "" }},
		"cut off": {
			func(a *Answer) { a.Finish = providers.FinishLength },
			func(r *providers.Response) { r.Finish = providers.FinishLength },
		},
		"without usage": {func(a *Answer) { a.Usage = nil }, func(r *providers.Response) { r.Usage = providers.Usage{} }},
		"absurd usage":  {func(a *Answer) { a.Usage = &Tokens{-5, -1} }, func(r *providers.Response) { r.Usage = providers.Usage{} }},
	}
	for name, test := range tests {
		s.run(t, name, func(t *testing.T) {
			a, want := answer, complete
			test.change(&a)
			test.expect(&want)
			srv, p := s.serve(t, s.checking(t, says(http.StatusOK, nil, s.Wire.Answer(a))))
			got := s.succeeds(t, p)
			got.RequestID = ""
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("response %+v, want %+v", *got, want)
			}
			srv.wantCalls(t, 1)
		})
	}
	s.run(t, "refused", func(t *testing.T) {
		srv, p := s.serve(t, says(http.StatusOK, nil, s.Wire.Answer(Answer{Refused: true, Finish: providers.FinishStop})))
		_ = s.fails(t, p, providers.KindRefused)
		srv.wantCalls(t, 1)
	})
}

// checking hands each request to Wire.Check before it is answered.
func (s *suite) checking(t *testing.T, next http.HandlerFunc) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		if s.Wire.Check != nil {
			s.Wire.Check(t, r, body, s.Request)
		}
		next(w, r)
	}
}
