package parsing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing"
)

var jsonDocs = []string{
	`null`, `true`, `false`, ` 0 `, `-0`, `1.5e-7`, `12E+3`, `""`, `"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, `"\ud800"`, `"\udc00\ud800"`, `[]`, `{}`,
	`[1, [2,[ ]] ,{"a":{"b":null , "a":[]}}]`, `{"a":1,"a":2}`, `{"":""}`, "\t[\n]\r ", "\"\u2028\u007f\"",
	``, ` `, `nul`, `nulll`, `True`, `+1`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `1x`, `"`, `"\x"`, `"\u12g4"`, `"\u12`, "\"\n\"", "\"\x00\"", `[`, `[1`, `[1,`, `[1,]`,
	`[,1]`, `[1 2]`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, `{1:1}`, `]`, `}`, `[}`, `{]`, `1 1`, `[] []`, "\u00a0[]", "'a'",
}

// TestReaderAgreesWithTheStandardLibrary: the same documents, the same values.
func TestReaderAgreesWithTheStandardLibrary(t *testing.T) {
	for _, doc := range jsonDocs {
		compareReaders(t, doc)
	}
}

func FuzzReader(f *testing.F) {
	for _, doc := range jsonDocs {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if utf8.ValidString(doc) { // Parse sees to it
			compareReaders(t, doc)
		}
	})
}

func compareReaders(t *testing.T, doc string) {
	t.Helper()
	node, valid, limit := parsing.ReadJSON(doc)
	if limit {
		return
	}
	if valid != json.Valid([]byte(doc)) {
		t.Fatalf("%q: valid %v, encoding/json disagrees", doc, valid)
	}
	if !valid {
		return
	}
	var b strings.Builder
	rewrite(t, &b, node)
	want, got := tokens(t, doc), tokens(t, b.String())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%q (-encoding/json +reader)\n%s", doc, diff)
	}
}

// rewrite writes a document anew from what the reader has made of it.
func rewrite(t *testing.T, b *strings.Builder, n parsing.JSONNode) {
	t.Helper()
	closing := map[byte]string{'[': "]", '{': "}"}[n.Kind]
	switch n.Kind {
	case '0', 'n', 'f', 't':
		b.WriteString(n.Raw)
		return
	case '"':
		b.WriteString(encode(t, n.Text))
		return
	}
	b.WriteByte(n.Kind)
	for i, child := range n.Children {
		if i > 0 {
			b.WriteString(",")
		}
		if n.Kind == '{' {
			b.WriteString(encode(t, n.Names[i]) + ":")
		}
		rewrite(t, b, child)
	}
	b.WriteString(closing)
}

func encode(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// tokens reads a document with encoding/json; numbers stay as they are written.
func tokens(t *testing.T, doc string) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader([]byte(doc)))
	d.UseNumber()
	var all []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		all = append(all, fmt.Sprintf("%T %v", token, token))
	}
}

func TestReaderLimits(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	wide := func(n int) string { return "[0" + strings.Repeat(",0", n-2) + "]" }
	for _, c := range []struct {
		name         string
		doc          string
		valid, limit bool
	}{
		{"deep", nested(parsing.MaxDepth), true, false},
		{"too deep", nested(parsing.MaxDepth + 1), false, true},
		{"deep and shallow again", "[" + strings.Repeat(nested(parsing.MaxDepth-1)+",", 3) + "0]", true, false},
		{"wide", wide(parsing.MaxNodes), true, false},
		{"too wide", wide(parsing.MaxNodes + 1), false, true},
	} {
		if _, valid, limit := parsing.ReadJSON(c.doc); valid != c.valid || limit != c.limit {
			t.Errorf("%s: valid %v, limit %v", c.name, valid, limit)
		}
	}
}
