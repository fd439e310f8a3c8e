package inference

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
)

// Task is what a model does with a record.
type Task string

// The tasks.
const (
	// TaskCompletion: a prompt with the record is answered.
	TaskCompletion Task = ""
	// TaskEmbedding: the record's text becomes a vector.
	TaskEmbedding Task = "embedding"
)

// String returns the task in a word.
func (t Task) String() string {
	if t == TaskCompletion {
		return "completion"
	}
	return string(t)
}

// alike reports whether another model may answer in place of this one. The vectors of two models have nothing to do with each
// other, so only the same model at another provider may, by its name.
func (m *model) alike(other *model) error {
	switch {
	case m.Task != other.Task:
		return fmt.Errorf("model %s: fallback: the task of %s is %s, not %s", m.Name, other.Name, other.Task, m.Task)
	case m.Task == TaskEmbedding && m.ProviderModel != other.ProviderModel:
		return fmt.Errorf("model %s: fallback: %s is another model, and its vectors cannot be compared with these; it may be the same "+
			"model at another provider, by the same name", m.Name, other.Name)
	}
	return nil
}

// maxDimensions is the length of the longest vector: as many bytes as a value may have.
const maxDimensions = MaxValueBytes / 4

// embeds reports whether the plan's records become vectors: there is no prompt then, and no parser.
func (p *plan) embeds() bool { return p.model.Task == TaskEmbedding }

// fitEmbeddings bounds what a plan's calls hold to what its driver takes of texts, and takes for granted that nothing is written.
func (p *plan) fitEmbeddings() []options.Problem {
	most := p.model.EmbedLimits
	if most.Inputs > 0 && p.options.BatchSize > most.Inputs {
		p.cutSize, p.options.BatchSize = p.options.BatchSize, most.Inputs
	}
	p.sizes = sizes{
		total:  lesser(p.options.BatchMaxTokens, most.Tokens),
		record: lesser(p.model.ContextTokens, p.model.MaxInputTokens),
	}
	p.meter.now.perAnswer = learned{}
	return p.options.OfEmbeddings()
}

// smaller says that a batch cannot be as large as the stream wants; empty where it can.
func (p *plan) smaller() string {
	if p.cutSize == 0 {
		return ""
	}
	return fmt.Sprintf("batches have %d records, not batch.size=%d: a call to provider %s embeds no more texts",
		p.options.BatchSize, p.cutSize, p.model.Provider)
}

// admit checks a record on its own, and makes one with nothing but the text to embed where records are embedded. The error is nil
// or of ReasonInvalidRecord.
func (p *plan) admit(r *Record, maxBytes int) *Error {
	if err := r.Validate(maxBytes); err != nil || !p.embeds() {
		return err
	}
	text := textOf(r.Fields, p.options.EmbeddingFields)
	if text == "" { // vendors refuse a call for one empty text in it
		return p.nothingToEmbed()
	}
	if len(r.Fields) != 1 || r.Fields[0].JSON {
		r.Fields = []Field{{Name: TextField, Value: text}}
	}
	return nil
}

func (p *plan) nothingToEmbed() *Error {
	if chosen := p.options.EmbeddingFields; chosen != nil {
		return invalid("there is nothing to embed: the record has no text in the fields of embedding.field, %q", strings.Join(chosen, ","))
	}
	return invalid("there is nothing to embed: all values of the record are blank")
}

// textOf returns what is embedded of a record: its only field as it is, or several with their names, those that are blank left
// out. chosen names the fields; nil: all. Of JSON it is the JSON. Empty: nothing.
func textOf(fields []Field, chosen []string) string {
	if chosen != nil {
		fields = pick(fields, chosen)
	}
	if len(fields) == 1 && len(chosen) < 2 {
		if isBlank(&fields[0]) {
			return ""
		}
		return fields[0].Value
	}
	var b strings.Builder
	for i := range fields {
		if isBlank(&fields[i]) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(fields[i].Name + ": " + fields[i].Value)
	}
	return b.String()
}

// pick returns the fields with these names, in their order.
func pick(fields []Field, names []string) []Field {
	picked := make([]Field, 0, len(names))
	for _, name := range names {
		if i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name }); i >= 0 {
			picked = append(picked, fields[i])
		}
	}
	return picked
}

// isBlank reports whether a field says nothing: it has no text, or is a NULL of a database.
func isBlank(f *Field) bool {
	value := strings.TrimSpace(f.Value)
	return value == "" || f.JSON && value == "null"
}

// embedding makes a call that embeds the texts of records that were admitted.
func (p *plan) embedding(records []Record) *providers.Request {
	req := &providers.Request{
		Model: p.model.ProviderModel, Records: len(records), Dimensions: p.options.Dimensions, Inputs: make([]string, len(records)),
	}
	bytes := 0
	for i := range records {
		req.Inputs[i] = records[i].Fields[0].Value
		bytes += len(req.Inputs[i])
	}
	req.EstimatedPromptTokens, _ = p.meter.expect(bytes, 0)
	return req
}

// textsOf is what a call that embeds records would send.
func (p *plan) textsOf(records []Record) Prompt {
	req := p.embedding(records)
	prompt := Prompt{EstimatedTokens: req.EstimatedPromptTokens}
	for i, text := range req.Inputs {
		prompt.Messages = append(prompt.Messages, providers.Message{Role: providers.RoleUser, Content: text})
		prompt.Records = append(prompt.Records, records[i].Tag)
	}
	return prompt
}

// embed makes one call that embeds a part. Its answer has an entry for each record, as a reply in words has.
func (r *run) embed(ctx context.Context, asked part) reply {
	records := make([]Record, len(asked.places))
	bytes := 0
	for i, place := range asked.places {
		records[i] = r.records[place].record
		bytes += len(records[i].Fields[0].Value)
	}
	response, err := r.plan.chain.Complete(ctx, r.plan.embedding(records))
	if err != nil {
		failure := providers.AsError(err)
		return reply{err: failure, attempts: failure.Attempts}
	}
	answer := judgeVectors(response.Vectors, len(records), r.plan.options.Dimensions)
	return reply{response: response, answer: answer, attempts: response.Attempts, bytes: bytes}
}

// vector returns the i-th of a reply; nil where it is in words.
func (r *reply) vector(i int) []float32 {
	if r.response == nil || len(r.response.Vectors) == 0 {
		return nil
	}
	return r.response.Vectors[i]
}

// judgeVectors says whose vector is one. A response with another number of vectors than there were texts has lost count, and no
// vector of it is believed: there is nothing else that would tell whose it is. dimensions is how long they shall be; 0: as long
// as the first.
func judgeVectors(vectors [][]float32, texts, dimensions int) parsing.Answer {
	answer := parsing.Answer{Entries: make([]parsing.Entry, texts)}
	if len(vectors) != texts {
		answer.Suspect = true
		for i := range answer.Entries {
			answer.Entries[i].Problem = parsing.ProblemMissing
			answer.Entries[i].Message = fmt.Sprintf("the provider sent %d vectors for %d texts, so nobody knows whose each is",
				len(vectors), texts)
		}
		return answer
	}
	if dimensions == 0 {
		dimensions = usual(vectors)
	}
	for i, v := range vectors {
		entry := &answer.Entries[i]
		if entry.Message = flaw(v, dimensions); entry.Message != "" {
			entry.Problem = parsing.ProblemInvalid
		} else if entry.Match = parsing.MatchIndex; texts == 1 {
			entry.Match = parsing.MatchSingle
		}
	}
	return answer
}

// usual is the length that most vectors have; of lengths that as many have, the longest.
func usual(vectors [][]float32) int {
	counts, best := make(map[int]int, 1), 0
	for _, v := range vectors {
		counts[len(v)]++
	}
	for length, n := range counts {
		if n > counts[best] || n == counts[best] && length > best {
			best = length
		}
	}
	return best
}

// flaw says what is wrong with a vector; empty: nothing.
func flaw(v []float32, dimensions int) string {
	if n := len(v); n == 0 || n > maxDimensions || n != dimensions {
		return fmt.Sprintf("the vector has %d numbers instead of %d", n, min(max(dimensions, 1), maxDimensions))
	}
	for i, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Sprintf("number %d of the vector is none", i+1)
		}
	}
	return ""
}

// troubleOfText names what a failed call that embeds shows. A request that is refused as it stands may be so for one text in it,
// which vendors do not say; halves find it, and a model that refuses every batch is soon not asked in halves any more.
func (r *run) troubleOfText(asked part, err *providers.Error) (trouble, bool) {
	if r.plan.embeds() && err.Kind == providers.KindBadRequest && len(asked.places) > 1 {
		return troubleInput, true
	}
	return troubleAnswer, false
}
