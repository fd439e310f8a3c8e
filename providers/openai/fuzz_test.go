package openai_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/providers/providertest"
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
	f.Add(200, hello)
	f.Add(200, `{"choices":[{"message":{"content":[{"type":"text","text":"a"}]}}],"usage":{"prompt_tokens":1}}`)
	f.Add(200, `{"error":{"message":"slow down","code":429}}`)
	f.Add(400, `[{"error":{"message":"This model's maximum context length is 1","code":"x"}}]`)
	f.Add(404, `{"detail":[{"msg":"no"}]}`)
	f.Add(307, "")
	f.Fuzz(func(t *testing.T, status int, body string) { checkAnswer(t, openai.APIChat, status, body) })
}

// FuzzResponsesAnswer is the same for the Responses API.
func FuzzResponsesAnswer(f *testing.F) {
	f.Add(200, responsesAnswer(providertest.Answer{Text: `{"r1":"a","r2":"b"}`, Finish: providers.FinishStop}))
	f.Add(200, `{"object":"response","status":"failed","error":{"code":"server_error","message":"no"}}`)
	f.Add(200, `{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message"}]}`)
	f.Add(400, `{"error":{"message":"Invalid schema","param":"text.format.schema"}}`)
	f.Fuzz(func(t *testing.T, status int, body string) { checkAnswer(t, openai.APIResponses, status, body) })
}

func checkAnswer(t *testing.T, api openai.API, status int, body string) {
	t.Helper()
	p, err := openai.New(openai.Config{API: api, Transport: &canned{status: 200 + (status&0x7fffffff)%400, body: body}})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "the text of a record that is nobody's business"
	req := reviews("m")
	req.Messages = []providers.Message{{Content: secret}}
	resp, err := p.Complete(t.Context(), req)
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
}
