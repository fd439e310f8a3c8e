package providertest

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/providers"
)

// Exchanges replays the recorded exchanges of a driver, the files testdata/*.http. Each has three parts, with lines of ### between
// them: the request that the driver must send, the answer of the vendor, as its documentation has it, and what the driver must make
// of it. The first and the last are golden. Lines at the top that start with # are a comment.
type Exchanges struct {
	// Requests are the prompts, by the name of their file without its end. Each file has one, and each of these has a file.
	Requests map[string]*providers.Request
	// New returns a provider that calls baseURL with [Key]. It is told the name of the file.
	New func(tb testing.TB, name, baseURL string) providers.Provider
	// Update writes the golden parts anew.
	Update bool
}

// parts of a file.
const (
	answerLine = "\n### answer\n"
	resultLine = "\n### result\n"
)

// Run replays each exchange as a subtest of t.
func (x Exchanges) Run(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.http"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".http"); x.Requests[name] == nil {
			t.Errorf("%s: there is no request of that name", file)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.Requests)) {
		t.Run(name, func(t *testing.T) { x.replay(t, name) })
	}
}

// replay makes one exchange and compares both golden parts.
func (x Exchanges) replay(t *testing.T, name string) {
	t.Helper()
	file := filepath.Join("testdata", name+".http")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	comment, exchange := cutComment(string(text))
	request, rest, ok := strings.Cut(exchange, answerLine)
	answer, result, whole := strings.Cut(rest, resultLine)
	if !ok || !whole {
		t.Fatalf("%s has not three parts with ### answer and ### result between them", file)
	}
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = recorded(r)
		replies(t, w, answer)
	}))
	defer server.Close()
	resp, problem := x.New(t, name, server.URL).Complete(t.Context(), x.Requests[name])
	got := outcome(t, server.URL, resp, providers.AsError(problem))
	if x.Update {
		text = []byte(comment + sent + answerLine + answer + resultLine + got)
		if err := os.WriteFile(file, text, 0o600); err != nil { //nolint:gosec // the golden file itself, below testdata
			t.Fatal(err)
		}
		return
	}
	if sent != request {
		t.Errorf("request\n%s\nwant\n%s", sent, request)
	}
	if got != result {
		t.Errorf("result\n%s\nwant\n%s", got, result)
	}
}

// cutComment cuts the lines with # off the top.
func cutComment(text string) (comment, rest string) {
	end := 0
	for strings.HasPrefix(text[end:], "#") && !strings.HasPrefix(text[end:], "###") {
		end += strings.IndexByte(text[end:]+"\n", '\n') + 1
	}
	end = min(end, len(text))
	return text[:end], text[end:]
}

// recorded writes a request down, without what differs from run to run, and without the key.
func recorded(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	var text strings.Builder
	text.WriteString(r.Method + " " + r.RequestURI + "\n")
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		switch name {
		case "Content-Length", "Accept-Encoding", "User-Agent":
			continue
		}
		for _, value := range r.Header[name] {
			text.WriteString(name + ": " + strings.ReplaceAll(value, Key, "[key]") + "\n")
		}
	}
	text.WriteString("\n" + string(body) + "\n")
	return text.String()
}

// replies sends what a file has as the answer.
func replies(t *testing.T, w http.ResponseWriter, answer string) {
	t.Helper()
	wire := strings.ReplaceAll(strings.TrimSpace(answer), "\n", "\r\n") + "\r\n\r\n"
	head, body, _ := strings.Cut(strings.TrimSpace(answer), "\n\n")
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(wire)), nil)
	if err != nil {
		t.Errorf("the answer's head %q: %v", head, err)
		return
	}
	defer resp.Body.Close()
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	_, _ = io.WriteString(w, body)
}

// view is what a file says of an outcome.
type view struct {
	Text       *string          `json:"text,omitempty"`
	Finish     providers.Finish `json:"finish,omitempty"`
	Form       providers.Form   `json:"form,omitempty"`
	Usage      map[string]int   `json:"usage,omitempty"`
	Kind       string           `json:"kind,omitempty"`
	Message    string           `json:"message,omitempty"`
	Status     int              `json:"status,omitempty"`
	RetryAfter string           `json:"retry_after,omitempty"`
	Learned    bool             `json:"learned,omitempty"`
	RequestID  string           `json:"request_id,omitempty"`
	Vectors    [][]float32      `json:"vectors,omitempty"`
	Limits     map[string]limit `json:"limits,omitempty"`
}

type limit struct {
	Limit int    `json:"limit"`
	Left  int    `json:"left"`
	Reset string `json:"reset"`
}

// outcome writes down what a driver has made of an answer.
func outcome(t *testing.T, baseURL string, resp *providers.Response, e *providers.Error) string {
	t.Helper()
	var v view
	switch {
	case resp != nil:
		v = view{
			Text: &resp.Text, Finish: resp.Finish, Form: resp.Form, Usage: usage(resp.Usage),
			RequestID: resp.RequestID, Limits: limits(resp.Quota),
			Vectors: resp.Vectors,
		}
	case e != nil:
		v = view{
			Kind: e.Kind.String(), Message: strings.ReplaceAll(e.Message, baseURL, "http://provider"), Status: e.Status,
			RequestID: e.RequestID, Limits: limits(e.Quota), Learned: e.Learned,
		}
		if e.RetryAfter > 0 {
			v.RetryAfter = e.RetryAfter.String()
		}
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func usage(u providers.Usage) map[string]int {
	if !u.Reported {
		return nil
	}
	return map[string]int{
		"prompt": u.PromptTokens, "cached": u.CachedTokens, "cache_write": u.CacheWriteTokens,
		"completion": u.CompletionTokens, "reasoning": u.ReasoningTokens,
	}
}

func limits(q *providers.Quota) map[string]limit {
	if q == nil {
		return nil
	}
	said := map[string]limit{}
	for name, a := range map[string]providers.Allowance{
		"requests": q.Requests, "tokens": q.Tokens, "input_tokens": q.InputTokens, "output_tokens": q.OutputTokens,
	} {
		if a.Said() {
			said[name] = limit{a.Limit, a.Left, a.Reset.Round(time.Millisecond).String()}
		}
	}
	return said
}
