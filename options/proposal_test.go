package options_test

import (
	"os"
	"strings"
	"testing"

	"github.com/weir-ml/weir/options"
)

// TestProposalPage: docs/proposal.md has the defaults of the table, and calls an option "partly" there as long as it has
// values that are not there yet.
func TestProposalPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/proposal.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := configuration(string(text))
	for name := range proposal {
		row, found := rows[name]
		o, known := options.Lookup(name)
		if !found || !known {
			t.Errorf("docs/proposal.md has no row of %s", name)
			continue
		}
		if got := strings.Trim(row[3], " `–"); got != o.Default {
			t.Errorf("docs/proposal.md: %s has the default %q; it is %q", name, got, o.Default)
		}
		if state := strings.TrimSpace(row[5]); len(o.Planned) > 0 && state != "partly" {
			t.Errorf("docs/proposal.md: %s is %q; %q are not there yet", name, state, o.Planned)
		}
		for _, value := range o.Choices {
			if !strings.Contains(row[4], value) || strings.Contains(missing(row[4]), "`"+value+"`") {
				t.Errorf("docs/proposal.md: %s does not say that %s is there: %s", name, value, row[4])
			}
		}
	}
}

// configuration returns the cells of the table's rows, by the option in the first of them.
func configuration(text string) map[string][]string {
	rows := map[string][]string{}
	_, table, _ := strings.Cut(text, "## Configuration parameters")
	table, _, _ = strings.Cut(table, "\n## ")
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 6 {
			rows[strings.Trim(cells[1], " `")] = cells
		}
	}
	return rows
}

func missing(cell string) string {
	_, after, _ := strings.Cut(cell, "Missing:")
	return after
}
