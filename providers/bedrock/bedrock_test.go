package bedrock_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/bedrock"
	"github.com/weir-ml/weir/providers/providertest"
)

// vendor says what a test has it say to the driver.
var vendor = providertest.Vendor{
	New: func(tb testing.TB, baseURL string) providers.Provider {
		tb.Helper()
		return start(tb, bedrock.Config{BaseURL: baseURL})
	},
	Request:  request(),
	IDHeader: "X-Amzn-Requestid",
}

const hello = `{"output":{"message":{"role":"assistant","content":[{"text":"hello"}]}},"stopReason":"end_turn"}`

func TestWhatIsNotSent(t *testing.T) {
	bad := math.NaN()
	vendor.WantNoCall(t, providers.KindBadRequest, request(func(r *providers.Request) { r.Temperature = &bad }))
	vendor.WantNoCall(t, providers.KindUnknownModel, request(func(r *providers.Request) { r.Model = "" }))
}

// TestFewerWishes: what a model does not take costs one attempt of one call.
func TestFewerWishes(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), "cachePoint"):
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message":"You invoked an unsupported model or your request did not allow prompt caching."}`)
		case strings.Contains(string(body), "toolChoice"):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message":"This model doesn't support the toolConfig.toolChoice.tool field. Remove toolConfig.toolChoice.tool and try again."}`)
		default:
			_, _ = io.WriteString(w, hello)
		}
	}))
	t.Cleanup(s.Close)
	driver := start(t, bedrock.Config{BaseURL: s.URL, Structured: bedrock.StructuredTool, Cache: bedrock.CacheOn})
	chain := providers.Chain(driver, providers.ChainConfig{MaxRetries: 2})
	req := request(func(r *providers.Request) {
		r.Model, r.Schema, r.CacheKey = "qwen.qwen3-32b-v1:0", reviews, "k"
		r.Messages = []providers.Message{system(strings.Repeat("Rate each review. ", 100)), user("Input 1", 0)}
	})
	for _, attempts := range []int{3, 1} {
		resp, err := chain.Complete(t.Context(), req)
		if err != nil || resp.Attempts != attempts || resp.Form != providers.FormFree {
			t.Fatalf("%+v, %v, want %d attempts without cache points and schema", resp, err, attempts)
		}
	}
}

// TestWhatIsKept: cache points go only where they are taken, and wanted.
func TestWhatIsKept(t *testing.T) {
	tests := map[string]struct {
		model string
		cache bedrock.Cache
		key   string
		want  int
	}{
		"Claude":         {"eu.anthropic.claude-haiku-4-5-20251001-v1:0", bedrock.CacheAuto, "k", 2},
		"old Claude":     {"anthropic.claude-3-haiku-20240307-v1:0", bedrock.CacheAuto, "k", 0},
		"another":        {"us.deepseek.r1-v1:0", bedrock.CacheAuto, "k", 0},
		"Nova":           {"amazon.nova-pro-v1:0", bedrock.CacheAuto, "k", 0},
		"profile":        {"arn:aws:bedrock:x:1:application-inference-profile/a", bedrock.CacheAuto, "k", 0},
		"profile, on":    {"arn:aws:bedrock:x:1:application-inference-profile/a", bedrock.CacheOn, "k", 2},
		"Claude, off":    {"anthropic.claude-opus-5-v1:0", bedrock.CacheOff, "k", 0},
		"Claude, no key": {"anthropic.claude-opus-5-v1:0", bedrock.CacheOn, "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := vendor.Serve(t, http.StatusOK, hello)
			long := strings.Repeat("Rate each review. ", 100)
			req := request(func(r *providers.Request) {
				r.Model, r.CacheKey, r.Messages = test.model, test.key, []providers.Message{system(long), user(long+"Input 1", len(long))}
			})
			if _, err := start(t, bedrock.Config{BaseURL: s.URL, Cache: test.cache}).Complete(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(s.Body, "cachePoint"); got != test.want {
				t.Errorf("%d cache points, want %d: %s", got, test.want, s.Body)
			}
		})
	}
}

func TestAnswerShapes(t *testing.T) {
	stop := providertest.Stop
	other := stop("hello")
	other.Finish = providers.FinishOther
	counted := func(prompt int) *providers.Response {
		r := stop("hello")
		r.Usage = providers.Usage{PromptTokens: prompt, CompletionTokens: 2, CachedTokens: 3, CacheWriteTokens: 1, Reported: true}
		return r
	}
	tail := hello[1:]
	message := func(content, reason string) string {
		return `{"output":{"message":{"content":[` + content + `]}},"stopReason":"` + reason + `"}`
	}
	tests := map[string]struct {
		body string
		want *providers.Response
	}{
		"blocks":            {message(`{"text":"a"},{"text":"b"}`, "end_turn"), stop("ab")},
		"thoughts":          {message(`{"reasoningContent":{"reasoningText":{"text":"hm"}}},{"text":"b"}`, "end_turn"), stop("b")},
		"nothing":           {message("", "stop_sequence"), stop("")},
		"tool nobody asked": {message(`{"text":"hello"},{"toolUse":{"input":{"a":1}}}`, "tool_use"), other},
		"broken output":     {message(`{"text":"hello"}`, "malformed_model_output"), other},
		"cached on top":     {`{"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":11,"cacheReadInputTokens":3,"cacheWriteInputTokens":1},` + tail, counted(9)},
		"cached within":     {`{"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7,"cacheReadInputTokens":3,"cacheWriteInputTokens":1},` + tail, counted(5)},
		"no total":          {`{"usage":{"inputTokens":5,"outputTokens":2,"cacheReadInputTokens":3,"cacheWriteInputTokens":1},` + tail, counted(9)},
		"usage in words":    {`{"usage":{"inputTokens":"many"},` + tail, stop("hello")},
		"usage of no type":  {`{"usage":[1],` + tail, stop("hello")},
		"usage of nothing":  {`{"usage":{},` + tail, stop("hello")},
		"usage absurd":      {`{"usage":{"inputTokens":1e30},` + tail, stop("hello")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { vendor.WantResponse(t, test.body, test.want) })
	}
}

// TestErrorsSayWhatToDo checks the words that a person needs.
func TestErrorsSayWhatToDo(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		kind   providers.Kind
		want   []string
	}{
		"nothing":  {403, `{"Message":"missing"}`, providers.KindUnauthorized, []string{"403", "missing", "no credentials were sent", "access_key_id"}},
		"model":    {400, `{"message":"The provided model identifier is invalid."}`, providers.KindUnknownModel, []string{"claude-haiku", "region"}},
		"long":     {413, "", providers.KindContextOverflow, []string{"batch.size"}},
		"no text":  {200, `{}`, providers.KindMalformed, []string{"no message", "Converse"}},
		"redirect": {307, "", providers.KindBadRequest, []string{"redirect", "base_url"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_ = vendor.WantError(t, test.kind, providertest.Failure{Status: test.status, Body: test.body}, test.want...)
		})
	}
}

func ExampleNew() {
	// A server that speaks Converse; usually it is Bedrock, and Region says where.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"output":{"message":{"content":[{"text":"positive"}]}},"stopReason":"end_turn"}`)
	}))
	defer server.Close()

	provider, err := bedrock.New(bedrock.Config{
		BaseURL: server.URL,
		APIKey:  func() string { return os.Getenv("AWS_BEARER_TOKEN_BEDROCK") },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	resp, err := provider.Complete(context.Background(), &providers.Request{
		Model:    "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
		Messages: []providers.Message{{Role: providers.RoleUser, Content: "Is this a good review? I love it."}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text, resp.Finish)
	// Output: positive stop
}
