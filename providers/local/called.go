package local

import "strings"

// called is what a prompt calls a record: a number, or a random id.
type called struct {
	Index int
	ID    string
}

// nobody is no name.
var nobody = called{Index: -1}

func (c called) isNone() bool { return c == nobody }

// calledAt reads a number or an id at this place, and returns where it ends.
func calledAt(text string, at int) (called, int) {
	if n, end := number(text, at); n >= 0 {
		return called{Index: n}, end
	}
	id := idAt(text, at)
	if id == "" {
		return nobody, at
	}
	return called{ID: id}, at + len(id)
}

// calledIn reads a value that is a number or an id and nothing else, with quotation marks around it or none.
func calledIn(raw string) called {
	if len(raw) > 2 && raw[0] == '"' && raw[len(raw)-1] == '"' {
		if raw = raw[1 : len(raw)-1]; idAt(raw, 0) != raw {
			return nobody // numbers in quotation marks are the user's own
		}
	}
	c, end := calledAt(raw, 0)
	if end != len(raw) {
		return nobody
	}
	return c
}

// The lengths of random ids.
const shortestID, longestID = 2, 4

// idAt returns the random id at this place, "" if there is none: only small consonants, as weir writes them, so that few words are
// taken for one.
func idAt(text string, at int) string {
	end := at
	for end < len(text) && end-at <= longestID && isConsonant(text[end]) {
		end++
	}
	if n := end - at; n < shortestID || n > longestID || end < len(text) && (isLetter(text[end]) || isDigit(text[end])) {
		return ""
	}
	return text[at:end]
}

// echoBehind reads " [echo kq]" at this place, and returns where it ends; the place itself if it is not there.
func echoBehind(text string, at int) (echo string, end int) {
	const open = " [echo "
	if !strings.HasPrefix(text[at:], open) {
		return "", at
	}
	echo = idAt(text, at+len(open))
	if end = at + len(open) + len(echo); echo == "" || !isAt(text, end, "]") {
		return "", at
	}
	return echo, end + 1
}

// echoElement takes "<echo>kq</echo>" off the end of an element's content.
func echoElement(body string) (rest, echo string) {
	const open, shut = "<echo>", "</echo>"
	at := strings.LastIndex(body, open)
	if at < 0 || !strings.HasSuffix(body, shut) {
		return body, ""
	}
	echo = body[at+len(open) : len(body)-len(shut)]
	if echo == "" || idAt(echo, 0) != echo {
		return body, ""
	}
	return body[:at], echo
}

func isConsonant(c byte) bool { return c >= 'a' && c <= 'z' && strings.IndexByte("aeiou", c) < 0 }

// number reads at most nine digits at this place; -1 if there are none.
func number(text string, at int) (n, end int) {
	start := at
	for at < len(text) && at-start < 9 && isDigit(text[at]) {
		n = n*10 + int(text[at]-'0')
		at++
	}
	if at == start || at < len(text) && isDigit(text[at]) {
		return -1, at
	}
	return n, at
}
