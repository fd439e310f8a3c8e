package providers

import (
	"errors"
	"fmt"
	"time"
)

// Kind is one of the closed set of things that go wrong with a call.
type Kind int

// The kinds. The zero Kind is KindInternal, so that a forgotten classification is seen.
const (
	// KindInternal is a fault of weir itself.
	KindInternal Kind = iota
	// KindUnavailable: no connection, a 5xx, or a connection that broke.
	KindUnavailable
	// KindTimeout: no complete answer within the call's time.
	KindTimeout
	// KindRateLimited: too many calls or tokens at the moment (429).
	KindRateLimited
	// KindMalformed: an answer that is not the vendor's format: HTML of a proxy, garbage, a body that is too large.
	KindMalformed
	// KindUnauthorized: the credentials are missing, wrong, or not allowed to do this (401, 403).
	KindUnauthorized
	// KindQuota: the account has no money or quota left.
	KindQuota
	// KindUnknownModel: the provider has no such model, or no such URL (404).
	KindUnknownModel
	// KindBadRequest: the provider refuses the request as it stands (other 4xx).
	KindBadRequest
	// KindContextOverflow: the prompt is too long for the model.
	KindContextOverflow
	// KindRefused: the model or its content filter refuses to answer.
	KindRefused
	// KindCancelled: the caller ended the call.
	KindCancelled
)

// kinds is the table behind the methods of Kind.
var kinds = [...]struct {
	name      string
	retriable bool
}{
	KindInternal:        {"internal", false},
	KindUnavailable:     {"unavailable", true},
	KindTimeout:         {"timeout", true},
	KindRateLimited:     {"rate limited", true},
	KindMalformed:       {"malformed answer", true},
	KindUnauthorized:    {"unauthorized", false},
	KindQuota:           {"out of quota", false},
	KindUnknownModel:    {"unknown model", false},
	KindBadRequest:      {"bad request", false},
	KindContextOverflow: {"context overflow", false},
	KindRefused:         {"refused", false},
	KindCancelled:       {"cancelled", false},
}

// String returns the kind in words.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kinds[k].name
}

// Retriable reports whether the same call may succeed a little later.
func (k Kind) Retriable() bool { return k >= 0 && int(k) < len(kinds) && kinds[k].retriable }

// Error is why a call gave no response.
type Error struct {
	Kind Kind
	// Message says what happened and what to do, for people: short, without keys and without text of the prompt.
	Message string
	// Status is the HTTP status, 0 where there was none.
	Status int
	// RetryAfter is how long the provider asks to wait; 0 where it does not.
	RetryAfter time.Duration
	// Quota is what the provider says of its limits; nil where it says nothing.
	Quota *Quota
	// RequestID is the provider's own id of the call; empty where it gives none.
	RequestID string
	// Attempts is how many calls were made. A driver leaves it 0; the retry link counts.
	Attempts int
	// Unsent says that no call was made: the provider's circuit breaker is open, or its limits have no room in time.
	Unsent bool
	// Learned says that the driver has seen from this answer what the server cannot do, and leaves it out from now on: the
	// same call may succeed at once, whatever the Kind.
	Learned bool
	// Err is the cause, or nil.
	Err error
}

// Error returns the kind and the message.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Kind.String()
	}
	return e.Kind.String() + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError returns err as an *Error; what no driver has classified becomes KindInternal. nil stays nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: KindInternal, Message: err.Error(), Err: err}
}
