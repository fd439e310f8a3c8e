// Package providers says what weir needs of whoever sells completions: one call, a closed set of errors, and the links
// (timeout, retry, limit) that every driver gets around it.
//
// A driver is a package below this one. It speaks one vendor's wire format, makes ONE attempt per call and classifies what
// goes wrong; it never retries, waits or limits, because [Chain] does. The package knows nothing of records, batches or
// how an answer is read.
package providers

import "context"

// Provider completes prompts. Its methods may be called by several goroutines at once.
type Provider interface {
	// Complete makes one completion. It waits for the provider's answer, or until ctx ends. Its error is always an
	// [*Error]; the response is nil exactly when there is an error. It does not keep or change req.
	Complete(ctx context.Context, req *Request) (*Response, error)
}

// Request is one prompt and how it shall be answered.
type Request struct {
	// Model is the provider's own name of the model.
	Model string
	// Messages are the prompt, in order; at least one.
	Messages []Message
	// Temperature is the sampling temperature; nil leaves it to the provider.
	Temperature *float64
	// MaxOutputTokens bounds the answer; 0 leaves it to the provider.
	MaxOutputTokens int
	// Records is how many records the prompt is about, for budgets; 0 counts as 1.
	Records int
}

// Role says who speaks a message.
type Role string

// The roles.
const (
	RoleSystem Role = "system"
	RoleUser   Role = "user"
)

// Message is one message of a prompt.
type Message struct {
	Role    Role
	Content string
}

// Response is a completion.
type Response struct {
	// Text is the model's reply, as it is; it may be empty.
	Text string
	// Finish says why the reply ends.
	Finish Finish
	// Usage is what the call used.
	Usage Usage
	// RequestID is the provider's own id of the call, for its support; empty where it gives none.
	RequestID string
	// Attempts is how many calls were made to get this response. A driver leaves it 0; the retry link counts.
	Attempts int
}

// Finish says why a reply ends.
type Finish string

// The reasons why a reply ends.
const (
	// FinishStop is a complete reply.
	FinishStop Finish = "stop"
	// FinishLength is a reply that was cut off at the token limit.
	FinishLength Finish = "length"
	// FinishOther is anything else, or a provider that does not say.
	FinishOther Finish = "other"
)

// Usage counts tokens.
type Usage struct {
	PromptTokens     int
	CompletionTokens int
	// Reported is false where the provider gave no figures.
	Reported bool
}
