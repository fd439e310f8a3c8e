package parsing_test

import (
	"strings"
	"testing"

	"github.com/weir-ml/weir/parsing"
)

func TestXML(t *testing.T) {
	const good = `<results><result index="1"><value>a</value></result><result index="2"><value>b</value></result></results>`
	runCases(t, parsing.Config{Format: "xml"}, []parseCase{
		{"elements", good, 2, "a b", "", ""},
		{"prose and a fence", "Here <you> are & so on:\n```xml\n" + good + "\n```\n1 < 2, done.", 2, "a b", "", ""},
		{"thinking", `<think><result index="1">z</result></think>` + good, 2, "a b", "", ""},
		{"attributes", `<r><result index="1" value="a"/><result value='b &amp; c' index='2'/></r>`, 2, "a b & c", "", ""},
		{"child elements", `<result><index>2</index><value>b</value></result><result><value> a </value><index> Input 1 </index></result>`, 2, "a b", "", ""},
		{"own text", `<result index="1">a</result><result index="2"> b <![CDATA[<c> & d]]></result>`, 2, "a b <c> & d", "", ""},
		{"several roots", `<result index="2">b</result> and <result index="1">a</result>`, 2, "a b", "", ""},
		{"what is not escaped", `<result index="1">R&D: 3 < 4 && 5>4</result><result index=2>b</result>`, 2, "R&D: 3 < 4 && 5>4 b", "", ""},
		{"references", `<result index="1">&lt;&#65;&#x42;&gt;&nosuch;&#0;</result>`, 1, "<AB>&nosuch;&#0;", "", ""},
		{"no entities", `<!DOCTYPE r [<!ENTITY a "z"><!ENTITY b SYSTEM "file:///etc/passwd">]><result index="1">&a;&b;</result>`, 1, "&a;&b;", "", ""},
		{"elements in the value", `<result index="1"><value><b>x</b> y</value></result>`, 1, "<b>x</b> y", "", ""},
		{"comment", `<!-- <result index="1">z</result> --><result index="1">a</result>`, 1, "a", "", ""},
		{"cut off", good[:len(good)-30], 2, "a !missing", "do not end", "cut off"},
		{"an element without end", `<results><result index="1">a<result index="2">b</result></results>`, 2, "!missing b", "do not end", ""},
		{"renumbered", `<result index="1">a</result><result index="2">c</result>`, 3, "!missing !missing !missing", "", "1 to 2 for 3"},
		{"without indexes", `<r><result>a</result><result>b</result></r>`, 2, "~a ~b", "order", ""},
		{"without indexes, apart", `<r><result>a</result></r><r><result>b</result></r>`, 2, "!missing !missing", "", "not one list"},
		{"two values", `<result index="1"><value>a</value><value>b</value></result>`, 1, "!invalid", "", "twice"},
		{"no value", `<result index="1"><x>a</x></result><result index="2"></result>`, 2, "!invalid !invalid", "", `no "value"`},
		{"HTML", `<!DOCTYPE html><html><head><meta charset=utf-8></head><body><h1>502 Bad Gateway</h1><br></body></html>`, 1, "!unparsable", "", "//result"},
		{"prose", "I cannot.", 1, "!unparsable", "", "no XML"},
		{"empty", " ", 1, "!missing", "", "empty"},
	})
	cfg := parsing.Config{Format: "xml", Path: "/answers/*[@id]", IndexField: "id", ValueFields: []string{"label", "by.score"}}
	runCases(t, cfg, []parseCase{
		{"XPath", `<answers><a id="2" label="b"><by score="1"/></a><b id="1"><label>a</label><by><score>0.5</score></by></b><c/></answers>`, 2, "a,0.5 b,1", "", ""},
		{"elsewhere", `<x><a id="1" label="b"><by score="1"/></a></x>`, 1, "!unparsable", "", "/answers/*[@id]"},
	})
}

func TestXPathIsCheckedAndBounded(t *testing.T) {
	for _, expr := range []string{"//b[boolean()]", "sum('x')", "//a[", "count(//result)", "'text'", "//result[" + strings.Repeat("a or ", 400) + "a]", "1 div 0", "nosuch()"} {
		if _, err := parsing.New(parsing.Config{Format: "xml", Path: expr}); err == nil || !strings.Contains(err.Error(), "response.path: ") {
			t.Errorf("%.40q: %v", expr, err)
		}
	}
	reply := "<rs>" + fill(`<r index="1">a</r>`) + "</rs>"
	for _, expr := range []string{"//r[last()]", "//r[count(//r) > 1]", "//*[//r = .]", "//r[preceding::r]", "//r/following-sibling::r"} {
		p := newParser(t, parsing.Config{Format: "xml", Path: expr})
		checkWhole(t, swift(t, p, reply), 20)
	}
}

func TestDelimited(t *testing.T) {
	runCases(t, parsing.Config{Format: "delimited"}, []parseCase{
		{"lines", "1|a\n2|b", 2, "a b", "", ""},
		{"spaces and forms of the index", " Input 2 | b \r\n#1 | a\r\n", 2, "a b", "", ""},
		{"head", "index|value\n1|a\n2|b\n", 2, "a b", "", ""},
		{"head in another order", "value|note|index\na|x|1\nb|y|2\n", 2, "a b", "", ""},
		{"table", "| Index | Value |\n|-------|:-----:|\n| 1 | a |\n| 2 | b |\n", 2, "a b", "", ""},
		{"fence and prose", "Sure:\n```\n1|a\n2|b\n```\nDone.", 2, "a b", "", ""},
		{"the delimiter in the value", "1|a | b\n2|b", 2, "a | b b", "", ""},
		{"the delimiter in prose", "this | that\n1|a\n2|b", 2, "a b", "is none: 1", ""},
		{"nothing behind the index", "1|\n2|b", 2, "!invalid b", "", "nothing for"},
		{"renumbered", "1|a\n2|b", 3, "!missing !missing !missing", "", "1 to 2 for 3"},
		{"no delimiter", "a\nb", 2, "!unparsable !unparsable", "", `delimiter "|"`},
	})
	cfg := parsing.Config{Format: "delimited", Delimiter: ",", ValueFields: []string{"label", "why"}}
	runCases(t, cfg, []parseCase{
		{"quotes", "1,a,\"x, \"\"y\"\"\"\n2 , b , z\n", 2, `a,x, "y" b,z`, "", ""},
		{"quotes that do not close", "1,a,\"x, y\n2,b,z", 2, `a,"x, y b,z`, "", ""},
		{"too few columns", "1,a\n2,b,z", 2, "!invalid b,z", "", "2 columns and needs 3"},
	})
	runCases(t, parsing.Config{Format: "delimited", Delimiter: "tab", IndexField: "2", ValueFields: []string{"3"}}, []parseCase{
		{"by number of the column", "x\t2\tb\nx\t1\ta", 2, "a b", "", ""},
	})
	a := newParser(t, parsing.Config{Format: "delimited"}).Parse(parsing.Reply{Text: "1|a\n2|b\n3|posi", CutOff: true}, 4)
	parseCase{records: 4, want: "a b !missing !missing", says: "cut off"}.check(t, a)
}

func TestRegex(t *testing.T) {
	runCases(t, parsing.Config{Format: "regex", Path: `^(?P<index>\S+) => (?P<value>.*)$`}, []parseCase{
		{"lines", "Well:\n2 => b\n#1 => a\n", 2, "a b", "", ""},
		{"an index that is none", "x => b\n1 => a\n3 => c", 3, "a !missing c", "is none: 1", ""},
		{"nothing", "2: b", 2, "!unparsable !unparsable", "", "finds nothing"},
	})
	cfg := parsing.Config{Format: "regex", Path: `(?s)<(?P<id>\d+)>(?P<label>.*?):(?P<why>.*?)</>`, IndexField: "id", ValueFields: []string{"label", "why"}}
	runCases(t, cfg, []parseCase{{"over lines", "<1>a:x\ny</> <2>b:z</>", 2, "a,x\ny b,z", "", ""}})
}

func TestFormatsThatCannotBe(t *testing.T) {
	for want, cfg := range map[string]parsing.Config{
		"response.path: the format regex needs a pattern":          {Format: "regex"},
		"response.path: this is no pattern":                        {Format: "regex", Path: "(?P<index>"},
		"response.path: the pattern has no group (?P<index>":       {Format: "regex", Path: "(?P<value>.)"},
		"response.path: a pattern has at most 1024 bytes":          {Format: "regex", Path: strings.Repeat("x", 2000)},
		"response.path: the format delimited has no path":          {Format: "delimited", Path: "$"},
		`response.delimiter: "\"" cannot be one`:                   {Format: "delimited", Delimiter: `"`},
		"response.path: an XPath has at most 1024 bytes":           {Format: "xml", Path: "//" + strings.Repeat("x", 2000)},
		`response.value.field: "index" is the index field as well`: {Format: "xml", ValueFields: []string{"index"}},
	} {
		if _, err := parsing.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
