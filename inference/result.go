package inference

import (
	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
)

// Value is a named value of a result.
type Value = parsing.Field

// MaxValueBytes is the most bytes of a record's values: a larger result would not fit into the 4 MiB message that most gRPC
// clients accept. More is ReasonInvalidAnswer.
const MaxValueBytes = 2 << 20

// Match says how an answer found its record.
type Match = parsing.Match

// How an answer found its record.
const (
	MatchNone     = parsing.MatchNone
	MatchIndex    = parsing.MatchIndex
	MatchPosition = parsing.MatchPosition
	MatchSingle   = parsing.MatchSingle
)

// Result is what became of one record: Values, or a Vector where the task is an embedding, or Err; one of them.
type Result struct {
	// Tag is the record's.
	Tag uint64
	// Values has one value for each field of `response.value.field`, in its order.
	Values []Value
	// Vector is the record's text as a vector; at least one number, each finite.
	Vector []float32
	// Err says why there is no value.
	Err *Error
	// Attempts is how many model calls the record took part in.
	Attempts int
	// Usage is the record's share of the tokens, and Cost of what they cost: even shares of each call. Over the records of a
	// call they add up to the call's own, to the token and the millionth of a dollar. A record whose time was over before its
	// call had answered has none of that call: the others have it.
	Usage providers.Usage
	Cost  Cost
	// Match says how the answer found the record.
	Match Match
	// Warnings are what a careful reader should know; shared between results, not to be changed.
	Warnings []string
}

// Receiver takes results. The engine calls it exactly once for each record, from any goroutine, with one result or several;
// the slice is the receiver's to keep. It must not wait.
type Receiver interface {
	Receive(results []Result)
}

// Reason is one of the closed set of reasons why a record has no value.
type Reason string

// The reasons. The contract documents each.
const (
	ReasonInvalidRecord       Reason = "INVALID_RECORD"
	ReasonMissingAnswer       Reason = "MISSING_ANSWER"
	ReasonUnparsableAnswer    Reason = "UNPARSABLE_ANSWER"
	ReasonInvalidAnswer       Reason = "INVALID_ANSWER"
	ReasonRefused             Reason = "REFUSED"
	ReasonContextOverflow     Reason = "CONTEXT_OVERFLOW"
	ReasonRateLimited         Reason = "RATE_LIMITED"
	ReasonProviderUnavailable Reason = "PROVIDER_UNAVAILABLE"
	ReasonProviderRejected    Reason = "PROVIDER_REJECTED"
	ReasonDeadlineExceeded    Reason = "DEADLINE_EXCEEDED"
	ReasonCancelled           Reason = "CANCELLED"
	ReasonInternal            Reason = "INTERNAL"
)

// Reasons returns every reason, in the order of the contract.
func Reasons() []Reason {
	return []Reason{
		ReasonInvalidRecord, ReasonMissingAnswer, ReasonUnparsableAnswer, ReasonInvalidAnswer, ReasonRefused,
		ReasonContextOverflow, ReasonRateLimited, ReasonProviderUnavailable, ReasonProviderRejected,
		ReasonDeadlineExceeded, ReasonCancelled, ReasonInternal,
	}
}

// Retriable reports whether a record that ended for this reason may succeed later without a change.
func (r Reason) Retriable() bool {
	switch r {
	case ReasonMissingAnswer, ReasonUnparsableAnswer, ReasonInvalidAnswer, ReasonRateLimited,
		ReasonProviderUnavailable, ReasonDeadlineExceeded, ReasonCancelled:
		return true
	case ReasonInvalidRecord, ReasonRefused, ReasonContextOverflow, ReasonProviderRejected, ReasonInternal:
		return false
	}
	return false
}

// Error is why a record has no value.
type Error struct {
	Reason Reason
	// Message says what happened and what to do, without keys and record text.
	Message string
}

// Error returns the reason and the message.
func (e *Error) Error() string { return string(e.Reason) + ": " + e.Message }

// reasonOf maps what goes wrong with a call to what becomes of its records: the one place where the two sets meet.
func reasonOf(kind providers.Kind) Reason {
	switch kind {
	case providers.KindUnavailable, providers.KindTimeout, providers.KindMalformed:
		return ReasonProviderUnavailable
	case providers.KindRateLimited:
		return ReasonRateLimited
	case providers.KindUnauthorized, providers.KindQuota, providers.KindUnknownModel, providers.KindBadRequest:
		return ReasonProviderRejected
	case providers.KindContextOverflow:
		return ReasonContextOverflow
	case providers.KindRefused:
		return ReasonRefused
	case providers.KindCancelled:
		return ReasonCancelled
	case providers.KindInternal:
		return ReasonInternal
	}
	return ReasonInternal
}
