package local

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxEntities is the most entities of one text; what comes later is left out.
const MaxEntities = 64

const months = " january february march april may june july august september october november december " +
	"jan feb mar apr jun jul aug sep sept oct nov dec "

// openers are words that begin sentences in capitals without being part of a name.
const openers = " a an the this that these those it its i he she we you they his her our your their my there here what " +
	"when where why how who which if in on at for from with and but or so as to of by not no yes is are was were do does did has " +
	"have had all any some every one two now then though although while after before because very just only even "

// joiners are small words inside a name: Lord of the Rings.
const joiners = " of the de la le van von du "

// Entities lists the names, numbers and dates in text, each once, in order, by rules: runs of words in capitals that do
// more than begin a sentence, numbers, and dates such as "March 3, 2004" or 2004-03-03. Text that is all in
// capitals has no names. It may be called by several goroutines at once.
func Entities(text string) []string {
	words := words(text)
	shouted := strings.IndexFunc(text, unicode.IsLower) < 0
	var list []string
	for at := 0; at < len(words) && len(list) < MaxEntities; {
		end := entityEnd(words, at, shouted)
		if end == at {
			at++
			continue
		}
		first, last := words[at], words[end-1]
		name := strings.TrimSuffix(strings.TrimSuffix(text[first.start:last.end], "'s"), "’s")
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
		at = end
	}
	return list
}

// piece is a word without the punctuation around it.
type piece struct {
	text       string
	start, end int
	// opens: a sentence begins with it. closes: punctuation follows, so that no name goes on behind it.
	opens, closes bool
	// comma: the punctuation behind it is no more than a comma. quoted: there is some before it.
	comma, quoted bool
}

func words(text string) []piece {
	var list []piece
	opens := true
	for start := 0; start < len(text); {
		if size := spaceAt(text, start); size > 0 {
			start += size
			continue
		}
		end := wordEnd(text, start)
		left := start + strings.IndexFunc(text[start:end], inWord)
		if left >= start {
			right := start + strings.LastIndexFunc(text[start:end], inWord)
			_, size := utf8.DecodeRuneInString(text[right:])
			right += size
			tail := text[right:end]
			list = append(list, piece{
				text: text[left:right], start: left, end: right,
				opens: opens, closes: tail != "", comma: tail == ",", quoted: left > start,
			})
			opens = strings.ContainsAny(tail, ".!?:;")
		}
		start = end
	}
	return list
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '$' || r == '€' || r == '£' || r == '%'
}

// entityEnd returns the word behind the entity that begins at word at; at itself if there is none.
func entityEnd(words []piece, at int, shouted bool) int {
	if end := dateEnd(words, at); end > at {
		return end
	}
	if words[at].isNumber() {
		return at + 1
	}
	if shouted || !words[at].isName() {
		return at
	}
	end := nameEnd(words, at)
	if words[at].opens && (end == at+1 || words[at].isIn(openers)) {
		return at
	}
	return end
}

// dateEnd reads "March 3, 2004", "March 2004" and "3 March 2004".
func dateEnd(words []piece, at int) int {
	end := at
	if words[at].isDay() && at+1 < len(words) && words[at+1].isMonth() {
		end++
	}
	if !words[end].isMonth() {
		return at
	}
	end++
	if end == at+1 && end < len(words) && words[end].isDay() {
		end++
	}
	if end < len(words) && words[end].isYear() && (!words[end-1].closes || words[end-1].comma) {
		end++
	}
	if end == at+1 {
		return at
	}
	return end
}

// nameEnd goes on while words in capitals follow, over small words between them.
func nameEnd(words []piece, at int) int {
	end := at + 1
	for end < len(words) && !words[end-1].closes {
		next := end
		for next < len(words) && next < end+2 && words[next].isIn(joiners) && !words[next].closes {
			next++
		}
		if next >= len(words) || words[next].quoted || !words[next].isName() {
			break
		}
		end = next + 1
	}
	return end
}

// isName reports whether the word begins with a capital and goes on small, or is a
// short word in capitals that says nothing of its own, such as USB.
func (p piece) isName() bool {
	first, size := utf8.DecodeRuneInString(p.text)
	if !unicode.IsUpper(first) || p.text == "I" || strings.HasPrefix(p.text, "I'") {
		return false
	}
	if strings.IndexFunc(p.text[size:], unicode.IsLower) >= 0 {
		return true
	}
	return len(p.text) <= 4 && !p.isIn(openers) && loaded().look(p.text).is == 0
}

func (p piece) isNumber() bool {
	digits := strings.Trim(p.text, "$€£%")
	return digits != "" && isDigit(digits[0]) && strings.Trim(digits, "0123456789.,:/-") == ""
}

func (p piece) isMonth() bool {
	return len(p.text) >= 3 && unicode.IsUpper(rune(p.text[0])) && p.isIn(months)
}

func (p piece) isDay() bool  { return len(p.text) <= 2 && p.isNumber() }
func (p piece) isYear() bool { return len(p.text) == 4 && p.isNumber() }

// isIn looks the word up in a list with a space around each word.
func (p piece) isIn(list string) bool { return strings.Contains(list, " "+strings.ToLower(p.text)+" ") }
