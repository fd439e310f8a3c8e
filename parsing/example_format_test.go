package parsing_test

import (
	"fmt"
	"strings"

	"github.com/weir-ml/weir/parsing"
)

// arrows is a format of the caller's own: lines like 2 => negative.
type arrows struct{ field string }

func (f arrows) Read(reply parsing.Reply) parsing.Reading {
	r := parsing.Reading{Problem: parsing.ProblemUnparsable, Message: "there is no line with => in the reply"}
	for line := range strings.Lines(reply.Text) {
		if index, value, ok := strings.Cut(line, "=>"); ok {
			fields := []parsing.Field{{Name: f.field, Value: strings.TrimSpace(value)}}
			r.Claims = append(r.Claims, parsing.Claim{Named: true, ID: strings.TrimSpace(index), Fields: fields})
		}
	}
	return r
}

func (arrows) Instruction() string {
	return "Answer with one line for each input:\n1 => your answer"
}

// A program can bring a format of its own. It only has to find what the model says: which claim is whose, and what a
// wrong value is, stays weir's.
func ExampleRegister() {
	parsing.Register("arrows", func(cfg parsing.Config) (parsing.Format, []error) {
		return arrows{field: cfg.ValueFields[0]}, nil
	})
	p, err := parsing.New(parsing.Config{Format: "arrows", ValueFields: []string{"sentiment"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range p.Parse(parsing.Reply{Text: "Sure:\n#3 => negative\n1 => positive\n"}, 3).Entries {
		fmt.Println(e.Problem, e.Fields)
	}
	// Output:
	// none [{sentiment positive false}]
	// missing []
	// none [{sentiment negative false}]
}
