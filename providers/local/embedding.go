package local

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-ml/weir/providers"
)

const (
	// DefaultDimensions is how long a vector of the embedded model is where nobody says.
	DefaultDimensions = 256
	// MinDimensions is the shortest: below, different words meet in the same numbers too often.
	MinDimensions = 16
	// MaxDimensions is the longest.
	MaxDimensions = 4096
)

// What features weigh beside a word on its own: two words together, and three and four letters of a word.
const (
	weightOfPair  = 0.5
	weightOfGrams = 0.35
	shortestGram  = 3
	longestGram   = 4
)

var _ providers.Embedder = model{}

// Embed turns each input into a vector of length 1, of hashed words, pairs of words and parts of words. The product of two vectors
// says how much of their words two texts share, mistakes in writing and other endings included. So it finds texts that are nearly
// the same, and those about the same named things. It knows no meaning: "a good film" is as far from "a fine movie" as from any
// other text.
//
// The same text has the same vector, on every machine. It does not wait; ctx is looked at between texts.
func (model) Embed(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	dimensions := req.Dimensions
	if dimensions == 0 {
		dimensions = DefaultDimensions
	}
	switch {
	case len(req.Inputs) == 0:
		return nil, &providers.Error{Kind: providers.KindBadRequest, Message: "there is no text to embed"}
	case dimensions < MinDimensions || dimensions > MaxDimensions:
		message := fmt.Sprintf("the embedded model makes vectors of %d to %d numbers, not %d: correct dimensions",
			MinDimensions, MaxDimensions, dimensions)
		return nil, &providers.Error{Kind: providers.KindBadRequest, Message: message}
	}
	resp := &providers.Response{Finish: providers.FinishStop, Vectors: make([][]float32, len(req.Inputs))}
	for i, text := range req.Inputs {
		if err := ctx.Err(); err != nil {
			return nil, ended(err)
		}
		resp.Vectors[i] = embed(text, dimensions)
		resp.Usage.PromptTokens += Tokens(text)
	}
	resp.Usage.Reported = true
	return resp, nil
}

// EmbedLimits returns none: texts are bounded by the server.
func (model) EmbedLimits() providers.EmbedLimits { return providers.EmbedLimits{} }

// embed adds up the features of a text. Each hash has a place and a sign, so that features which meet in a place cancel out as
// often as they add up.
func embed(text string, dimensions int) []float32 {
	sums := make([]float64, dimensions)
	last := uint64(0)
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), isBetweenWords) {
		hash := hashOf(word)
		if silent[word] {
			add(sums, hash, weightOfPair)
			continue
		}
		add(sums, hash, 1)
		if last != 0 {
			add(sums, mix(last*31+hash), weightOfPair)
		}
		addGrams(sums, word)
		last = hash
	}
	return unit(sums, text)
}

func isBetweenWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' }

// addGrams adds the parts of a word, its ends marked, which words with another ending or a mistake share.
func addGrams(sums []float64, word string) {
	marked := "<" + word + ">"
	for size := shortestGram; size <= longestGram; size++ {
		for from, to := 0, endOf(marked, size); to > 0 && to <= len(marked); {
			add(sums, mix(hashOf(marked[from:to])), weightOfGrams)
			if to == len(marked) {
				break
			}
			from += width(marked[from:])
			to += width(marked[to:])
		}
	}
}

// endOf is where the first so many characters of s end; 0: it has not so many.
func endOf(s string, characters int) int {
	end := 0
	for range characters {
		if end == len(s) {
			return 0
		}
		end += width(s[end:])
	}
	return end
}

func width(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func add(sums []float64, hash uint64, weight float64) {
	place := (hash >> 1) % uint64(len(sums))
	if hash&1 == 0 {
		weight = -weight
	}
	sums[place] += weight
}

// unit scales to length 1. A text without a word is hashed as a whole, so that it has a direction as well.
func unit(sums []float64, text string) []float32 {
	square := 0.0
	for _, x := range sums {
		square += float64(x * x) // rounded here: fused with the sum, as some processors do, it would differ
	}
	if square == 0 {
		sums[0] = 0
		add(sums, hashOf(text), 1)
		square = 1
	}
	length := math.Sqrt(square)
	vector := make([]float32, len(sums))
	for i, x := range sums {
		vector[i] = float32(x / length)
	}
	return vector
}

// hashOf is FNV-1a, whose lowest bits are mixed once more because places and signs are made of them.
func hashOf(s string) uint64 {
	hash := uint64(14695981039346656037)
	for i := range len(s) {
		hash = (hash ^ uint64(s[i])) * 1099511628211
	}
	return mix(hash)
}

func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// silent are words that say nothing of what a text is about.
var silent = setOf("a an and are as at be but by for from had has have he her his i in is it it's its me my of on or our she so that " +
	"the their them there they this to was we were what when which who will with you your")

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}
