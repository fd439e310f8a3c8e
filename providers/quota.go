package providers

import "time"

// Quota is what a provider says of an account's limits, mostly in headers of its answers. What it does not say is zero.
type Quota struct {
	// Requests are calls; Tokens those of prompt and answer together, InputTokens and OutputTokens apart.
	Requests, Tokens, InputTokens, OutputTokens Allowance
}

// Allowance is one limit of a [Quota].
type Allowance struct {
	// Limit is how many there are when nothing is used; 0: the provider has not said, and Left and Reset mean nothing.
	Limit int
	// Left is how many there are now.
	Left int
	// Reset is how long, from the answer, until there are Limit again; 0 where the provider does not say.
	Reset time.Duration
}

// Said reports whether the provider has said anything of this limit.
func (a Allowance) Said() bool { return a.Limit > 0 }

// Said reports whether the provider has said anything at all.
func (q Quota) Said() bool {
	return q.Requests.Said() || q.Tokens.Said() || q.InputTokens.Said() || q.OutputTokens.Said()
}
