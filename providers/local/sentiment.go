package local

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The weights of VADER's rules, found by its authors from human ratings.
const (
	boosterStep  = 0.293
	capitalsStep = 0.733
	negation     = -0.74
	neverSo      = 1.25
	beforeBut    = 0.5
	afterBut     = 1.5
	damping      = 15
	threshold    = 0.05
)

// byDistance weakens a booster with its distance from the word it strengthens.
var byDistance = [3]float64{1, 0.95, 0.9}

// phrases have a valence of their own, whatever their words have. The rule asks for phrases of two or three words.
var phrases = []struct {
	names   [3]uint8
	valence float64
}{
	{[3]uint8{wThe, wShit}, 3},
	{[3]uint8{wThe, wBomb}, 3},
	{[3]uint8{wBad, wAss}, 1.5},
	{[3]uint8{wBus, wStop}, 0},
	{[3]uint8{wYeah, wRight}, -2},
	{[3]uint8{wKiss, wOf, wDeath}, -1.5},
	{[3]uint8{wTo, wDie, wFor}, 3},
	{[3]uint8{wBeating, wHeart}, 3.5},
}

// Sentiment scores English text from -1 (most negative) to +1 (most positive), to four decimals: VADER's compound
// score. Text without a known word scores 0. It may be called by several goroutines at once.
//
// The scores are those of vaderSentiment 3.3.2, except that a "but" weighs words by their place; there, two words of
// equal strength could be taken for one another.
func Sentiment(text string) float64 {
	l := loaded()
	var room [96]token
	t := l.tokens(room[:0], l.spellEmoji(text))
	sum := 0.0
	for i := range t.list {
		if t.list[i].is&inLexicon != 0 && !t.modifier(i) {
			sum += t.valence(i) * t.butWeight(i)
		}
	}
	switch emphasis := emphasis(text); {
	case sum > 0:
		sum += emphasis
	case sum < 0:
		sum -= emphasis
	}
	return math.Round(sum/math.Sqrt(sum*sum+damping)*1e4) / 1e4
}

// Label names a score: "positive" from 0.05, "negative" from -0.05 down, "neutral" between.
func Label(score float64) string {
	switch {
	case score >= threshold:
		return "positive"
	case score <= -threshold:
		return "negative"
	}
	return "neutral"
}

// emphasis is what exclamation and question marks add.
func emphasis(text string) float64 {
	added := 0.292 * float64(min(strings.Count(text, "!"), 4))
	switch questions := strings.Count(text, "?"); {
	case questions > 3:
		added += 0.96
	case questions > 1:
		added += 0.18 * float64(questions)
	}
	return added
}

// token is one word of the text.
type token struct {
	word

	capitals bool
}

// tokens are the words of a text and what the rules ask of the text as a whole.
type tokens struct {
	list []token
	// mixed: some words, not all, are in capitals, so that capitals mean something.
	mixed bool
	// but is the place of the first "but", or -1.
	but int
}

// tokens splits text at white space. It appends to room, which is on the caller's stack.
func (l *lexicon) tokens(room []token, text string) tokens {
	t, capitals := tokens{list: room, but: -1}, 0
	for start := 0; start < len(text); {
		if size := spaceAt(text, start); size > 0 {
			start += size
			continue
		}
		end := wordEnd(text, start)
		w := l.look(strip(text[start:end]))
		start = end
		if w.name == wBut && t.but < 0 {
			t.but = len(t.list)
		}
		if w.capitals {
			capitals++
		}
		t.list = append(t.list, w)
	}
	t.mixed = 0 < capitals && capitals < len(t.list)
	return t
}

func wordEnd(text string, at int) int {
	for at < len(text) && spaceAt(text, at) == 0 {
		at++
	}
	return at
}

// spaceAt returns the length of the white space character at i, 0 if there is none.
func spaceAt(text string, i int) int {
	c := text[i]
	if c < utf8.RuneSelf {
		if c == ' ' || c >= '\t' && c <= '\r' || c >= 0x1c && c <= 0x1f {
			return 1
		}
		return 0
	}
	if r, size := utf8.DecodeRuneInString(text[i:]); r != utf8.RuneError && unicode.IsSpace(r) {
		return size
	}
	return 0
}

// strip takes the punctuation off both ends, unless that leaves too little of what is then an emoticon.
func strip(s string) string {
	start, end := 0, len(s)
	for start < end && isPunct(s[start]) {
		start++
	}
	for start < end && isPunct(s[end-1]) {
		end--
	}
	if core := s[start:end]; len(core) > 2 && (len(core) > 8 || utf8.RuneCountInString(core) > 2) {
		return core
	}
	return s
}

func isPunct(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

// look finds the word of s, whatever its case.
func (l *lexicon) look(s string) token {
	var lower [32]byte
	var t token
	small, big, quote := false, false, false
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			return lookForeign(s)
		case c >= 'A' && c <= 'Z':
			big = true
			c += 'a' - 'A'
		case c >= 'a' && c <= 'z':
			small = true
		case c == '\'':
			quote = true
		}
		if i < len(lower) {
			lower[i] = c
		}
	}
	if len(s) <= l.longest {
		t.word = l.words[string(lower[:len(s)])]
	}
	if quote && t.is&negates == 0 && holdsNot(s) {
		t.is |= negates
	}
	t.capitals = big && !small
	return t
}

// lookForeign is look for a word with a letter outside ASCII. The lexicon has none that can be met.
func lookForeign(s string) token {
	var t token
	small, big := false, false
	for _, r := range s {
		small = small || unicode.IsLower(r)
		big = big || unicode.IsUpper(r)
	}
	t.capitals = big && !small
	if holdsNot(s) {
		t.is |= negates
	}
	return t
}

func holdsNot(s string) bool {
	i := strings.IndexByte(s, '\'')
	for i > 0 && i+1 < len(s) {
		if s[i-1]|0x20 == 'n' && s[i+1]|0x20 == 't' {
			return true
		}
		next := strings.IndexByte(s[i+1:], '\'')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// spellEmoji writes emoji as their names, which the lexicon knows the words of.
func (l *lexicon) spellEmoji(text string) string {
	at := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf && l.emoji[r] != "" })
	if at < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(2 * len(text))
	b.WriteString(text[:at])
	space := at == 0 || text[at-1] == ' '
	for _, r := range text[at:] {
		name := l.emoji[r]
		if name == "" {
			b.WriteRune(r)
			space = r == ' '
			continue
		}
		if !space {
			b.WriteByte(' ')
		}
		b.WriteString(name)
		space = false
	}
	return b.String()
}

// modifier reports whether word i only changes others: a booster, or "kind" of "kind of".
func (t *tokens) modifier(i int) bool {
	return t.list[i].is&(raises|lowers) != 0 || t.list[i].name == wKind && t.name(i+1) == wOf
}

// valence is what word i of the lexicon adds here, after the rules for its neighbours.
func (t *tokens) valence(i int) float64 {
	v := t.afterNo(i)
	if t.list[i].capitals && t.mixed {
		v += awayFromZero(v, capitalsStep)
	}
	for distance := range min(i, 3) {
		before := t.list[i-distance-1]
		if before.is&inLexicon != 0 {
			continue
		}
		v += t.boost(before, v) * byDistance[distance]
		v *= t.negation(i, distance)
		if distance == 2 {
			v = t.phrase(i, v)
		}
	}
	return v * t.least(i)
}

// afterNo is the valence of word i, turned around by a "no" before it. A "no" before a word of the lexicon has none itself.
func (t *tokens) afterNo(i int) float64 {
	v := t.list[i].valence()
	if t.name(i-1) == wNo || t.name(i-2) == wNo || t.name(i-3) == wNo && (t.name(i-1) == wOr || t.name(i-1) == wNor) {
		return v * negation
	}
	if t.list[i].name == wNo && i+1 < len(t.list) && t.list[i+1].is&inLexicon != 0 {
		return 0
	}
	return v
}

// boost is what the word before adds to v: away from zero for "very", towards it for "hardly".
func (t *tokens) boost(before token, v float64) float64 {
	step := before.boost()
	if step == 0 {
		return 0
	}
	if v < 0 {
		step = -step
	}
	if before.capitals && t.mixed {
		step += awayFromZero(v, capitalsStep)
	}
	return step
}

func awayFromZero(v, step float64) float64 {
	if v > 0 {
		return step
	}
	return -step
}

// negation is the factor of the word at this distance before word i: "not good", "never so good", "without a doubt".
func (t *tokens) negation(i, distance int) float64 {
	before := t.list[i-distance-1]
	if distance == 0 {
		return turned(before)
	}
	one, two := t.name(i-1), noName
	if distance == 2 {
		two = t.name(i - 2)
	}
	isSo := one == wSo || one == wThis
	switch {
	// Three words back "so" and "this" count without a "never", too: the published scores were made this way.
	case distance == 2 && isSo, before.name == wNever && (isSo || two == wSo || two == wThis):
		return neverSo
	case before.name == wWithout && (one == wDoubt || two == wDoubt):
		return 1
	}
	return turned(before)
}

func turned(before token) float64 {
	if before.is&negates != 0 {
		return negation
	}
	return 1
}

// phrase replaces v where word i is part of a known phrase, and weakens it after "sort of" and the like.
func (t *tokens) phrase(i int, v float64) float64 {
	for _, p := range phrases {
		if t.phraseEndsAt(i, p.names) || t.phraseEndsAt(i-1, p.names) || t.pairAt(i-3, p.names) {
			v = p.valence
			break
		}
	}
	for _, p := range phrases {
		if t.phraseAt(i, p.names) {
			v = p.valence
		}
	}
	for _, at := range [2]int{i - 3, i - 2} {
		first, second := t.name(at), t.name(at+1)
		if (first == wKind || first == wSort) && second == wOf || first == wJust && second == wEnough {
			v -= boosterStep
		}
	}
	return v
}

// phraseEndsAt reports whether the words up to i are the phrase, and reach no further back than the rules look.
func (t *tokens) phraseEndsAt(i int, names [3]uint8) bool {
	if names[2] == noName {
		return t.phraseAt(i-1, names)
	}
	return t.phraseAt(i-2, names)
}

func (t *tokens) pairAt(i int, names [3]uint8) bool {
	return names[2] == noName && t.phraseAt(i, names)
}

func (t *tokens) phraseAt(i int, names [3]uint8) bool {
	return t.name(i) == names[0] && t.name(i+1) == names[1] && (names[2] == noName || t.name(i+2) == names[2])
}

// least turns a word around after "least", but not after "at least" and "very least".
func (t *tokens) least(i int) float64 {
	if t.name(i-1) != wLeast || t.name(i-2) == wAt || t.name(i-2) == wVery {
		return 1
	}
	return negation
}

// butWeight shifts the weight to what follows the first "but".
func (t *tokens) butWeight(i int) float64 {
	switch {
	case t.but < 0 || i == t.but:
		return 1
	case i < t.but:
		return beforeBut
	}
	return afterBut
}

// name is the name of word i, noName outside the text.
func (t *tokens) name(i int) uint8 {
	if i < 0 || i >= len(t.list) {
		return noName
	}
	return t.list[i].name
}
