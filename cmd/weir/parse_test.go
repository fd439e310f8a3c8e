package main

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, in string
		args     []string
		code     int
		says     []string
	}{
		{"all", `[{"index":2,"value":"b"},{"index":1,"value":0.50}]`, []string{"--count", "2"}, exitOK, []string{"1 index 0.50", `2 index "b"`, "2 of 2 records have a value"}},
		{"one missing", `[{"index":1,"value":"a"},{"index":3,"value":"c"}]`, []string{"-n", "3"}, exitRecords, []string{"2 – missing: the model answered 2 of 3", "2 of 3 records"}},
		{"suspect", `[{"index":1,"value":"a"}]`, []string{"-n", "2"}, exitRecords, []string{"suspect: the model seems to have lost count", "0 of 2 records"}},
		{"position", `["a","b"]`, []string{"-n", "2"}, exitOK, []string{`1 position "a"`, "warning: no answer has an index"}},
		{"strict", `["a","b"]`, []string{"-n", "2", "-o", "response.match=strict"}, exitRecords, []string{"response.match=strict"}},
		{"XML", `<r><review index="1" mood="good" why="x"/></r>`, []string{"--format", "xml", "--path", "//review", "--value", "mood,why"}, exitOK, []string{`1 index mood="good" why="x"`}},
		{"values", "1|maybe", []string{"--format", "delimited", "--values", "yes,no"}, exitRecords, []string{"answer with one of: yes, no"}},
		{"ids", `[{"index":"bd","value":"b"}]`, []string{"-n", "2", "--ids", "kq,bd"}, exitRecords, []string{`2 index "b"`, "1 – missing"}},
		{"cut off", `[{"index":1,"value":"a"},{"ind`, []string{"-n", "2", "--cut-off"}, exitRecords, []string{`1 index "a"`, "1 of 2 records"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := weir(t, c.in, append([]string{"parse", "-"}, c.args...)...)
			out := strings.Join(strings.Fields(got.out), " ")
			for _, want := range c.says {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s%s", want, got.out, got.err)
				}
			}
			if got.code != c.code {
				t.Errorf("exit code %d, want %d", got.code, c.code)
			}
		})
	}
}

func TestParseMisuse(t *testing.T) {
	for says, args := range map[string][]string{
		"--count must be from 1": {"--count", "0"}, "response.format must be": {"--format", "yaml"}, "2 ids for 3 records": {"-n", "3", "--ids", "a,b"},
		"no such file": {"/nowhere/answer.txt"}, "a path starts with $": {"--path", "x"}, "is not an option": {"-o", "x=y"},
	} {
		if got := weir(t, "", append([]string{"parse"}, args...)...); got.code != exitUsage || !strings.Contains(got.err, says) {
			t.Errorf("%q: exit code %d, %s", args, got.code, got.err)
		}
	}
}
