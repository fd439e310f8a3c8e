package corpus_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/parsing/corpus"
)

// keyedForm is the form of an answer that is held to a schema.
var keyedForm = form{
	name: "json, a key for each record", writer: corpus.Keyed{}, config: parsing.Config{Structured: true},
	// A value alone has no field to be named otherwise and no bracket at its end, and an object with the field is what is in it; a
	// key has no second number, and no entry is without one.
	blind: []string{
		"key-twice", "wrong-value-field", "wrong-index-field", "wrong-index-field-swap-order", "unclosed", "wrong-type",
		"zero-based-no-index-some",
	},
}

// TestKeyedForm: the same promise for answers with a key for each record, whether the parser has asked for them or not.
func TestKeyedForm(t *testing.T) {
	for _, config := range []parsing.Config{{Structured: true}, {}} {
		f, total := keyedForm, 0
		f.config = config
		for _, damage := range corpus.All() {
			if slices.Contains(f.blind, damage.Name) {
				continue
			}
			t.Run(damage.Name, func(t *testing.T) {
				c := tally{damage: damage}
				c.run(t, f, *answers/8)
				c.checkSeen(t)
				total += c.answers
			})
		}
		t.Logf("structured %t: %d damaged answers", config.Structured, total)
	}
}

// TestKeyedCutAtEveryByte: no part of a value, and no value of another record, whatever is left of an answer.
func TestKeyedCutAtEveryByte(t *testing.T) {
	t.Parallel()
	c := tally{damage: corpus.Damage{Name: "cut"}}
	random := rand.New(rand.NewPCG(3, 4))
	for _, records := range []int{1, 2, 5, 12, 21} {
		c.everyByte(t, keyedForm, right(random, records, nil))
	}
	c.check(t)
}

// TestReadKeyedUndoesWrite: an answer that is only a text can be damaged too.
func TestReadKeyedUndoesWrite(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		a := right(random, size(random), nil)
		text, _ := corpus.Keyed{}.Write(&a)
		got, ok := corpus.ReadKeyed(text, "value")
		if again, _ := (corpus.Keyed{}).Write(&got); !ok || again != text {
			t.Fatalf("read as\n%s\nit was\n%s", again, text)
		}
	}
	for _, text := range []string{"", "{}", "[]", `{"r2": 1}`, `{"r1": 1, "x": 2}`, `{"index": 1}`, `{"r1": 1`} {
		if _, ok := corpus.ReadKeyed(text, "value"); ok {
			t.Errorf("%q is taken for an answer", text)
		}
	}
}
