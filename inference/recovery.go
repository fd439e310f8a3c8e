package inference

import (
	"math/bits"
	"slices"

	"github.com/weir-ml/weir/options"
)

// maxAlone is how often a record is asked about alone: a model that is wrong by chance is right soon, and one that is not
// need not be paid for more.
const maxAlone = 3

// maxAloneCut is how often it is asked about alone while its answer is cut off at the model's token limit.
const maxAloneCut = 2

// part is the records of a batch that one call is about.
type part struct {
	places []int // of the records in their batch, in order
	again  bool  // it was asked twice as it is, or is of a part that was, and nobody got an answer
	alone  int   // how often its only record has been asked about alone
}

// trouble is what kept records of a part from an answer.
type trouble int

const (
	// troubleAnswer: the reply has no valid answer for them. The same question may find one.
	troubleAnswer trouble = iota
	// troubleCount: the model has lost count, so that no answer of the reply is believed. Fewer records are easier to count.
	troubleCount
	// troubleLength: the reply was cut off before its first answer. Fewer records need fewer tokens.
	troubleLength
	// troubleOverflow: the prompt is too long for the model.
	troubleOverflow
	// troubleInput: the call as it stands is refused, perhaps because of one of its texts.
	troubleInput
	// troubleRefusal: the model or its filter refuses the prompt, because of one of its records or more.
	troubleRefusal
)

// stays reports whether the same call would end the same way.
func (t trouble) stays() bool { return t != troubleAnswer && t != troubleCount }

// isAnswer reports whether there was a reply, and it lacked the answers.
func (t trouble) isAnswer() bool { return t != troubleOverflow && t != troubleRefusal }

// ladder says what is asked again. Its way is down: first those without an answer together, then their halves, at last each
// alone. It is pure: what it says depends on nothing else.
//
// A record that spoils every call that it is in, however it does that, costs a batch of n at most 2*ceil(log2 n)+1 further
// calls: one of all records, and two for each halving. No record is in more than ceil(log2 n)+2 calls.
type ladder struct {
	strategy string // options.Strategy…
	calls    int    // the most calls that a record may be in
}

func newLadder(strategy string, records int) ladder {
	return ladder{strategy: strategy, calls: bits.Len(uint(records-1)) + 2}
}

// next returns the parts that are asked about next, after a call about asked that left open records without an answer.
// calls says in how many calls a record has been. Records that are in no part are given up.
func (l ladder) next(asked part, open []int, why trouble, calls func(place int) int) []part {
	open = slices.DeleteFunc(slices.Clone(open), func(place int) bool { return calls(place) >= l.calls })
	switch {
	case len(open) == 0 || l.strategy == options.StrategyError:
		return nil
	case l.strategy == options.StrategyRetry:
		return once(asked, open, why)
	case len(asked.places) == 1:
		return alone(asked, why)
	case l.strategy == options.StrategyIndividual:
		return each(open)
	case len(open) < len(asked.places): // the call as such has worked
		return []part{{places: open, again: asked.again}}
	case why == troubleAnswer && !asked.again:
		return []part{{places: open, again: true}}
	default:
		return halves(open, asked.again)
	}
}

// once asks for what is missing, together, one time.
func once(asked part, open []int, why trouble) []part {
	if asked.again || why.stays() {
		return nil
	}
	return []part{{places: open, again: true}}
}

// alone asks again for one record that was alone already. An answer that was cut off is asked for once more, because then the
// model is told to be shorter: it is not the same call.
func alone(asked part, why trouble) []part {
	asked.alone++
	most := maxAlone
	if why == troubleLength {
		most = maxAloneCut
	} else if why.stays() {
		return nil
	}
	if asked.alone >= most {
		return nil
	}
	return []part{asked}
}

func each(places []int) []part {
	parts := make([]part, len(places))
	for i := range places {
		parts[i].places = places[i : i+1]
	}
	return parts
}

// halves splits records in two; one record stays as it is.
func halves(places []int, again bool) []part {
	if len(places) == 1 {
		return each(places)
	}
	half := (len(places) + 1) / 2
	return []part{{places: places[:half], again: again}, {places: places[half:], again: again}}
}
