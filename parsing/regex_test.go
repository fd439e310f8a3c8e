package parsing_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing"
)

// patterns and texts that depend on what is before and behind a match.
var (
	patterns = []string{
		`^(?P<index>\d+): (?P<value>.*)$`, `(?s)(?P<index>\d+)=(?P<value>.*?)(?:;|\z)`, `\b(?P<index>\d)\B`, `(?P<index>\w*)`, `\A(?P<index>\d)`,
		`(?-m)^(?P<index>\d)`, `(a|ab)(c|bcd)(d*)`, `(?U)\d+`, `(?i)Ä|ä+`, `$`, `^`, `(?P<index>\d)(?P<value>\w)(.*z)?`,
	}
	patternTexts = []string{
		"1: a\n2: b\n\n3: c", "1=a;2=b\nc;3=", "12 3 45", "", "\n", "abcd abc", "ÄäÄ ä€ä", "1a z 2b z\n3c", "\U0001f424 1 \U0001f424",
	}
)

// TestPatternsFindWhatTheLibraryFinds: reading a reply piece by piece changes no match.
func TestPatternsFindWhatTheLibraryFinds(t *testing.T) {
	for _, pattern := range patterns {
		for _, text := range patternTexts {
			comparePattern(t, pattern, text)
		}
	}
}

func comparePattern(t *testing.T, pattern, text string) {
	t.Helper()
	ours, theirs, ok := parsing.FindPattern(pattern, text)
	if !ok || !utf8.ValidString(text) || len(theirs) > parsing.MaxEntries {
		return
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Fatalf("%q in %q (-library +weir)\n%s", pattern, text, diff)
	}
}

// FuzzPattern: the same for any pattern and text.
func FuzzPattern(f *testing.F) {
	for i, pattern := range patterns {
		f.Add(pattern, patternTexts[i%len(patternTexts)])
	}
	f.Fuzz(comparePattern)
}

// TestPatternsAreBounded: a pattern that looks to the end of the reply again and again, and one with many instructions, end.
func TestPatternsAreBounded(t *testing.T) {
	for _, c := range []struct{ path, reply string }{
		{`(?s)(?P<index>\d)(?P<value>\w)(.*z)?`, strings.Repeat("1a\n", 100_000)},
		{`(?s)(?P<index>\d)(?P<value>(.?){300}z)`, strings.Repeat("1a", 20_000)},
	} {
		a := newParser(t, parsing.Config{Format: "regex", Path: c.path}).Parse(parsing.Reply{Text: c.reply}, 1)
		if e := a.Entries[0]; e.Problem != parsing.ProblemUnparsable || !strings.Contains(e.Message, "looks at too much of the reply, which has") {
			t.Errorf("%s: %+v", c.path, e)
		}
	}
}
