package openai

import (
	"math"

	"github.com/tidwall/gjson"

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

// usageOf reads the usage of an answer: each API and endpoint has its own names for the same figures.
func usageOf(usage gjson.Result) providers.Usage {
	c := counts{}
	usage.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "prompt_tokens", "input_tokens":
			c.prompt = count(value)
		case "completion_tokens", "output_tokens":
			c.completion = count(value)
		case "prompt_tokens_details", "input_tokens_details", "completion_tokens_details", "output_tokens_details":
			value.ForEach(c.detail)
		}
		return true
	})
	return tokens(c)
}

// detail reads a figure that is part of another.
func (c *counts) detail(name, value gjson.Result) bool {
	switch name.Str {
	case "cached_tokens":
		c.cached = count(value)
	case "cache_write_tokens":
		c.written = count(value)
	case "reasoning_tokens":
		c.reasoning = count(value)
	}
	return true
}

// count returns a figure; 0 where there is none, and not a number where it is something else.
func count(figure gjson.Result) float64 {
	switch figure.Type {
	case gjson.Null: // or not there
		return 0
	case gjson.Number:
		return figure.Num
	default:
		return math.NaN()
	}
}
