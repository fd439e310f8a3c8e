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
	"single quotes":         fill(`{'a':'x} `),
	"comments":              fill(`{"a":/*x} `),
	"commas":                `[{"a":1` + fill(`,`),
	"damage to mend":        fill(`[{"index":1,"value":"a",},`),
	"billion laughs":        `<!DOCTYPE r [<!ENTITY l "lol">` + fill(`<!ENTITY m "&l;&l;&l;&l;&l;&l;&l;">`) + `]><result index="1">&m;</result>`,
	"open elements":         fill(`<result index="1">`),
	"small elements":        fill(`<result index="1">a</result>`),
	"ends of elements":      fill(`</result>`),
	"crossed elements":      fill(`<a><result></a>`),
	"open tags":             fill(`<a b="`),
	"open tags, no quotes":  fill(`<a b=`),
	"open comments":         fill(`<!-- `),
	"open CDATA":            `<result index="1">` + fill(`<![CDATA[`),
	"open declarations":     fill(`<!x [`),
	"ampersands":            `<result index="1">` + fill(`&`) + `</result>`,
	"attributes":            `<result ` + fill(`a="b" `) + `>`,
	"bars":                  fill("|"),
	"bars and lines":        fill("1|a\n"),
	"commas and quotes":     fill(`",`),
	"a line of quotes":      `1,"` + fill(`""`),
	"rules":                 fill("|--|--|\n"),
	"digits":                fill("1 "),
	"word":                  fill("w"),
}

// everyFormat has a parser of each format, and some of other paths.
func everyFormat(tb testing.TB) map[string]*parsing.Parser {
	tb.Helper()
	all := map[string]*parsing.Parser{}
	for name, cfg := range map[string]parsing.Config{
		"json":        {},
		"json, $..*":  {Path: "$..*"},
		"json fields": {ValueFields: []string{"value", "a.b"}},
		"xml":         {Format: "xml", IndexField: "index", ValueFields: []string{"value"}},
		"xml, //*":    {Format: "xml", Path: "//*[@index]"},
		"delimited":   {Format: "delimited"},
		"csv":         {Format: "delimited", Delimiter: ",", ValueFields: []string{"a", "b"}},
		"regex":       {Format: "regex", Path: `(?P<index>\d+)\W+(?P<value>\w+)`},
		"regex back":  {Format: "regex", Path: `(?s)(?P<index>(\w*)*)x?(?P<value>.*?z)`},
		"text":        {Format: "text"},
		"values":      {Values: []string{"a", "b"}, Schema: `{"type": "string"}`},
	} {
		all[name] = newParser(tb, cfg)
	}
	return all
}

// timely parses, and fails for a quadratic case, which takes minutes; the bound is loose, for busy machines.
func timely(tb testing.TB, p *parsing.Parser, reply string) parsing.Answer {
	tb.Helper()
	start := time.Now()
	a := p.Parse(parsing.Reply{Text: reply}, 20)
	if took := time.Since(start); took > 5*time.Second {
		tb.Errorf("%.40q took %v", reply, took)
	}
	return a
}

// TestHostileReplies: each ends in bounded time, in every format, and with one entry for each record.
func TestHostileReplies(t *testing.T) {
	for format, p := range everyFormat(t) {
		for name, reply := range hostile {
			start := time.Now()
			checkWhole(t, timely(t, p, reply), 20)
			if took := time.Since(start); took > time.Second {
				t.Logf("%s as %s: %v", name, format, took)
			}
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
		`[{'index':1,/* */'value':None,},{"index":2,"value":"b"`, `{"1":"a","2":{"value":"b"}}`, "1|a\n| 2 | b |\n|--|--|", "1,\"a\"\"\",b",
		`<r><result index="1" value='a'/><result><index>2</index><value>&lt;b&#10;<![CDATA[c]]></value></result>`,
		`<think>[{"index":1}]</think>[{"index":"#1","value":{"a":[null]}}]`, `[{"index":1,"value":"a"},{"index":2,"val`,
	} {
		f.Add(seed, uint8(2), false)
	}
	parsers := everyFormat(f)
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
