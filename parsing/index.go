package parsing

import (
	"slices"
	"strconv"
	"strings"
)

// sequential reads the indexes 1, 2, …; false if id is none. There may be fewer records than it says.
func sequential(id string) (int, bool) { return parseIndex(trimLabel(id)) }

// isHint reports whether a text could be an index: a number, or with random ids any short word.
func isHint(text string, tokens bool) bool {
	const longest = 12
	_, counts := sequential(text)
	return counts || tokens && text != "" && len(text) <= longest
}

// labels are the words that models put before an index, in lower case.
var labels = []string{"input", "record", "item", "entry", "row", "r"}

// trimLabel takes the number out of "Input 3", "r3" and "#3".
func trimLabel(s string) string {
	s = strings.TrimSpace(s)
	for _, label := range labels {
		if len(s) > len(label) && strings.EqualFold(s[:len(label)], label) {
			s = s[len(label):]
			break
		}
	}
	return strings.TrimPrefix(strings.TrimLeft(s, " "), "#")
}

// parseIndex reads 3 and 3.0. What is negative, a fraction, or needs more than 31 bits is no index.
func parseIndex(s string) (int, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if strings.Trim(fraction, "0") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(whole, 10, 31)
	return int(n), err == nil
}

// tokens are ids that a call gave its records, each with its number.
type tokens map[string]int

func newTokens(ids []string) tokens {
	t := make(tokens, len(ids))
	for i, id := range ids {
		t[strings.ToLower(id)] = i + 1
	}
	return t
}

// number takes kqz, KQZ, #kqz and "Input kqz". A number is no token: who counts instead of copying names nobody.
func (t tokens) number(id string) (int, bool) {
	id = strings.ToLower(strings.TrimSpace(id))
	if n, ok := t[id]; ok {
		return n, true
	}
	if word, rest, ok := strings.Cut(id, " "); ok && slices.Contains(labels, word) {
		id = strings.TrimSpace(rest)
	}
	n, ok := t[strings.TrimPrefix(id, "#")]
	return n, ok
}
