package local

import (
	_ "embed" // the lexicon files
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// The lexicon of vaderSentiment 3.3.2, cut down to the columns that are read; its licence is lexicon/LICENSE.
var (
	//go:embed lexicon/words.tsv
	wordsFile string
	//go:embed lexicon/emoji.tsv
	emojiFile string
)

// What is known of a word, as bits.
const (
	// inLexicon: the word has a valence.
	inLexicon uint8 = 1 << iota
	// raises and lowers: the word strengthens or weakens what follows.
	raises
	lowers
	// negates: the word turns what follows around.
	negates
)

// Names of the words that rules ask for one by one.
const (
	noName uint8 = iota
	wNo
	wOr
	wNor
	wNever
	wSo
	wThis
	wWithout
	wDoubt
	wLeast
	wAt
	wVery
	wKind
	wOf
	wBut
	wJust
	wEnough
	wSort
	wThe
	wShit
	wBomb
	wBad
	wAss
	wBus
	wStop
	wYeah
	wRight
	wKiss
	wDeath
	wTo
	wDie
	wFor
	wBeating
	wHeart
)

// named are the words behind the names, in the names' order.
const named = "no or nor never so this without doubt least at very kind of but just enough sort the shit bomb bad ass " +
	"bus stop yeah right kiss death to die for beating heart"

const raising = "absolutely amazingly awfully completely considerable considerably decidedly deeply effing enormous " +
	"enormously entirely especially exceptional exceptionally extreme extremely fabulously flipping flippin frackin " +
	"fracking fricking frickin frigging friggin fully fuckin fucking fuggin fugging greatly hella highly hugely " +
	"incredible incredibly intensely major majorly more most particularly purely quite really remarkably so " +
	"substantially thoroughly total totally tremendous tremendously uber unbelievably unusually utter utterly very"

const lowering = "almost barely hardly kinda kindof kind-of less little marginal marginally occasional occasionally " +
	"partly scarce scarcely slight slightly somewhat sorta sortof sort-of"

const negating = "aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't didn't " +
	"doesn't dont hadnt hasnt havent isnt mightnt mustnt neither don't hadn't hasn't haven't isn't mightn't mustn't " +
	"neednt needn't never none nope nor not nothing nowhere oughtnt shant shouldnt uhuh wasnt werent oughtn't shan't " +
	"shouldn't uh-uh wasn't weren't without wont wouldnt won't wouldn't rarely seldom despite"

// word is what is known of one word; the zero word is an unknown one.
type word struct {
	// tenths is the valence in tenths: the lexicon has one decimal.
	tenths int8
	is     uint8
	name   uint8
}

func (w word) valence() float64 { return float64(w.tenths) / 10 }

// boost is how much w adds to the strength of what follows.
func (w word) boost() float64 {
	switch {
	case w.is&raises != 0:
		return boosterStep
	case w.is&lowers != 0:
		return -boosterStep
	}
	return 0
}

// lexicon is read-only once it is loaded.
type lexicon struct {
	words   map[string]word
	longest int
	emoji   map[rune]string
}

// loaded reads the embedded files when the first text is scored, so that a server that never does pays nothing.
var loaded = sync.OnceValue(load)

func load() *lexicon {
	l := &lexicon{words: make(map[string]word, 7700), emoji: make(map[rune]string, 1300)}
	for line := range strings.Lines(wordsFile) {
		text, valence, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		l.change(text, func(w *word) { w.tenths, w.is = tenths(valence), w.is|inLexicon })
	}
	l.mark(raising, raises)
	l.mark(lowering, lowers)
	l.mark(negating, negates)
	name := noName
	for text := range strings.FieldsSeq(named) {
		name++
		l.change(text, func(w *word) { w.name = name })
	}
	for line := range strings.Lines(emojiFile) {
		r, size := utf8.DecodeRuneInString(line)
		l.emoji[r] = strings.TrimSpace(line[size:])
	}
	return l
}

func (l *lexicon) mark(list string, bit uint8) {
	for text := range strings.FieldsSeq(list) {
		l.change(text, func(w *word) { w.is |= bit })
	}
}

func (l *lexicon) change(text string, with func(*word)) {
	w := l.words[text]
	with(&w)
	l.words[text] = w
	l.longest = max(l.longest, len(text))
}

// tenths reads "-1.5" as -15. The file is part of the binary and a test reads every line of it.
func tenths(s string) int8 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	if f < 0 {
		return int8(f*10 - 0.5)
	}
	return int8(f*10 + 0.5)
}
