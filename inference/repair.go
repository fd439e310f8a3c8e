package inference

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/weir-ml/weir/providers"
)

// How a model's breaker for repairs works: it opens when so many batches in a row had to be taken apart because the model
// answered no record of them.
const (
	apartFailures = 5
	apartRest     = 30 * time.Second
	apartMost     = 5 * time.Minute
)

// maxBatchWarnings is how many warnings of its answers a batch tells.
const maxBatchWarnings = 8

// recover says what is asked after a reply, and notes what the reply shows about the model. failed are the places without an
// answer. r.mu is held.
func (r *run) recover(asked part, reply reply, failed []int) []part {
	why, recoverable := r.troubleOf(asked, reply, failed)
	r.learn(asked, reply, why, failed)
	if len(failed) == 0 || !recoverable {
		return nil
	}
	next := r.ladder.next(asked, failed, why, func(place int) int { return r.records[place].calls })
	if len(next) == 0 {
		return nil
	}
	silent := len(failed) == len(asked.places) && why.isAnswer()
	if refusal := r.refusal(asked, next, silent); refusal != RefusalNone {
		r.end.Refused = refusal
		r.explain(next, refusal)
		return nil
	}
	return next
}

// troubleOf names what went wrong, and reports whether to ask again may help.
func (r *run) troubleOf(asked part, reply reply, failed []int) (trouble, bool) {
	if reply.err != nil {
		switch reply.err.Kind {
		case providers.KindContextOverflow:
			return troubleOverflow, true
		case providers.KindRefused:
			return troubleRefusal, true
		default:
			return r.troubleOfText(asked, reply.err)
		}
	}
	none := len(failed) == len(asked.places)
	switch {
	case none && reply.answer.Suspect:
		return troubleCount, true
	case none && reply.response.Finish == providers.FinishLength:
		return troubleLength, true
	default:
		return troubleAnswer, true
	}
}

// learn notes what a reply shows beyond its records.
func (r *run) learn(asked part, reply reply, why trouble, failed []int) {
	size := 0
	for _, place := range asked.places {
		size += r.bytes(place)
	}
	if reply.err != nil {
		if why == troubleOverflow && len(asked.places) > 1 && !r.plan.embeds() { // there, one text of them was too long
			r.plan.model.room.overflowed(size)
		}
		return
	}
	if reply.response.Alternative == 0 { // another model has other tokens, and another room for them
		r.plan.model.room.fitted(size)
		r.plan.meter.note(sane(reply.response.Usage), reply.bytes, len(asked.places)-len(failed))
	}
	r.warn(warned(reply))
	if r.isFirst(asked) && len(failed) < len(asked.places) {
		r.plan.model.apart.Succeeded()
	}
}

// isFirst reports whether a call was about several records and about each for the first time.
func (r *run) isFirst(asked part) bool {
	return len(asked.places) > 1 && r.records[asked.places[0]].calls == 1
}

func (r *run) warn(warnings []string) {
	left := maxBatchWarnings - len(r.end.Warnings)
	r.end.Warnings = append(r.end.Warnings, warnings[:min(left, len(warnings))]...)
}

// refusal says why what the ladder wants is not done. silent says that the model has answered nobody, which says something
// about the model; a refusal or a prompt that is too long says something about the records.
func (r *run) refusal(asked part, next []part, silent bool) Refusal {
	if silent && r.isFirst(asked) {
		ok, _ := r.plan.model.apart.Allow()
		if !ok {
			return RefusalBreaker
		}
		r.plan.model.apart.Failed()
	}
	records := 0
	for _, p := range next {
		records += len(p.places)
	}
	if !r.plan.model.repairs.Spend(records, bisection(r.plan.options.BatchSize)) {
		return RefusalBudget
	}
	return RefusalNone
}

// bisection is how many records are asked about again when one record spoils every call of a batch of n: all n, then all in
// halves, then the halves of one half, and so on.
func bisection(n int) int {
	records := n
	for level := range bits.Len(uint(max(n, 1) - 1)) {
		records += (n+1<<level-1)>>level + 1
	}
	return records
}

// explain says in the records' errors why they were not asked about again.
func (r *run) explain(parts []part, refusal Refusal) {
	why := "not asked again, because too much was of late: at most a fifth of the last minute's records"
	if refusal == RefusalBreaker {
		why = fmt.Sprintf("not asked again, because the model has not answered any of its last %d batches or more as a batch:"+
			" lower batch.size, or change the template", apartFailures)
		if r.plan.embeds() {
			why = fmt.Sprintf("not asked again, because none of the model's last %d calls or more has worked", apartFailures)
		}
	}
	for _, p := range parts {
		for _, place := range p.places {
			failed := &r.records[place]
			failed.why = &Error{Reason: failed.why.Reason, Message: failed.why.Message + "; " + why}
		}
	}
}
