package parsing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/parsing"
)

const mebibyte = 1 << 20

// fill repeats s up to about a mebibyte.
func fill(s string) string { return strings.Repeat(s, mebibyte/len(s)+1) }

// hostile are replies that a careless reader spends forever on, or all memory.
var hostile = map[string]string{
	"open brackets":         fill("["),
	"open braces":           fill("{"),
	"open objects":          fill(`{"a":`),
	"open arrays in prose":  fill("[ see "),
	"open texts":            fill(`["a" x `),
	"brackets and braces":   fill("[{"),
	"prose with braces":     fill("Some {words} [and] more, (all) of {them: wrong}. "),
	"prose with citations":  fill("It is so [1], [2, 3]. "),
	"small objects":         fill("{} "),
	"small entries":         fill(`{"index":1,"value":"a"} `),
	"damaged entries":       fill(`{"index":1,"value":a} `),
	"damaged to the end":    fill(`[{"index":1,"value":a},`),
	"damaged within texts":  fill(`{"index":1,"value":"\x `),
	"many entries":          "[" + fill(`{"index":1,"value":1},`) + "0]",
	"many strangers":        "[" + fill(`{},`) + "0]",
	"many values":           "[" + fill(`0,`) + "0]",
	"many names":            `[{"index":1,` + fill(`"a":0,`) + `"value":"a"}]`,
	"many indexes":          `[{` + fill(`"index":1,`) + `"value":"a"}]`,
	"a deep value":          `[{"index":1,"value":` + fill("[") + fill("]") + `}]`,
	"nested wrappers":       strings.Repeat(`{"a":`, 500) + "[" + fill(`{"index":1,"value":1},`) + "0]" + strings.Repeat("}", 500),
	"white space":           "[" + fill(" ") + "[" + fill("\n"),
	"quotes":                fill(`"`),
	"escapes":               `[{"index":1,"value":"` + fill(`\u0041`) + `"}]`,
	"a long number":         `[{"index":` + fill("9") + `,"value":1}]`,
	"thinking":              fill("<think>"),
	"ends of thinking":      fill("\n</think>"),
	"not UTF-8":             fill("[\xff"),
	"spread out JSON":       `[{"index":1,"value":[` + fill("1 , ") + `1]}]`,
	"zeros":                 fill("\x00"),
	"HTML":                  "<!DOCTYPE html><html>" + fill(`<script>{"a":[1,2]}</script>`),
	"a list without end":    "[" + fill(`{"index":2,"value":"a"},`),
	"backslashes":           `["` + fill(`\`),
	"backslashes in damage": `{"a":x` + fill(`\`),
}

// TestHostileReplies: each ends in bounded time (the bound is loose, for busy machines; what it finds is a quadratic
// case, which takes minutes) and with one entry for each record.
func TestHostileReplies(t *testing.T) {
	for _, path := range []string{"", "$..*"} {
		p := newParser(t, parsing.Config{Path: path})
		for name, reply := range hostile {
			start := time.Now()
			a := p.Parse(parsing.Reply{Text: reply}, 20)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s under %q took %v", name, path, took)
			}
			checkWhole(t, a, 20)
		}
	}
}

func TestReplyLimits(t *testing.T) {
	long := `[{"index":1,"value":"a"}]` + strings.Repeat(" ", parsing.MaxReplyBytes)
	runCases(t, parsing.Config{}, []parseCase{
		{"longest", long[:parsing.MaxReplyBytes], 1, "a", "", ""},
		{"too long", long[:parsing.MaxReplyBytes+1], 1, "!unparsable", "", fmt.Sprintf("has %d bytes", parsing.MaxReplyBytes+1)},
		{"most pieces", strings.Repeat(`{"index":1,"value":"a"}`, parsing.MaxTries), 1, "a", "count once: 1023", ""},
		{"too many pieces", strings.Repeat(`{"index":1,"value":"a"}`, parsing.MaxTries+1), 1, "!unparsable", "", "too many pieces"},
		{"most entries", entries(strings.Repeat("1=a ", parsing.MaxEntries)), 1, "a", "count once: 16383", ""},
		{"too many entries", entries(strings.Repeat("1=a ", parsing.MaxEntries+1)), 1, "!unparsable", "", "more than 16384 entries"},
		{"too deep", `[{"index":1,"value":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "}]" + entries("1=a"), 1, "!unparsable", "", "nested deeper than 512"},
	})
}

// FuzzParse: one entry for each record, nothing in them that is not in the reply or is not UTF-8, in bounded time.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		entries("1=a 2=b"), entries("=a =b"), entries("0=a 1=b"), `{"r":` + entries("2=a") + `}`, "```json\n[\"a\", \"b\"]\n```",
		`<think>[{"index":1}]</think>[{"index":"#1","value":{"a":[null]}}]`, `[{"index":1,"value":"a"},{"index":2,"val`,
	} {
		f.Add(seed, uint8(2), false)
	}
	parsers := make([]*parsing.Parser, 0, 4)
	for _, cfg := range []parsing.Config{{}, {Path: "$..*"}, {Path: "$.r[*]", ValueFields: []string{"value", "a"}}, {Format: "text"}} {
		parsers = append(parsers, newParser(f, cfg))
	}
	f.Fuzz(func(t *testing.T, reply string, records uint8, cutOff bool) {
		for _, p := range parsers {
			start := time.Now()
			a := p.Parse(parsing.Reply{Text: reply, CutOff: cutOff}, int(records))
			if took := time.Since(start); took > 10*time.Second {
				t.Fatalf("took %v", took)
			}
			checkWhole(t, a, int(records))
			checkFields(t, a)
		}
	})
}
