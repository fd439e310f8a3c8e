package parsing

import "fmt"

// proven returns a claim as it counts for a record: where the call has written an echo behind each record, a claim that does not
// repeat the record's own is no valid answer, for its value may be about the record whose echo it has. It is not moved there:
// two signs that contradict each other are no proof of either.
func (m *matching) proven(record int, c *Claim) *Claim {
	echoes := m.call.echoes
	if echoes == nil || c.Problem != ProblemNone || record < len(echoes) && fold(c.Echo) == echoes[record] {
		return c
	}
	message := fmt.Sprintf("the answer for this record repeats another echo in %q than the record's own", m.call.echoField)
	if c.Echo == "" {
		message = fmt.Sprintf("the answer for this record does not repeat the record's echo in %q", m.call.echoField)
	}
	return &Claim{Named: c.Named, ID: c.ID, Problem: ProblemInvalid, Message: message}
}
