package parsing_test

import (
	"testing"

	"github.com/weir-ml/weir/parsing"
)

// TestDraftThatIsCorrected: what a model was about to say again when it was cut off is no answer.
func TestDraftThatIsCorrected(t *testing.T) {
	const (
		list = `[{"index":1,"value":"a"},{"index":2,"value":"b"},{"index":3,"value":"c"}]`
		xml  = "<results><result index=\"1\">a</result><result index=\"2\">b</result></results>\n"
		no   = "\nNo, wait:\n"
	)
	for _, c := range []struct {
		name, format, reply, want string
	}{
		{"no correction", "", list + no, "a b c"},
		{"before its first entry", "", list + no + `[`, "!missing !missing !missing"},
		{"within its first index", "", list + no + `[{"ind`, "!missing !missing !missing"},
		{"within its first value", "", list + no + `[{"index":1,"value":"x`, "!missing !missing !missing"},
		{"in an object around it", "", list + no + `{"results": [{"index":1`, "!missing !missing !missing"},
		{"behind its first entry", "", list + no + `[{"index":1,"value":"a"},`, "a !missing !missing"},
		{"behind its first entry, another value", "", list + no + `[{"index":1,"value":"x"},{"ind`, "!invalid !missing !missing"},
		{"in its last entry", "", list + no + `[{"index":1,"value":"a"},{"index":2,"value":"x"},{"index":3,"v`, "a !invalid !missing"},
		{"whole", "", list + no + `[{"index":2,"value":"b"}]`, "a b c"},
		{"an index twice, and on", "", `[{"index":1,"value":"a"},{"index":1,"value":"a"},{"index":2,"value":"b"},{"ind`, "a b !missing"},
		{"a list that is cut off, and nothing before it", "", list[:60], "a b !missing"},
		{"lines that are cut off", "", "{\"index\":1,\"value\":\"a\"}\n{\"index\":2,\"value\":\"b\"}\n{\"index\":3,\"va", "a b !missing"},
		{"words with brackets behind the list", "", list + "\nNote [1] and {2}: they were ha", "a b c"},
		{"by their indexes", "", `{"1":"a","2":"b","3":"c"}` + no + `{"1":"`, "!missing !missing !missing"},
		{"XML, no correction", "xml", xml + no, "a b"},
		{"XML, before its first entry", "xml", xml + no + "<resu", "!missing !missing"},
		{"XML, in its first entry", "xml", xml + no + "<results><result index=\"1\">x", "!missing !missing"},
		{"XML, behind its first entry", "xml", xml + no + "<results><result index=\"1\">a</result><res", "a !missing"},
		{"XML, no list", "xml", "<result index=\"1\">a</result><result index=\"2\">b</result><res", "a b"},
		{"lines", "delimited", "1|a\n2|b" + no + "1|a\n2|", "a !missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newParser(t, parsing.Config{Format: c.format})
			records := 3
			if c.format != "" {
				records = 2
			}
			a := p.Parse(parsing.Reply{Text: c.reply, CutOff: c.name != "whole"}, records)
			if got := show(a); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			checkWhole(t, a, records)
		})
	}
}
