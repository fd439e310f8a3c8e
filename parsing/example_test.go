package parsing_test

import (
	"fmt"

	"github.com/weir-ml/weir/parsing"
)

// A model answers three of four reviews, in its own order and with a few words before. Each answer goes to the record
// that it names; the fourth record has a problem of its own.
func Example() {
	p, err := parsing.New(parsing.Config{ValueFields: []string{"sentiment"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	reply := `Sure: [{"index": 4, "sentiment": "neutral"}, {"index": 1, "sentiment": "positive"}, {"index": 2, "sentiment": "negative"}]`
	for i, e := range p.Parse(parsing.Reply{Text: reply}, 4).Entries {
		if e.Problem != parsing.ProblemNone {
			fmt.Printf("record %d: %s (%s)\n", i+1, e.Problem, e.Message)
			continue
		}
		fmt.Printf("record %d: %s, by %s\n", i+1, e.Fields[0].Value, e.Match)
	}
	// Output:
	// record 1: positive, by index
	// record 2: negative, by index
	// record 3: missing (the model answered 3 of 4 records and not this one)
	// record 4: neutral, by index
}

// The instruction describes what Parse will read.
func ExampleParser_Instruction() {
	p, err := parsing.New(parsing.Config{Path: "$.results[*]", IndexField: "id", ValueFields: []string{"label", "score"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Instruction())
	// Output:
	// Answer with a JSON object and nothing else, with one object for each input in its array:
	// {"results": [{"id": 1, "label": …, "score": …}, {"id": 2, "label": …, "score": …}]}
	// "id" is the number of the input, "label" and "score" your answers for it. Answer every input exactly once.
}

// A model that skips a record and numbers on without a gap puts right answers under wrong numbers. None is used.
func ExampleParser_Parse_renumbered() {
	p, err := parsing.New(parsing.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	a := p.Parse(parsing.Reply{Text: `[{"index": 1, "value": "a"}, {"index": 2, "value": "c"}]`}, 3)
	for _, e := range a.Entries {
		fmt.Println(e.Problem)
	}
	fmt.Println(a.Entries[0].Message)
	// Output:
	// missing
	// missing
	// missing
	// the model numbered its answers 1 to 2 for 3 records; it may have skipped one and numbered on
}

// All problems of a Config come in one error, each with the option that it is about.
func ExampleNew_problems() {
	_, err := parsing.New(parsing.Config{Path: "$[?@.index > 01]", IndexField: "meta..index"})
	fmt.Println(err)
	// Output:
	// response.index.field: "meta..index" is a path with an empty step; write steps with one dot between them
	// response.path: "$[?@.index > 01]", character 14: expected a number, without leading zeros
}
