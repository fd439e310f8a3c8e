package providertest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/providers.md")

const page = "../../docs/providers.md"

// column is a driver's record.
type column struct {
	name  string
	cases map[string]string
}

// TestTableIsFresh compares the table of docs/providers.md with what the drivers did; with -update it writes the table.
func TestTableIsFresh(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const start, end = "<!-- conformance -->\n", "<!-- /conformance -->"
	before, rest, ok := strings.Cut(string(text), start)
	_, after, whole := strings.Cut(rest, end)
	if !ok || !whole {
		t.Fatalf("%s has no place for the table", page)
	}
	want := before + start + table(records(t)) + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("the table of %s is stale; run go generate ./providers/providertest", page)
	}
}

// records reads what every driver with a network did.
func records(t *testing.T) []column {
	t.Helper()
	files, err := filepath.Glob("../*/testdata/conformance*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("records %v: %v", files, err)
	}
	var columns []column
	for _, file := range files {
		data, err := os.ReadFile(file)
		c := column{cases: map[string]string{}}
		if err == nil {
			err = json.Unmarshal(data, &c.cases)
		}
		if err != nil {
			t.Fatal(err)
		}
		driver := filepath.Base(filepath.Dir(filepath.Dir(file)))
		variant := strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "conformance"), ".json"), "-")
		if c.name = strings.TrimSpace(driver + " " + variant); driver != "local" {
			columns = append(columns, c)
		}
	}
	return columns
}

// row is a line of the table under way: what each driver made of it, by its column.
type row struct {
	outcomes []string
	counts   []int // of the vendor's own failures, which differ from driver to driver
}

// table writes a row for each case, with a column for each driver: a mark where it made of it what most do.
func table(columns []column) string {
	rows := map[string]*row{}
	for i, c := range columns {
		for name, outcome := range c.cases {
			title, counted := titleOf(name)
			if rows[title] == nil {
				rows[title] = &row{make([]string, len(columns)), make([]int, len(columns))}
			}
			rows[title].outcomes[i] = outcome
			if counted {
				rows[title].counts[i]++
			}
		}
	}
	var b strings.Builder
	b.WriteString("| the server … | comes to |")
	for _, c := range columns {
		b.WriteString(" " + c.name + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(columns)) + "\n")
	for _, title := range slices.Sorted(maps.Keys(rows)) {
		b.WriteString("| " + title + " |" + rows[title].cells() + "\n")
	}
	return b.String()
}

// cells writes the outcome of most, and each driver's.
func (r *row) cells() string {
	most := ""
	votes := map[string]int{}
	for _, outcome := range r.outcomes {
		if votes[outcome]++; outcome != "" && votes[outcome] > votes[most] || most == "" {
			most = outcome
		}
	}
	cells := " " + most + " |"
	for i, outcome := range r.outcomes {
		switch {
		case outcome == "":
			outcome = "–"
		case outcome == most && r.counts[i] > 0:
			outcome = fmt.Sprint(r.counts[i])
		case outcome == most:
			outcome = "✓"
		}
		cells += " " + outcome + " |"
	}
	return cells
}

// kinds are how the names of a vendor's own failures begin.
var kinds = []string{
	"unauthorized", "unknown model", "bad request", "context overflow", "rate limited", "out of quota", "unavailable", "refused", "timeout",
}

// titleOf returns the row of a case, and whether it is one of several in it.
func titleOf(name string) (title string, counted bool) {
	group, name, _ := strings.Cut(strings.ReplaceAll(name, "_", " "), "/")
	if group != "failures" {
		return group + ": " + name, false
	}
	for _, kind := range kinds {
		if strings.HasPrefix(name, kind) {
			return "own words: " + kind, true
		}
	}
	return "status: " + name, false
}
