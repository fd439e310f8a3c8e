package options_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/options"
)

var update = flag.Bool("update", false, "write the golden files, docs/options.md and the table of the Flink connector")

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

// line is an option as the Flink connector reads it, to check values while it plans.
type line struct {
	Name    string       `json:"name"`
	Type    options.Type `json:"type"`
	Default string       `json:"default"`
	Min     int          `json:"min"`
	Max     int          `json:"max"`
	Choices []string     `json:"choices,omitempty"`
	Planned []string     `json:"planned,omitempty"`
	Allowed string       `json:"allowed"`
	Open    bool         `json:"open"`
	Doc     string       `json:"doc"`
}

// TestTableOfTheConnectorIsFresh compares the table inside the Flink connector's jar with this one; with -update it writes it.
func TestTableOfTheConnectorIsFresh(t *testing.T) {
	golden(t, "../flink/src/main/resources/io/github/weirml/flink/options.json", connectorTable(t))
}

func connectorTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("[\n")
	for i, o := range options.All() {
		text, err := json.Marshal(line{
			o.Name, o.Type, o.Default, o.Min, o.Max, o.Choices, o.Planned, o.Allowed(), o.Overridable, o.Doc,
		})
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		b.Write(text)
	}
	b.WriteString("\n]\n")
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
