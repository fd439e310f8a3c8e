package parsing

import "strings"

// spoken returns a reply without what is around every kind of answer: what the model says to itself before it, a byte order
// mark, and the lines of code fences; false if the thinking does not end.
func spoken(text string) (string, bool) {
	start := afterThinking(text)
	if start < 0 {
		return "", false
	}
	text = strings.Trim(text[start:], "\ufeff")
	if !strings.Contains(text, "```") {
		return text, true
	}
	var b strings.Builder
	b.Grow(len(text))
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "```") {
			b.WriteString(line)
		}
	}
	return b.String(), true
}

func unfinishedThinking() Reading {
	return Reading{Problem: ProblemUnparsable, Message: "the reply ends before the model has done thinking"}
}
