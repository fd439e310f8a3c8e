package parsing

// forgetDraft takes back what a model has said before it began to answer again, and was cut off before it came to say it again. It has
// begun again where a claim names a record that was named before; which of the values before that it was about to correct, nobody
// knows. Numbers are raised by shift.
func (m *matching) forgetDraft(shift int) {
	if !m.cutOff {
		return
	}
	records := len(m.answer.Entries)
	seen, again := make([]bool, records), -1
	for i, number := range m.numbers {
		record := number + shift - 1
		if number < 0 || record < 0 || record >= records {
			continue
		}
		if seen[record] && again < 0 {
			again = i
			clear(seen) // from here on those that are said again
		}
		seen[record] = true
	}
	if again < 0 {
		return
	}
	for record := range seen {
		if e := &m.answer.Entries[record]; !seen[record] && e.Fields != nil {
			*e = Entry{Problem: ProblemMissing, Message: "the model began to answer again and was cut off before it came to this record"}
		}
	}
}
