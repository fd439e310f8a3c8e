package parsing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-ml/weir/parsing"
)

// entries writes an answer: "1=a 2=b" are two entries with index and value, "=c" is one without an index.
func entries(s string) string {
	var parts []string
	for part := range strings.FieldsSeq(s) {
		index, value, _ := strings.Cut(part, "=")
		if index != "" {
			index = `"index": ` + index + ", "
		}
		parts = append(parts, fmt.Sprintf(`{%s"value": %q}`, index, value))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func TestMatchByIndex(t *testing.T) {
	runCases(t, parsing.Config{}, []parseCase{
		{"in order", entries("1=a 2=b 3=c"), 3, "a b c", "", ""},
		{"in another order", entries("3=c 1=a 2=b"), 3, "a b c", "", ""},
		{"one left out", entries("1=a 3=c"), 3, "a !missing c", "", "2 of 3"},
		{"twice the same", entries("1=a 2=b 2=b 3=c"), 3, "a b c", "count once: 1", ""},
		{"twice and different", entries("1=a 2=b 2=x 3=c"), 3, "a !invalid c", "", "different answers"},
		{"three times", entries("1=a 2=b 2=x 2=b 3=c"), 3, "a !invalid c", "", "different answers"},
		{"one too many", entries("1=a 2=b 3=c 4=d"), 3, "a b c", "index of no record: 1", ""},
		{"far out", entries("1=a 99=b 3=c"), 3, "a !missing c", "index of no record: 1", ""},
		{"no index", entries("1=a =b 3=c"), 3, "a !missing c", "without an index: 1", ""},
		{"no such index", entries("1=a -2=b 3=c"), 3, "a !missing c", "that is none: 1", ""},
		{"nobody's", entries("7=a 8=b"), 2, "!missing !missing", "index of no record: 2", "0 of 2"},
	})
}

func TestMatchFromZero(t *testing.T) {
	const says = "did not count from 0 throughout"
	runCases(t, parsing.Config{}, []parseCase{
		{"complete", entries("0=a 1=b 2=c"), 3, "a b c", "counts from 0", ""},
		{"complete in another order", entries("2=c 0=a 1=b"), 3, "a b c", "counts from 0", ""},
		{"one record", entries("0=a"), 1, "a", "counts from 0", ""},
		{"one left out", entries("0=a 2=c"), 3, "!missing !missing !missing", "", says},
		{"one left out and one beyond", entries("0=a 1=b 3=d"), 3, "!missing !missing !missing", "", says},
		{"the last left out", entries("0=a 1=b"), 3, "!missing !missing !missing", "", says},
		{"and one beyond", entries("0=a 1=b 2=c 3=d"), 3, "!missing !missing !missing", "", says},
		{"and one without", entries("0=a 1=b 2=c =d"), 3, "!missing !missing !missing", "", says},
	})
}

// TestMatchRenumbered: a model that skips a record and numbers on is believed in nothing.
func TestMatchRenumbered(t *testing.T) {
	cases := []parseCase{
		{"numbered on", entries("1=a 2=c"), 3, "!missing !missing !missing", "", "1 to 2 for 3 records"},
		{"in another order", entries("2=c 1=a"), 3, "!missing !missing !missing", "", "1 to 2 for 3 records"},
		{"with one twice", entries("1=a 2=b 2=c"), 3, "!missing !missing !missing", "", "1 to 2 for 3 records"},
		{"and one far out", entries("1=a 2=b 99=c"), 3, "!missing !missing !missing", "", "1 to 2 for 3 records"},
		{"one alone", entries("1=a"), 2, "!missing !missing", "", "1 to 1 for 2 records"},
	}
	runCases(t, parsing.Config{}, cases)
	lines := `{"index":1,"value":"a"}` + "\n" + `{"index":2,"value":"b"}` + "\n" + `{"index":3,"va`
	for _, c := range []parseCase{
		{"cut off in a list of objects", lines, 3, "a b !missing", "ends too early", "cut off"},
		{"cut off behind the list", entries("1=a 2=b") + " and then", 3, "!missing !missing !missing", "", "1 to 2 for 3 records"},
		{"cut off in another", entries("1=a") + entries("2=b 3=c")[:30], 3, "a b !missing", "ends too early", "cut off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.check(t, newParser(t, parsing.Config{}).Parse(parsing.Reply{Text: c.reply, CutOff: true}, c.records))
		})
	}
}

// TestMatchRunsOver: a model that leaves a number out ends one too high.
func TestMatchRunsOver(t *testing.T) {
	const says = "numbered an answer 4 for 3 records"
	runCases(t, parsing.Config{}, []parseCase{
		{"a number left out", entries("1=a 3=b 4=c"), 3, "!missing !missing !missing", "", says},
		{"counted from 2", entries("2=a 3=b 4=c"), 3, "!missing !missing !missing", "", says},
	})
}

func TestMatchByPosition(t *testing.T) {
	runCases(t, parsing.Config{}, []parseCase{
		{"as many", entries("=a =b"), 2, "~a ~b", "in their order", ""},
		{"too few", entries("=a =b"), 3, "!missing !missing !missing", "", "for 3 records there are 2"},
		{"too many", entries("=a =b"), 1, "!missing", "", "for 1 records there are 2"},
		{"two lists", entries("=a") + entries("=b"), 2, "!missing !missing", "", "not one list"},
		{"a stranger among them", `[{"value":"a"},{"note":"x"},{"value":"b"}]`, 2, "!missing !missing", "", "not one list"},
		{"one is null", `[{"value":"a"},{"value":null}]`, 2, "~a !invalid", "in their order", ""},
		{"one is not there", `[{"value":"a"},{}]`, 2, "!missing !missing", "", "for 2 records there are 1"},
		{"damage beside it", entries("=a =b") + ` [{"value":x}]`, 2, "!missing !missing", "not used", "not one list"},
		{"texts", `["a", "b"]`, 2, "~a ~b", "in their order", ""},
		{"texts in a fence", "```json\n[\"a\", \"b\"]\n```", 2, "~a ~b", "in their order", ""},
		{"texts in prose", `The labels are ["a", "b"].`, 2, "!unparsable !unparsable", "", ""},
		{"too few texts", `["a", "b"]`, 3, "!missing !missing !missing", "", ""},
		{"text and object", `["a", {"value":"b"}]`, 2, "!missing !missing", "", ""},
	})
}

// TestMatchStrict: without an index nothing is anybody's, and with one nothing changes.
func TestMatchStrict(t *testing.T) {
	runCases(t, parsing.Config{Strict: true}, []parseCase{
		{"as many", entries("=a =b"), 2, "!missing !missing", "", "response.match=strict"},
		{"texts", `["a", "b"]`, 2, "!missing !missing", "", "response.match=strict"},
		{"too few", entries("=a"), 2, "!missing !missing", "", "there are 1"},
		{"by index", entries("2=b 1=a"), 2, "a b", "", ""},
		{"from zero", entries("0=a 1=b"), 2, "a b", "counts from 0", ""},
	})
}

// TestMatchSuspect: the answers of which none is believed, because the model seems to have lost count.
func TestMatchSuspect(t *testing.T) {
	p := newParser(t, parsing.Config{})
	for reply, want := range map[string]bool{
		entries("1=a 2=b"): true, entries("0=a 2=c"): true, entries("2=a 3=b 4=c"): true,
		entries("1=a 3=c"): false, entries("1=a 2=b 3=c"): false, entries("=a =b"): false, entries("1=a 2=b 2=x 3=c"): false,
		"no JSON": false, "": false,
	} {
		if got := p.Parse(parsing.Reply{Text: reply}, 3).Suspect; got != want {
			t.Errorf("%q: suspect %v, want %v", reply, got, want)
		}
	}
}

// TestMatchByID: with ids of their own in the place of numbers a record that is left out moves nobody, and a number is no
// name.
func TestMatchByID(t *testing.T) {
	ids := []string{"kqz", "bdf", "xwt"}
	p := newParser(t, parsing.Config{})
	for _, c := range []parseCase{
		{"exact", entries(`"xwt"=c "kqz"=a "bdf"=b`), 3, "a b c", "", ""},
		{"other forms", entries(`"KQZ"=a "#bdf"=b "\tInput\u0020xwt"=c`), 3, "a b c", "", ""},
		{"the first two", entries(`"kqz"=a "bdf"=b`), 3, "a b !missing", "", "2 of 3"},
		{"one alone", entries(`"bdf"=b`), 3, "!missing b !missing", "", "1 of 3"},
		{"numbered", entries("1=a 2=b 3=c"), 3, "!missing !missing !missing", "that is none: 3", "0 of 3"},
		{"numbered from 0", entries("0=a 1=b 2=c"), 3, "!missing !missing !missing", "that is none: 3", "0 of 3"},
		{"numbered as text", entries(`"Input\u00201"=a "#2"=b "r3"=c`), 3, "!missing !missing !missing", "that is none: 3", ""},
		{"another call's", entries(`"kqz"=a "bdf"=b "mnp"=c`), 3, "a b !missing", "that is none: 1", ""},
		{"twice and different", entries(`"kqz"=a "kqz"=x "bdf"=b`), 3, "!invalid b !missing", "", "different"},
		{"no ids at all", entries("=a =b =c"), 3, "~a ~b ~c", "order", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := p.Parse(parsing.Reply{Text: c.reply, IDs: ids}, c.records)
			c.check(t, a)
			if a.Suspect {
				t.Error("suspect")
			}
		})
	}
}

// TestMatchHints: what shows in an answer that its order or its numbers are not those of the records.
func TestMatchHints(t *testing.T) {
	tests := map[string]struct {
		reply   string
		records int
		values  int
	}{
		"another field counts in order":  {`[{"id": 1, "value": "a"}, {"id": 2, "value": "b"}]`, 2, 2},
		"another field counts from 0":    {`[{"id": 0, "value": "a"}, {"id": 1, "value": "b"}]`, 2, 2},
		"another field counts otherwise": {`[{"id": 2, "value": "a"}, {"id": 1, "value": "b"}]`, 2, 0},
		"another field is a figure":      {`[{"stars": 5, "value": "a"}, {"stars": 5, "value": "b"}]`, 2, 2},
		"a run in the middle":            {`[{"index": 2, "value": "a"}, {"index": 3, "value": "b"}]`, 4, 0},
		"one in the middle":              {`[{"index": 2, "value": "a"}]`, 4, 1},
		"a run to the end":               {`[{"index": 3, "value": "a"}, {"index": 4, "value": "b"}]`, 4, 2},
		"places from 0, some left out":   {`[{"value": "a"}, {"index": 1, "value": "b"}, {"value": "c"}]`, 3, 0},
		"places from 1, some left out":   {`[{"value": "a"}, {"index": 2, "value": "b"}, {"value": "c"}]`, 3, 1},
	}
	parser, err := parsing.New(parsing.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		values := 0
		for _, e := range parser.Parse(parsing.Reply{Text: test.reply}, test.records).Entries {
			if e.Problem == parsing.ProblemNone {
				values++
			}
		}
		if values != test.values {
			t.Errorf("%s: %d values, want %d", name, values, test.values)
		}
	}
}
