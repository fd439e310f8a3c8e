package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOutcomeCheckFindsWhatIsWrong(t *testing.T) {
	l := &lab{reviews: []string{"good", "bad"}, labels: map[string]string{"good": "positive", "bad": "negative"}}
	right := func() *flinkOutcome {
		return &flinkOutcome{Labels: []*string{new("positive"), new("negative"), new("positive")}}
	}
	job := &flinkJob{Rows: 3}
	if err := right().check(l, job, l.labelled); err != nil {
		t.Errorf("a right outcome: %v", err)
	}
	for name, spoil := range map[string]func(o *flinkOutcome){
		"a row is lost":        func(o *flinkOutcome) { o.Labels = o.Labels[:2] },
		"a row came twice":     func(o *flinkOutcome) { o.Twice = 1 },
		"a row has an error":   func(o *flinkOutcome) { o.Errors = []string{"1: TIMEOUT"} },
		"a row has no label":   func(o *flinkOutcome) { o.Labels[2] = nil },
		"two rows are swapped": func(o *flinkOutcome) { o.Labels[0], o.Labels[1] = o.Labels[1], o.Labels[0] },
	} {
		outcome := right()
		spoil(outcome)
		if outcome.check(l, job, l.labelled) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

// TestDocumentKeepsWhatWasNotMeasured writes one row at a time over a page that has others.
func TestDocumentKeepsWhatWasNotMeasured(t *testing.T) {
	l := pageLab(t, "# Benchmarks\n\n## Something\n\nold main\n")
	about := &machine{date: time.Now()}
	write := func(r row, how string) {
		t.Helper()
		r.how = how
		if err := writeDocument(l, about, []measured{{row: r}}); err != nil {
			t.Fatal(err)
		}
	}
	write(flinkCPURow(), "first CPU")
	write(flinkRow(), "first comparison")
	write(flinkCPURow(), "second CPU")
	order(t, l.page(t), "old main", "first comparison", "second CPU")
	write(reviewsRow(), "new main")
	order(t, l.page(t), "new main", "first comparison", "second CPU")
	for _, gone := range []string{"old main", "first CPU"} {
		if strings.Contains(l.page(t), gone) {
			t.Errorf("%q is still there", gone)
		}
	}
	write(flinkSizingRow(), "sizes")
	if strings.Contains(l.page(t), "sizes") {
		t.Error("a page of its own is in the document too")
	}
}

// pageLab is a lab of a repository with nothing but a document.
func pageLab(t *testing.T, document string) *lab {
	t.Helper()
	only, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{settings: only, root: t.TempDir()}
	if err := os.Mkdir(filepath.Join(l.root, "docs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.root, "docs", "benchmarks.md"), []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) page(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(l.root, "docs", "benchmarks.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// order demands that a text has all these, once each and in this order.
func order(t *testing.T, text string, all ...string) {
	t.Helper()
	for _, part := range all {
		before, after, found := strings.Cut(text, part)
		if !found || strings.Contains(after, part) {
			t.Errorf("%q is not there, twice there, or before its time: after %d bytes", part, len(before))
		}
		text = after
	}
}

func TestFlinkDemoReplacesItsRunOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.md")
	page := "before\n```\nother\n```\n" + flinkDemoBegin + "old run\n" + flinkDemoEnd + "after\n"
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeFlinkDemo(file, "new run\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Replace(page, "old run", "new run", 1), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestFlinkDemoWithoutPlaceFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.md")
	if err := os.WriteFile(file, []byte("no run\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if writeFlinkDemo(file, "run") == nil {
		t.Error("no error, and the run is nowhere")
	}
}

// TestFlinkSizesFillBatches keeps the table's lines comparable: no line ends in batches that cannot fill.
func TestFlinkSizesFillBatches(t *testing.T) {
	for _, size := range flinkSizes() {
		if each := size.rows() / size.parallelism; each == 0 || each%size.batch != 0 {
			t.Errorf("%+v: %d rows a subtask are no whole batches", size, each)
		}
	}
}
