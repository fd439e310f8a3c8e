package openai

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/weir-ml/weir/providers"
)

// counts are figures as a server writes them, in float64: some write 12.0, and a figure that is no integer must not cost the
// answer.
type counts struct{ prompt, completion, cached, written, reasoning float64 }

// tokens returns the usage. Figures that cannot be are none: all of them where it is prompt or answer, else that one.
func tokens(c counts) providers.Usage {
	if !sensible(c.prompt) || !sensible(c.completion) {
		return providers.Usage{}
	}
	return providers.Usage{
		PromptTokens:     int(c.prompt),
		CompletionTokens: int(c.completion),
		CachedTokens:     part(c.cached, c.prompt),
		CacheWriteTokens: part(c.written, c.prompt),
		ReasoningTokens:  part(c.reasoning, c.completion),
		Reported:         c.prompt+c.completion > 0,
	}
}

func sensible(count float64) bool { return count >= 0 && count <= 1<<40 }

// part returns a count that is some of another; 0 where it cannot be.
func part(count, whole float64) int {
	if !sensible(count) || count > whole {
		return 0
	}
	return int(count)
}

// usage is that of a chat completion.
type usage struct {
	PromptTokens     float64       `json:"prompt_tokens"`
	CompletionTokens float64       `json:"completion_tokens"`
	Prompt           *usageDetails `json:"prompt_tokens_details"`
	Completion       *usageDetails `json:"completion_tokens_details"`
}

type usageDetails struct {
	CachedTokens     float64 `json:"cached_tokens"`
	CacheWriteTokens float64 `json:"cache_write_tokens"`
	ReasoningTokens  float64 `json:"reasoning_tokens"`
}

func (u *usage) tokens() providers.Usage {
	if u == nil {
		return providers.Usage{}
	}
	c := counts{prompt: u.PromptTokens, completion: u.CompletionTokens}
	if u.Prompt != nil {
		c.cached, c.written = u.Prompt.CachedTokens, u.Prompt.CacheWriteTokens
	}
	if u.Completion != nil {
		c.reasoning = u.Completion.ReasoningTokens
	}
	return tokens(c)
}

// onlyUsage reports whether err is about the usage alone: the rest has been read then.
func onlyUsage(err error) bool {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok && (e.Field == "usage" || strings.HasPrefix(e.Field, "usage."))
}
