// Package providertest is the conformance suite that every driver passes: what [providers.Provider] promises, checked
// against real HTTP servers on 127.0.0.1 that answer well, fail, lie, hang and break off.
//
// What a driver did in each case is kept beside it, in testdata/conformance.json, and docs/providers.md has it as a table.
//
// A driver says how its vendor writes an answer and a failure ([Wire]); the suite serves them and asks for the right
// kind of error, one attempt a call, no leak and no secret. It does not check what is special to a vendor, nor how an
// answer is read: that is for a driver's own tests, which have a [Vendor] to say it. A driver without a network leaves Wire
// nil and gets the cases that need none.
package providertest

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/weir-ml/weir/providers"
)

// Key is the key that a driver under test must use, so that the suite sees where it goes.
const Key = "sk-weir-conformance-0123456789abcdef"

// Driver is a driver under test.
type Driver struct {
	// New returns a provider that calls baseURL with [Key], and closes it at the end of the test. It must keep to the
	// driver's defaults otherwise. Without a Wire, baseURL is empty.
	New func(tb testing.TB, baseURL string) providers.Provider
	// Request is a prompt that the driver answers; nil: a short one of the suite's own.
	Request *providers.Request
	// Wire is how the vendor writes; nil for a driver without a network.
	Wire *Wire
	// Variant tells several drivers of one package apart, such as a dialect; empty where there is one.
	Variant string
	// Leaks, where set, is called at the end of each case, after the provider is closed: goleak.VerifyNone belongs here.
	Leaks func(tb testing.TB)
}

// Wire is a vendor's wire format, as its server writes it.
type Wire struct {
	// Answer returns the body of a 200.
	Answer func(a Answer) string
	// Failures are the vendor's own failures, by the kind that they are. The suite serves each as it stands, and those
	// of KindUnauthorized, KindUnknownModel, KindBadRequest, KindContextOverflow, KindRateLimited and KindUnavailable,
	// which are required, in further forms. A kind may have several.
	Failures map[providers.Kind][]Failure
	// Check, where set, says what is wrong with a request that the driver made of req; body is its body.
	Check func(tb testing.TB, got *http.Request, body []byte, req *providers.Request)
}

// Answer is what a server says in a 200.
type Answer struct {
	Text string
	// Finish is [providers.FinishStop] or [providers.FinishLength].
	Finish providers.Finish
	// Refused is set where the model, or its filter, refuses; Text is then empty.
	Refused bool
	// Usage is the tokens; nil: the server does not say. They may be absurd.
	Usage *Tokens
}

// Tokens are what a server reports.
type Tokens struct{ Prompt, Completion int }

// Failure is what a server says when a call fails.
type Failure struct {
	// Name tells failures of one kind apart.
	Name   string
	Status int
	Header map[string]string
	Body   string
}

// Run runs the suite as subtests of t. It takes a few seconds.
func Run(t *testing.T, d Driver) {
	t.Helper()
	if d.Request == nil {
		d.Request = &providers.Request{
			Model: "a-model",
			Messages: []providers.Message{
				{Role: providers.RoleSystem, Content: "Say whether the review is positive, negative or neutral."},
				{Role: providers.RoleUser, Content: "A wonderful film: \"the best\" of the year,\nand <b>funny</b> & sad — 10/10 ☺"},
			},
		}
	}
	if d.Leaks == nil {
		d.Leaks = func(testing.TB) {}
	}
	s := &suite{Driver: d, root: t.Name(), outcomes: make(record)}
	if packageIsADriver() {
		defer s.keep(t)
	}
	t.Run("contract", s.contract)
	if d.Wire == nil {
		return
	}
	for _, kind := range required {
		if len(d.Wire.Failures[kind]) == 0 {
			t.Fatalf("Wire.Failures has none of kind %q", kind)
		}
	}
	t.Run("answers", s.answers)
	t.Run("failures", s.failures)
	t.Run("network", s.network)
}

// required are the kinds that every vendor can answer with.
var required = []providers.Kind{
	providers.KindUnauthorized, providers.KindUnknownModel, providers.KindBadRequest,
	providers.KindContextOverflow, providers.KindRateLimited, providers.KindUnavailable,
}

// packageIsADriver reports whether the test that runs is in a package of its own below providers: its outcomes are kept.
func packageIsADriver() bool {
	folder, err := os.Getwd()
	return err == nil && filepath.Base(filepath.Dir(folder)) == "providers" && filepath.Base(folder) != "providertest"
}

// suite is a Driver under way.
type suite struct {
	Driver

	root     string // the name of the test that runs it
	mu       sync.Mutex
	outcomes record
}

// run runs one case, and looks for leaks after it.
func (s *suite) run(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Cleanup(func() { s.Leaks(t) }) // first in, last out: all else is closed by then
		test(t)
	})
}

// request returns a deep copy of the driver's request.
func (s *suite) request() *providers.Request {
	req := *s.Request
	req.Messages = slices.Clone(req.Messages)
	if req.Temperature != nil {
		t := *req.Temperature
		req.Temperature = &t
	}
	return &req
}

// complete makes one call and checks what is promised of every call.
func (s *suite) complete(t *testing.T, p providers.Provider) (*providers.Response, *providers.Error) {
	t.Helper()
	req := s.request()
	resp, err := p.Complete(t.Context(), req)
	if !reflect.DeepEqual(req, s.Request) {
		t.Errorf("the driver changed the request to %+v", req)
	}
	return s.checked(t, resp, err)
}

// checked returns the outcome of a call, once it keeps to the contract.
func (s *suite) checked(t *testing.T, resp *providers.Response, err error) (*providers.Response, *providers.Error) {
	t.Helper()
	if (resp == nil) == (err == nil) {
		t.Fatalf("response %v and error %v, want exactly one", resp, err)
	}
	if err == nil {
		s.note(t, nil)
		if resp.Attempts != 0 {
			t.Errorf("response with %d attempts: a driver leaves them 0", resp.Attempts)
		}
		return resp, nil
	}
	e, ok := err.(*providers.Error) //nolint:errorlint // exactly that is promised, not something that wraps one
	if !ok || e == nil {
		t.Fatalf("error %v (%T), want a *providers.Error", err, err)
	}
	s.note(t, e)
	s.checkError(t, e)
	return nil, e
}

// checkError checks what is promised of every error.
func (s *suite) checkError(t *testing.T, e *providers.Error) {
	t.Helper()
	if e.Attempts != 0 {
		t.Errorf("error with %d attempts: a driver leaves them 0", e.Attempts)
	}
	checkMessage(t, e.Message)
	if strings.Contains(e.Message, Key) {
		t.Errorf("message %q shows the key", e.Message)
	}
	shown := slices.Clone(s.Request.Inputs)
	for _, m := range s.Request.Messages {
		shown = append(shown, m.Content)
	}
	for _, text := range shown {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && strings.Contains(e.Message, line) {
				t.Errorf("message %q shows the prompt", e.Message)
			}
		}
	}
}

// checkMessage checks that a message is a line that may be shown.
func checkMessage(t *testing.T, message string) {
	t.Helper()
	if message == "" || len(message) > 1024 || strings.ContainsAny(message, "\r\n") || !utf8.ValidString(message) {
		t.Errorf("message %q: want one line of 1 to 1024 bytes", message)
	}
}

// fails makes one call that must fail with kind.
func (s *suite) fails(t *testing.T, p providers.Provider, kind providers.Kind) *providers.Error {
	t.Helper()
	resp, e := s.complete(t, p)
	if e == nil {
		t.Fatalf("response %+v, want an error of kind %q", resp, kind)
	}
	if e.Kind != kind {
		t.Errorf("error %v, want kind %q", e, kind)
	}
	return e
}

// succeeds makes one call that must succeed.
func (s *suite) succeeds(t *testing.T, p providers.Provider) *providers.Response {
	t.Helper()
	resp, e := s.complete(t, p)
	if e != nil {
		t.Fatalf("error %v, want a response", e)
	}
	return resp
}
