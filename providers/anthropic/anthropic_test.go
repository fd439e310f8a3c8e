package anthropic_test

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

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/anthropic"
	"github.com/weir-ml/weir/providers/providertest"
)

// vendor says what a test has it say to the driver.
var vendor = providertest.Vendor{
	New: func(tb testing.TB, baseURL string) providers.Provider {
		tb.Helper()
		return start(tb, anthropic.Config{BaseURL: baseURL})
	},
	Request:  request(),
	IDHeader: "Request-Id",
}

const hello = `{"type":"message","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn"}`

func TestURLAndHeaders(t *testing.T) {
	tests := map[string]struct {
		base    string
		header  map[string]string
		uri     string
		version string
	}{
		"usual":          {"", nil, "/v1/messages", "2023-06-01"},
		"slash":          {"/", nil, "/v1/messages", "2023-06-01"},
		"version":        {"/v1", nil, "/v1/messages", "2023-06-01"},
		"whole":          {"/v1/messages", nil, "/v1/messages", "2023-06-01"},
		"gateway":        {"/anthropic/", nil, "/anthropic/v1/messages", "2023-06-01"},
		"query":          {"/?beta=true", nil, "/v1/messages?beta=true", "2023-06-01"},
		"version of old": {"", map[string]string{"anthropic-version": "2023-01-01"}, "/v1/messages", "2023-01-01"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := vendor.Serve(t, http.StatusOK, hello)
			p := start(t, anthropic.Config{BaseURL: s.URL + test.base, Header: test.header, APIKey: func() string { return " k\n" }})
			if _, err := p.Complete(t.Context(), request()); err != nil {
				t.Fatal(err)
			}
			got := []string{s.URI, s.Header.Get("X-Api-Key"), strings.Join(s.Header["Anthropic-Version"], " and ")}
			if diff := cmp.Diff([]string{test.uri, "k", test.version}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	for want, cfg := range map[string]anthropic.Config{
		"base_url":   {BaseURL: "api.anthropic.com"},
		"max_tokens": {MaxTokens: -1},
		"structured": {Structured: "yes"},
		"header":     {Header: map[string]string{"a b": "c"}},
	} {
		if _, err := anthropic.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error that names %s", err, want)
		}
	}
	if _, err := anthropic.New(anthropic.Config{}); err != nil {
		t.Errorf("New with the zero Config: %v", err)
	}
}

func TestTemperatureIsANumber(t *testing.T) {
	bad := math.NaN()
	vendor.WantNoCall(t, providers.KindBadRequest, &providers.Request{Temperature: &bad})
}

// TestMaxTokens: the API must be told, so there is a default; what the request or the operator says comes first.
func TestMaxTokens(t *testing.T) {
	tests := map[string]struct {
		model             string
		ofRequest, ofFile int
		want              string
	}{
		"default":      {"claude-haiku-5-5", 0, 0, `"max_tokens":16384,`},
		"older":        {"claude-3-haiku-20240307", 0, 0, `"max_tokens":4096,`},
		"operator's":   {"claude-haiku-5-5", 0, 300, `"max_tokens":300,`},
		"request's":    {"claude-haiku-5-5", 20, 300, `"max_tokens":20,`},
		"of older too": {"claude-3-haiku-20240307", 20, 0, `"max_tokens":20,`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := vendor.Serve(t, http.StatusOK, hello)
			p := start(t, anthropic.Config{BaseURL: s.URL, MaxTokens: test.ofFile})
			req := request(func(r *providers.Request) { r.Model, r.MaxOutputTokens = test.model, test.ofRequest })
			if _, err := p.Complete(t.Context(), req); err != nil || !strings.Contains(s.Body, test.want) {
				t.Errorf("%v; sent %s, want %s in it", err, s.Body, test.want)
			}
		})
	}
}

// TestWhatIsKept: blocks are marked where a prompt says that its start comes again, and is long enough to be kept.
func TestWhatIsKept(t *testing.T) {
	long := strings.Repeat("Rate each review in one word. ", 40)
	tests := map[string]struct {
		change func(r *providers.Request)
		cfg    anthropic.Config
		want   int
	}{
		"both": {func(r *providers.Request) {
			r.Messages = []providers.Message{system(long), user(long+"Input 1", len(long))}
		}, anthropic.Config{}, 2},
		"only the user's": {func(r *providers.Request) {
			r.Messages = []providers.Message{system("Rate."), user(long+"Input 1", len(long))}
		}, anthropic.Config{}, 1},
		"all of it": {func(r *providers.Request) { r.Messages = []providers.Message{user(long+" ", len(long))} }, anthropic.Config{}, 1},
		"only the last": {func(r *providers.Request) {
			r.Messages = []providers.Message{user(long, len(long)), user(long, len(long))}
		}, anthropic.Config{}, 1},
		"too short":      {func(r *providers.Request) { r.Messages = []providers.Message{system("Rate."), user("Input 1", 5)} }, anthropic.Config{}, 0},
		"nothing stable": {func(r *providers.Request) { r.Messages = []providers.Message{user(long, 0)} }, anthropic.Config{}, 0},
		"not wanted":     {func(r *providers.Request) { r.Messages = []providers.Message{system(long), user("Input 1", 0)} }, anthropic.Config{NoCache: true}, 0},
		"no key of it": {func(r *providers.Request) {
			r.CacheKey, r.Messages = "", []providers.Message{system(long), user("Input 1", 0)}
		}, anthropic.Config{}, 0},
		"beyond its end":   {func(r *providers.Request) { r.Messages = []providers.Message{user(long, len(long)+5)} }, anthropic.Config{}, 1},
		"within character": {func(r *providers.Request) { r.Messages = []providers.Message{user(long+"é", len(long)+1)} }, anthropic.Config{}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := vendor.Serve(t, http.StatusOK, hello)
			test.cfg.BaseURL = s.URL
			req := request(func(r *providers.Request) { r.CacheKey = "k" })
			test.change(req)
			if _, err := start(t, test.cfg).Complete(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(s.Body, "cache_control"); got != test.want || strings.Contains(s.Body, "\uFFFD") {
				t.Errorf("%d marks, want %d, and no broken character: %s", got, test.want, s.Body)
			}
		})
	}
}

// TestRefusedSchema: a schema that the provider does not take costs one attempt of one call.
func TestRefusedSchema(t *testing.T) {
	refusals := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "output_config") {
			refusals++
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, said("invalid_request_error", "output_config.format.schema: Schema is too complex for compilation."))
			return
		}
		_, _ = io.WriteString(w, hello)
	}))
	t.Cleanup(s.Close)
	chain := providers.Chain(start(t, anthropic.Config{BaseURL: s.URL}), providers.ChainConfig{MaxRetries: 1})
	for attempts := 2; attempts >= 1; attempts-- {
		resp, err := chain.Complete(t.Context(), request(providertest.Structured))
		if err != nil || resp.Attempts != attempts || resp.Form != providers.FormFree {
			t.Fatalf("%+v, %v, want %d attempts without a schema", resp, err, attempts)
		}
	}
	if _, err := chain.Complete(t.Context(), request(func(r *providers.Request) { r.Schema, r.Model = reviews, "another" })); err != nil || refusals != 2 {
		t.Errorf("%v, %d refusals: what one model refuses, another is asked", err, refusals)
	}
}

func TestAnswerShapes(t *testing.T) {
	stop := providertest.Stop
	other, counted := stop("hello"), stop("hello")
	other.Finish = providers.FinishOther
	counted.Usage = providers.Usage{PromptTokens: 12, CompletionTokens: 2, CachedTokens: 3, CacheWriteTokens: 2, ReasoningTokens: 2, Reported: true}
	tail := hello[1:]
	tests := map[string]struct {
		body string
		want *providers.Response
	}{
		"blocks":            {`{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"stop_reason":"end_turn"}`, stop("ab")},
		"thoughts":          {`{"content":[{"type":"thinking","thinking":"hm"},{"type":"redacted_thinking","data":"x"},{"type":"text","text":"b"}],"stop_reason":"end_turn"}`, stop("b")},
		"nothing":           {`{"content":[],"stop_reason":"end_turn"}`, stop("")},
		"stop sequence":     {`{"content":[{"type":"text","text":"hello"}],"stop_reason":"stop_sequence"}`, stop("hello")},
		"tool nobody asked": {`{"content":[{"type":"text","text":"hello"},{"type":"tool_use","input":{"a":1}}],"stop_reason":"tool_use"}`, other},
		"pause":             {`{"content":[{"type":"text","text":"hello"}],"stop_reason":"pause_turn"}`, other},
		"no reason":         {`{"content":[{"type":"text","text":"hello"}],"stop_reason":null}`, other},
		"no error":          {`{"error":null,` + tail, stop("hello")},
		"usage":             {`{"usage":{"input_tokens":7,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":2,"output_tokens_details":{"thinking_tokens":5}},` + tail, counted},
		"usage in words":    {`{"usage":{"input_tokens":"many","output_tokens":2},` + tail, stop("hello")},
		"usage of no type":  {`{"usage":[1],` + tail, stop("hello")},
		"usage is null":     {`{"usage":null,` + tail, stop("hello")},
		"usage absurd":      {`{"usage":{"input_tokens":1e30,"output_tokens":2},` + tail, stop("hello")},
		"cache negative":    {`{"usage":{"input_tokens":5,"cache_read_input_tokens":-1,"output_tokens":2},` + tail, stop("hello")},
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
		"no key":     {401, said("authentication_error", "x-api-key header is required"), providers.KindUnauthorized, []string{"401", "no key was sent", "api_key"}},
		"model":      {404, said("not_found_error", "model: x"), providers.KindUnknownModel, []string{"404", `model "claude-haiku-5-5"`, "base_url"}},
		"long":       {413, "", providers.KindContextOverflow, []string{"batch.size"}},
		"money":      {402, said("billing_error", "pay"), providers.KindQuota, []string{"money or quota"}},
		"proxy":      {502, "<html>", providers.KindUnavailable, []string{"502", "HTML"}},
		"redirect":   {302, "", providers.KindBadRequest, []string{"redirect", "base_url"}},
		"no content": {200, hello[:17] + "}", providers.KindMalformed, []string{"no content", "Messages API"}},
		"events":     {200, "event: message_start\n", providers.KindMalformed, []string{"stream of events"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_ = vendor.WantError(t, test.kind, providertest.Failure{Status: test.status, Body: test.body}, test.want...)
		})
	}
}

func ExampleNew() {
	// A server that speaks the Messages API; usually it is Anthropic.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"content":[{"type":"text","text":"positive"}],"stop_reason":"end_turn"}`)
	}))
	defer server.Close()

	provider, err := anthropic.New(anthropic.Config{BaseURL: server.URL, APIKey: func() string { return os.Getenv("ANTHROPIC_API_KEY") }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	resp, err := provider.Complete(context.Background(), &providers.Request{
		Model:    "claude-haiku-5-5",
		Messages: []providers.Message{{Role: providers.RoleUser, Content: "Is this a good review? I love it."}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text, resp.Finish)
	// Output: positive stop
}
