package inference

import (
	"fmt"
	"math"

	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/templates"
)

// wholeCall is the weight of a full call for package batching; a record's is its part of it. So the weights need not change
// when what is known of tokens does.
const wholeCall = 1_000_000

// sizes are the most tokens that a call of a plan may have, and a record alone, whatever the call has; 0: no bound is known.
type sizes struct{ total, input, output, record int }

// sizesOf joins what the model holds and what the options want.
func sizesOf(m *ModelConfig, v *options.Values) sizes {
	return sizes{
		total:  lesser(m.ContextTokens, v.BatchMaxTokens),
		input:  m.MaxInputTokens,
		output: lesser(m.MaxOutputTokens, v.MaxOutputTokens),
	}
}

// lesser is the smaller of two bounds, where 0 is none.
func lesser(a, b int) int {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// shape is how many bytes a plan's prompts have beside their records' own: for the call, and for each record.
type shape struct{ fixed, perRecord int }

// shapeOf measures a prompt with one record and with two. What records with other fields would look like is a guess.
func shapeOf(p *templates.Prompt) shape {
	sample := Record{Fields: []Field{{Name: TextField, Value: "x"}}}
	row := templates.Record{Fields: sample.Fields}
	one, err := p.Render([]templates.Record{row})
	if err != nil {
		return shape{}
	}
	bytes := len(one.System) + len(one.User)
	two, err := p.Render([]templates.Record{row, row})
	if err != nil { // single mode
		return shape{fixed: bytes - 1}
	}
	each := len(two.System) + len(two.User) - bytes
	return shape{fixed: bytes - each, perRecord: max(each-sample.Bytes(), 0)}
}

// tooTight is a problem where not even the instruction fits into a call, so that no record ever would.
func (p *plan) tooTight() []options.Problem {
	bound := lesser(p.sizes.total, p.sizes.input)
	if least := float64(p.shape.fixed) * leastPerByte; bound == 0 || least < float64(bound) {
		return nil
	}
	return []options.Problem{{Option: "batch.max.tokens", Message: fmt.Sprintf(
		"must leave room for records: the instruction and system.prompt have about %.0f tokens, and a call may have %d (%s)",
		float64(p.shape.fixed)*firstPerByte.mean, bound, p.boundName())}}
}

// fitted is a record as it goes into a batch.
type fitted struct {
	record Record
	weight int
	cut    string // what was cut off, for the result; empty: nothing
}

// fit finds the weight of a record, and cuts it where it does not fit into a call and may be cut. Its error is of
// ReasonContextOverflow. What is not certain does not fail: the record is asked about alone, and the provider says.
func (p *plan) fit(r Record, known figures) (fitted, *Error) {
	if p.sizes == (sizes{}) {
		return fitted{record: r}, nil
	}
	need := p.need(&r, known)
	if p.alone(need.high, known) <= 1 {
		return fitted{record: r, weight: p.weight(need.high, known)}, nil
	}
	if p.alone(need.likely, known) > 1 && p.options.RecordOverflow != options.OverflowError {
		if cut, ok := p.truncate(r, need, known); ok {
			return cut, nil
		}
	}
	if p.isTooLong(need.low, known) {
		return fitted{}, p.tooLong(need, known)
	}
	return fitted{record: r, weight: wholeCall}, nil
}

// ahead returns the records of the next batch as they would be sent: the first ones of those given, as many as a batch may
// have. Its error is of the first record that is not valid or does not fit.
func (e *Engine) ahead(p *plan, records []Record) ([]Record, error) {
	known, bytes, weight := p.meter.figures(), 0, 0
	var batch []Record
	for i, r := range records[:min(len(records), p.options.BatchSize)] {
		if err := p.admit(&r, e.maxRecordBytes); err != nil {
			return nil, fmt.Errorf("record %d: %w", r.Tag, err)
		}
		f, err := p.fit(r, known)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", r.Tag, err)
		}
		bytes, weight = bytes+f.record.Bytes(), weight+f.weight
		if i > 0 && (bytes > p.options.BatchMaxBytes || weight > wholeCall) {
			break
		}
		batch = append(batch, f.record)
	}
	return batch, nil
}

// lone is how much of a call a record with so many tokens would take if it were alone; above 1: it does not fit. What a
// model may write is no matter: a single answer that is cut off is a matter of max.output.tokens.
func (p *plan) lone(tokens float64, known figures) float64 {
	fixed := float64(p.shape.fixed) * known.perByte.mean
	// However long answers have been, half of the room is the records': else one long answer would let no record be asked about
	// again, and nobody would learn that others are shorter.
	answer := min(known.perAnswer.mean, max(float64(p.sizes.total)-fixed, 0)/2)
	return max(
		partOf(tokens+answer, p.sizes.total, fixed),
		partOf(tokens, p.sizes.input, fixed),
	)
}

// alone is likewise how much of what it may have, which is less than a call where there is a bound for each text.
func (p *plan) alone(tokens float64, known figures) float64 {
	return max(p.lone(tokens, known), partOf(tokens, p.sizes.record, 0))
}

// isTooLong reports whether a record that has so many tokens at least has no room in any call, whatever is answered.
func (p *plan) isTooLong(tokens float64, known figures) bool {
	fixed := float64(p.shape.fixed) * min(known.perByte.low(), leastPerByte)
	return max(partOf(tokens, p.sizes.record, 0), partOf(tokens+fixed, lesser(p.sizes.total, p.sizes.input), 0)) > 1
}

// weight is how much of a call a record with so many tokens takes beside others, in parts of wholeCall.
func (p *plan) weight(tokens float64, known figures) int {
	part := max(p.lone(tokens+known.perAnswer.high()-known.perAnswer.mean, known), p.written(known))
	return min(max(int(math.Ceil(part*wholeCall)), 1), wholeCall)
}

// written is how much of what a model may write an answer takes; 0 until a provider has told how long they are.
func (p *plan) written(known figures) float64 {
	if !known.perAnswer.told {
		return 0
	}
	return partOf(known.perAnswer.high(), p.sizes.output, 0)
}

// partOf is what part of the rest of a bound something takes; 0 where there is no bound.
func partOf(tokens float64, bound int, used float64) float64 {
	if bound == 0 {
		return 0
	}
	if float64(bound) <= used {
		return math.Inf(1)
	}
	return tokens / (float64(bound) - used)
}

// tooLong is the error of a record that certainly does not fit.
func (p *plan) tooLong(need tokens, known figures) *Error {
	if p.embeds() {
		message := fmt.Sprintf("the text has about %.0f tokens, and provider %s embeds at most %d at once: shorten it, or set "+
			"record.overflow to truncate-tail", need.likely, p.model.Provider, lesser(p.sizes.record, p.sizes.total))
		return &Error{Reason: ReasonContextOverflow, Message: message}
	}
	message := fmt.Sprintf("the record has about %.0f tokens, the instruction about %.0f", need.likely,
		float64(p.shape.fixed)*known.perByte.mean)
	if p.sizes.total > 0 && p.sizes.total == lesser(p.sizes.total, p.sizes.input) {
		message += fmt.Sprintf(", and a call may have %d (%s)", p.sizes.total, p.boundName())
	} else {
		message += fmt.Sprintf(", and a prompt of the model may have %d", p.sizes.input)
	}
	advice := "shorten it, or set record.overflow to truncate-tail"
	if p.options.RecordOverflow != options.OverflowError {
		advice = fmt.Sprintf("shorten it: it has no text of which %d bytes would fit (record.overflow)", leastKept)
	}
	return &Error{Reason: ReasonContextOverflow, Message: message + ": " + advice}
}

func (p *plan) boundName() string {
	if p.options.BatchMaxTokens > 0 && p.options.BatchMaxTokens == p.sizes.total {
		return "batch.max.tokens"
	}
	return "the model's context"
}
