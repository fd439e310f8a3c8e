package parsing_test

import (
	"strings"
	"testing"

	"github.com/weir-ml/weir/parsing"
)

// badInput is what may come in place of an answer; in none of it is anything about the records 1 to 20.
func badInput(open, shut string, entry func(id, value string) string) map[string]string {
	const megabytes = 50
	huge := "1" + strings.Repeat("0", 30)
	return map[string]string{
		"50 MB":              open + entry("1", "a") + strings.Repeat(" ", megabytes<<20) + shut,
		"brackets":           open + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + shut,
		"objects":            open + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + shut,
		"elements":           open + strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000) + shut,
		"billion laughs":     hostile["billion laughs"],
		"index of 10^30":     open + entry(huge, "a") + shut,
		"invalid UTF-8":      strings.Repeat("\xff\xfe\x80", 1<<18),
		"empty":              "",
		"blank":              " \r\n\t\ufeff",
		"HTML":               "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body><center><h1>502</h1></center><hr>nginx, | 1\n</body></html>",
		"an error in JSON":   `{"error": {"message": "overloaded", "code": 503}}`,
		"an index, no value": open + strings.ReplaceAll(entry("1", ""), `"value"`, `"other"`) + shut,
	}
}

// TestWhatBadInputGets: in every format, each record has its typed problem, in no more time than the input's size allows.
func TestWhatBadInputGets(t *testing.T) {
	for _, f := range renderings {
		t.Run(f.name, func(t *testing.T) {
			p := newParser(t, f.cfg)
			for name, reply := range badInput(f.open, f.shut, f.entry) {
				a := swift(t, p, reply)
				checkWhole(t, a, 20)
				for i, e := range a.Entries {
					if e.Problem == parsing.ProblemNone {
						t.Errorf("%s: record %d has %.40v", name, i+1, e.Fields)
						break
					}
				}
			}
		})
	}
}
