package config_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weir-ml/weir/config"
)

// TestReferenceIsFresh compares docs/configuration.md with the tables; with -update it writes the page.
func TestReferenceIsFresh(t *testing.T) {
	head := strings.Replace(file(t, "testdata/configuration.head.md"), "@openai.yaml@", file(t, "testdata/openai.yaml"), 1)
	top, provider, model := config.Rows()
	golden(t, "../docs/configuration.md", head+
		table("The file", "", top)+
		table("A provider", "providers.NAME.", provider)+
		table("A model", "models.NAME.", model))
}

func table(title, prefix string, rows []config.Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n| key | value | default | meaning |\n|---|---|---|---|\n", title)
	for _, row := range rows {
		kind := row.Kind
		if row.Allowed != "" {
			kind += ": " + row.Allowed
		}
		standard := "–"
		if row.Standard != "" {
			standard = "`" + row.Standard + "`"
		}
		doc := row.Doc
		if n := len(row.Only); n > 0 && n < 6 {
			doc = "Kind " + strings.Join(row.Only, ", ") + ": " + doc
		}
		fmt.Fprintf(&b, "| `%s%s` | %s | %s | %s |\n", prefix, row.Key, kind, standard, doc)
	}
	if prefix == "models.NAME." {
		return b.String()
	}
	return b.String() + "\n"
}

func file(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTablesAreWellFormed(t *testing.T) {
	top, provider, model := config.Rows()
	for _, rows := range [][]config.Row{top, provider, model} {
		for _, row := range rows {
			if row.Unreadable != "" {
				t.Errorf("the default of %s %s", row.Key, row.Unreadable)
			}
			if row.Kind == "" || !strings.HasSuffix(row.Doc, ".") {
				t.Errorf("%s must have a kind and sentences about it", row.Key)
			}
			if strings.ContainsAny(row.Kind+row.Doc, "|\n") {
				t.Errorf("%s would break the table of the page", row.Key)
			}
		}
	}
}
