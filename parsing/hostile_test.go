package parsing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/parsing"
)

// fill repeats s up to about a mebibyte.
func fill(s string) string { return strings.Repeat(s, hostileBytes/len(s)+1) }

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

// formats are configurations of each format, some with other paths.
var formats = map[string]map[string]parsing.Config{
	"json": {
		"json":        {},
		"json, $..*":  {Path: "$..*"},
		"json fields": {ValueFields: []string{"value", "a.b"}},
		"values":      {Values: []string{"a", "b"}, Schema: `{"type": "string"}`},
	},
	"xml": {
		"xml":      {Format: "xml", IndexField: "index", ValueFields: []string{"value"}},
		"xml, //*": {Format: "xml", Path: "//*[@index]"},
	},
	"delimited": {
		"delimited": {Format: "delimited"},
		"csv":       {Format: "delimited", Delimiter: ",", ValueFields: []string{"a", "b"}},
	},
	"regex": {
		"regex":      {Format: "regex", Path: `(?P<index>\d+)\W+(?P<value>\w+)`},
		"regex back": {Format: "regex", Path: `(?s)(?P<index>(\w*)*)x?(?P<value>.*?z)`},
	},
	"text": {
		"text": {Format: "text"},
	},
}

// everyFormat has a parser for each of them.
func everyFormat(tb testing.TB) map[string]*parsing.Parser {
	tb.Helper()
	all := map[string]*parsing.Parser{}
	for _, configs := range formats {
		for name, cfg := range configs {
			all[name] = newParser(tb, cfg)
		}
	}
	return all
}

// demanding are parsers whose path or pattern makes the most work.
var demanding = map[string]parsing.Config{
	"JSONPath, descendants of descendants": {Path: "$..[?count(@..*) > 1]"},
	"JSONPath, a pattern":                  {Path: "$..[?search(@.value, '(a|b)*c')]"},
	"XPath, last of all":                   {Format: "xml", Path: "//*[last()]"},
	"XPath, all for each":                  {Format: "xml", Path: "//*[count(//*) > 1]"},
	"XPath, text of all":                   {Format: "xml", Path: "//*[contains(., 'zz')]"},
	"pattern that looks ahead":             {Format: "regex", Path: `(?s)(?P<index>\d)(?P<value>\w)(.*z)?`},
	"pattern of repetitions":               {Format: "regex", Path: `(?P<index>\d+)(?P<value>((\w*)*)*x)`},
}

// allowed is the processor time that a reply may cost: 100 ms for each megabyte, and as much for the start.
func allowed(reply string) time.Duration {
	return slower * (100*time.Millisecond + time.Duration(len(reply))*100*time.Millisecond/1_000_000)
}

// swift parses, and fails where that takes more than it may. What the clock says does not matter: the machine may be busy.
func swift(t *testing.T, p *parsing.Parser, reply string) (a parsing.Answer) {
	t.Helper()
	took := time.Duration(1 << 62)
	for range 3 { // a collection of garbage may fall on this thread
		if took = min(took, cpuTime(t, func() { a = p.Parse(parsing.Reply{Text: reply}, 20) })); took <= allowed(reply) {
			return a
		}
	}
	t.Errorf("%d bytes that begin with %.30q took %v of a processor, at most %v is allowed", len(reply), reply, took, allowed(reply))
	return a
}

// TestHostileReplies: each ends in bounded time, in every format and whatever the path or pattern, and with one entry for each
// record.
func TestHostileReplies(t *testing.T) {
	parsers := everyFormat(t)
	for name, cfg := range demanding {
		parsers[name] = newParser(t, cfg)
	}
	for format, p := range parsers {
		t.Run(format, func(t *testing.T) {
			for _, reply := range hostile {
				checkWhole(t, swift(t, p, reply), 20)
			}
		})
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
