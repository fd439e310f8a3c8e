package jsonpath_test

import (
	"fmt"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// The tree is whatever holds JSON; here it is made by encoding/json (tree_test.go).
func ExamplePath_Select() {
	p, err := jsonpath.Parse("$.results[?@.score > 0.5].label")
	if err != nil {
		fmt.Println(err)
		return
	}
	doc, _ := read(`{"results": [{"label": "good", "score": 0.9}, {"label": "bad", "score": 0.1}]}`)
	nodes, err := p.Select(doc, nil)
	for _, n := range nodes {
		fmt.Println(jsonpath.Location(doc, n), doc.Text(n))
	}
	fmt.Println(err)
	// Output:
	// $['results'][0]['label'] good
	// <nil>
}
