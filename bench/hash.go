package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/weir-ml/weir/providers"
)

// hashModel answers every record of a prompt with a hash of its text, in-process: what is left of a call is weir's own work.
// It reads the prompt as it was rendered, in record.format text, and so every value depends on its own record alone.
type hashModel struct {
	// most is the longest that a call takes; each takes anything from 0 to that.
	most time.Duration
}

// HoldsSchema reports false: it goes by the prompt's words, so weir calls records by random ids.
func (hashModel) HoldsSchema() bool { return false }

// Complete answers the prompt.
func (m hashModel) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if m.most > 0 {
		timer := time.NewTimer(rand.N(m.most))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, &providers.Error{Kind: providers.KindCancelled, Message: "the call was cancelled", Err: ctx.Err()}
		}
	}
	prompt := req.Messages[len(req.Messages)-1].Content
	reply := hashAnswer(prompt)
	return &providers.Response{
		Text:   reply,
		Finish: providers.FinishStop,
		Usage:  providers.Usage{PromptTokens: len(prompt) / 4, CompletionTokens: len(reply) / 4, Reported: true},
	}, nil
}

// hashAnswer reads weir's record block line by line. A prompt without one is a single record's text, and its hash the answer.
func hashAnswer(prompt string) string {
	reply := make([]byte, 0, 1024)
	for line := range strings.Lines(prompt) {
		rest, ok := strings.CutPrefix(line, "Input ")
		if !ok {
			continue
		}
		index, quoted, _ := strings.Cut(rest, ": ")
		if len(reply) > 0 {
			reply = append(reply, ", "...)
		}
		reply = append(reply, `{"index": "`...)
		reply = append(reply, index...)
		reply = append(reply, `", "value": "`...)
		reply = strconv.AppendUint(reply, hashOf(strings.TrimRight(quoted, "\n")), 36)
		reply = append(reply, `"}`...)
	}
	if len(reply) == 0 {
		return hashed(prompt)
	}
	return "[" + string(reply) + "]"
}

// hashOf is the hash of a text as it stands, quoted, in the prompt: FNV-1a.
func hashOf(quoted string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(quoted) {
		h = (h ^ uint64(quoted[i])) * 1099511628211
	}
	return h
}

// hashed is the value of a text.
func hashed(text string) string { return strconv.FormatUint(hashOf(quote(text)), 36) }

// quote writes a text as weir's record block does.
func quote(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return ""
	}
	return strings.TrimRight(b.String(), "\n")
}
