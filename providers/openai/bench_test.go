package openai_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/providers/providertest"
)

// twenty returns a prompt of twenty reviews and a whole answer to it.
func twenty() (req *providers.Request, whole string) {
	var prompt, answer strings.Builder
	for i := range 20 {
		fmt.Fprintf(&prompt, "Input %d: \"A film that delights, said with a <wink> & a smile by all who saw it in its first week.\"\n", i+1)
		fmt.Fprintf(&answer, `{\"index\": %d, \"value\": \"positive\"}, `, i+1)
	}
	req = &providers.Request{Model: "gpt-4o-mini", Messages: []providers.Message{
		{Role: providers.RoleSystem, Content: "Answer with JSON alone."},
		{Role: providers.RoleUser, Content: prompt.String()},
	}}
	whole = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"message":` +
		`{"role":"assistant","content":"[` + answer.String() + `]","refusal":null},"logprobs":null,"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":900,"completion_tokens":300,"total_tokens":1200}}`
	return req, whole
}

// BenchmarkComplete makes calls to a real server that answers at once.
func BenchmarkComplete(b *testing.B) {
	req, answer := twenty()
	s := fast(b, answer)
	p := start(b, openai.Config{BaseURL: s.URL, APIKey: func() string { return "key" }})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Complete(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRawPost is what to compare BenchmarkComplete with: the same bytes both ways with net/http alone, neither
// written nor read as JSON.
func BenchmarkRawPost(b *testing.B) {
	req, answer := twenty()
	once := vendor.Serve(b, http.StatusOK, answer)
	if _, err := start(b, openai.Config{BaseURL: once.URL}).Complete(b.Context(), req); err != nil {
		b.Fatal(err)
	}
	body := []byte(once.Body)
	s := fast(b, answer)
	client := s.Client()
	b.ReportAllocs()
	for b.Loop() {
		resp, err := client.Post(s.URL, "application/json", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
	}
}

// BenchmarkWithoutNetwork is the driver's own share: write a request, read an answer.
func BenchmarkWithoutNetwork(b *testing.B) {
	req, answer := twenty()
	p := start(b, openai.Config{Transport: &providertest.Canned{Status: http.StatusOK, Body: answer}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Complete(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSchema is the same with a schema, which is sent, and to which the answer is compared.
func BenchmarkSchema(b *testing.B) {
	var properties, required, answer []string
	for i := range 20 {
		name := fmt.Sprintf("r%d", i+1)
		properties = append(properties, fmt.Sprintf(`%q:{"type":"string","enum":["positive","negative","neutral"]}`, name))
		required = append(required, fmt.Sprintf("%q", name))
		answer = append(answer, fmt.Sprintf(`\"%s\":\"positive\"`, name))
	}
	req, _ := twenty()
	body := `{"choices":[{"message":{"content":"{` + strings.Join(answer, ",") + `}"},"finish_reason":"stop"}]}`
	schema := `{"type":"object","properties":{` + strings.Join(properties, ",") + `},"required":[` + strings.Join(required, ",") +
		`],"additionalProperties":false}`
	for name, schema := range map[string]*providers.Schema{"without": nil, "with": {Name: "weir_20", JSON: []byte(schema)}} {
		b.Run(name, func(b *testing.B) {
			p := start(b, openai.Config{Transport: &providertest.Canned{Status: http.StatusOK, Body: body}})
			req.Schema = schema
			b.ReportAllocs()
			for b.Loop() {
				resp, err := p.Complete(b.Context(), req)
				if err != nil || (resp.Form == providers.FormSchema) != (schema != nil) {
					b.Fatal(resp, err)
				}
			}
		})
	}
}

// fast starts a server that does as little as it can.
func fast(b *testing.B, answer string) *httptest.Server {
	b.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, answer)
	}))
	b.Cleanup(s.Close)
	return s
}
