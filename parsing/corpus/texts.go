package corpus

import (
	"fmt"
	"strings"
)

// instead says the same entries with another text.
func (d *draft) instead(text string) {
	d.text, d.ends = text, make([]int, len(d.answer.Entries))
}

// cut ends the text at a byte, which may be in the middle of a character, as a token limit may.
func (d *draft) cut(at int) { d.text = d.text[:at] }

func truncate(d *draft) {
	stopEarly(d)
	d.cutOff = true
}

func stopEarly(d *draft) { d.cut(d.random.IntN(max(len(d.text), 1))) }

// cutBehind cuts off behind the entries of the records, which are the first half.
func cutBehind(d *draft) {
	from := d.ends[len(d.ends)/2-1]
	d.cut(from + d.random.IntN(len(d.text)-from))
	d.cutOff = true
}

func fence(d *draft) {
	d.before(pick(d, "```json\n", "```\n", "~~~json\n", "``` JSON\n"))
	d.text += pick(d, "\n```", "\n```\n", "\n~~~")
}

func prose(d *draft) {
	d.before(pick(d,
		"Here is what I found:\n\n", "Sure! I looked at all [3] inputs {as you asked}; 2 of 3 were clear.\n", "Answer (1, 2, 3): ",
		"1. First I read input 1.\n2. Then {input 2}.\n\n", "The format is {\"index\": n}. So: ", "[note] \"quoted\" it's {not} JSON\n"))
	d.text += pick(d,
		"\n\nLet me know if you need anything else.", "\nNote: [1] and {2} were hard.", " }]",
		"\n* 3 of 3 \"done\"", "\n\n{\"done\": true}", "\n[1, 2, 3]")
}

func think(d *draft) {
	d.before(pick(d, "<think>", "<think>\n") + d.moved() + pick(d, "</think>", "\n</think>\n\n"))
}

func twice(d *draft) {
	again, _ := d.writer.Write(&d.answer)
	d.text += pick(d, "\n", "\n\nOnce more:\n", ", ") + again
}

// moved is the answer with its values moved by one.
func (d *draft) moved() string {
	other := newDraft(d.random, d.right, d.writer)
	shift(other)
	other.write()
	return other.text
}

// moveDraft is no damage to an answer about one record, whose values cannot move.
func moveDraft(d *draft) { d.before(d.moved() + "\n\nThat was wrong. Corrected:\n") }

func draftTruncate(d *draft) {
	answer := len(d.text)
	moveDraft(d)
	d.cut(len(d.text) - 1 - d.random.IntN(answer))
	d.cutOff = true
}

func example(d *draft) {
	other := newDraft(d.random, d.right, d.writer)
	other.answer.Entries = other.answer.Entries[:1]
	other.answer.Entries[0] = invented(d, other.answer.Entries[0])
	other.write()
	d.before("For example: " + other.text + "\n")
}

// quotes writes the records themselves, as they may stand in a prompt.
func (d *draft) quotes(field string) string {
	other := newDraft(d.random, d.right, d.writer)
	other.each(func(i int, e *Entry) {
		e.Fields = []Field{{Name: field, Value: quote(fmt.Sprintf("the text of record %d, [1] and {2}", i+1))}}
	})
	other.write()
	return other.text
}

func quoteRecords(d *draft) { d.before("Inputs:\n" + d.quotes("text") + "\nAnswers:\n") }

func quoteAsValues(d *draft) {
	d.before(d.quotes(d.right.Entries[0].Fields[0].Name) + "\n")
}

// syntax breaks the text in one of the ways that models have; what is in strings stays as it is.
func syntax(d *draft) {
	switch d.random.IntN(8) {
	case 0:
		d.outside("]", ",]")
	case 1:
		d.outside("},", "}")
	case 2:
		d.outside("},", "}, // next\n")
	case 3:
		d.outside(`"`, `'`)
	case 4:
		d.outside("{", "{/* entry */")
	case 5:
		d.replace(quote(d.answer.IndexField)+":", d.answer.IndexField+":", -1)
	case 6:
		d.rewrite(func(_ int, e *Entry) { e.Fields = append(e.Fields, Field{Name: "score", Value: "NaN"}) })
	case 7:
		d.outside("}", ",}")
	}
}

// outside changes the written text where it is no part of a string; the marks around strings count as outside.
func (d *draft) outside(from, to string) {
	var b strings.Builder
	inString := false
	for at := 0; at < len(d.text); {
		rest := d.text[at:]
		isMark := rest[0] == '"'
		n := 1
		switch {
		case inString && rest[0] == '\\':
			n = 2
		case isMark:
			inString = !inString
		}
		if (!inString || isMark) && strings.HasPrefix(rest, from) {
			b.WriteString(to)
			at += len(from)
			continue
		}
		b.WriteString(rest[:n])
		at += n
	}
	d.moveEnds(b.String())
}

// replace changes the written text.
func (d *draft) replace(from, to string, n int) { d.moveEnds(strings.Replace(d.text, from, to, n)) }

// moveEnds takes another text for what is written. What ended in it ends later by as much as it is longer.
func (d *draft) moveEnds(text string) {
	grown := max(len(text)-len(d.text), 0)
	d.text = text
	for i := range d.ends {
		d.ends[i] = min(d.ends[i]+grown, len(text))
	}
}

func unclosed(d *draft) {
	if d.random.IntN(2) == 0 {
		d.text = strings.TrimRight(d.text, "]}")
		return
	}
	at := d.ends[d.random.IntN(len(d.ends))] - 1
	d.text = d.text[:at] + d.text[at+1:]
}

func unicodeTricks(d *draft) {
	field := d.answer.IndexField
	switch d.random.IntN(8) {
	case 0:
		d.before("\ufeff")
	case 1:
		d.replace(quote(field), `"\u0069`+strings.TrimPrefix(field, "i")+`"`, -1) // the name, escaped
	case 2:
		d.answer.IndexField = "\u0456" + strings.TrimPrefix(field, "i") // a Cyrillic letter
		d.write()
	case 3:
		d.replace(quote(field)+": ", quote(field)+":\u00a0", -1)
	case 4:
		d.rewrite(func(_ int, e *Entry) { e.Index = quote(wide(e.Index)) })
	case 5:
		d.rewrite(func(_ int, e *Entry) { e.Index = quote("\u200b" + e.Index + "\u200b") })
	case 6:
		d.rewrite(func(_ int, e *Entry) { e.Index = quote("\u202e" + e.Index) })
	case 7:
		d.rewrite(func(i int, e *Entry) { e.Index = quote(e.Index + wide(number(i%10))) }) // 3 and a wide digit is not 3
	}
}

// rewrite changes entries and writes the answer again.
func (d *draft) rewrite(change func(i int, e *Entry)) {
	d.each(change)
	d.write()
}

// wide writes digits as full-width ones.
func wide(digits string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '\uff10'
		}
		return r
	}, digits)
}

func keyTwice(d *draft) {
	d.rewrite(func(i int, e *Entry) {
		if i%3 == 0 {
			e.Index += `, ` + quote(d.answer.IndexField) + `: ` + number(1+d.random.IntN(len(d.answer.Entries)+1))
		}
	})
}

// keyed writes {"1": "x", …}, or the entries under their indexes.
func keyed(d *draft) {
	prefix, whole := pick(d, "", "r"), d.random.IntN(2) == 0
	members := make([]string, 0, len(d.answer.Entries))
	d.each(func(_ int, e *Entry) {
		value := e.Fields[0].Value
		if whole {
			value = "{" + quote(e.Fields[0].Name) + ": " + value + "}"
		}
		members = append(members, quote(prefix+strings.Trim(e.Index, `"`))+": "+value)
	})
	d.instead("{" + strings.Join(members, ", ") + "}")
}

func lines(d *draft) {
	var b strings.Builder
	all := d.answer
	for i := range all.Entries {
		d.answer.Entries = all.Entries[i : i+1]
		d.answer.Wrappers = nil
		d.write()
		b.WriteString(strings.Trim(d.text, "[]\n ") + "\n")
	}
	d.answer = all
	d.instead(b.String())
}

func otherFormat(d *draft) {
	form := pick(d, "<record index=\"%s\"><value>%s</value></record>\n", "%s|%s\n", "%s,%s\n", "| %s | %s |\n", "%s. %s\n", "%s: %s\n")
	var b strings.Builder
	d.each(func(_ int, e *Entry) {
		fmt.Fprintf(&b, form, Plain(e.Index), strings.ReplaceAll(Plain(e.Fields[0].Value), "\n", " "))
	})
	d.instead(b.String())
}

func refusal(d *draft) {
	d.text = pick(d, "I am sorry, but I cannot help with that.", "", " \n", "null", "[]", "{}", `{"error": "cannot answer 1 to 3"}`,
		"<!DOCTYPE html><title>502</title>", `"positive"`)
	d.ends = nil
}
