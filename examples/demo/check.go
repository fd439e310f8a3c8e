package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// check is one thing that has to be so, both ways.
type check struct {
	what      string
	got, want [2]int
}

// checks are everything that the demo asserts.
func (c *comparison) checks() []check {
	if !c.simulated {
		return []check{
			c.check("records with a value or a reason", func(m *measurement) (int, int) {
				return m.withValue() + total(m.errors), m.records
			}),
			c.check("records without an answer of the model", func(m *measurement) (int, int) {
				return m.unanswered(), 0
			}),
		}
	}
	return []check{
		c.check("model calls, as the model server counts them", func(m *measurement) (int, int) {
			return m.counted.model.Calls, m.calls()
		}),
		c.check("model calls, as weir counts them", func(m *measurement) (int, int) {
			return m.counted.calls, m.calls()
		}),
		c.check("most calls at once", func(m *measurement) (int, int) {
			return m.counted.model.MostConcurrent, min(c.atOnce, m.calls())
		}),
		c.check("labels equal to the model's own of that record", func(m *measurement) (int, int) {
			return m.asModel(c.reviews), m.records
		}),
		c.check("prompt tokens, results against model server", func(m *measurement) (int, int) {
			return int(m.prompt), m.counted.model.PromptTokens
		}),
		c.check("completion tokens, likewise", func(m *measurement) (int, int) {
			return int(m.completion), m.counted.model.CompletionTokens
		}),
	}
}

// check makes a check of what is there and what should be.
func (c *comparison) check(what string, of func(m *measurement) (got, want int)) check {
	k := check{what: what}
	for i, m := range []*measurement{c.a, c.b} {
		k.got[i], k.want[i] = of(m)
	}
	return k
}

// unanswered counts the records whose call failed or did not end. A bad answer is an answer.
func (m *measurement) unanswered() int {
	n := 0
	for reason, count := range m.errors {
		if !slices.Contains([]string{"MISSING_ANSWER", "UNPARSABLE_ANSWER", "INVALID_ANSWER", "REFUSED"}, reason) {
			n += count
		}
	}
	return n
}

func total(by map[string]int) int {
	n := 0
	for count := range maps.Values(by) {
		n += count
	}
	return n
}

// verify prints what is as it should be and returns what is not.
func (c *comparison) verify(out io.Writer) error {
	var wrong []error
	for _, k := range c.checks() {
		if k.got == k.want {
			fmt.Fprintf(out, "  ok  %-50s%10s and %s\n", k.what, number(k.got[0]), number(k.got[1]))
			continue
		}
		for i, m := range []*measurement{c.a, c.b} {
			if k.got[i] != k.want[i] {
				wrong = append(wrong, fmt.Errorf("FAILED %s: %s: %s, not %s", m.name, k.what, number(k.got[i]), number(k.want[i])))
			}
		}
	}
	return errors.Join(wrong...)
}
