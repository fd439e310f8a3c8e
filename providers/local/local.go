// Package local is a provider without a network: a small real model inside the binary.
//
// It reads a prompt as a language model would, from its messages alone: it finds the records, the shape of the wanted
// answer, and answers each record by its index. What it can say of a text is its sentiment (VADER, a lexicon and rules for
// English) and the entities in it (rules for capitals, numbers and dates). First use, the demo and tests need no key.
//
// It is not a language model: it follows no other instruction, knows no other language than English, and is sure of
// the records only in weir's own three block styles. Templates that write record text as it is can be forged by that text.
package local

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/weir-ml/weir/providers"
)

// MaxPromptBytes is the most that the model reads in one call, all messages together; more is KindContextOverflow.
const MaxPromptBytes = 4 << 20

// bytesPerToken is the length of a token: no tokenizer, the usual rule of thumb for English.
const bytesPerToken = 4

// New returns the embedded model. It takes any model name and temperature, and loads its lexicon (1 ms, under 0.5 MiB)
// at the first call.
func New() providers.Provider { return model{} }

type model struct{}

// HoldsSchema reports false: the model goes by the prompt's words.
func (model) HoldsSchema() bool { return false }

// Complete answers the prompt. It does not wait; ctx is looked at between records.
func (model) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if len(req.Messages) == 0 {
		return nil, &providers.Error{Kind: providers.KindBadRequest, Message: "the prompt has no message"}
	}
	if size := promptBytes(req.Messages); size > MaxPromptBytes {
		message := fmt.Sprintf("the prompt has %d bytes, the embedded model reads at most %d: use smaller batches", size, MaxPromptBytes)
		return nil, &providers.Error{Kind: providers.KindContextOverflow, Message: message}
	}
	text, err := Read(req.Messages).Answer(ctx)
	if err != nil {
		return nil, ended(err)
	}
	text, finish := bounded(text, req.MaxOutputTokens)
	return &providers.Response{
		Text:   text,
		Finish: finish,
		Usage:  providers.Usage{PromptTokens: PromptTokens(req.Messages), CompletionTokens: Tokens(text), Reported: true},
	}, nil
}

// ended classifies the end of a call's context.
func ended(err error) *providers.Error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &providers.Error{Kind: providers.KindTimeout, Message: "the call's time was up", Err: err}
	}
	return &providers.Error{Kind: providers.KindCancelled, Message: "the call was cancelled", Err: err}
}

// bounded cuts text at a number of tokens; 0 is no bound.
func bounded(text string, tokens int) (string, providers.Finish) {
	if tokens <= 0 || Tokens(text) <= tokens {
		return text, providers.FinishStop
	}
	return Cut(text, tokens), providers.FinishLength
}

// Cut is the beginning of text, at most this many tokens and whole characters.
func Cut(text string, tokens int) string {
	if Tokens(text) <= tokens {
		return text
	}
	end := max(tokens, 0) * bytesPerToken
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// Tokens counts the tokens of text: its bytes over 4, rounded up. Vendors' tokenizers give about the same for English
// prose and more for other scripts.
func Tokens(text string) int { return (len(text) + bytesPerToken - 1) / bytesPerToken }

// PromptTokens counts the tokens of all messages, each rounded up.
func PromptTokens(messages []providers.Message) int {
	n := 0
	for _, m := range messages {
		n += Tokens(m.Content)
	}
	return n
}

func promptBytes(messages []providers.Message) int {
	n := 0
	for _, m := range messages {
		n += len(m.Content)
	}
	return n
}
