package counting_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/internal/lint/counting"
)

// stream turns `action test output` lines into what go test -json writes for package p.
func stream(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		part := append(strings.SplitN(line, " ", 3), "", "")
		fmt.Fprintf(&b, "{%q:%q,%q:%q,%q:%q,%q:%q}\n",
			"Action", part[0], "Package", "p", "Test", strings.Trim(part[1], "-"), "Output", part[2])
	}
	return b.String()
}

func TestCount(t *testing.T) {
	tests := []struct {
		name   string
		stream string
		want   counting.Count
	}{
		{"nothing", "", counting.Count{}},
		{"no test files", stream("start", "skip"), counting.Count{}},
		{
			"one of each",
			stream("run A", "pass A", "run B", "fail B", "run C", "skip C", "fail"),
			counting.Count{Passed: 1, Failed: 1, Skipped: 1},
		},
		{
			"a table counts by its cases",
			stream("run A", "run A/x", "pass A/x", "run A/y", "run A/y/z", "pass A/y/z", "pass A/y", "pass A", "pass"),
			counting.Count{Passed: 2},
		},
		{
			"a failed case is not counted again in its table",
			stream("run A", "run A/x", "fail A/x", "run A/y", "pass A/y", "fail A", "fail"),
			counting.Count{Passed: 1, Failed: 1},
		},
		{
			"a table that fails by itself",
			stream("run A", "run A/x", "pass A/x", "fail A", "fail"),
			counting.Count{Passed: 1, Failed: 1},
		},
		{"a test that never ends", stream("run A", "pass A", "run B", "fail"), counting.Count{Passed: 1, Failed: 1}},
		{"a package that never ends", stream("run A", "pass A"), counting.Count{Passed: 1, Failed: 1}},
		{"TestMain fails", stream("run A", "pass A", "output - leak", "fail"), counting.Count{Passed: 1, Failed: 1}},
		{"a package that does not build", stream("fail"), counting.Count{Failed: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			counter := counting.New(&out)
			if err := counter.Read(strings.NewReader(tt.stream)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, counter.Count()); diff != "" {
				t.Errorf("count (-want +got):\n%s\n%s", diff, out.String())
			}
		})
	}
}

func TestOutputIsThatOfFailures(t *testing.T) {
	tests := []struct {
		name       string
		stream     string
		want, hide []string
	}{
		{
			"failed tests in full, passed ones not",
			stream("run A", "output A quiet", "pass A", "run B", "output B loud", "fail B", "fail"),
			[]string{"loud", "FAIL p", "1 passed, 1 failed"},
			[]string{"quiet"},
		},
		{"what TestMain says", stream("run A", "pass A", "output - leak", "fail"), []string{"leak"}, nil},
		{
			"what the compiler says",
			`{"Action":"build-output","ImportPath":"p [p.test]","Output":"p.go:1: undefined: x\n"}` + "\n" +
				`{"Action":"build-fail","ImportPath":"p [p.test]"}` + "\n" +
				`{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}` + "\n",
			[]string{"undefined: x", "0 passed, 1 failed"},
			nil,
		},
		{"what is no event", "go: trouble\n", []string{"go: trouble"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			if err := counting.New(&out).Read(strings.NewReader(tt.stream)); err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in:\n%s", want, out.String())
				}
			}
			for _, hide := range tt.hide {
				if strings.Contains(out.String(), hide) {
					t.Errorf("%q in:\n%s", hide, out.String())
				}
			}
		})
	}
}

func TestCountString(t *testing.T) {
	tests := []struct {
		count counting.Count
		want  string
		ok    bool
	}{
		{counting.Count{}, "0 passed, 0 failed", false},
		{counting.Count{Passed: 3}, "3 passed, 0 failed", true},
		{counting.Count{Passed: 3, Skipped: 1}, "3 passed, 0 failed, 1 skipped", true},
		{counting.Count{Passed: 3, Failed: 2, Skipped: 1}, "3 passed, 2 failed, 1 skipped", false},
	}
	for _, tt := range tests {
		if got := tt.count.String(); got != tt.want || tt.count.OK() != tt.ok {
			t.Errorf("%+v: %q, OK %v; want %q, %v", tt.count, got, tt.count.OK(), tt.want, tt.ok)
		}
	}
}

func Example() {
	counter := counting.New(os.Stdout)
	events := `{"Action":"run","Package":"weir/batching","Test":"TestFlush"}
{"Action":"pass","Package":"weir/batching","Test":"TestFlush"}
{"Action":"pass","Package":"weir/batching","Elapsed":0.5}`
	if err := counter.Read(strings.NewReader(events)); err != nil {
		panic(err)
	}
	// Output: ok   weir/batching                                               0.5s  1 passed, 0 failed
}
