package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The words before the figures; ' stands for a backquote.
const documentHead = `# Benchmarks

Written by 'go run ./bench -write'. 'make bench' prints the same and writes nothing; it exits with 1 where a limit is missed.

`

const documentWords = `
What is measured runs in processes of its own: 'weir serve' and 'weir simulate' as a user starts them, or the packages of weir
with telemetry and a model without latency, where a model server would be measured instead of weir. Every value of
every run is compared with what the model says of that very record, in order, exactly once: a swapped or lost result ends the
run. The answers of no model are constant.

Each figure is the median of the rounds, after one to warm up, with the least and the most beside it. What is compared takes
turns within a round, so that a busy machine slows both; a ratio is that of one round. Clients, weir and model servers
share the machine's cores.

`

func quoted(s string) string { return strings.ReplaceAll(s, "'", "`") }

// writeDocument writes docs/benchmarks.md.
func writeDocument(l *lab, about *machine, all []measured) error {
	var b strings.Builder
	b.WriteString(quoted(documentHead))
	fmt.Fprintf(&b, "%s, commit %s. %d rounds. %s\n", about.line(), about.commit, l.rounds, about.othersLine())
	if l.short || l.only.String() != "" {
		b.WriteString("\nNOT A FULL RUN: it was shortened with -short or -run.\n")
	}
	b.WriteString(quoted(documentWords))
	took := time.Duration(0)
	for i := range all {
		all[i].document(&b)
		took += all[i].took
	}
	fmt.Fprintf(&b, "All of it took %.0f s. The choice of the collector's settings, with its table: [ADR 11](adr/0011-memory-and-gc.md).\n",
		took.Seconds())
	return os.WriteFile(filepath.Join(l.root, "docs", "benchmarks.md"), []byte(b.String()), 0o644) //nolint:gosec // a page for all
}

// document writes a row as a table with how it is measured below.
func (m *measured) document(b *strings.Builder) {
	fmt.Fprintf(b, "## %s\n\n", upper(m.what))
	b.WriteString("| what | median | least … most | limit | |\n|---|---|---|---|---|\n")
	for i := range m.figures {
		f := &m.figures[i]
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", f.what, f.value(), f.spread(), f.bound(), f.verdict())
	}
	fmt.Fprintf(b, "\nHow (`-run %s`): %s\n\n", m.name, m.how)
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
