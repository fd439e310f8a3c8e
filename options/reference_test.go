package options_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/options"
)

var update = flag.Bool("update", false, "write the golden files and docs/options.md")

// TestReferenceIsFresh compares docs/options.md with the table; with -update it writes the page.
func TestReferenceIsFresh(t *testing.T) {
	golden(t, "../docs/options.md", reference(t))
}

func reference(t *testing.T) string {
	t.Helper()
	head, err := os.ReadFile("testdata/options.head.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(head)
	b.WriteString("| option | type | default | allowed | open |\n|---|---|---|---|---|\n")
	for _, o := range options.All() {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s | %s |\n",
			o.Name, strings.ReplaceAll(o.Name, ".", ""), o.Type, code(o.Default), o.Allowed(), yesNo(o.Overridable))
	}
	for _, o := range options.All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\nExample: %s\n", o.Name, o.Doc, code(o.Example))
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return "–"
	}
	return "`" + s + "`"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is stale (-file +now); if the change is meant, run: go generate ./options\n%s", path, diff)
	}
}
