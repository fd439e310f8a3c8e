package bedrock_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/bedrock"
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
	f.Add(0, `{"output":{"message":{"content":[{"toolUse":{"input":{"r1":"positive"}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1}}`)
	f.Add(0, `{"__type":"a#ThrottlingException","message":"slow down"}`)
	f.Add(200, `{"message":"toolConfig is not taken"}`)
	f.Add(203, `{"message":"did not allow prompt caching","code":"AccessDeniedException"}`)
	f.Add(107, "")
	f.Fuzz(func(t *testing.T, status int, body string) {
		p, err := bedrock.New(bedrock.Config{
			Region: "eu-central-1", Structured: bedrock.StructuredTool, Cache: bedrock.CacheOn, Credentials: temporary,
			Transport: &canned{status: 200 + (status&0x7fffffff)%400, body: body},
		})
		if err != nil {
			t.Fatal(err)
		}
		const secret = "the text of a record that is nobody's business"
		resp, err := p.Complete(t.Context(), &providers.Request{Model: "m", Messages: []providers.Message{user(secret, 0)}, Schema: reviews, CacheKey: "k"})
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
