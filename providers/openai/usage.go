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

// usageNames are what an API calls the tokens read and written. Gateways send both APIs' names at once, those of the other as 0.
type usageNames struct{ prompt, completion string }

var (
	chatUsage      = usageNames{prompt: "prompt_tokens", completion: "completion_tokens"}
	responsesUsage = usageNames{prompt: "input_tokens", completion: "output_tokens"}
)

// of reads the usage of an answer.
func (n usageNames) of(usage gjson.Result) providers.Usage {
	c := counts{}
	usage.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case n.prompt:
			c.prompt = count(value)
		case n.completion:
			c.completion = count(value)
		case n.prompt + "_details":
			value.ForEach(c.readPart)
		case n.completion + "_details":
			value.ForEach(c.writtenPart)
		}
		return true
	})
	return tokens(c)
}

// readPart reads a figure that is part of the tokens read.
func (c *counts) readPart(name, value gjson.Result) bool {
	switch name.Str {
	case "cached_tokens":
		c.cached = count(value)
	case "cache_write_tokens":
		c.written = count(value)
	}
	return true
}

// writtenPart reads a figure that is part of the tokens written.
func (c *counts) writtenPart(name, value gjson.Result) bool {
	if name.Str == "reasoning_tokens" {
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
