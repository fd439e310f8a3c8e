// Package corpus damages right answers as language models do: it takes an answer about some records, leaves out an entry,
// numbers the rest on, cuts the text off, talks around it, and so on. Tests give the outcome to a parser, which may lose
// answers but must not put one on a record that it is not about; the simulator replies with it.
//
// Each [Damage] says whether a reader can see it in the reply. What happens depends on the random source alone. The package
// reads nothing but what it has written itself, and knows neither parser nor model.
package corpus

//go:generate go test -run TestNoDamageMovesAnAnswer -update .

import (
	"math/rand/v2"
	"slices"
	"strconv"
)

// Answer is what a model says about records, before it is written.
type Answer struct {
	// IndexField is the name of the field with the index.
	IndexField string
	// Wrappers are the names of the members around the list, outermost first.
	Wrappers []string
	// Entries are in the order of the reply.
	Entries []Entry
}

// Entry is what an answer says about one record.
type Entry struct {
	// Index is the index as JSON text: 3, or "Input 3"; "" for an entry without one.
	Index string
	// Fields are the values, at least one.
	Fields []Field
	// Of is the place of the record that the values are about, from 0; less than 0: they are about none.
	Of int
}

// Field is a value with its name.
type Field struct {
	Name string
	// Value is JSON text.
	Value string
}

// Reply is a damaged answer.
type Reply struct {
	Text string
	// CutOff says that the reply ends at the model's token limit.
	CutOff bool
	// Answer is what Text says, as far as it has not been cut off.
	Answer Answer
	// Good is how many records have, in Text, a whole entry of their own under their own index.
	Good int
}

// none is Entry.Of of an entry that is about no record.
const none = -1

// Writer writes answers in one format. Each entry ends where ends says, as an offset in text.
type Writer interface {
	Write(a *Answer) (text string, ends []int)
}

// Class says who can tell a damage from the truth.
type Class int

// The classes.
const (
	// Seen damage leaves each value that has an index of a record with its own, or shows in the reply.
	Seen Class = iota
	// Unseen damage makes a wrong answer that looks like a right one.
	Unseen
)

// String returns "yes" for Seen and "no" for Unseen: whether it can be seen.
func (c Class) String() string {
	if c == Seen {
		return "yes"
	}
	return "no"
}

// Damage is one thing that a model does to its answer.
type Damage struct {
	// Name is one word, as in --fault of weir simulate.
	Name string
	// Does says what it does, in a few words.
	Does  string
	Class Class

	entries func(d *draft)
	text    func(d *draft)
}

// Apply writes a, damaged. It leaves a itself as it is. a has one entry for each record, in the records' order, with the
// records' own indexes.
func (d *Damage) Apply(random *rand.Rand, a Answer, w Writer) Reply {
	draft := newDraft(random, a, w)
	if d.entries != nil {
		d.entries(draft)
	}
	draft.write()
	if d.text != nil {
		d.text(draft)
	}
	return draft.reply()
}

// ApplyText damages a reply that is no list of entries, such as one word about one record. Damage that is about entries
// leaves it as it is, but for that which leaves entries out: nothing is left then.
func (d *Damage) ApplyText(random *rand.Rand, text string) Reply {
	draft := &draft{random: random, text: text}
	switch d.Name {
	case "drop", "drop-many", "drop-last", "empty":
		draft.text = ""
	case "truncate", "stop-early", "fence", "prose", "refusal":
		d.text(draft)
	}
	return Reply{Text: draft.text, CutOff: draft.cutOff}
}

// Find returns the damage of a name, nil if there is none.
func Find(name string) *Damage {
	for i := range damages {
		if damages[i].Name == name {
			return &damages[i]
		}
	}
	return nil
}

// All returns all damages, in the order of the documentation.
func All() []Damage { return slices.Clone(damages) }

// draft is an answer that is being damaged.
type draft struct {
	random *rand.Rand
	writer Writer
	right  Answer
	answer Answer
	// text is the answer as it is written; its entries end at ends, moved by what stands before it.
	text   string
	ends   []int
	cutOff bool
}

func newDraft(random *rand.Rand, a Answer, w Writer) *draft {
	d := &draft{random: random, writer: w, right: a, answer: a}
	d.answer.Wrappers = slices.Clone(a.Wrappers)
	d.answer.Entries = slices.Clone(a.Entries)
	for i := range d.answer.Entries {
		d.answer.Entries[i].Fields = slices.Clone(a.Entries[i].Fields)
	}
	return d
}

func (d *draft) write() { d.text, d.ends = d.writer.Write(&d.answer) }

// before puts words before what is written.
func (d *draft) before(words string) {
	d.text = words + d.text
	for i := range d.ends {
		d.ends[i] += len(words)
	}
}

func (d *draft) reply() Reply {
	return Reply{Text: d.text, CutOff: d.cutOff, Answer: d.answer, Good: d.good()}
}

// good counts the records with a whole entry of their own.
func (d *draft) good() int {
	seen := make(map[int]bool, len(d.ends))
	for i, end := range d.ends {
		e := &d.answer.Entries[i]
		if e.Of >= 0 && end <= len(d.text) && d.answer.IndexField == d.right.IndexField && e.Index == d.right.Entries[e.Of].Index {
			seen[e.Of] = true
		}
	}
	return len(seen)
}

// any is the place of an entry; there must be one.
func (d *draft) any() int { return d.random.IntN(len(d.answer.Entries)) }

// some calls do for one entry or more, at most a third of them.
func (d *draft) some(do func(e *Entry)) {
	n := len(d.answer.Entries)
	if n == 0 {
		return
	}
	for _, i := range d.random.Perm(n)[:1+d.random.IntN((n+2)/3)] {
		do(&d.answer.Entries[i])
	}
}

// each calls do for every entry with its place.
func (d *draft) each(do func(i int, e *Entry)) {
	for i := range d.answer.Entries {
		do(i, &d.answer.Entries[i])
	}
}

// pick returns one of the choices.
func pick[T any](d *draft, choices ...T) T { return choices[d.random.IntN(len(choices))] }

// number is an index as JSON text.
func number(n int) string { return strconv.Itoa(n) }
