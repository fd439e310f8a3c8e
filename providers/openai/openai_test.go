package openai_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files")

// vendor says what a test has it say to the driver.
var vendor = providertest.Vendor{
	New: func(tb testing.TB, baseURL string) providers.Provider {
		tb.Helper()
		return start(tb, openai.Config{BaseURL: baseURL})
	},
	Request:  &providers.Request{Model: "m", Messages: []providers.Message{{Role: providers.RoleUser, Content: "hi"}}},
	IDHeader: "X-Request-Id",
}

const hello = `{"choices":[{"message":{"content":"hello"},"finish_reason":"stop"}]}`

func TestRequestGolden(t *testing.T) {
	half, zero := 0.5, 0.0
	system := providers.Message{Role: providers.RoleSystem, Content: "Rate each review."}
	user := providers.Message{Role: providers.RoleUser, Content: "Input 1: \"<b>5 > 4</b> & \\ \u2028 é\"\n\tInput 2: \"\x01\""}
	tests := map[string]*providers.Request{
		"minimal":  {Model: "m", Messages: []providers.Message{{Role: providers.RoleUser}}},
		"full":     {Model: "gpt-4o-mini", Messages: []providers.Message{system, user}, Temperature: &half, MaxOutputTokens: 800},
		"zero":     {Model: "org/model:7b", Messages: []providers.Message{user}, Temperature: &zero},
		"not-utf8": {Model: "m", Messages: []providers.Message{{Role: providers.RoleUser, Content: "a\xffb"}}},
	}
	for name, req := range tests {
		t.Run(name, func(t *testing.T) {
			s := vendor.Serve(t, http.StatusOK, hello)
			if _, err := start(t, openai.Config{BaseURL: s.URL}).Complete(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "request-"+name+".json")
			if *update {
				if err := os.WriteFile(golden, []byte(s.Body+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), s.Body+"\n"); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestURLAndKey(t *testing.T) {
	tests := map[string]struct{ base, path, key, authorization string }{
		"usual":                   {"/v1", "/v1/chat/completions", "k", "Bearer k"},
		"slash at the end":        {"/v1/", "/v1/chat/completions", "k", "Bearer k"},
		"the whole path":          {"/v1/chat/completions", "/v1/chat/completions", "k", "Bearer k"},
		"a query":                 {"/v1?api-version=2", "/v1/chat/completions?api-version=2", "k", "Bearer k"},
		"no path, no key":         {"", "/chat/completions", "", ""},
		"a key read from a file":  {"/v1", "/v1/chat/completions", " k\n", "Bearer k"},
		"a key of only a newline": {"/v1", "/v1/chat/completions", "\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := vendor.Serve(t, http.StatusOK, hello)
			p := start(t, openai.Config{BaseURL: s.URL + test.base, APIKey: func() string { return test.key }})
			if _, err := p.Complete(t.Context(), &providers.Request{}); err != nil {
				t.Fatal(err)
			}
			if s.URI != test.path || s.Header.Get("Authorization") != test.authorization {
				t.Errorf("%s with %q, want %s with %q", s.URI, s.Header.Get("Authorization"), test.path, test.authorization)
			}
		})
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	for _, url := range []string{"localhost:11434/v1", "ftp://host/v1", "https://key@host/v1", "http://a b/"} {
		if _, err := openai.New(openai.Config{BaseURL: url}); err == nil || !strings.Contains(err.Error(), "base_url") {
			t.Errorf("New with base URL %q: %v, want an error that names base_url", url, err)
		}
	}
	if _, err := openai.New(openai.Config{}); err != nil {
		t.Errorf("New with the zero Config: %v", err)
	}
}

func TestTemperatureIsANumber(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		vendor.WantNoCall(t, providers.KindBadRequest, &providers.Request{Temperature: &bad})
	}
}

func TestAnswerShapes(t *testing.T) {
	stop := providertest.Stop
	counted := stop("hello")
	counted.Usage = providers.Usage{PromptTokens: 7, CompletionTokens: 2, Reported: true}
	cached := stop("hello")
	cached.Usage = providers.Usage{PromptTokens: 7, CompletionTokens: 2, CachedTokens: 4, Reported: true}
	other := stop("hello")
	other.Finish = providers.FinishOther
	const tail = `},"finish_reason":"stop"}]}`
	tests := map[string]struct {
		body string
		want *providers.Response
	}{
		"string":             {`{"choices":[{"message":{"content":"a\nb é ☺"` + tail, stop("a\nb é ☺")},
		"null":               {`{"choices":[{"message":{"content":null` + tail, stop("")},
		"absent":             {`{"choices":[{"message":{"role":"assistant"` + tail, stop("")},
		"parts":              {`{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]` + tail, stop("ab")},
		"parts and thoughts": {`{"choices":[{"message":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"b"}]` + tail, stop("b")},
		"thoughts beside":    {`{"choices":[{"message":{"content":"a","reasoning_content":"hm"` + tail, stop("a")},
		"first choice":       {`{"choices":[{"message":{"content":"a"},"finish_reason":"stop"},{"message":{"content":"b"}}]}`, stop("a")},
		"no finish reason":   {`{"choices":[{"message":{"content":"hello"},"finish_reason":null}]}`, other},
		"other reason":       {`{"choices":[{"message":{"content":"hello"},"finish_reason":"tool_calls"}]}`, other},
		"error is null":      {`{"error":null,` + hello[1:], stop("hello")},
		"error is empty":     {`{"error":"",` + hello[1:], stop("hello")},
		"usage":              {`{"usage":{"prompt_tokens":7,"completion_tokens":2},` + hello[1:], counted},
		"usage as floats":    {`{"usage":{"prompt_tokens":7.0,"completion_tokens":2e0},` + hello[1:], counted},
		"usage in words":     {`{"usage":{"prompt_tokens":"many","completion_tokens":2},` + hello[1:], stop("hello")},
		"usage of no type":   {`{"usage":[1,2],` + hello[1:], stop("hello")},
		"usage is null":      {`{"usage":null,` + hello[1:], stop("hello")},
		"usage out of range": {`{"usage":{"prompt_tokens":1e30,"completion_tokens":2},` + hello[1:], stop("hello")},
		"usage, both names":  {`{"usage":{"prompt_tokens":7,"completion_tokens":2,"input_tokens":0,"output_tokens":0},` + hello[1:], counted},
		"usage, other side": {
			`{"usage":{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4,"reasoning_tokens":0},` +
				`"completion_tokens_details":{"cached_tokens":0}},` + hello[1:], cached,
		},
		"part, twice":        {`{"choices":[{"message":{"content":[{"type":"text","text":"a","text":"b"},{"type":"text","type":"x","text":"c"}]` + tail, stop("b")},
		"refusal of no type": {`{"choices":[{"message":{"content":"a","refusal":{}` + tail, stop("a")},
		"usage of nothing":   {`{"usage":{"prompt_tokens":0,"completion_tokens":0},` + hello[1:], stop("hello")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { vendor.WantResponse(t, test.body, test.want) })
	}
}

func TestMalformedAnswers(t *testing.T) {
	tests := map[string]struct{ body, message string }{
		"no choices":      {`{"choices":[]}`, "no choices"},
		"no message":      {`{"choices":[{"text":"old style"}]}`, "no message"},
		"content a map":   {`{"choices":[{"message":{"content":{"a":1}}}]}`, "neither text nor"},
		"part a string":   {`{"choices":[{"message":{"content":["a"]}}]}`, "neither text nor"},
		"part without":    {`{"choices":[{"message":{"content":[{"type":"text"}]}}]}`, "neither text nor"},
		"choices a map":   {`{"choices":{}}`, "no choices"},
		"broken":          {`{"choices":[{"message":`, "broken or unexpected JSON"},
		"deep":            {`{"choices":` + strings.Repeat("[", 8<<20-20), "broken or unexpected JSON"},
		"events":          {"data: {\"choices\":[]}\n\n", "stream of events"},
		"HTML":            {"\n <!DOCTYPE html>", "HTML"},
		"empty":           {" ", "empty body"},
		"number":          {"42", "not a JSON object"},
		"usage and worse": {`{"usage":{"prompt_tokens":"x"},"choices":{}}`, "no choices"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := vendor.Ask(t, http.StatusOK, test.body)
			if err == nil || err.Kind != providers.KindMalformed || !strings.Contains(err.Message, test.message) {
				t.Errorf("%v, want malformed: …%s…", err, test.message)
			}
		})
	}
}

// TestDeepFilters: what explains a refusal may be as deep as a body can be, and is read in one pass: with one for each level this takes half
// a minute.
func TestDeepFilters(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 9_900) + `"` + strings.Repeat("x", 7<<20) + `"` + strings.Repeat("}", 9_900)
	body := `{"choices":[{"finish_reason":"content_filter","message":{},"content_filter_results":` + deep + `}]}`
	_, err := vendor.Ask(t, http.StatusOK, body)
	if err == nil || err.Kind != providers.KindRefused {
		t.Errorf("%v, want a refusal", err)
	}
}

// TestErrorsSayWhatToDo checks the words that a person needs, and the fields beside them.
func TestErrorsSayWhatToDo(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		kind   providers.Kind
		want   []string
	}{
		"no key": {401, `{"error":{"message":"no auth"}}`, providers.KindUnauthorized, []string{"401", "no auth", "no key was sent", "api_key"}},
		"model":  {404, `{"error":{"code":"model_not_found"}}`, providers.KindUnknownModel, []string{"404", `model "m"`, "base_url"}},
		"long":   {400, `{"error":{"code":"context_length_exceeded"}}`, providers.KindContextOverflow, []string{"batch.size"}},
		"quota":  {429, `{"error":{"type":"insufficient_quota"}}`, providers.KindQuota, []string{"money or quota"}},
		"proxy":  {502, "<html>", providers.KindUnavailable, []string{"502", "HTML"}},
		"other":  {422, `{"detail":"bad field"}`, providers.KindBadRequest, []string{"422", "bad field"}},
		"not":    {302, "", providers.KindBadRequest, []string{"redirect", "base_url"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_ = vendor.WantError(t, test.kind, providertest.Failure{Status: test.status, Body: test.body}, test.want...)
		})
	}
}

func TestKeyOfAWrongOneIsChecked(t *testing.T) {
	s := vendor.Serve(t, http.StatusUnauthorized, "")
	p := start(t, openai.Config{BaseURL: s.URL, APIKey: func() string { return "wrong" }})
	_, err := p.Complete(t.Context(), &providers.Request{})
	if e := providers.AsError(err); e == nil || !strings.Contains(e.Message, "check api_key") {
		t.Errorf("%v, want advice to check api_key", err)
	}
}

// TestThroughTheChain has the caller's deadline and the attempt's strike in a real call.
func TestThroughTheChain(t *testing.T) {
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hangs.Close)
	driver := start(t, openai.Config{BaseURL: hangs.URL})
	short := providers.Chain(driver, providers.ChainConfig{RequestTimeout: 20 * time.Millisecond})
	if _, err := short.Complete(t.Context(), &providers.Request{}); !strings.Contains(fmt.Sprint(err), "request.timeout.ms (20ms)") {
		t.Errorf("%v, want the attempt's timeout", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := providers.Chain(driver, providers.ChainConfig{}).Complete(ctx, &providers.Request{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the caller's deadline", err)
	}
}

func ExampleNew() {
	// A server that speaks OpenAI's format; usually it is vLLM, Ollama or OpenAI itself.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"choices":[{"message":{"content":"positive"},"finish_reason":"stop"}]}`)
	}))
	defer server.Close()

	provider, err := openai.New(openai.Config{BaseURL: server.URL + "/v1", APIKey: func() string { return os.Getenv("API_KEY") }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	resp, err := provider.Complete(context.Background(), &providers.Request{
		Model:    "gpt-4o-mini",
		Messages: []providers.Message{{Role: providers.RoleUser, Content: "Is this a good review? I love it."}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text, resp.Finish)
	// Output: positive stop
}
