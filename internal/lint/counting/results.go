package counting

import "strings"

// maxOutput is how many lines of a test are kept; what it writes after that is dropped.
const maxOutput = 5000

// results is what is known of one package that runs.
type results struct {
	ends   map[string]string   // action that ended a test, "" while it runs
	output map[string][]string // of tests that have not passed; "" is the package's own
	order  []string            // tests as they began
	failed []string            // tests that count as failed, as they began
}

func newResults() *results {
	return &results{ends: map[string]string{}, output: map[string][]string{}}
}

func (r *results) take(e *event) {
	switch e.Action {
	case "run":
		r.order = append(r.order, e.Test)
		r.ends[e.Test] = ""
	case "output":
		if len(r.output[e.Test]) < maxOutput {
			r.output[e.Test] = append(r.output[e.Test], e.Output)
		}
	case "pass", "skip":
		delete(r.output, e.Test)
		r.ends[e.Test] = e.Action
	case "fail":
		r.ends[e.Test] = e.Action
	}
}

// count counts the tests that have no tests below them, and those that failed though nothing below them did.
func (r *results) count() (n Count) {
	parents, guilty := map[string]bool{}, map[string]bool{}
	for _, name := range r.order {
		eachParent(name, func(parent string) {
			parents[parent] = true
			guilty[parent] = guilty[parent] || r.bad(name)
		})
	}
	for _, name := range r.order {
		switch {
		case r.bad(name):
			if !guilty[name] {
				n.Failed++
			}
			r.failed = append(r.failed, name)
		case parents[name]:
		case r.ends[name] == "skip":
			n.Skipped++
		default:
			n.Passed++
		}
	}
	return n
}

// bad reports whether a test failed or never ended.
func (r *results) bad(name string) bool { return r.ends[name] == "fail" || r.ends[name] == "" }

// failures returns all output of the failed tests, and of the package itself.
func (r *results) failures() string {
	var b strings.Builder
	for _, name := range r.failed {
		b.WriteString(strings.Join(r.output[name], ""))
		delete(r.output, name)
	}
	b.WriteString(strings.Join(r.output[""], ""))
	return b.String()
}

// eachParent calls f with every test that name runs in: a and a/b for a/b/c.
func eachParent(name string, f func(string)) {
	for i, c := range name {
		if c == '/' {
			f(name[:i])
		}
	}
}
