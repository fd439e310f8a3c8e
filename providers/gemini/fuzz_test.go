package gemini_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/gemini"
)

// canned answers every call without a network, so that the fuzzer spends its time on reading answers.
type canned struct {
	status int
	body   string
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	_ = r.Body.Close()
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), ContentLength: -1}, nil
}

// FuzzAnswer reads any body of any status: either a response or an error that may be shown.
func FuzzAnswer(f *testing.F) {
	f.Add(0, hello)
	f.Add(0, `{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":1}}`)
	f.Add(0, said("429", "RESOURCE_EXHAUSTED", "slow down", `{"retryDelay":"1e9s","violations":[{"quotaId":"PerDay"}]}`))
	f.Add(200, said("400", "INVALID_ARGUMENT", "no such schema", `{"reason":"API_KEY_INVALID"}`))
	f.Add(204, "[{}]")
	f.Add(107, "")
	f.Fuzz(func(t *testing.T, status int, body string) {
		p, err := gemini.New(gemini.Config{
			Transport: &canned{status: 200 + (status&0x7fffffff)%400, body: body},
		})
		if err != nil {
			t.Fatal(err)
		}
		const secret = "the text of a record that is nobody's business"
		resp, err := p.Complete(t.Context(), &providers.Request{Model: "m", Messages: []providers.Message{user(secret, 0)}, Schema: reviews})
		if (resp == nil) == (err == nil) {
			t.Fatalf("response %v and error %v, want exactly one", resp, err)
		}
		if err == nil {
			return
		}
		message := providers.AsError(err).Message
		if message == "" || len(message) > 1024 || strings.ContainsAny(message, "\r\n") || !utf8.ValidString(message) {
			t.Errorf("message %q: want one line of 1 to 1024 bytes", message)
		}
		if strings.Contains(message, secret) {
			t.Errorf("message %q shows the prompt", message)
		}
	})
}
