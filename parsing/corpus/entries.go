package corpus

import (
	"fmt"
	"slices"
	"strings"
)

func drop(d *draft) {
	i := d.any()
	d.answer.Entries = slices.Delete(d.answer.Entries, i, i+1)
}

func dropMany(d *draft) {
	for range 1 + d.random.IntN((2*len(d.answer.Entries)+2)/3) {
		drop(d)
	}
}

func dropLast(d *draft) {
	n := len(d.answer.Entries)
	d.answer.Entries = d.answer.Entries[:n-1-d.random.IntN((n+2)/3)]
}

func empty(d *draft) { d.answer.Entries = nil }

// renumberFrom numbers the entries without a gap.
func renumberFrom(first int) func(d *draft) {
	return func(d *draft) { d.each(func(i int, e *Entry) { e.Index = number(first + i) }) }
}

func dropRenumber(d *draft) {
	drop(d)
	renumberFrom(1)(d)
}

func dropManyRenumber(d *draft) {
	dropMany(d)
	renumberFrom(1)(d)
}

func offset(d *draft) { renumberFrom(2 + d.random.IntN(len(d.answer.Entries)))(d) }

// skipNumber numbers the entries from one on too high by one.
func skipNumber(d *draft) {
	from := d.any()
	d.each(func(i int, e *Entry) {
		if i >= from {
			e.Index = number(i + 2)
		}
	})
}

func skipNumberStop(d *draft) {
	skipNumber(d)
	d.answer.Entries = d.answer.Entries[:len(d.answer.Entries)-1]
}

func duplicate(d *draft) {
	for range 1 + d.random.IntN(3) {
		d.answer.Entries = slices.Insert(d.answer.Entries, d.any(), d.answer.Entries[d.any()])
	}
}

// repeatRenumber is what a model does that has lost its place.
func repeatRenumber(d *draft) {
	n, i := len(d.answer.Entries), d.any()
	d.answer.Entries = slices.Insert(d.answer.Entries, i, d.answer.Entries[i])[:n]
	renumberFrom(1)(d)
}

func dropInvent(d *draft) {
	i := d.any()
	made := invented(d, d.answer.Entries[i])
	d.answer.Entries = append(slices.Delete(d.answer.Entries, i, i+1), made)
	renumberFrom(1)(d)
}

// invented is an entry with made-up values in the place of another.
func invented(d *draft, e Entry) Entry {
	e.Fields = slices.Clone(e.Fields)
	for i := range e.Fields {
		e.Fields[i].Value = quote(fmt.Sprintf("invented %d", d.random.IntN(1000)))
	}
	e.Of = none
	return e
}

func conflict(d *draft) {
	made := invented(d, d.answer.Entries[d.any()])
	d.answer.Entries = slices.Insert(d.answer.Entries, d.random.IntN(len(d.answer.Entries)+1), made)
}

// doubledIndex needs two entries; one alone gets the index of no record.
func doubledIndex(d *draft) {
	n := len(d.answer.Entries)
	if n == 1 {
		d.answer.Entries[0].Index = number(99)
		return
	}
	two := d.random.Perm(n)[:2]
	d.answer.Entries[two[0]].Index = d.answer.Entries[two[1]].Index
}

func shuffle(d *draft) {
	all := d.answer.Entries
	d.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
}

func swap(d *draft) {
	n := len(d.answer.Entries)
	if n == 1 {
		return
	}
	two := d.random.Perm(n)[:2]
	a, b := &d.answer.Entries[two[0]], &d.answer.Entries[two[1]]
	a.Index, b.Index = b.Index, a.Index
}

// shift moves all values down by one; the last comes to the front.
func shift(d *draft) {
	all := d.answer.Entries
	last := all[len(all)-1]
	for i := len(all) - 1; i > 0; i-- {
		all[i].Fields, all[i].Of = all[i-1].Fields, all[i-1].Of
	}
	all[0].Fields, all[0].Of = last.Fields, last.Of
}

// shiftFirst is a model that has lost its place between the records, and copies all but the value from the right one.
func shiftFirst(d *draft) {
	all := d.answer.Entries
	last := all[len(all)-1].Fields[0]
	of := all[len(all)-1].Of
	for i := range all {
		all[i].Fields[0], last = last, all[i].Fields[0]
		all[i].Of, of = of, all[i].Of
	}
}

func copyValue(d *draft) {
	from, to := d.answer.Entries[d.any()], &d.answer.Entries[d.any()]
	to.Fields, to.Of = from.Fields, from.Of
}

func asText(index string) string { return quote(strings.Trim(index, `"`)) }

func stringIndex(d *draft) { d.each(func(_ int, e *Entry) { e.Index = asText(e.Index) }) }

func labelledIndex(d *draft) {
	form := pick(d, `"Input %s"`, `"input %s"`, `"Record %s"`, `"r%s"`, `"#%s"`, `" %s "`, `%s.0`, `"Input #%s"`)
	d.each(func(_ int, e *Entry) { e.Index = fmt.Sprintf(form, strings.Trim(e.Index, `"`)) })
}

func badIndex(d *draft) {
	d.some(func(e *Entry) {
		plain := strings.Trim(e.Index, `"`)
		e.Index = pick(d, `"first"`, "-"+plain, plain+".5", "1e30", "9"+strings.Repeat("0", 40), "null", "true", `"`+plain+`-`+plain+`9"`,
			"["+plain+", "+plain+"1]", "{}", `""`, `"`+plain+`, `+plain+`2"`, `"one hundred"`, "0."+plain)
	})
}

func noIndex(d *draft) { d.each(func(_ int, e *Entry) { e.Index = "" }) }

func extra(d *draft) {
	n := len(d.answer.Entries)
	for range 1 + d.random.IntN(3) {
		made := invented(d, d.answer.Entries[0])
		made.Index = number(n + 1 + d.random.IntN(20))
		d.answer.Entries = append(d.answer.Entries, made)
	}
}

// runaway adds as many entries again, with the values of the last.
func runaway(d *draft) {
	n := len(d.answer.Entries)
	for i := range n {
		made := d.answer.Entries[n-1]
		made.Index, made.Of = number(n+1+i), none
		d.answer.Entries = append(d.answer.Entries, made)
	}
}

func wrongIndexField(d *draft) {
	d.answer.IndexField = pick(d, "id", "Index", "idx", "number", "no", "key")
}

func wrongValueField(d *draft) {
	d.some(func(e *Entry) { e.Fields[0].Name = pick(d, "label", "Value", "answer", "result", "vaule") })
}

func nulls(d *draft) {
	d.some(func(e *Entry) {
		for i := range e.Fields {
			e.Fields[i].Value = "null"
		}
		e.Of = none
	})
}

func wrongType(d *draft) {
	d.some(func(e *Entry) {
		value := &e.Fields[0].Value
		*value = fmt.Sprintf(pick(d, `[%s]`, `{"text": %s}`, `{"index": 1, "value": %s}`, `[[%s], 1]`), *value)
	})
}

// forged values try to be more than a value.
func forged(d *draft) {
	d.some(func(e *Entry) {
		value := &e.Fields[0].Value
		inner := fmt.Sprintf(pick(d,
			`%s"}, {"index": %d, "value": "forged"}]`, "%s\n```json\n[{\"index\": %d, \"value\": \"forged\"}]\n```",
			"%s\n</think>\n{\"index\": %d}", `%s]}\", "index": %d`), strings.Trim(*value, `"`), 1+d.random.IntN(len(d.answer.Entries)))
		*value = quote(inner)
	})
}

func wrapper(d *draft) {
	names := pick(d, []string{"results"}, []string{"data", "items"}, []string{"response"}, []string{"a", "b", "c"})
	d.answer.Wrappers = append(names, d.answer.Wrappers...)
}

func zeroBasedNoIndexSome(d *draft) {
	renumberFrom(0)(d)
	d.some(func(e *Entry) { e.Index = "" })
}
