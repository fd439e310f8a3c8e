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

func TestEchoesAreNotTheIDs(t *testing.T) {
	for seed := range uint64(500) {
		source := rand.New(rand.NewPCG(seed, 1))
		ids := templates.IDs(source, 21)
		for i, echo := range templates.Echoes(source, ids, 21) {
			if echo == ids[i] {
				t.Fatalf("seed %d: record %d has its id %q as its echo", seed, i+1, echo)
			}
		}
	}
}

// TestRecordsWithEchoes: every style shows the echo behind its record, and a section shows it where it says so.
func TestRecordsWithEchoes(t *testing.T) {
	records := []templates.Record{text("a"), row(field("echo", "x"))}
	records[0].Echo, records[1].Echo = "kq", `"<]z>`
	for want, cfg := range map[string]templates.Config{
		"Input 1: \"a\" [echo kq]\nInput 2: {\"echo\": \"x\"} [echo \\\"<]z>]": {},
		"[\n{\"index\": 1, \"text\": \"a\", \"echo\": \"kq\"},\n{\"index\": 2, \"record\": {\"echo\": \"x\"}, \"echo\": \"\\\"<]z>\"}\n]": {
			Format: templates.FormatJSON,
		},
		"<records>\n<record index=\"1\">a<echo>kq</echo></record>\n" +
			"<record index=\"2\"><field name=\"echo\">x</field><echo>\"&lt;]z&gt;</echo></record>\n</records>": {Format: templates.FormatXML},
		"kq|\\\"<]z>|": {Template: "{{#records}}{{echo}}|{{/records}}"},
	} {
		cfg.Echo = true
		if got := render(t, cfg, records...).User; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	if got := render(t, templates.Config{Template: "{{#records}}{{echo}}|{{/records}}"}, row(field("echo", "x"))).User; got != "x|" {
		t.Errorf("without echoes {{echo}} is %q, want the field", got)
	}
	_, err := templates.Compile(templates.Config{Echo: true, Template: "{{#records}}{{index}} {{json}}{{/records}}"})
	if err == nil || !strings.Contains(err.Error(), "{{echo}}") {
		t.Errorf("a section without {{echo}}: %v", err)
	}
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
