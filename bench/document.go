package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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

// writeDocument writes docs/benchmarks.md and the pages of rows that have their own. What was not measured stays: the
// sections of rows apart, or where only such were measured, everything else.
func writeDocument(l *lab, about *machine, all []measured) error {
	main, apart := parted(all)
	if err := writePages(l, about, apart); err != nil {
		return err
	}
	file := filepath.Join(l.root, "docs", "benchmarks.md")
	old, err := os.ReadFile(file) //nolint:gosec // in the repository
	if err != nil {
		return err
	}
	before, sections := sectionsApart(string(old))
	if len(main) > 0 {
		before = mainDocument(l, about, main)
	}
	for i := range apart {
		if apart[i].file == "" {
			sections[apart[i].name] = apart[i].apartDocument(l, about)
		}
	}
	var b strings.Builder
	b.WriteString(strings.TrimSpace(before) + "\n")
	for _, r := range rows() {
		if section := sections[r.name]; section != "" {
			b.WriteString("\n" + strings.TrimSpace(section) + "\n")
		}
	}
	return os.WriteFile(file, []byte(b.String()), 0o644) //nolint:gosec // a page for all
}

// parted tells the rows apart from the others.
func parted(all []measured) (main, apart []measured) {
	for _, m := range all {
		if m.apart {
			apart = append(apart, m)
		} else {
			main = append(main, m)
		}
	}
	return main, apart
}

// sectionsApart cuts a document into what comes before the rows apart, and the section of each by its name.
func sectionsApart(document string) (before string, sections map[string]string) {
	sections = map[string]string{}
	parts := strings.Split("\n"+document, "\n## ")
	kept := parts[:1:1]
	for _, part := range parts[1:] {
		heading, _, _ := strings.Cut(part, "\n")
		if name := apartNamed(heading); name != "" {
			sections[name] = "## " + part
		} else {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "\n## "), sections
}

// apartNamed returns the name of the row apart with that heading; empty: there is none.
func apartNamed(heading string) string {
	for _, r := range rows() {
		if r.apart && r.file == "" && upper(r.what) == heading {
			return r.name
		}
	}
	return ""
}

func writePages(l *lab, about *machine, apart []measured) error {
	for i := range apart {
		if apart[i].file == "" {
			continue
		}
		page := strings.TrimSpace(strings.TrimPrefix(apart[i].apartDocument(l, about), "#")) + "\n"
		file := filepath.Join(l.root, "docs", apart[i].file)
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil { //nolint:gosec // a page for all
			return err
		}
	}
	return nil
}

// apartDocument writes a row apart with when and where it was measured.
func (m *measured) apartDocument(l *lab, about *machine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n", upper(m.what), wrapped("Written by `go run ./bench -run '^"+m.name+"$' -write`. "+runLine(l, about)))
	if l.short {
		b.WriteString("NOT A FULL RUN: it was shortened with -short.\n\n")
	}
	m.tables(&b)
	return b.String()
}

func runLine(l *lab, about *machine) string {
	return fmt.Sprintf("%s, commit %s. %s. %s", about.line(), about.commit, plural(l.rounds, "round"), about.othersLine())
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// mainDocument writes all that is not apart.
func mainDocument(l *lab, about *machine, all []measured) string {
	var b strings.Builder
	b.WriteString(quoted(documentHead))
	b.WriteString(wrapped(runLine(l, about)) + "\n")
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
	return b.String()
}

// document writes a row as a table with how it is measured below.
func (m *measured) document(b *strings.Builder) {
	fmt.Fprintf(b, "## %s\n\n", upper(m.what))
	m.tables(b)
}

// tables writes what was measured, and how.
func (m *measured) tables(b *strings.Builder) {
	if m.aside != "" {
		b.WriteString(m.aside + "\n")
	}
	if len(m.figures) > 0 {
		m.figureTable(b)
	}
	fmt.Fprintf(b, "%s\n\n", wrapped("How (`-run "+m.name+"`): "+m.how))
}

func (m *measured) figureTable(b *strings.Builder) {
	b.WriteString("| what | median | least … most | limit | |\n|---|---|---|---|---|\n")
	for i := range m.figures {
		f := &m.figures[i]
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", f.what, f.value(), f.spread(), f.bound(), f.verdict())
	}
	b.WriteString("\n")
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
