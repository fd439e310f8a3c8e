package httpjson_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// quiet keeps the servers' handshake errors out of the output.
var quiet = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)

func TestMessage(t *testing.T) {
	const key = "correct-horse-battery"
	c := client(t, httpjson.Config{
		URL: "http://host", KeyHeader: "K", Key: func() string { return key },
		Header: map[string]string{"X-Gateway": "Bearer gatewaytoken1", "X-Blank": " "},
	})
	req := &providers.Request{Messages: []providers.Message{
		{Content: "Say whether each review is positive or negative."},
		{Content: "Input 1: \"The plot was thin,\nbut the actors saved it.\""},
		{Content: "tiny one"},
	}}
	const left = "(its message repeats the prompt and is left out)"
	tests := map[string]struct{ text, want string }{
		"plain":               {"no such model", "no such model"},
		"empty":               {"", ""},
		"lines and control":   {"a\r\n b\t\x00c\x7f  d\xff", "a b c d?"},
		"the key":             {"wrong key " + key + "!", "wrong key [secret]!"},
		"a header's token":    {"wrong gatewaytoken1", "wrong [secret]"},
		"a key by its shape":  {"Incorrect API key provided: sk-abcd****wxyz.", "Incorrect API key provided: [secret]"},
		"a bearer":            {"got Bearer abc.def instead", "got [secret] instead"},
		"a word like a key":   {"sk is short, risk-averse, pk-1", "sk is short, risk-averse, pk-1"},
		"the prompt":          {"cannot parse: The plot was thin, but the actors saved it.", left},
		"a piece of it":       {"near 'thin, but the actors saved'", left},
		"a short prompt":      {"bad input: tiny one.", left},
		"words of the prompt": {"each review is bad", "each review is bad"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := c.Message(test.text, req); got != test.want {
				t.Errorf("Message(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestMessageIsShort(t *testing.T) {
	c := client(t, httpjson.Config{URL: "http://host", KeyHeader: "K", Key: func() string { return "key-at-the-edge" }})
	for offset := range 20 {
		text := strings.Repeat("é", 140) + strings.Repeat("x", offset) + " key-at-the-edge " + strings.Repeat("ü", 9000)
		got := c.Message(text, &providers.Request{})
		if len(got) > 300 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") || strings.Contains(got, "key-at") {
			t.Errorf("offset %d: %d bytes: %q", offset, len(got), got)
		}
	}
}

func TestTarget(t *testing.T) {
	for location, want := range map[string]string{
		"https://other.example/v2?key=secret": "https://other.example/v2",
		"https://user:secret@other/":          "https://other/",
		"/v2":                                 "/v2",
		"":                                    "",
		"http://[":                            "",
	} {
		if got := httpjson.Target(http.Header{"Location": {location}}); got != want {
			t.Errorf("Target(%q) = %q, want %q", location, got, want)
		}
	}
}

func ExampleRetryAfter() {
	h := http.Header{}
	h.Set("Retry-After", "20")
	fmt.Println(httpjson.RetryAfter(h, time.Now()))
	// Output: 20s
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const inAMinute = "Mon, 23 Nov 2026 12:01:00 GMT"
	tests := map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"none":                   {nil, 0},
		"seconds":                {map[string]string{"Retry-After": "3"}, 3 * time.Second},
		"part of a second":       {map[string]string{"Retry-After": "0.25"}, 250 * time.Millisecond},
		"milliseconds":           {map[string]string{"Retry-After-Ms": "1500", "Retry-After": "2"}, 1500 * time.Millisecond},
		"date":                   {map[string]string{"Retry-After": inAMinute}, time.Minute},
		"date, other clock":      {map[string]string{"Retry-After": inAMinute, "Date": "Mon, 23 Nov 2026 12:00:50 GMT"}, 10 * time.Second},
		"date in the past":       {map[string]string{"Retry-After": "Mon, 23 Nov 2020 12:00:00 GMT"}, 0},
		"negative":               {map[string]string{"Retry-After": "-1"}, 0},
		"not a number":           {map[string]string{"Retry-After": "NaN"}, 0},
		"infinite":               {map[string]string{"Retry-After": "Inf"}, 24 * time.Hour},
		"huge":                   {map[string]string{"Retry-After": "1e300"}, 24 * time.Hour},
		"a date very far ahead":  {map[string]string{"Retry-After": "Mon, 23 Nov 2126 12:00:00 GMT"}, 24 * time.Hour},
		"words":                  {map[string]string{"Retry-After": "soon"}, 0},
		"milliseconds are words": {map[string]string{"Retry-After-Ms": "soon", "Retry-After": "2"}, 2 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for name, value := range test.header {
				h.Set(name, value)
			}
			if got := httpjson.RetryAfter(h, now); got != test.want {
				t.Errorf("RetryAfter = %v, want %v", got, test.want)
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	for _, name := range []string{"X-Request-Id", "Request-Id"} {
		h := http.Header{name: {strings.Repeat("r", 500)}}
		if got := httpjson.RequestID(h); got != strings.Repeat("r", 128) {
			t.Errorf("RequestID from %s = %d bytes, want 128", name, len(got))
		}
	}
	if got := httpjson.RequestID(http.Header{}); got != "" {
		t.Errorf("RequestID of nothing = %q", got)
	}
}
