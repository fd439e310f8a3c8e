package local

import (
	"context"
	"math"
	"strconv"
)

// Answer answers the prompt: JSON in the wanted form with an entry for each record, in the prompt's order, or one bare
// value. It ends early only when ctx ends, with ctx's error.
func (p *Prompt) Answer(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if len(p.Records) == 0 {
		return p.bare(p.Text), nil
	}
	if p.Form.Bare && len(p.Records) == 1 {
		return p.bare(p.Records[0].Text), nil
	}
	if p.Form.Keyed {
		return p.keyed(ctx)
	}
	return p.array(ctx)
}

// bare is the first field's value alone: a word without quotation marks.
func (p *Prompt) bare(text string) string {
	field := p.Form.Fields[0]
	j := judgement{text: text}
	if field.Kind == KindLabel {
		return field.label(j.sentiment())
	}
	return string(field.append(nil, &j))
}

func (p *Prompt) array(ctx context.Context) (string, error) {
	keys := make([][]byte, len(p.Form.Fields))
	for i, field := range p.Form.Fields {
		keys[i] = appendName(nil, field.Name)
	}
	var index, dst []byte
	if p.Form.Index != "" {
		index = appendName(nil, p.Form.Index)
	}
	dst = make([]byte, 0, 48*len(keys)*len(p.Records)+16)
	for _, name := range p.Form.Wrappers {
		dst = appendName(append(dst, '{'), name)
	}
	dst = append(dst, '[')
	for i, record := range p.Records {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = p.appendEntry(dst, record, index, keys)
	}
	dst = append(dst, ']')
	for range p.Form.Wrappers {
		dst = append(dst, '}')
	}
	return string(dst), nil
}

func (p *Prompt) appendEntry(entry []byte, record Record, index []byte, keys [][]byte) []byte {
	entry = append(entry, '{')
	if len(index) > 0 {
		entry = append(entry, index...)
		entry = record.appendName(entry)
	}
	j := judgement{text: record.Text, echo: record.Echo}
	for i, field := range p.Form.Fields {
		if i > 0 || len(index) > 0 {
			entry = append(entry, ", "...)
		}
		entry = append(entry, keys[i]...)
		entry = field.append(entry, &j)
	}
	return append(entry, '}')
}

// appendName appends what the prompt calls the record, as JSON.
func (r *Record) appendName(dst []byte) []byte {
	if r.ID != "" {
		return appendString(dst, r.ID)
	}
	return strconv.AppendInt(dst, int64(r.Index), 10)
}

// judgement is what the model says of one text; the sentiment is worked out once.
type judgement struct {
	text  string
	echo  string
	known bool
	score float64
}

func (j *judgement) sentiment() float64 {
	if !j.known {
		j.score, j.known = Sentiment(j.text), true
	}
	return j.score
}

// append appends the field's value as JSON.
func (f Field) append(dst []byte, j *judgement) []byte {
	switch f.Kind {
	case KindScore:
		return strconv.AppendFloat(dst, j.sentiment(), 'f', -1, 64)
	case KindConfidence:
		return strconv.AppendFloat(dst, confidence(j.sentiment()), 'f', -1, 64)
	case KindEntities:
		return appendList(dst, Entities(j.text))
	case KindEcho:
		return appendString(dst, j.echo)
	case KindLabel:
	}
	return appendString(dst, f.label(j.sentiment()))
}

// label names a score with the prompt's own words. Where neutral is no choice, 0 and above are positive.
func (f Field) label(score float64) string {
	switch label := Label(score); {
	case label == "neutral" && f.Labels[2] != "":
		return f.Labels[2]
	case score < 0:
		return f.Labels[1]
	}
	return f.Labels[0]
}

// confidence is the strength of the score, or for a neutral label its weakness, to four decimals.
func confidence(score float64) float64 {
	strength := math.Abs(score)
	if strength < threshold {
		return math.Round((1-strength)*1e4) / 1e4
	}
	return strength
}

func appendList(array []byte, list []string) []byte {
	array = append(array, '[')
	for i, s := range list {
		if i > 0 {
			array = append(array, ", "...)
		}
		array = appendString(array, s)
	}
	return append(array, ']')
}
