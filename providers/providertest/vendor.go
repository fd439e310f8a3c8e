package providertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/providers"
)

// RequestID is the id that a [Vendor] gives each call.
const RequestID = "req_1"

// Vendor is a vendor that says what a test gives it to say, and the driver that asks it: for what is special to the vendor, which the
// suite does not check.
type Vendor struct {
	// New returns a provider that calls baseURL without a key, and closes it at the end of the test.
	New func(tb testing.TB, baseURL string) providers.Provider
	// Request is the prompt of each call.
	Request *providers.Request
	// IDHeader is the header that carries [RequestID]; empty for a vendor that gives calls no ids.
	IDHeader string
}

// Served is a server that gives every call the same answer, and keeps the last call. Its fields may be read once a call has returned,
// by one goroutine; calls must follow one another.
type Served struct {
	*httptest.Server

	// URI is where the last call went, with its query; empty: there was none.
	URI string
	// Header is that of the last call.
	Header http.Header
	// Body is that of the last call.
	Body string
	// Calls is how many there were.
	Calls int
}

// Serve starts a server that answers with a status and a body until the test is over.
func (v Vendor) Serve(tb testing.TB, status int, body string) *Served {
	tb.Helper()
	s := &Served{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		s.URI, s.Header, s.Body = r.RequestURI, r.Header, string(sent)
		s.Calls++
		if v.IDHeader != "" {
			w.Header().Set(v.IDHeader, RequestID)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	tb.Cleanup(s.Close)
	return s
}

// Ask makes one call that is answered with a status and a body.
func (v Vendor) Ask(t *testing.T, status int, body string) (*providers.Response, *providers.Error) {
	t.Helper()
	resp, err := v.New(t, v.Serve(t, status, body).URL).Complete(t.Context(), v.Request)
	return resp, providers.AsError(err)
}

// Stop returns the response with a text that ends by itself, as [Vendor.WantResponse] wants it.
func Stop(text string) *providers.Response {
	return &providers.Response{Text: text, Finish: providers.FinishStop}
}

// WantResponse checks what the driver makes of a 200. The request's id is not part of want; it is checked all the same.
func (v Vendor) WantResponse(t *testing.T, body string, want *providers.Response) {
	t.Helper()
	got, err := v.Ask(t, http.StatusOK, body)
	if err != nil {
		t.Fatal(err)
	}
	whole := *want
	whole.RequestID = v.requestID()
	if diff := cmp.Diff(&whole, got); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

// WantError checks the kind of error that the driver makes of a failure, and that its message has these words and the address, which a
// person needs. A refusal needs no address: it came from the model.
func (v Vendor) WantError(t *testing.T, kind providers.Kind, f Failure, words ...string) *providers.Error {
	t.Helper()
	_, err := v.Ask(t, f.Status, f.Body)
	if err == nil || err.Kind != kind || err.Status != f.Status || err.RequestID != v.requestID() {
		t.Fatalf("%+v, want kind %q, status %d and the id %q", err, kind, f.Status, v.requestID())
	}
	if kind != providers.KindRefused {
		words = append(slices.Clone(words), "http://127.0.0.1:")
	}
	for _, word := range words {
		if !strings.Contains(err.Message, word) {
			t.Errorf("message %q, want %q in it", err.Message, word)
		}
	}
	return err
}

// WantNoCall checks that the driver refuses a request with this kind of error before it asks anybody.
func (v Vendor) WantNoCall(t *testing.T, kind providers.Kind, req *providers.Request) {
	t.Helper()
	s := v.Serve(t, http.StatusOK, "")
	_, err := v.New(t, s.URL).Complete(t.Context(), req)
	if e := providers.AsError(err); e == nil || e.Kind != kind || s.Calls != 0 {
		t.Errorf("%v after %d calls, want kind %q without a call", err, s.Calls, kind)
	}
}

func (v Vendor) requestID() string {
	if v.IDHeader == "" {
		return ""
	}
	return RequestID
}
