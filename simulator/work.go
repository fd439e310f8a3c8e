package simulator

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"

	"github.com/weir-ml/weir/providers/local"
)

// complete does the work of a call; its error is that of ctx.
func (c *call) complete(ctx context.Context, fault Fault) (*answer, error) {
	done := &answer{id: c.id(c.number), created: time.Now(), used: usage{prompt: c.ask.tokens()}}
	if c.ask.inputs != nil {
		done.vectors = c.embed(fault)
		return done, nil
	}
	if fault == FaultFilter {
		done.ending = endingFilter
		return done, nil
	}
	c.readCache(done)
	done.used.thinking = c.ask.thinking
	if fault == FaultRefusal {
		done.text, done.ending = "I'm sorry, but I cannot help with that.", endingRefusal
		c.bound(done)
		return done, nil
	}
	prompt := local.Read(c.ask.messages)
	text, err := c.ask.form.answer(ctx, prompt)
	if err != nil {
		return nil, err
	}
	done.text, done.ending = fault.distort(rand.New(rand.NewPCG(c.cfg.Seed, ^c.number)), text, prompt.Form.Index)
	c.bound(done)
	return done, nil
}

func (c *call) readCache(done *answer) {
	done.used.cached, done.used.written = c.cache.look(time.Now(), c.ask)
}

// bound cuts an answer where the asked for tokens or the context window ends, and counts it. What is thought comes first.
func (c *call) bound(done *answer) {
	room, ending := c.ask.maxTokens, endingLength
	if window := c.cfg.ContextTokens; window > 0 && (room == 0 || window-done.used.prompt < room) {
		room, ending = max(window-done.used.prompt, 1), endingWindow
	}
	used := &done.used
	if room > 0 {
		used.thinking = min(used.thinking, room)
	}
	used.completion = used.thinking + local.Tokens(done.text)
	if room > 0 && used.completion > room {
		done.text, done.ending = local.Cut(done.text, room-used.thinking), ending
		used.completion = used.thinking + local.Tokens(done.text)
	}
}

// answer is the model's answer in the form that it is held to.
func (f form) answer(ctx context.Context, prompt *local.Prompt) (string, error) {
	if f.schema != nil {
		return f.schema.answer(ctx, prompt)
	}
	text, err := prompt.Answer(ctx)
	if err != nil || !f.json || len(text) > 0 && text[0] == '{' {
		return text, err
	}
	// Any JSON object: a model puts what it has to say under a name that it likes.
	if !json.Valid([]byte(text)) {
		text = string(encode(text))
	}
	return `{"result": ` + text + `}`, nil
}
