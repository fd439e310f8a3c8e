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
share the cores.

`

// quoted puts the backquotes in.
func quoted(s string) string { return strings.ReplaceAll(s, "'", "`") }

// wrapped breaks a paragraph into lines of at most 125 bytes, between words.
func wrapped(paragraph string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(paragraph) {
		switch {
		case column == 0:
		case column+1+len(word) > 125:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

// writeDocument writes docs/benchmarks.md.
func writeDocument(l *lab, about *machine, all []measured) error {
	var b strings.Builder
	b.WriteString(quoted(documentHead))
	run := fmt.Sprintf("%s, commit %s. %d rounds. %s", about.line(), about.commit, l.rounds, about.othersLine())
	b.WriteString(wrapped(run) + "\n")
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
	fmt.Fprintf(b, "\n%s\n\n", wrapped("How (`-run "+m.name+"`): "+m.how))
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
