// Package counting reads what `go test -json` writes, shows people what they want to see of it, and counts the tests.
//
// A test counts once: a table test by its named cases, not by the function around them. What fails outside of any test
// (a package that does not build, a goroutine that TestMain finds) counts as one failed test of its package. The
// package does not run anything.
package counting

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxLine is the longest line of a stream; a longer one ends [Counter.Read] with an error.
const maxLine = 4 << 20

// Count is how many tests ended how.
type Count struct{ Passed, Failed, Skipped int }

// String returns the count as `N passed, N failed`, with `, N skipped` where tests were skipped.
func (c Count) String() string {
	if c.Skipped == 0 {
		return fmt.Sprintf("%d passed, %d failed", c.Passed, c.Failed)
	}
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.Passed, c.Failed, c.Skipped)
}

// OK reports whether tests ran and none failed.
func (c Count) OK() bool { return c.Passed > 0 && c.Failed == 0 }

func (c Count) plus(d Count) Count {
	return Count{c.Passed + d.Passed, c.Failed + d.Failed, c.Skipped + d.Skipped}
}

// Counter counts the tests of one or more streams. One goroutine may use it at a time.
type Counter struct {
	out      io.Writer
	total    Count
	packages map[string]*results
	builds   map[string][]string // what the compiler said, by import path
}

// New returns a Counter that writes a line for each package, and all output of failed tests, to out.
func New(out io.Writer) *Counter {
	return &Counter{out: out, packages: map[string]*results{}, builds: map[string][]string{}}
}

// event is one line of the stream; see `go doc test2json`.
type event struct {
	Action      string  `json:"Action"`
	Package     string  `json:"Package"`
	ImportPath  string  `json:"ImportPath"` // of a build
	FailedBuild string  `json:"FailedBuild"`
	Test        string  `json:"Test"`
	Output      string  `json:"Output"`
	Elapsed     float64 `json:"Elapsed"` // seconds
}

// Read takes a whole stream. It returns when the stream ends. A package without an end counts as one failed test.
func (c *Counter) Read(stream io.Reader) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			c.printf("%s\n", lines.Text()) // of the go command itself
			continue
		}
		c.take(&e)
	}
	for _, name := range slices.Sorted(maps.Keys(c.packages)) {
		c.end(&event{Action: "fail", Package: name, Output: "did not end"})
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the output of go test: %w", err)
	}
	return nil
}

// Count returns the tests so far.
func (c *Counter) Count() Count { return c.total }

// Fail counts one more failed test and says why.
func (c *Counter) Fail(why string) {
	c.total.Failed++
	c.printf("FAIL %s\n", why)
}

func (c *Counter) take(e *event) {
	switch {
	case e.Action == "build-output":
		c.builds[e.ImportPath] = append(c.builds[e.ImportPath], e.Output)
	case e.Package == "": // build-fail; the package's own end names it
	case e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip"):
		c.end(e)
	default:
		p := c.packages[e.Package]
		if p == nil {
			p = newResults()
			c.packages[e.Package] = p
		}
		p.take(e)
	}
}

// end prints and counts a package.
func (c *Counter) end(e *event) {
	p := c.packages[e.Package]
	delete(c.packages, e.Package)
	if p == nil {
		p = newResults()
	}
	n := p.count()
	if e.Action == "fail" && n.Failed == 0 {
		n.Failed = 1
		p.failed = append(p.failed, "")
	}
	c.total = c.total.plus(n)
	if n == (Count{}) {
		return // no tests
	}
	word := "ok  "
	if n.Failed > 0 {
		word = "FAIL"
		c.printf("%s", strings.Join(c.builds[e.FailedBuild], ""))
		c.printf("%s", p.failures())
	}
	c.printf("%s\n", strings.TrimSpace(fmt.Sprintf("%s %-56s %6.1fs  %s %s", word, e.Package, e.Elapsed, n, e.Output)))
}

func (c *Counter) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.out, format, args...) // a terminal that is gone is no reason to stop counting
}
