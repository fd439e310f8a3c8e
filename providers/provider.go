// Package providers says what weir needs of whoever sells completions: one call, a closed set of errors, and the links
// (timeout, retry, limit) that every driver gets around it.
//
// A driver is a package below this one. It speaks one vendor's wire format, makes ONE attempt per call and classifies what
// goes wrong; it never retries, waits or limits, because [Chain] does. The package knows nothing of records, batches or
// how an answer is read.
package providers

import (
	"context"
	"time"
)

// Provider completes prompts. Its methods may be called by several goroutines at once.
type Provider interface {
	// Complete makes one completion. It waits for the provider's answer, or until ctx ends. Its error is always an
	// [*Error]; the response is nil exactly when there is an error. It does not keep or change req.
	Complete(ctx context.Context, req *Request) (*Response, error)
}

// Request is one prompt and how it shall be answered, or texts to embed.
type Request struct {
	// Model is the provider's own name of the model.
	Model string
	// Messages are the prompt, in order; at least one. A request of an [Embedder] has none.
	Messages []Message
	// Temperature is the sampling temperature; nil leaves it to the provider.
	Temperature *float64
	// MaxOutputTokens bounds the answer; 0 leaves it to the provider.
	MaxOutputTokens int
	// Effort is how much a reasoning model shall think, in the provider's own word, such as low; "" leaves it to the provider.
	Effort string
	// Schema is the form that the answer must have; nil: any. A driver holds the model to it as far as its vendor can, and says
	// in [Response.Form] how far that was. It never fails a request for its schema.
	Schema *Schema
	// CacheKey is the same for all requests whose prompts begin the same, for providers that keep what they have read of a
	// prompt by such a key; "": none.
	CacheKey string
	// Inputs are the texts to embed, for an [Embedder]; nil for a completion.
	Inputs []string
	// Dimensions is how long the vectors of an [Embedder] shall be; 0 leaves it to the provider.
	Dimensions int
	// Records is how many records the prompt is about, for budgets; 0 counts as 1.
	Records int
	// EstimatedPromptTokens and EstimatedOutputTokens are what the call is expected to use, for limits of tokens; 0: nobody has
	// estimated it.
	EstimatedPromptTokens, EstimatedOutputTokens int
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
	// Stable is how many bytes at the start of Content are the same in every request with the same CacheKey, for providers that
	// must be told what to keep. The messages before it are the same as a whole. 0: none of it.
	Stable int
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
	// Form is what the answer was held to.
	Form Form
	// Vectors are those of an [Embedder], one for each of the Inputs, in their order; nil for a completion.
	Vectors [][]float32
	// Quota is what the provider says of its limits; nil where it says nothing.
	Quota *Quota
	// Alternative is which of the alternatives of a [Fallback] has answered, from 1, and FellBack says so for people, and why; 0
	// and empty: the model that was asked.
	Alternative int
	FellBack    string
	// Took is how long the call took that gave this response. A driver leaves it 0; whoever watches the calls sets it.
	Took time.Duration
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

// Form says what an answer was held to by the provider.
type Form string

// The forms.
const (
	// FormFree: nothing but the prompt.
	FormFree Form = ""
	// FormJSON: JSON, of whatever form.
	FormJSON Form = "json"
	// FormSchema: the request's Schema.
	FormSchema Form = "schema"
)

// Usage counts tokens.
type Usage struct {
	// PromptTokens and CompletionTokens are all that were read and written.
	PromptTokens     int
	CompletionTokens int
	// CachedTokens are those of PromptTokens that the provider had kept from an earlier call, and CacheWriteTokens those that
	// it kept for a later one at a price of its own.
	CachedTokens     int
	CacheWriteTokens int
	// ReasoningTokens are those of CompletionTokens that the model thought with.
	ReasoningTokens int
	// Reported is false where the provider gave no figures.
	Reported bool
}
