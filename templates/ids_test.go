package templates_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-ml/weir/templates"
)

func TestIDs(t *testing.T) {
	for _, c := range []struct{ n, letters int }{{1, 2}, {20, 2}, {21, 2}, {22, 3}, {64, 3}, {441, 3}, {1000, 4}} {
		for seed := range uint64(20) {
			ids := templates.IDs(rand.New(rand.NewPCG(seed, 1)), c.n)
			if len(ids) != c.n {
				t.Fatalf("%d ids for %d records", len(ids), c.n)
			}
			for i, id := range ids {
				if len(id) != c.letters || strings.Trim(id, "bcdfghjklmnpqrstvwxyz") != "" {
					t.Fatalf("%d records: %q", c.n, id)
				}
				for _, other := range ids[:i] {
					if differ(id, other) < 2 {
						t.Fatalf("%d records: %q and %q", c.n, id, other)
					}
				}
			}
		}
	}
}

func differ(a, b string) int {
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// TestRecordsWithIDs: every style shows a record's id in the place of its number.
func TestRecordsWithIDs(t *testing.T) {
	records := []templates.Record{text("a"), row(field("index", "x"))}
	records[0].ID, records[1].ID = "kq", `"<z>`
	for want, cfg := range map[string]templates.Config{
		"Input kq: \"a\"\nInput \\\"<z>: {\"index\": \"x\"}":                                                    {},
		"[\n{\"index\": \"kq\", \"text\": \"a\"},\n{\"index\": \"\\\"<z>\", \"record\": {\"index\": \"x\"}}\n]": {Format: templates.FormatJSON},
		"<records>\n<record index=\"kq\">a</record>\n<record index=\"&quot;&lt;z&gt;\"><field name=\"index\">x</field></record>\n</records>": {
			Format: templates.FormatXML,
		},
		"kq|\\\"<z>|": {Template: "{{#records}}{{index}}|{{/records}}"},
	} {
		if got := render(t, cfg, records...).User; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
