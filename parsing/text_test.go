package parsing_test

import (
	"testing"

	"github.com/weir-ml/weir/parsing"
)

func TestText(t *testing.T) {
	runCases(t, parsing.Config{Format: "text"}, []parseCase{
		{"whole reply", "positive", 1, "=positive", "", ""},
		{"space around it", " \n\tgood, very\n good\r\n", 1, "=good, very\n good", "", ""},
		{"JSON is text", `[{"index":1}]`, 1, `=[{"index":1}]`, "", ""},
		{"not UTF-8", "a\xffb", 1, "=a\ufffdb", "", ""},
		{"empty", "", 1, "!missing", "", "empty"},
		{"blank", " \n", 1, "!missing", "", "empty"},
		{"two records", "positive", 2, "!unparsable !unparsable", "", "one text and cannot answer 2"},
		{"no record", "positive", 0, "", "", ""},
	})
	a := newParser(t, parsing.Config{Format: "text"}).Parse(parsing.Reply{Text: "posi", CutOff: true}, 1)
	parseCase{name: "cut off", records: 1, want: "=posi", warns: "cut off"}.check(t, a)
}
