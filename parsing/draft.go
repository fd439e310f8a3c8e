package parsing

// forgetDraft takes back what a model has said before it began to answer again, and was cut off before it came to say it again. It has
// begun again where a claim names a record that was named before, unless it then comes to records that were not: that is a list with
// an index twice, which goes on. Which of the values before it was about to correct, nobody knows. Numbers are raised by shift.
func (m *matching) forgetDraft(shift int) {
	if !m.cutOff {
		return
	}
	records := len(m.answer.Entries)
	draft, again := make([]bool, records), make([]bool, records)
	isAgain := false
	for _, number := range m.numbers {
		record := number + shift - 1
		switch {
		case number < 0 || record < 0 || record >= records:
		case draft[record]:
			isAgain, again[record] = true, true
		case isAgain:
			return
		default:
			draft[record] = true
		}
	}
	if !isAgain {
		return
	}
	for record := range again {
		if e := &m.answer.Entries[record]; !again[record] && e.Fields != nil {
			*e = Entry{Problem: ProblemMissing, Message: "the model began to answer again and was cut off before it came to this record"}
		}
	}
}
