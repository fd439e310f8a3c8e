package inference

import "strings"

// tokens are those of a record in a prompt: what they are most likely, and what they are hardly ever above and below.
type tokens struct{ low, likely, high float64 }

// Where tokens are counted and not estimated: records that take a quarter of a call or more, so at most four of each, and no
// longer ones than take a moment. A count costs 0.15 us a byte in English.
const (
	countedPart = 0.25
	mostCounted = 256 << 10
	countedOnce = 4 << 10 // at a time: a long text without a blank would take a time that grows with its square
)

// leastPerByte is what a text has in tokens for each of its bytes at least, for all that weir will say against a record
// without having counted: English has one for 4 bytes.
const leastPerByte = 1.0 / 6

// need returns how many tokens a record has in a prompt.
func (p *plan) need(r *Record, known figures) tokens {
	bytes := float64(r.Bytes() + p.shape.perRecord)
	need := tokens{
		low:    bytes * min(known.perByte.low(), leastPerByte),
		likely: bytes * known.perByte.mean,
		high:   bytes * known.perByte.high(),
	}
	if p.model.CountTokens == nil || r.Bytes() > mostCounted || p.alone(need.high, known) < countedPart {
		return need
	}
	counted := float64(p.count(r)) + float64(p.shape.perRecord)*known.perByte.high()
	return tokens{low: counted, likely: counted, high: counted}
}

// count counts the tokens of a record's names and values.
func (p *plan) count(r *Record) int {
	n := 0
	for i := range r.Fields {
		n += p.countText(r.Fields[i].Name) + p.countText(r.Fields[i].Value)
	}
	return n
}

// countText counts in pieces. That is at most a token too much for each.
func (p *plan) countText(text string) int {
	n := 0
	for len(text) > 0 {
		piece := text[:pieceLength(text)]
		n += p.model.CountTokens(piece)
		text = text[len(piece):]
	}
	return n
}

// pieceLength is where to cut a text: before a blank, where words begin, or else between characters.
func pieceLength(text string) int {
	if len(text) <= countedOnce {
		return len(text)
	}
	if blank := strings.LastIndexAny(text[:countedOnce], " \n"); blank > 0 {
		return blank
	}
	return floorRune(text, countedOnce)
}
