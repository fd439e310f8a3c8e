package httpjson_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weir-ml/weir/internal/httpjson"
)

func ExampleAppendString() {
	fmt.Printf("%s\n", httpjson.AppendString(nil, "5 < 6 & \"so\"\n"))
	// Output: "5 < 6 & \"so\"\n"
}

func TestAppendStringIsReadBack(t *testing.T) {
	for r := range rune(0x300) {
		checkAppend(t, "a"+string(r)+"b")
	}
	for _, s := range []string{"", "plain", "\u2028\u2029", "\x00\x1f\x7f", "日本語 ☺ 🎬", `\u0041`, "\xff", "a\xc3", "\"\\\"\\"} {
		checkAppend(t, s)
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a \"review\"\nwith \\ and <b>")
	f.Add("\xff\xfe half a rune \xe2\x82")
	f.Fuzz(checkAppend)
}

// checkAppend reads what AppendString wrote with encoding/json.
func checkAppend(t *testing.T, s string) {
	t.Helper()
	got := httpjson.AppendString([]byte("x"), s)
	var back string
	if err := json.Unmarshal(got[1:], &back); got[0] != 'x' || err != nil {
		t.Fatalf("AppendString(%q) = %q: %v", s, got, err)
	}
	want := s
	if !utf8.ValidString(s) {
		want = strings.ToValidUTF8(s, "\uFFFD")
	}
	if back != want {
		t.Errorf("AppendString(%q) is read back as %q", s, back)
	}
}

func BenchmarkAppendString(b *testing.B) {
	s := strings.Repeat("Input 1: \"A wonderful film, funny & sad: 10/10.\"\n", 100)
	dst := make([]byte, 0, 2*len(s))
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		dst = httpjson.AppendString(dst[:0], s)
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	s := strings.Repeat("Input 1: \"A wonderful film, funny & sad: 10/10.\"\n", 100)
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := encoder.Encode(s); err != nil {
			b.Fatal(err)
		}
	}
}
