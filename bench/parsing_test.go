package main

import (
	"testing"

	"github.com/weir-ml/weir/parsing"
)

// TestWrittenAnswersAreRead: what is measured is read as it is meant, and the check sees what is not.
func TestWrittenAnswersAreRead(t *testing.T) {
	for _, w := range writtenForms {
		parser, err := parsing.New(w.config)
		if err != nil {
			t.Fatal(err)
		}
		for _, records := range []int{20, 64, 1000} {
			for _, damaged := range []bool{false, true} {
				a := parser.Parse(parsing.Reply{Text: w.answer(records, damaged), CutOff: damaged}, records)
				if err := checkParsed(a, records, damaged); err != nil {
					t.Errorf("%s, damaged %v: %v", w.name, damaged, err)
				}
				a.Entries[1], a.Entries[2] = a.Entries[2], a.Entries[1]
				if checkParsed(a, records, damaged) == nil {
					t.Errorf("%s: two swapped values are not seen", w.name)
				}
			}
		}
	}
}
