package jsonpath_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// suiteCases is how many cases the compliance suite has at the revision that testdata/cts/README.md names.
const suiteCases = 703

// suiteCase is one case of the suite: an expression that is refused, or what it selects in a document. Where the order
// is open there are several results, and paths that go with them.
type suiteCase struct {
	Name     string          `json:"name"`
	Selector string          `json:"selector"`
	Invalid  bool            `json:"invalid_selector"`
	Document json.RawMessage `json:"document"`
	Result   []any           `json:"result"`
	Paths    []string        `json:"result_paths"`
	Results  [][]any         `json:"results"`
	AllPaths [][]string      `json:"results_paths"`
}

func TestComplianceSuite(t *testing.T) {
	file, err := os.ReadFile("testdata/cts/cts.json")
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.UseNumber()
	var suite struct{ Tests []suiteCase }
	if err := decoder.Decode(&suite); err != nil {
		t.Fatal(err)
	}
	if len(suite.Tests) != suiteCases {
		t.Errorf("the suite has %d cases, want %d", len(suite.Tests), suiteCases)
	}
	for _, c := range suite.Tests {
		t.Run(c.Name, c.run)
	}
}

func (c *suiteCase) run(t *testing.T) {
	p, err := jsonpath.Parse(c.Selector)
	if c.Invalid {
		if _, ok := errors.AsType[*jsonpath.ParseError](err); !ok {
			t.Errorf("%s: %v, want a ParseError", c.Selector, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if c.Result != nil {
		c.Results, c.AllPaths = append(c.Results, c.Result), append(c.AllPaths, c.Paths)
	}
	c.check(t, p, mustRead(t, string(c.Document)))
}

func (c *suiteCase) check(t *testing.T, p *jsonpath.Path, doc *document) {
	t.Helper()
	nodes, err := p.Select(doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	values, paths := []any{}, []string{}
	for _, n := range nodes {
		values, paths = append(values, doc.plain(n)), append(paths, jsonpath.Location(doc, n))
	}
	for i := range c.Results {
		if cmp.Equal(values, c.Results[i]) && cmp.Equal(paths, c.AllPaths[i]) {
			return
		}
	}
	t.Errorf("%s in %s selects\n%v at %v, want one of\n%v at %v", c.Selector, c.Document, values, paths, c.Results, c.AllPaths)
}
