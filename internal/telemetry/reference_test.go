package telemetry_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/telemetry"
	"github.com/weir-ml/weir/providers"
)

var update = flag.Bool("update", false, "write docs/metrics.md")

// TestReferenceIsFresh compares docs/metrics.md with the table; with -update it writes the page.
func TestReferenceIsFresh(t *testing.T) {
	const page = "../../docs/metrics.md"
	got := reference(t)
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is stale (-file +now); if the change is meant, run: go generate ./internal/telemetry\n%s", page, diff)
	}
}

func reference(t *testing.T) string {
	t.Helper()
	head, err := os.ReadFile("testdata/metrics.head.md")
	if err != nil {
		t.Fatal(err)
	}
	foot, err := os.ReadFile("testdata/metrics.foot.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(head)
	b.WriteString("| OpenTelemetry | Prometheus | type | unit | attributes | what it is |\n|---|---|---|---|---|---|\n")
	for _, m := range telemetry.Metrics() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s | %s |\n",
			m.Name, m.Prometheus(), m.Kind, strings.Trim(m.Unit, "{}"), strings.Join(m.Attributes, ", "), m.Doc)
	}
	b.WriteString(strings.NewReplacer("REASONS", reasons(), "KINDS", kinds()).Replace(string(foot)))
	return b.String()
}

func reasons() string {
	var names []string
	for _, reason := range inference.Reasons() {
		names = append(names, "`"+string(reason)+"`")
	}
	return strings.Join(names, ", ")
}

func kinds() string {
	var names []string
	for kind := providers.KindInternal; kind <= providers.KindCancelled; kind++ {
		names = append(names, "`"+strings.ReplaceAll(kind.String(), " ", "_")+"`")
	}
	return strings.Join(names, ", ")
}
