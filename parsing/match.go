package parsing

import (
	"fmt"
	"slices"
)

// match gives each record the entry that is certainly its own. The rules, in their order:
//
//  1. The whole reply is the value of the one record that was asked about.
//  2. No entry has an index, and they are one list of exactly as many entries as records: by position (best effort).
//  3. Indexes that are 0…N-1, all of them: the model counts from 0, each goes up by one.
//  4. Indexes that show that the model has counted differently from weir: the whole answer is suspect and nobody gets
//     a value (see numbering.suspect).
//  5. By index. Entries that agree count once; where two for one record disagree, the record has no valid answer.
//
// Everything else has no record: an entry without an index among others, with something that is no index, or with the
// index of no record. Nothing is ever shifted (but by rule 3), padded or made up.
func match(r Reading, call call) Answer {
	m := matching{claims: r.Claims, cutOff: r.CutOff, call: call}
	m.answer.Entries = make([]Entry, call.records)
	m.answer.Warnings = r.Warnings
	switch {
	case len(r.Claims) == 0:
		m.failAll(r.Problem, r.Message)
	case r.Whole:
		m.single()
	case r.Again:
		m.answer.Suspect = true
		m.failAll(ProblemMissing, "the model began to answer again and was cut off before its first entry")
	case !m.anyIndex():
		m.byPosition(r.InOrder)
	default:
		m.byIndex()
	}
	return m.answer
}

// call is what was asked.
type call struct {
	records int
	// echoes are the words that each record's entry has to repeat in echoField, without case and what may stand around them; nil: none.
	echoes    []string
	echoField string
	// ids are those that the call gave its records; nil: their numbers.
	ids tokens
	// strict says that nothing is taken by its position.
	strict bool
}

func newCall(reply Reply) call {
	var c call
	if reply.IDs != nil {
		c.ids = newTokens(reply.IDs)
	}
	for _, echo := range reply.Echoes {
		c.echoes = append(c.echoes, fold(echo))
	}
	return c
}

// number reads an index as the call has given it.
func (c *call) number(id string) (int, bool) {
	if c.ids != nil {
		return c.ids.number(id)
	}
	return sequential(id)
}

// matching is one answer in the making.
type matching struct {
	claims []Claim
	// numbers are those of the claims with an index; less than 0: none.
	numbers []int
	cutOff  bool
	call    call
	answer  Answer
}

func (m *matching) single() {
	if n := len(m.answer.Entries); n > 1 {
		m.failAll(ProblemUnparsable, fmt.Sprintf("the reply is one text and cannot answer %d records", n))
		return
	}
	m.place(0, &m.claims[0], MatchSingle)
}

func (m *matching) anyIndex() bool {
	return slices.ContainsFunc(m.claims, func(c Claim) bool { return c.Named })
}

func (m *matching) byPosition(inOrder bool) {
	records := len(m.answer.Entries)
	switch {
	case len(m.claims) != records:
		m.failAll(ProblemMissing, fmt.Sprintf("no answer has an index, and for %d records there are %d", records, len(m.claims)))
	case m.call.strict:
		m.failAll(ProblemMissing, "no answer has an index, and response.match=strict takes none by its place")
	case !inOrder:
		m.failAll(ProblemMissing, "no answer has an index, and they are not one list")
	case m.shuffled():
		m.failAll(ProblemMissing, "no answer has an index, and another field counts the answers in another order")
	default:
		m.warn("no answer has an index; there are as many as records, so they were taken in their order")
		for i := range m.claims {
			m.place(i, m.proven(i, &m.claims[i]), MatchPosition)
		}
	}
}

// shuffled reports whether the claims' hints number them differently from their order: all different, none above the
// records, and neither 1…N nor 0…N-1.
func (m *matching) shuffled() bool {
	seen, inOrder, fromZero := make(map[int]bool, len(m.claims)), true, true
	for i := range m.claims {
		n, ok := m.call.number(m.claims[i].Hint)
		if !ok || seen[n] || n > len(m.claims) {
			return false
		}
		seen[n] = true
		inOrder, fromZero = inOrder && n == i+1, fromZero && n == i
	}
	return !inOrder && !fromZero
}

func (m *matching) byIndex() {
	n := m.survey()
	if why := n.suspect(m.cutOff); why != "" {
		m.answer.Suspect = true
		m.failAll(ProblemMissing, why)
		return
	}
	shift := 0
	if n.fromZero() {
		shift = 1
		m.warn("the model counts from 0; every index was raised by one")
	}
	repeated := 0
	for i := range m.claims {
		if record := m.numbers[i] + shift - 1; m.numbers[i] >= 0 && record >= 0 && record < n.records {
			repeated += m.take(record, m.proven(record, &m.claims[i]))
		}
	}
	m.forgetDraft(shift)
	m.failRest(n)
	m.warnAbout(n, repeated)
}

// take gives a record its entry and returns 1 if it has the very same already.
func (m *matching) take(record int, c *Claim) int {
	have := &m.answer.Entries[record]
	switch {
	case have.Fields == nil && have.Problem == ProblemNone:
		m.place(record, c, MatchIndex)
	case have.Problem == c.Problem && have.Message == c.Message && slices.Equal(have.Fields, c.Fields):
		return 1
	default:
		*have = Entry{Problem: ProblemInvalid, Message: contradiction}
	}
	return 0
}

const contradiction = "the model gave different answers for this record"

func (m *matching) place(record int, c *Claim, by Match) {
	if record >= len(m.answer.Entries) {
		return
	}
	entry := Entry{Fields: c.Fields, Match: by, Problem: c.Problem, Message: c.Message}
	if c.Problem != ProblemNone {
		entry.Match = MatchNone
	}
	m.answer.Entries[record] = entry
}

// failRest ends the records that no entry names.
func (m *matching) failRest(n numbering) {
	message := fmt.Sprintf("the model answered %d of %d records and not this one", n.distinct, n.records)
	if m.cutOff {
		message += "; the reply was cut off"
	}
	for i := range m.answer.Entries {
		if e := &m.answer.Entries[i]; e.Fields == nil && e.Problem == ProblemNone {
			*e = Entry{Problem: ProblemMissing, Message: message}
		}
	}
}

func (m *matching) failAll(problem Problem, message string) {
	for i := range m.answer.Entries {
		m.answer.Entries[i] = Entry{Problem: problem, Message: message}
	}
}

func (m *matching) warnAbout(n numbering, repeated int) {
	for _, w := range []struct {
		what  string
		count int
	}{
		{"answers that were there more than once and count once", repeated},
		{"ignored answers with the index of no record", n.outside},
		{"ignored answers with something as their index that is none", n.misnamed},
		{"ignored answers without an index", n.unnamed},
	} {
		if w.count > 0 {
			m.warn(fmt.Sprintf("%s: %d", w.what, w.count))
		}
	}
}

func (m *matching) warn(warning string) { m.answer.Warnings = append(m.answer.Warnings, warning) }

// numbering is how a model has numbered its answers.
type numbering struct {
	records int
	// has says which of the indexes 0…records+1 occur.
	has []bool
	// distinct counts those of them that are a record's, 1…records, and last is the largest of these.
	distinct, last int
	// The entries whose index is beyond the records, no index, or not there.
	outside, misnamed, unnamed int
	// first is the smallest of them.
	first int
	// places says that there are as many claims as records, some without an index, and that every index is the claim's place
	// counted from 0.
	places bool
	// random says that the indexes are random ids, which have no order to lose count in.
	random bool
}

func (m *matching) survey() numbering {
	records := len(m.answer.Entries)
	n := numbering{records: records, has: make([]bool, records+2), random: m.call.ids != nil}
	m.numbers = make([]int, len(m.claims))
	for i := range m.claims {
		number, ok := m.call.number(m.claims[i].ID)
		switch {
		case !m.claims[i].Named:
			n.unnamed++
		case !ok:
			n.misnamed++
		default:
			m.numbers[i] = number
			n.count(number)
			continue
		}
		m.numbers[i] = -1
	}
	n.places = m.countsPlaces(n.unnamed)
	return n
}

// countsPlaces reports whether a list that counts from 0 has left some indexes out.
func (m *matching) countsPlaces(unnamed int) bool {
	if unnamed == 0 || unnamed == len(m.claims) || len(m.claims) != len(m.answer.Entries) {
		return false
	}
	for i, n := range m.numbers {
		if n >= 0 && n != i {
			return false
		}
	}
	return true
}

func (n *numbering) count(index int) {
	if index > n.records {
		n.outside++
	}
	if index >= len(n.has) {
		return
	}
	if !n.has[index] && index >= 1 && index <= n.records {
		if n.distinct == 0 || index < n.first {
			n.first = index
		}
		n.distinct++
		n.last = max(n.last, index)
	}
	n.has[index] = true
}

// fromZero reports whether the indexes are exactly 0…N-1. Anything less complete may be something else.
func (n *numbering) fromZero() bool {
	return n.has[0] && n.distinct == n.records-1 && !n.has[n.records] && n.outside+n.misnamed+n.unnamed == 0
}

// suspect returns why the numbers cannot be trusted, "" if they can. A model that loses count puts right answers under
// wrong numbers, and nothing in an entry by itself shows it. What shows is at the edges:
//
//   - An index 0 in anything but a complete count from 0.
//   - An index N+1 while a record has no answer: the count has run over, as after a number that was left out.
//   - Exactly 1…k with k < N: a model that skips one record and numbers on without a gap writes just this, and so does
//     one that stops early. The first is common and silent, so neither is believed, unless the reply was cut off, which
//     explains the end.
//   - A run without a gap, k…m with 1 < k, that is cut off or ends before N: it may have begun to count at another number
//     than 1.
//   - Indexes that are the places of the answers from 0 on, where others have none.
func (n *numbering) suspect(cutOff bool) string {
	switch {
	case n.random, n.fromZero():
		return ""
	case n.has[0]:
		return "the model numbered an answer 0 and did not count from 0 throughout; which answer is whose is unknown"
	case n.has[n.records+1] && n.distinct < n.records:
		return fmt.Sprintf("the model numbered an answer %d for %d records and left others out; it may have lost count",
			n.records+1, n.records)
	case n.distinct == n.last && n.distinct > 0 && n.distinct < n.records && !cutOff:
		return fmt.Sprintf("the model numbered its answers 1 to %d for %d records; it may have skipped one and numbered on",
			n.distinct, n.records)
	case n.first > 1 && n.distinct == n.last-n.first+1 && (cutOff || n.distinct > 1 && n.last < n.records):
		return fmt.Sprintf("the model numbered its answers %d to %d for %d records; it may have begun to count at another number",
			n.first, n.last, n.records)
	case n.places:
		return "the model counted its answers from 0 and left indexes out; which answer is whose is unknown"
	}
	return ""
}
