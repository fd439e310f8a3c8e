package providertest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
)

// Canned answers every call with the same status and body without a network, as the transport of a driver whose own share is measured
// or fuzzed. Any number of calls may be made at once.
type Canned struct {
	Status int
	Body   string
}

// RoundTrip answers.
func (c *Canned) RoundTrip(r *http.Request) (*http.Response, error) {
	_ = r.Body.Close()
	body := io.NopCloser(strings.NewReader(c.Body))
	return &http.Response{StatusCode: c.Status, Header: http.Header{}, Body: body, ContentLength: -1}, nil
}

// FuzzAnswer has a driver read any body of any status: it must make of it either a response or an error that may be shown. start returns
// a provider whose calls go over transport. req is the prompt of each call; its messages are replaced. The seeds, a status less 200 and a
// body each, are the caller's to add before. It returns when the fuzzer is done.
func FuzzAnswer(f *testing.F, start func(transport http.RoundTripper) (providers.Provider, error), req *providers.Request) {
	f.Helper()
	f.Fuzz(func(t *testing.T, status int, body string) {
		p, err := start(&Canned{Status: 200 + (status&0x7fffffff)%400, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		const text = "the text of a record that is nobody's business"
		asked := *req
		asked.Messages = []providers.Message{User(text, 0)}
		resp, err := p.Complete(t.Context(), &asked)
		if (resp == nil) == (err == nil) {
			t.Fatalf("response %v and error %v, want exactly one", resp, err)
		}
		if err == nil {
			return
		}
		message := providers.AsError(err).Message
		checkMessage(t, message)
		if strings.Contains(message, text) {
			t.Errorf("message %q shows the prompt", message)
		}
	})
}
