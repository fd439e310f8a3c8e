package providertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
)

// separator stands between the parts of an exchange.
const separator = "\n###\n"

// Replay plays a recorded exchange and compares both ends with the file: the request that the driver makes, and what it makes
// of the response. The file has three parts between lines of ###: the request, with its body indented; the response as the
// vendor publishes it, which a person writes; and the outcome of the call. Where the test has a flag -update and it is set, the
// first and the last are written. Lines at the top that start with # are a comment.
//
// ask makes one call to baseURL, with [Key].
func Replay(t *testing.T, file string, ask func(tb testing.TB, baseURL string) (*providers.Response, error)) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	comment, rest := cutComment(string(data))
	parts := strings.Split(rest, separator)
	if len(parts) != 3 {
		t.Fatalf("%s: %d parts between lines of ###, want request, response and outcome", file, len(parts))
	}
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(strings.TrimLeft(parts[1], "\n"))), nil)
	if err != nil {
		t.Fatalf("%s: the response: %v", file, err)
	}
	defer response.Body.Close()
	request, outcome := play(t, response, ask)
	got := comment + request + separator + parts[1] + separator + outcome
	if updating() {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(data) {
		t.Errorf("%s is another exchange now; if the change is meant, run with -update\n%s", file, firstDifference(string(data), got))
	}
}

// cutComment cuts the lines with # off the top.
func cutComment(text string) (comment, rest string) {
	for strings.HasPrefix(text[len(comment):], "#") {
		line, _, _ := strings.Cut(text[len(comment):], "\n")
		comment += line + "\n"
	}
	return comment, text[len(comment):]
}

// play answers one call with response and returns both ends as text.
func play(t *testing.T, response *http.Response, ask func(testing.TB, string) (*providers.Response, error)) (request, outcome string) {
	t.Helper()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request = requestText(r)
		for name, values := range response.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(response.StatusCode)
		_, _ = w.Write(bytes.TrimSpace(answer))
	}))
	defer server.Close()
	resp, err := ask(t, server.URL)
	return request, strings.ReplaceAll(outcomeText(resp, err), server.URL, "http://server")
}

// ofTransport are headers that say nothing of a driver.
var ofTransport = []string{"Accept-Encoding", "Content-Length", "User-Agent"}

// requestText writes a request as a person reads it.
func requestText(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\n", r.Method, r.URL.RequestURI())
	lines := make([]string, 0, len(r.Header))
	for name, values := range r.Header {
		if !slices.Contains(ofTransport, name) {
			lines = append(lines, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(lines)
	b.WriteString(strings.Join(lines, "\n") + "\n\n")
	body, _ := io.ReadAll(r.Body)
	var indented bytes.Buffer
	if err := json.Indent(&indented, body, "", "  "); err != nil {
		return b.String() + string(body)
	}
	return b.String() + indented.String()
}

// outcomeText writes what became of a call.
func outcomeText(resp *providers.Response, err error) string {
	var value any
	if err == nil {
		value = struct {
			Text, Finish, Form string
			Usage              providers.Usage
			RequestID          string
			Quota              *providers.Quota `json:",omitempty"`
		}{resp.Text, string(resp.Finish), string(resp.Form), resp.Usage, resp.RequestID, resp.Quota}
	} else {
		e := providers.AsError(err)
		value = struct {
			Kind, Message, RetryAfter string
			Status                    int
			Learned                   bool `json:",omitempty"`
			RequestID                 string
			Quota                     *providers.Quota `json:",omitempty"`
		}{e.Kind.String(), e.Message, e.RetryAfter.String(), e.Status, e.Learned, e.RequestID, e.Quota}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		panic(err) // strings and numbers only
	}
	return b.String()
}

// firstDifference shows the first line that differs.
func firstDifference(want, got string) string {
	wanted, gotten := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i, line := range gotten {
		if i >= len(wanted) || wanted[i] != line {
			return fmt.Sprintf("line %d\n-%s\n+%s", i+1, strings.Join(wanted[min(i, len(wanted)):min(i+1, len(wanted))], ""), line)
		}
	}
	return fmt.Sprintf("it ends after line %d of %d", len(gotten), len(wanted))
}

// updating reports whether golden files are to be written: by the test's own flag -update, or, for packages whose tests have
// none, by the environment.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true" || os.Getenv("WEIR_UPDATE") == "conformance"
}
