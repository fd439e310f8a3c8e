package parsing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing"
)

// fuzzFormat: one entry for each record, nothing in them that is not UTF-8 or not what it says it is, and never endless.
func fuzzFormat(f *testing.F, format string, seeds ...string) {
	f.Helper()
	for _, seed := range seeds {
		f.Add(seed, uint8(2), false)
	}
	parsers := make([]*parsing.Parser, 0, len(formats[format]))
	for _, cfg := range formats[format] {
		parsers = append(parsers, newParser(f, cfg))
	}
	f.Fuzz(func(t *testing.T, reply string, records uint8, cutOff bool) {
		for _, p := range parsers {
			parseInTime(t, p, parsing.Reply{Text: reply, CutOff: cutOff}, int(records))
		}
	})
}

func parseInTime(t *testing.T, p *parsing.Parser, reply parsing.Reply, records int) {
	t.Helper()
	start := time.Now()
	a := p.Parse(reply, records)
	if took := time.Since(start); took > 10*time.Second { // fuzzing keeps all processors busy
		t.Fatalf("took %v", took)
	}
	checkWhole(t, a, records)
	checkFields(t, a)
}

func FuzzJSON(f *testing.F) {
	fuzzFormat(f, "json",
		entries("1=a 2=b"), entries("=a =b"), entries("0=a 1=b"), `{"r":`+entries("2=a")+`}`, "```json\n[\"a\", \"b\"]\n```",
		`[{'index':1,/* */'value':None,},{"index":2,"value":"b"`, `{"1":"a","2":{"value":"b"}}`,
		`<think>[{"index":1}]</think>[{"index":"#1","value":{"a":[null]}}]`, `[{"index":1,"value":"a"},{"index":2,"val`)
}

func FuzzXML(f *testing.F) {
	fuzzFormat(f, "xml",
		`<r><result index="1" value='a'/><result><index>2</index><value>&lt;b&#10;<![CDATA[c]]></value></result>`,
		"```xml\n<result index=1>a & b</result><result index=\"2\">b\n```", `<a><b></a></b><result index="2">`)
}

func FuzzDelimited(f *testing.F) {
	fuzzFormat(f, "delimited", "1|a\n| 2 | b |\n|--|--|", "1,\"a\"\"\",b", "value|index\na|1\nb|2\n", "1,\"a\n2,b\",c")
}

func FuzzRegex(f *testing.F) {
	fuzzFormat(f, "regex", "1: a\n2: b", "x az bz", "1\n\n\n2 z", "١ a")
}

func FuzzText(f *testing.F) {
	fuzzFormat(f, "text", "positive", " \n", "\ufeff a\xff", "<think>a</think>b")
}

// FuzzXPath: any expression over any XML ends, and selects elements or says why it does not.
func FuzzXPath(f *testing.F) {
	document := `<r><a index="1"><b>x</b>y</a><a index="2">z</a></r>`
	for _, expr := range []string{
		"//a", "/r/a[@index > 1]", "//*[last()]", "//a[not(contains(., 'x'))]/..", "//b[boolean()]", "sum('x')", "//@index", "//*[count(//*) > 1]",
		"(//a)[1]/following-sibling::*", "//a[substring(., -1, 1e9)]", "//*[position() mod 2 = 1]", "//a | //b", "id('a')", "//x:a",
	} {
		f.Add(expr, document)
	}
	f.Fuzz(func(t *testing.T, expr, reply string) {
		p, err := parsing.New(parsing.Config{Format: "xml", Path: expr})
		if err != nil {
			return
		}
		parseInTime(t, p, parsing.Reply{Text: reply}, 3)
	})
}

// FuzzMend: what is JSON keeps its meaning, no text comes from nowhere, and what is mended once need not be mended again.
func FuzzMend(f *testing.F) {
	for _, seed := range []string{
		`[{'index': 1, "value": 'it\'s "a"',},] // x`, `{"a": [1, 2`, `[{"index": 1, "value": "a"}, {"ind`, `{"a": NaN, /* b */ 'c': None}`, `[1,,2]`,
		`{"a" 1}`, `["a` + "\n" + `"]`, `[tru`, `[-1.5e3, {"\u00e9": "\\"}]`, `[[[`, `{'a": 1}`, `[1] [2]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || text[0] != '[' && text[0] != '{' {
			return // nothing else is ever to be mended
		}
		m := parsing.Mend(text)
		if m.Used < 0 || m.Used > len(text) || m.Complete > len(m.Text) {
			t.Fatalf("%d bytes: %+v", len(text), m)
		}
		if !m.OK || !json.Valid([]byte(m.Text)) {
			return // the reader refuses what mending has not made JSON
		}
		if json.Valid([]byte(text)) && m.Complete < 0 {
			compareJSON(t, text, m.Text)
		}
		said := unquoted(text)
		for _, s := range textsOf(t, m.Text) {
			if !strings.Contains(said, unquoted(s)) {
				t.Errorf("%q has no %q", text, s)
			}
		}
		if again := parsing.Mend(m.Text); !again.OK || again.Text != m.Text {
			t.Errorf("%q, mended again, is %q", m.Text, again.Text)
		}
	})
}

func compareJSON(t *testing.T, want, got string) {
	t.Helper()
	var values [2]bytes.Buffer
	for i, text := range []string{want, got} {
		if err := json.Compact(&values[i], []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(values[0].String(), values[1].String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// textsOf returns the strings of a JSON document, names included, as they are written.
func textsOf(t *testing.T, doc string) []string {
	t.Helper()
	var texts []string
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber() // a number may be larger than any float64 and still be JSON
	for {
		before := d.InputOffset()
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := token.(string); ok {
			written := strings.TrimLeft(doc[before:d.InputOffset()], ",: \t\r\n")
			texts = append(texts, written[1:len(written)-1])
		}
	}
}

var quotes = strings.NewReplacer(`\`, "", `"`, "", "'", "")

// unquoted takes out what differs between kinds of quotes.
func unquoted(s string) string { return quotes.Replace(s) }

// FuzzMatching: a record has the value of a claim that names it, and all that name it agree; or it has a problem.
func FuzzMatching(f *testing.F) {
	for _, seed := range []string{"1=a 2=b 3=c", "0=a 1=b 2=c", "=a =b =c", "1=a 1=b 3=c", "Input_2=a #1=b r3=c", "1=a 2=b", "2=a 3=! 4=c", "1.0=a 01=a 2.5=b x=c"} {
		f.Add(seed, uint8(3), false)
	}
	f.Fuzz(func(t *testing.T, said string, records uint8, cutOff bool) {
		reading := parsing.Reading{CutOff: cutOff, InOrder: true, Problem: parsing.ProblemUnparsable, Message: "there is nothing"}
		for word := range strings.FieldsSeq(said) {
			reading.Claims = append(reading.Claims, claimOf(word))
		}
		a := parsing.MatchClaims(reading, parsing.Reply{}, int(records))
		checkWhole(t, a, int(records))
		for i, e := range a.Entries {
			if e.Problem == parsing.ProblemNone && !isNamed(reading.Claims, a, i) {
				t.Errorf("record %d of %d has %v from %q", i+1, records, e.Fields, said)
			}
		}
	})
}

// claimOf reads INDEX=VALUE, where no index is none, _ is a blank, and the value ! is none.
func claimOf(word string) parsing.Claim {
	id, value, _ := strings.Cut(word, "=")
	c := parsing.Claim{Named: id != "", ID: strings.ReplaceAll(id, "_", " "), Fields: []parsing.Field{{Name: "value", Value: value}}}
	if value == "!" {
		c.Fields, c.Problem, c.Message = nil, parsing.ProblemInvalid, "there is no value"
	}
	return c
}

var indexText = regexp.MustCompile(`^(?i:input|record|item|entry|row|r)?\s*#?0*(\d+)(?:\.0*)?$`)

// isNamed says whether the value of a record is that of all claims about it: by index, by index from 0, or by position.
func isNamed(claims []parsing.Claim, a parsing.Answer, record int) bool {
	e := a.Entries[record]
	if e.Match == parsing.MatchPosition {
		anyNamed := slices.ContainsFunc(claims, func(c parsing.Claim) bool { return c.Named })
		return !anyNamed && len(claims) == len(a.Entries) && slices.Equal(claims[record].Fields, e.Fields)
	}
	index := record + 1
	if slices.ContainsFunc(a.Warnings, func(w string) bool { return strings.Contains(w, "counts from 0") }) {
		index = record
	}
	about := 0
	for _, c := range claims {
		number := indexText.FindStringSubmatch(strings.TrimSpace(c.ID))
		if !c.Named || number == nil || number[1] != strconv.Itoa(index) {
			continue
		}
		if about++; !slices.Equal(c.Fields, e.Fields) {
			return false
		}
	}
	return about > 0
}

// TestFuzzMatchingCanFail holds the check itself against a wrong answer.
func TestFuzzMatchingCanFail(t *testing.T) {
	claims := []parsing.Claim{claimOf("1=a"), claimOf("2=b"), claimOf("r2=b")}
	for value, want := range map[string]bool{"a": false, "b": true} {
		entry := parsing.Entry{Fields: claimOf("2=" + value).Fields, Match: parsing.MatchIndex}
		if got := isNamed(claims, parsing.Answer{Entries: []parsing.Entry{{}, entry}}, 1); got != want {
			t.Errorf("record 2 with %s is taken for named: %v", value, got)
		}
	}
}
