package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// check compares the results of a stream with its records.
func (s *streamPlan) check(p *plan, got []*weirv1.Result) error {
	sequences := s.sequences()
	if len(got) != len(sequences) {
		return fmt.Errorf("%d results for %d records", len(got), len(sequences))
	}
	ordered := p.order != weirv1.Order_ORDER_UNORDERED
	seen := make([]bool, len(sequences))
	for i, r := range got {
		at, ok := slices.BinarySearch(sequences, r.GetSequence())
		switch {
		case !ok || seen[at]:
			return fmt.Errorf("result %d has sequence %d: unknown, or there twice", i+1, r.GetSequence())
		case ordered && at != i:
			return fmt.Errorf("result %d has sequence %d: out of order, want %d", i+1, r.GetSequence(), sequences[i])
		}
		seen[at] = true
		if err := p.checkResult(s.records[at], r); err != nil {
			return err
		}
	}
	return nil
}

// sequences are the numbers that the records have, by the rule of the contract.
func (s *streamPlan) sequences() []uint64 {
	numbers := make([]uint64, len(s.records))
	next := uint64(1)
	for i, r := range s.records {
		if r.Sequence != nil {
			next = r.GetSequence()
		}
		numbers[i] = next
		next++
	}
	return numbers
}

func (p *plan) checkResult(record *weirv1.Record, r *weirv1.Result) error {
	reason := r.GetError().GetReason()
	valid := utf8.ValidString(record.GetText()) && (strings.TrimSpace(record.GetText()) != "" || len(record.GetFields()) > 0)
	switch {
	case !valid:
		if reason != weirv1.Reason_REASON_INVALID_RECORD || r.GetAttempts() != 0 {
			return fmt.Errorf("an invalid record got %v", r)
		}
	case r.GetError() == nil:
		if want := answerToRecord(record); r.GetText() != want || r.GetAttempts() == 0 {
			return fmt.Errorf("the record %q got %v, want %s", record, r, want)
		}
	case !slices.Contains(p.mayFail(record), reason):
		return fmt.Errorf("the record %q got %v", record, r)
	}
	return nil
}

// mayFail are the reasons for which a valid record may have no value.
func (p *plan) mayFail(record *weirv1.Record) []weirv1.Reason {
	var may []weirv1.Reason
	if p.chaos {
		may = append(may, unavailable, weirv1.Reason_REASON_MISSING_ANSWER, weirv1.Reason_REASON_UNPARSABLE_ANSWER, weirv1.Reason_REASON_INVALID_ANSWER)
	}
	if record.GetTimeout() != nil {
		may = append(may, weirv1.Reason_REASON_DEADLINE_EXCEEDED)
	}
	return may
}

func milliseconds(n int) *durationpb.Duration {
	return durationpb.New(time.Duration(n) * time.Millisecond)
}
