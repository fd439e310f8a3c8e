package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

//go:generate go test -run TestReferenceIsFresh -update .

// TestReferenceIsFresh compares docs/cli.md with what the commands say of themselves; with -update it writes the page.
func TestReferenceIsFresh(t *testing.T) {
	t.Setenv("WEIR_SERVER", "")
	head, err := os.ReadFile("testdata/cli.head.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(head)
	fmt.Fprintf(&b, "\n## Exit codes\n\n%s\n", exitTable())
	for _, cmd := range newRoot().Commands() {
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		help := weir(t, "", cmd.Name(), "--help")
		if help.code != exitOK || help.err != "" {
			t.Errorf("%s --help: exit code %d, %s", cmd.Name(), help.code, help.err)
		}
		fmt.Fprintf(&b, "\n## weir %s\n\n%s.\n\n```\n$ weir %s --help\n%s```\n", cmd.Name(), cmd.Short, cmd.Name(), help.out)
	}
	golden(t, "../../docs/cli.md", b.String())
}

// exitTable is the text of the help as a table.
func exitTable() string {
	var b strings.Builder
	b.WriteString("| code | meaning |\n|---|---|\n")
	for _, line := range strings.Split(exitCodes, "\n")[1:] {
		code, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
		fmt.Fprintf(&b, "| %s | %s |\n", code, strings.TrimSpace(meaning))
	}
	return b.String()
}

func TestEveryCommandIsDocumented(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Long == "" || cmd.Example == "" {
			t.Errorf("%s lacks a short text, a long one or an example", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRoot())
}

func TestRootHelp(t *testing.T) {
	got := weir(t, "")
	if got.code != exitOK {
		t.Errorf("exit code %d", got.code)
	}
	golden(t, "testdata/help.txt", got.out)
}

func TestMisuse(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"unknown command", []string{"predct"}, "predict"},
		{"unknown flag", []string{"predict", "--bogus"}, "--bogus"},
		{"flag without its value", []string{"predict", "--out"}, "--out"},
		{"not a number", []string{"predict", "--max-in-flight", "x"}, "--max-in-flight"},
		{"too many arguments", []string{"predict", "a", "b"}, "at most 1"},
		{"no such file", []string{"predict", "/nowhere/a.jsonl"}, "no such file"},
		{"no such format", []string{"predict", "-", "--format", "xml"}, "jsonl or csv"},
		{"option without a value", []string{"predict", "-", "-o", "batch.size"}, "batch.size=20"},
		{"option twice", []string{"predict", "-", "-o", "a=1", "-o", "a=2"}, "twice"},
		{"resume without a file", []string{"predict", "-", "--resume"}, "--out"},
		{"token in the clear", []string{"models", "--token", "secret"}, "env:NAME"},
		{"token to another machine", []string{"models", "--token", "env:WEIR_TEST_TOKEN", "--server", "192.0.2.1:1"}, "TLS"},
		{"no such authority", []string{"models", "--ca", "/nowhere/ca.pem"}, "--ca"},
		{"check without a file", []string{"check"}, "1 arg"},
		{"check of no file", []string{"check", "/nowhere/weir.yaml"}, "no such file"},
		{"two files", []string{"serve", "a.yaml", "--config", "b.yaml"}, "name one"},
		{"negative drain time", []string{"serve", "--drain-timeout", "-1s"}, "--drain-timeout"},
		{"exposed", []string{"serve", "--listen", "0.0.0.0:0"}, "--insecure"},
		{"not an address", []string{"serve", "--listen", "here"}, "--listen"},
		{"not a level", []string{"serve", "--log-level", "loud"}, "--log-level"},
		{"no such fault", []string{"simulate", "--fault", "fire=1"}, "fire"},
		{"chance of no number", []string{"simulate", "--fault", "429"}, "429=0.05"},
		{"no streams", []string{"bench", "--streams", "0"}, "--streams"},
		{"no rows to render", []string{"render", "-n", "0"}, "--count"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("WEIR_TEST_TOKEN", "abc")
			got := weir(t, `{"text": "a"}`, c.args...)
			if got.code != exitUsage {
				t.Errorf("exit code %d, want %d", got.code, exitUsage)
			}
			if !strings.Contains(got.err, c.says) {
				t.Errorf("%q does not say %q", got.err, c.says)
			}
			if strings.Contains(got.err, "Usage:") || strings.Contains(got.err, "goroutine") {
				t.Errorf("more than an error:\n%s", got.err)
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	for _, args := range [][]string{{"predict", "-"}, {"models"}, {"render", "-"}, {"bench"}} {
		got := weir(t, `{"text": "a"}`, append(args, "--server", "127.0.0.1:1")...)
		if got.code != exitFailure || !strings.Contains(got.err, "start one with `weir serve`") {
			t.Errorf("%v: exit code %d, %s", args, got.code, got.err)
		}
	}
}

func TestVersion(t *testing.T) {
	got := weir(t, "", "version")
	if got.code != exitOK || !strings.HasPrefix(got.out, "weir ") || !strings.Contains(got.out, "go1.") {
		t.Errorf("exit code %d, %s", got.code, got.out)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := weir(t, "", "completion", shell); got.code != exitOK || !strings.Contains(got.out, "weir") {
			t.Errorf("%s: exit code %d", shell, got.code)
		}
	}
}
