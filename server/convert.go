package server

import (
	"math"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
)

// numbering gives the records of a stream their sequence numbers, which rise from 1.
type numbering struct{ last uint64 }

// next returns a record's number: its own, or the one after the last.
func (n *numbering) next(r *weirv1.Record) (uint64, error) {
	if r.Sequence != nil {
		if r.GetSequence() <= n.last {
			return 0, misuse("record sequence %d after %d: sequences begin at 1, and each must be larger than the one before"+
				" (leave it out and the server numbers)", r.GetSequence(), n.last)
		}
		n.last = r.GetSequence()
		return n.last, nil
	}
	if n.last == math.MaxUint64 {
		return 0, misuse("a record without a sequence after %d: there is no larger one", n.last)
	}
	n.last++
	return n.last, nil
}

// sizeOf is the size of a record's names and values.
func sizeOf(r *weirv1.Record) int {
	n := len(r.GetText())
	for _, f := range r.GetFields() {
		n += len(f.GetName()) + len(f.GetText()) + len(f.GetJson())
	}
	return n
}

// recordOf converts a record; arrived is when it came, latest when its stream ends (zero: never).
func recordOf(r *weirv1.Record, tag uint64, arrived, latest time.Time) inference.Record {
	return inference.Record{Tag: tag, Fields: fieldsOf(r), Deadline: deadlineOf(r.GetTimeout(), arrived, latest)}
}

func fieldsOf(r *weirv1.Record) []inference.Field {
	fields := make([]inference.Field, 0, len(r.GetFields())+1)
	if r.GetText() != "" {
		fields = append(fields, inference.Field{Name: inference.TextField, Value: r.GetText()})
	}
	for _, f := range r.GetFields() {
		fields = append(fields, fieldOf(f))
	}
	return fields
}

func fieldOf(f *weirv1.Field) inference.Field {
	switch v := f.GetValue().(type) {
	case *weirv1.Field_Text:
		return inference.Field{Name: f.GetName(), Value: v.Text}
	case *weirv1.Field_Json:
		return inference.Field{Name: f.GetName(), Value: v.Json, JSON: true}
	}
	return inference.Field{Name: f.GetName(), Value: "null", JSON: true}
}

// deadlineOf is the earlier of a record's and its stream's; zero means none.
func deadlineOf(timeout *durationpb.Duration, arrived, latest time.Time) time.Time {
	wait := timeout.AsDuration()
	if wait <= 0 {
		return latest
	}
	own := arrived.Add(wait)
	if latest.IsZero() || own.Before(latest) {
		return own
	}
	return latest
}

// resultsOf converts results, all in one allocation of each kind: this is the hot path.
func resultsOf(results []inference.Result) []*weirv1.Result {
	out := make([]*weirv1.Result, len(results))
	store := make([]weirv1.Result, len(results))
	texts := make([]weirv1.Result_Text, len(results))
	usages := make([]weirv1.Usage, len(results))
	costs := make([]uint64, len(results))
	for i := range results {
		r, to := &results[i], &store[i]
		to.Attempts = uint32(max(r.Attempts, 0)) //nolint:gosec // a number of calls
		to.Warnings = r.Warnings
		if r.Usage.Reported {
			setUsage(&usages[i], r)
			if r.Cost.Known {
				costs[i] = uint64(max(r.Cost.Micros, 0))
				usages[i].CostMicros = &costs[i]
			}
			to.Usage = &usages[i]
		}
		setOutcome(to, r, &texts[i])
		out[i] = to
	}
	return out
}

func setUsage(to *weirv1.Usage, r *inference.Result) {
	to.PromptTokens = uint64(max(r.Usage.PromptTokens, 0))
	to.CompletionTokens = uint64(max(r.Usage.CompletionTokens, 0))
	to.CachedTokens = uint64(max(r.Usage.CachedTokens, 0))
	to.CacheWriteTokens = uint64(max(r.Usage.CacheWriteTokens, 0))
	to.ReasoningTokens = uint64(max(r.Usage.ReasoningTokens, 0))
}

func setOutcome(to *weirv1.Result, r *inference.Result, text *weirv1.Result_Text) {
	if r.Err != nil {
		to.Outcome = &weirv1.Result_Error{Error: errorOf(r.Err)}
		return
	}
	to.Match = matchOf(r.Match)
	switch {
	case r.Vector != nil:
		to.Outcome = &weirv1.Result_Embedding{Embedding: &weirv1.Embedding{Values: r.Vector}}
	case len(r.Values) != 1:
		to.Outcome = &weirv1.Result_Values{Values: valuesOf(r.Values)}
	case r.Values[0].JSON:
		to.Outcome = &weirv1.Result_Json{Json: r.Values[0].Value}
	default:
		text.Text = r.Values[0].Value
		to.Outcome = text
	}
}

func valuesOf(values []inference.Value) *weirv1.Values {
	out := &weirv1.Values{Fields: make([]*weirv1.Field, len(values))}
	for i, v := range values {
		out.Fields[i] = &weirv1.Field{Name: v.Name, Value: &weirv1.Field_Text{Text: v.Value}}
		if v.JSON {
			out.Fields[i].Value = &weirv1.Field_Json{Json: v.Value}
		}
	}
	return out
}

func taskOf(t inference.Task) weirv1.Task {
	if t == inference.TaskEmbedding {
		return weirv1.Task_TASK_EMBEDDING
	}
	return weirv1.Task_TASK_COMPLETION
}

const maxErrorMessage = 1024

func errorOf(e *inference.Error) *weirv1.RecordError {
	return &weirv1.RecordError{
		Reason:    reasonOf(e.Reason),
		Message:   shorten(e.Message, maxErrorMessage),
		Retriable: e.Reason.Retriable(),
	}
}

// reasonOf finds a reason of the contract by its name: both sets have the same names, which a test checks.
func reasonOf(r inference.Reason) weirv1.Reason {
	if number, ok := weirv1.Reason_value["REASON_"+string(r)]; ok {
		return weirv1.Reason(number)
	}
	return weirv1.Reason_REASON_INTERNAL
}

func matchOf(m inference.Match) weirv1.Match {
	switch m {
	case inference.MatchIndex:
		return weirv1.Match_MATCH_INDEX
	case inference.MatchPosition:
		return weirv1.Match_MATCH_POSITION
	case inference.MatchSingle:
		return weirv1.Match_MATCH_SINGLE
	case inference.MatchNone:
	}
	return weirv1.Match_MATCH_UNSPECIFIED
}

// shorten cuts a text to at most n bytes, between characters.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	const mark = "…"
	cut := n - len(mark)
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut] + mark
}
