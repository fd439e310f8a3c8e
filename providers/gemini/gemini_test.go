package gemini_test

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
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/providertest"
)

// vendor says what a test has it say to the driver.
var vendor = providertest.Vendor{
	New: func(tb testing.TB, baseURL string) providers.Provider {
		tb.Helper()
		return start(tb, gemini.Config{BaseURL: baseURL})
	},
	Request: request(),
}

const hello = `{"candidates":[{"content":{"parts":[{"text":"hello"}],"role":"model"},"finishReason":"STOP"}]}`

func TestURLAndKey(t *testing.T) {
	const flash = "gemini-3.5-flash"
	tests := map[string]struct{ base, model, uri string }{
		"usual":        {"", flash, "/v1beta/models/gemini-3.5-flash:generateContent"},
		"slash":        {"/", flash, "/v1beta/models/gemini-3.5-flash:generateContent"},
		"version":      {"/v1", flash, "/v1/models/gemini-3.5-flash:generateContent"},
		"vertex":       {"/v1/projects/p/locations/l/publishers/google/", flash, "/v1/projects/p/locations/l/publishers/google/models/gemini-3.5-flash:generateContent"},
		"query":        {"/v1beta?quotaUser=a", flash, "/v1beta/models/gemini-3.5-flash:generateContent?quotaUser=a"},
		"as listed":    {"", "models/" + flash, "/v1beta/models/gemini-3.5-flash:generateContent"},
		"tuned":        {"", "tunedModels/mine", "/v1beta/tunedModels/mine:generateContent"},
		"not a method": {"", "a:countTokens?key=b/../c", "/v1beta/models/a%3AcountTokens%3Fkey%3Db%2F..%2Fc:generateContent"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := vendor.Serve(t, http.StatusOK, hello)
			p := start(t, gemini.Config{BaseURL: s.URL + test.base, APIKey: func() string { return " k\n" }})
			if _, err := p.Complete(t.Context(), request(func(r *providers.Request) { r.Model = test.model })); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.uri, "k"}, []string{s.URI, s.Header.Get("X-Goog-Api-Key")}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	for want, cfg := range map[string]gemini.Config{
		"http://":     {BaseURL: "generativelanguage.googleapis.com"},
		"set api_key": {BaseURL: "https://host/v1beta?key=secret"},
		"structured":  {Structured: "yes"},
	} {
		if _, err := gemini.New(cfg); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, want an error with %q, and no secret", err, want)
		}
	}
	if _, err := gemini.New(gemini.Config{}); err != nil {
		t.Errorf("New with the zero Config: %v", err)
	}
}

func TestWhatIsNotSent(t *testing.T) {
	bad := math.Inf(1)
	vendor.WantNoCall(t, providers.KindBadRequest, request(func(r *providers.Request) { r.Temperature = &bad }))
	vendor.WantNoCall(t, providers.KindUnknownModel, request(func(r *providers.Request) { r.Model = "models/.." }))
}

func TestEffort(t *testing.T) {
	tests := map[string]struct{ model, effort, want string }{
		"level":             {"gemini-3.5-flash", "Minimal", `"thinkingConfig":{"thinkingLevel":"MINIMAL"}`},
		"level of tomorrow": {"gemini-9", "ultra", `"thinkingConfig":{"thinkingLevel":"ULTRA"}`},
		"word before 3":     {"gemini-2.5-pro", "high", `"thinkingConfig":{"thinkingBudget":24576}`},
		"none":              {"gemini-2.5-flash", "none", `"thinkingConfig":{"thinkingBudget":0}`},
		"as it likes":       {"gemini-2.5-flash", "-1", `"thinkingConfig":{"thinkingBudget":-1}`},
		"number":            {"gemini-3.5-flash", "2048", `"thinkingConfig":{"thinkingBudget":2048}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := vendor.Serve(t, http.StatusOK, hello)
			req := request(func(r *providers.Request) { r.Model, r.Effort = test.model, test.effort })
			if _, err := start(t, gemini.Config{BaseURL: s.URL}).Complete(t.Context(), req); err != nil || !strings.Contains(s.Body, test.want) {
				t.Errorf("%v; sent %s, want %s in it", err, s.Body, test.want)
			}
		})
	}
}

// TestFewerWishes: what a model does not take costs one attempt of one call, first the schema, then JSON.
func TestFewerWishes(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var message string
		switch {
		case strings.Contains(string(body), "responseJsonSchema"):
			message = "The specified schema produces a constraint that has too many states for serving."
		case strings.Contains(string(body), "responseMimeType") && strings.Contains(r.URL.Path, "gemma"):
			message = "JSON mode is not enabled for models/gemma-3-27b-it"
		default:
			_, _ = io.WriteString(w, hello)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, said("400", "INVALID_ARGUMENT", message, ""))
	}))
	t.Cleanup(s.Close)
	chain := providers.Chain(start(t, gemini.Config{BaseURL: s.URL}), providers.ChainConfig{MaxRetries: 2})
	for _, want := range []struct {
		model    string
		attempts int
		form     providers.Form
	}{
		{"gemini-3.5-flash", 2, providers.FormJSON},
		{"gemini-3.5-flash", 1, providers.FormJSON},
		{"gemma-3-27b-it", 3, providers.FormFree},
		{"gemma-3-27b-it", 1, providers.FormFree},
	} {
		resp, err := chain.Complete(t.Context(), request(func(r *providers.Request) { r.Schema, r.Model = reviews, want.model }))
		if err != nil || resp.Attempts != want.attempts || resp.Form != want.form {
			t.Errorf("%+v, %v, want %+v", resp, err, want)
		}
	}
}

func TestStructured(t *testing.T) {
	for way, want := range map[gemini.Structured]providers.Form{
		gemini.StructuredAuto: providers.FormSchema, gemini.StructuredJSON: providers.FormJSON, gemini.StructuredOff: providers.FormFree,
	} {
		s := vendor.Serve(t, http.StatusOK, hello)
		resp, err := start(t, gemini.Config{BaseURL: s.URL, Structured: way}).Complete(t.Context(), request(providertest.Structured))
		sent := []bool{strings.Contains(s.Body, "responseMimeType"), strings.Contains(s.Body, "responseJsonSchema")}
		if err != nil || resp.Form != want || sent[0] != (want != providers.FormFree) || sent[1] != (want == providers.FormSchema) {
			t.Errorf("%q: %+v, %v, sent %s", way, resp, err, s.Body)
		}
	}
}

func TestAnswerShapes(t *testing.T) {
	stop := providertest.Stop
	other, cut, counted := stop("hello"), stop(""), stop("hello")
	other.Finish, cut.Finish = providers.FinishOther, providers.FinishLength
	counted.Usage = providers.Usage{PromptTokens: 7, CompletionTokens: 5, CachedTokens: 7, ReasoningTokens: 3, Reported: true}
	tail := hello[1:]
	tests := map[string]struct {
		body string
		want *providers.Response
	}{
		"parts":            {`{"candidates":[{"content":{"parts":[{"text":"a"},{"text":"x","thought":true},{"text":"b"}]},"finishReason":"STOP"}]}`, stop("ab")},
		"other parts":      {`{"candidates":[{"content":{"parts":[{"inlineData":{}},{"text":"b"}]},"finishReason":"STOP"}]}`, stop("b")},
		"no content":       {`{"candidates":[{"finishReason":"MAX_TOKENS"}]}`, cut},
		"first":            {`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"content":{"parts":[{"text":"b"}]}}]}`, stop("a")},
		"other reason":     {`{"candidates":[{"content":{"parts":[{"text":"hello"}]},"finishReason":"OTHER"}]}`, other},
		"no reason":        {`{"candidates":[{"content":{"parts":[{"text":"hello"}]}}]}`, other},
		"feedback too":     {`{"promptFeedback":{"safetyRatings":[]},` + tail, stop("hello")},
		"no error":         {`{"error":null,` + tail, stop("hello")},
		"usage":            {`{"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":2,"thoughtsTokenCount":3,"cachedContentTokenCount":9},` + tail, counted},
		"usage in words":   {`{"usageMetadata":{"promptTokenCount":"many"},` + tail, stop("hello")},
		"usage of no type": {`{"usageMetadata":[1],` + tail, stop("hello")},
		"usage of nothing": {`{"usageMetadata":{},` + tail, stop("hello")},
		"usage absurd":     {`{"usageMetadata":{"promptTokenCount":1e30},` + tail, stop("hello")},
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
		"no key":   {403, said("403", "PERMISSION_DENIED", "unregistered callers", ""), providers.KindUnauthorized, []string{"403", "no key was sent", "api_key"}},
		"model":    {404, said("404", "NOT_FOUND", "models/x is not found", ""), providers.KindUnknownModel, []string{`model "gemini-3.5-flash"`, "/v1beta"}},
		"long":     {413, "", providers.KindContextOverflow, []string{"batch.size"}},
		"blocked":  {200, `{"promptFeedback":{"blockReason":"BLOCKLIST"}}`, providers.KindRefused, []string{"prompt", "BLOCKLIST"}},
		"odd word": {200, `{"promptFeedback":{"blockReason":"a record's text"}}`, providers.KindRefused, []string{"prompt back"}},
		"nothing":  {200, `{}`, providers.KindMalformed, []string{"no candidates"}},
		"redirect": {302, "", providers.KindBadRequest, []string{"redirect", "base_url"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := vendor.WantError(t, test.kind, providertest.Failure{Status: test.status, Body: test.body}, test.want...)
			if strings.Contains(err.Message, "record's") {
				t.Errorf("message %q shows the record", err.Message)
			}
		})
	}
}

func ExampleNew() {
	// A server that speaks the Gemini API; usually it is Google.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"candidates":[{"content":{"parts":[{"text":"positive"}]},"finishReason":"STOP"}]}`)
	}))
	defer server.Close()

	provider, err := gemini.New(gemini.Config{BaseURL: server.URL, APIKey: func() string { return os.Getenv("GEMINI_API_KEY") }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	resp, err := provider.Complete(context.Background(), &providers.Request{
		Model:    "gemini-3.5-flash",
		Messages: []providers.Message{{Role: providers.RoleUser, Content: "Is this a good review? I love it."}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text, resp.Finish)
	// Output: positive stop
}
