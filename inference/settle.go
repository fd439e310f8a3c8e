package inference

import (
	"fmt"
	"time"

	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
)

// answer settles what a reply settles, and returns what is asked next.
func (r *run) answer(asked part, reply reply) []part {
	r.mu.Lock()
	out := settled{results: make([]Result, 0, len(asked.places)), streams: make([]*Stream, 0, len(asked.places))}
	failed := r.read(&out, asked, reply)
	next := r.recover(asked, reply, failed)
	r.giveUpOn(&out, failed, next)
	r.mu.Unlock()
	r.deliver(out)
	return next
}

// read settles the records that have a value, and those of a call that failed for good. It returns the places of the
// others. r.mu is held.
func (r *run) read(out *settled, asked part, reply reply) (failed []int) {
	now, nth, open := time.Now(), 0, r.openOf(asked)
	spent := r.plan.spent(reply)
	for i, place := range asked.places {
		p := &r.records[place]
		if p.settled {
			continue
		}
		p.attempts += reply.attempts
		result := Result{}
		if reply.err != nil {
			p.why, p.note, p.warnings = r.failure(p, reply.err, now), "", nil
		} else {
			p.spent.add(spent.share(nth, open))
			p.why, p.note = read(&result, &reply.answer.Entries[i], reply)
			p.warnings = warned(reply)
		}
		nth++
		if p.why == nil {
			result.Vector = reply.vector(i)
			r.settle(out, p, result)
			continue
		}
		failed = append(failed, place)
	}
	return failed
}

func (r *run) openOf(asked part) int {
	n := 0
	for _, place := range asked.places {
		if !r.records[place].settled {
			n++
		}
	}
	return n
}

// giveUpOn settles the records that are not asked about again. r.mu is held.
func (r *run) giveUpOn(out *settled, failed []int, next []part) {
	again := make(map[int]bool, len(failed))
	for _, p := range next {
		for _, place := range p.places {
			again[place] = true
		}
	}
	for _, place := range failed {
		if p := &r.records[place]; !again[place] {
			r.settle(out, p, Result{Err: p.why})
		}
	}
}

// settled are results on their way out, each with its stream.
type settled struct {
	results []Result
	streams []*Stream
}

// settle gives an open record its result. r.mu is held.
func (r *run) settle(out *settled, p *pending, result Result) {
	p.settled = true
	r.open--
	result.Tag, result.Attempts, result.Warnings = p.record.Tag, p.attempts, warningsWith(p.cut, p.warnings)
	result.Usage, result.Cost = p.spent.usage, p.spent.cost
	if result.Err == nil && p.calls > 1 {
		r.end.Repaired++
	}
	r.count(&result)
	out.results = append(out.results, result)
	out.streams = append(out.streams, p.stream)
}

// failure is why a record has no value when its call failed.
func (r *run) failure(p *pending, err *providers.Error, now time.Time) *Error {
	if err.Kind == providers.KindTimeout && p.isLate(now) {
		return tooLate()
	}
	return &Error{Reason: reasonOf(err.Kind), Message: fmt.Sprintf("provider %s: %s", r.plan.model.Provider, err.Error())}
}

// read makes a record's result of its entry in the answer, or returns why it cannot, and what the model is told about it if
// it is asked again.
func read(result *Result, entry *parsing.Entry, reply reply) (why *Error, note string) {
	switch n := sizeOf(entry.Fields); {
	case entry.Problem == parsing.ProblemInvalid:
		return unanswered(entry, reply.response.Finish), entry.Message
	case entry.Problem != parsing.ProblemNone && len(reply.answer.Entries) == 1 && reply.response.Finish == providers.FinishLength:
		return unanswered(entry, reply.response.Finish), tooLong
	case entry.Problem != parsing.ProblemNone:
		return unanswered(entry, reply.response.Finish), ""
	case n > MaxValueBytes:
		message := fmt.Sprintf("the value has %d bytes; at most %d are sent on", n, MaxValueBytes)
		return &Error{Reason: ReasonInvalidAnswer, Message: message}, "it is far too long"
	default:
		result.Values, result.Match = entry.Fields, entry.Match
		return nil, ""
	}
}

// tooLong is what the model is told about an answer that was cut off although it was about one record.
const tooLong = "it was cut off at the token limit. Write nothing but the answer, as short as you can"

func sizeOf(values []Value) int {
	n := 0
	for i := range values {
		n += len(values[i].Value)
	}
	return n
}

// unanswered is why a record has no value although its call gave a reply.
func unanswered(entry *parsing.Entry, finish providers.Finish) *Error {
	e := &Error{Message: entry.Message}
	switch entry.Problem {
	case parsing.ProblemUnparsable:
		e.Reason = ReasonUnparsableAnswer
	case parsing.ProblemInvalid:
		e.Reason = ReasonInvalidAnswer
	case parsing.ProblemMissing, parsing.ProblemNone:
		e.Reason = ReasonMissingAnswer
	}
	if finish == providers.FinishLength {
		e.Message += "; the answer was cut off at the model's token limit: raise max.output.tokens or lower batch.size"
	}
	return e
}

// count notes a result for the batch's end. r.mu is held.
func (r *run) count(result *Result) {
	all := spending{usage: r.end.Usage, cost: r.end.Cost}
	all.add(spending{usage: result.Usage, cost: result.Cost})
	r.end.Usage, r.end.Cost = all.usage, all.cost
	if result.Err == nil {
		r.end.Values++
		return
	}
	if r.end.Errors == nil {
		r.end.Errors = map[Reason]int{}
	}
	r.end.Errors[result.Err.Reason]++
}

// deliver hands out results, neighbours of one stream together: a stream's results leave in as few messages as possible.
func (r *run) deliver(out settled) {
	results, streams := out.results, out.streams
	for len(results) > 0 {
		n := 1
		for n < len(results) && streams[n] == streams[0] {
			n++
		}
		r.handOut(streams[0], results[:n:n])
		results, streams = results[n:], streams[n:]
	}
}

// handOut keeps a receiver that panics from the results of others.
func (r *run) handOut(stream *Stream, results []Result) {
	defer func() { r.report(recover()) }()
	stream.deliver(results)
}
