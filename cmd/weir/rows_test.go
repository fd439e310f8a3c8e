package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSplitter(t *testing.T) {
	for _, c := range []struct {
		name string
		csv  bool
		most int
		in   string
		want []string // line:end:text, with ! where the row is too long and ? where it has no line end
		err  error
	}{
		{"nothing", false, 99, "", nil, io.EOF},
		{"blank lines", false, 99, "\n\r\n\n", nil, io.EOF},
		{"lines", false, 99, "a\nb\r\n\nc", []string{"1:2:a", "2:5:b", "4:7:c?"}, io.EOF},
		{"quotes mean nothing in JSONL", false, 99, "\"a\nb", []string{"1:3:\"a", "2:4:b?"}, io.EOF},
		{"a long line", false, 4, "abcdef\nxyz\n", []string{"1:7:abcd!", "2:11:xyz"}, io.EOF},
		{"a line break in quotes", true, 99, "a,\"b\nc\"\nd\n", []string{"1:8:a,\"b\nc\"", "3:10:d"}, io.EOF},
		{"quotes within quotes", true, 99, "\"a\"\"\nb\"\n\"\"\nc\n", []string{"1:8:\"a\"\"\nb\"", "3:11:\"\"", "4:13:c"}, io.EOF},
		{"a quote in a value", true, 99, "a\"b\nc\n", []string{"1:4:a\"b", "2:6:c"}, io.EOF},
		{"something behind a quote", true, 99, "\"a\"b\"\nc\n", []string{"1:6:\"a\"b\"", "2:8:c"}, io.EOF},
		{"a quote that never ends", true, 99, "a\n\"b\nc\n", []string{"1:2:a"}, errUnclosed},
		{"a long quoted value", true, 5, "a\n\"bcdefghijk\nlmn", []string{"1:2:a"}, errUnclosed},
		{"a long row", true, 5, "abcdefghijk\nlmn\n", []string{"1:12:abcde!", "2:16:lmn"}, io.EOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, reader := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
				s := newSplitter(reader, c.csv, c.most)
				var got []string
				raw, err := s.next()
				for ; err == nil; raw, err = s.next() {
					text := fmt.Sprintf("%d:%d:%s", raw.line, raw.end, raw.text)
					if raw.tooLong {
						text += "!"
					}
					if !raw.complete {
						text += "?"
					}
					got = append(got, text)
				}
				if !errors.Is(err, c.err) {
					t.Errorf("the end is %v, want %v", err, c.err)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestRowsLongerThanTheBuffer reads rows that no buffer holds, and one that is too long.
func TestRowsLongerThanTheBuffer(t *testing.T) {
	long, tooLong := strings.Repeat("x", 300_000), strings.Repeat("y", maxRow+1)
	in := openText(t, "in.jsonl", `{"text": "`+long+`"}`+"\n"+`{"text": "`+tooLong+`"}`+"\n"+`{"text": "z"}`+"\n")
	rows, err := all(in)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if rows[0].record.GetText() != long || rows[1].record != nil || rows[2].record.GetText() != "z" {
		t.Errorf("other rows came: %s, %s", rows[1].problem, rows[2].problem)
	}
	if rows[1].problem != "the row is longer than 8 MiB" {
		t.Errorf("the problem is %q", rows[1].problem)
	}
}

func openText(t *testing.T, name, text string) *input {
	t.Helper()
	in := &input{name: name}
	if err := in.start(strings.NewReader(text), "", []string{"text"}); err != nil {
		t.Fatal(err)
	}
	return in
}

// all reads an input to its end.
func all(in *input) ([]row, error) {
	var rows []row
	for {
		r, err := in.next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, r)
	}
}

func TestRowsThatAreNotUTF8(t *testing.T) {
	for name, in := range map[string]string{
		"in.jsonl": "{\"text\": \"a\xff\"}\n{\"text\": \"b\"}\n",
		"in.csv":   "text\na\xff\nb\n",
	} {
		rows, err := all(openText(t, name, in))
		if err != nil || len(rows) != 2 || !strings.Contains(rows[0].problem, "not UTF-8") || rows[1].record.GetText() != "b" {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

func TestByteOrderMark(t *testing.T) {
	for name, in := range map[string]string{"in.jsonl": "\ufeff{\"text\": \"a\"}\n", "in.csv": "\ufefftext\na\n"} {
		rows, err := all(openText(t, name, in))
		if err != nil || len(rows) != 1 || rows[0].record.GetText() != "a" {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

// FuzzRows reads anything as rows, writes each with a result, and reads the output as --resume does: every row must be found
// again, and be one row.
func FuzzRows(f *testing.F) {
	for name, text := range inputs {
		f.Add(name == "in.csv", []byte(text), "positive", false)
	}
	f.Add(true, []byte("\"a\"\"b\",text\r\n\"x\ny\",\"z\"\r\n1\n1,2,3\n\"a\"b,c\n\xff,\"\n"), "a\"b,\n", true)
	f.Add(false, []byte("{}\n{\"a\":{\"b\":[1,2]} }\n[1]\nnull\n\ufeff{\"text\":\"\\ud800\"}"), "{\"a\":\n1}", true)
	f.Fuzz(func(t *testing.T, asCSV bool, text []byte, answer string, isJSON bool) {
		open := func() (*input, error) {
			in := &input{name: map[bool]string{true: "in.csv", false: "in.jsonl"}[asCSV]}
			return in, in.start(bytes.NewReader(text), "", []string{"text"})
		}
		in, err := open()
		if err != nil {
			return
		}
		columns := resultColumns{values: []string{"prediction"}, problem: "error"}
		to := in.output(columns)
		output := slices.Clone(to.header())
		rows, readErr := all(in)
		for _, r := range rows {
			res := outcome{values: []value{{answer, isJSON}}}
			if r.record == nil {
				res = outcomeOf(r, nil)
			}
			output = to.appendRow(output, r, res)
		}
		again, err := open()
		if err != nil {
			t.Fatal(err)
		}
		done, end, err := again.skip(bytes.NewReader(output), "out")
		if err != nil || done.rows != len(rows) || end != int64(len(output)) {
			t.Errorf("%d of %d rows, %d of %d bytes are found again: %v (the input: %v)\n%s", done.rows, len(rows), end, len(output), err, readErr, output)
		}
	})
}

func TestTally(t *testing.T) {
	for _, c := range []struct {
		name    string
		tally   tally
		bar     string
		summary string
	}{
		{
			"at the start",
			tally{size: 1000},
			"░░░░░░░░░░░░   0%  0 rows  0/s",
			"0 rows in 10s (0/s), no errors",
		},
		{
			"half way",
			tally{rows: 5000, position: 500, size: 1000, attempts: 5000, batch: 20, usage: true, prompt: 150_000, reply: 9000},
			"██████░░░░░░  50%  5,000 rows  500/s  10s left  159k tokens  ≥250 calls",
			"5,000 rows in 10s (500/s), no errors, 150,000 tokens in, 9,000 out, at least 250 calls",
		},
		{
			"gone on, with errors",
			tally{
				rows: 100, before: 100, start: 200, position: 400, size: 800, attempts: 1, batch: 1, errors: map[string]int{"B": 1, "A": 2},
			},
			"██████░░░░░░  50%  200 rows  10/s  20s left  3 errors  1 call",
			"100 rows in 10s (10/s), 3 errors (2 A, 1 B), 100 rows from before, 1 call",
		},
		{
			"what it cost",
			tally{
				rows: 10, position: 1, attempts: 10, batch: 1, usage: true, prompt: 1000, cached: 768, reply: 100, thought: 50,
				priced: true, micros: 1234,
			},
			"10 rows  1/s  1,100 tokens  $0.001234  10 calls",
			"10 rows in 10s (1/s), no errors, 1,000 tokens in (77 % cached), 100 out (50 % thinking), $0.001234, 10 calls",
		},
		{
			"no size",
			tally{rows: 1, position: 99},
			"1 row  0/s", "1 row in 10s (0/s), no errors",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.tally.bar(10*time.Second, 100); got != c.bar {
				t.Errorf("the bar is\n%s, want\n%s", got, c.bar)
			}
			if got := c.tally.summary(10 * time.Second); got != c.summary {
				t.Errorf("the summary is\n%s, want\n%s", got, c.summary)
			}
			if got := c.tally.bar(10*time.Second, 8); len([]rune(got)) > 8 {
				t.Errorf("%q is wider than 8", got)
			}
		})
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for ms := 1; ms <= 1000; ms++ {
		h.add(time.Duration(ms) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := h.quantile(q); got < want || float64(got) > float64(want)*1.03 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	var none histogram
	if got := none.quantile(0.5); got != 0 {
		t.Errorf("the quantile of nothing is %v", got)
	}
}
