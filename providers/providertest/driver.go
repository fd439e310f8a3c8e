package providertest

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers"
)

// APIKey returns [Key], as a driver's configuration asks for it.
func APIKey() string { return Key }

// NoLeaks looks for goroutines that are left: the usual [Driver.Leaks]. Tests that call it must not be parallel.
func NoLeaks(tb testing.TB) {
	tb.Helper()
	goleak.VerifyNone(tb)
}

// Start returns what a driver's New makes of cfg, and closes it at the end of the test.
func Start[C any, P interface{ Close() }](tb testing.TB, start func(cfg C) (P, error), cfg C) P {
	tb.Helper()
	p, err := start(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	return p
}

// Body returns v in JSON, for [Wire.Answer]. It panics where v cannot be written, which is a mistake in the test.
func Body(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Read reads the body of a request into sent, for [Wire.Check].
func Read(tb testing.TB, body []byte, sent any) {
	tb.Helper()
	if err := json.Unmarshal(body, sent); err != nil {
		tb.Errorf("body of the request: %v", err)
	}
}

// CheckHead says what is wrong with where a request went, and with its headers: each of these must have one value, or none where the
// value is empty. It is for [Wire.Check].
func CheckHead(tb testing.TB, got *http.Request, uri string, headers map[string]string) {
	tb.Helper()
	if got.Method != http.MethodPost || got.RequestURI != uri {
		tb.Errorf("%s %s, want POST %s", got.Method, got.RequestURI, uri)
	}
	for name, want := range headers {
		values := []string{want}
		if want == "" {
			values = nil
		}
		if diff := cmp.Diff(values, got.Header.Values(name)); diff != "" {
			tb.Errorf("header %s (-want +got):\n%s", name, diff)
		}
	}
}

// CheckMessages says what is wrong with the messages of a request that the driver made of req. It is for [Wire.Check].
func CheckMessages(tb testing.TB, req *providers.Request, sent []providers.Message) {
	tb.Helper()
	if diff := cmp.Diff(req.Messages, sent); diff != "" {
		tb.Errorf("messages (-want +got):\n%s", diff)
	}
}
