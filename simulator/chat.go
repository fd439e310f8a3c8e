package simulator

import (
	"fmt"
	"net/http"
	"strings"
)

// chat is OpenAI's chat completions.
type chat struct{ openAI }

// chatKnown are fields of the API that the simulator takes and does not look at.
var chatKnown = []string{
	"store", "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier", "seed", "stop",
	"logit_bias", "verbosity", "parallel_tool_calls", "stream_options", "prediction", "modalities",
}

func (chat) decode(_ *http.Request, body []byte) (*ask, *trouble) {
	f := readFields(body)
	a := &ask{model: f.text("model"), automatic: true}
	readChat(f, a)
	f.object("response_format", func(format *fields) { openAIFormat(format, a) })
	if a.form.json && !saysJSON(a) {
		f.fail(&trouble{kind: badRequest, path: path{"messages"}, message: "'messages' must contain the word 'json' in some form, " +
			"to use 'response_format' of type 'json_object'."})
	}
	f.known(chatKnown...)
	f.end()
	return a, f.trouble()
}

// readChat reads what all servers of chat completions know.
func readChat(f *fields, a *ask) {
	f.list("messages", func(m *fields) { readChatMessage(m, a) })
	f.between("temperature", 0, 2)
	f.between("top_p", 0, 1)
	f.between("presence_penalty", -2, 2)
	f.between("frequency_penalty", -2, 2)
	readChatBounds(f, a)
	stream, n := false, f.number("n")
	f.take("stream", &stream)
	f.take("logprobs", new(bool))
	f.take("top_logprobs", new(int))
	effort := f.text("reasoning_effort")
	switch {
	case len(a.messages) == 0:
		f.failAt(missingField, "messages", "")
	case stream:
		f.fail(&trouble{kind: badRequest, path: path{"stream"}, limit: "unsupported_value", message: "The simulator does not stream."})
	case n > 1:
		f.fail(&trouble{kind: badRequest, path: path{"n"}, limit: "unsupported_value", message: "The simulator answers once."})
	case !openAIEffort(a, effort):
		f.fail(&trouble{
			kind: badRequest, path: path{"reasoning_effort"}, limit: "unsupported_value", message: "Unsupported value: 'reasoning_effort'.",
		})
	}
}

// readChatBounds reads the bound of the answer, which has another name for reasoning models.
func readChatBounds(f *fields, a *ask) {
	if reasons(a.model) && f.has("max_tokens") {
		f.fail(&trouble{
			kind: badRequest, path: path{"max_tokens"}, limit: "unsupported_parameter",
			message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
		})
	}
	for _, name := range [...]string{"max_tokens", "max_completion_tokens"} {
		if !f.has(name) {
			f.known(name)
			continue
		}
		if a.maxTokens = f.number(name); a.maxTokens < 1 {
			f.failAt(badRequest, name, fmt.Sprintf("Invalid '%s': integer below minimum value. Expected a value >= 1.", name))
		}
	}
}

// saysJSON reports whether a prompt names JSON, which OpenAI asks of those who want it.
func saysJSON(a *ask) bool {
	for _, m := range a.messages {
		if strings.Contains(strings.ToLower(m.Content), "json") {
			return true
		}
	}
	return false
}

// readChatMessage reads a message of strings, or of parts of type text.
func readChatMessage(m *fields, a *ask) {
	role, text := m.text("role"), ""
	m.either("content", func(s string) { text = s }, func(part *fields) {
		if kind := part.text("type"); kind != "text" {
			part.failAt(badRequest, "type", "The simulator reads parts of type text only.")
		}
		text += part.text("text")
	})
	m.known("name", "refusal")
	switch role {
	case "system", "developer":
		a.say("system", text)
	case "user", "assistant":
		a.say(role, text)
	default:
		m.failAt(badRequest, "role", unknownRole(role))
	}
}

func unknownRole(role string) string {
	return fmt.Sprintf("Invalid value: '%s'. Supported values are: 'system', 'assistant', 'user', and 'developer'.", role)
}

type chatCompletion struct {
	ID          string       `json:"id"`
	Object      string       `json:"object"`
	Created     int64        `json:"created"`
	Model       string       `json:"model"`
	Choices     []chatChoice `json:"choices"`
	Usage       chatUsage    `json:"usage"`
	ServiceTier string       `json:"service_tier,omitempty"`
}

type chatChoice struct {
	Index        int         `json:"index"`
	Message      chatMessage `json:"message"`
	FinishReason string      `json:"finish_reason"`
	Filtered     any         `json:"content_filter_results,omitempty"` // Azure's
}

// chatMessage has a content or a refusal; the other one is null.
type chatMessage struct {
	Role    string  `json:"role"`
	Content *string `json:"content"`
	Refusal *string `json:"refusal"`
}

type chatUsage struct {
	PromptTokens     int         `json:"prompt_tokens"`
	CompletionTokens int         `json:"completion_tokens"`
	TotalTokens      int         `json:"total_tokens"`
	PromptDetails    chatCached  `json:"prompt_tokens_details"`
	AnswerDetails    chatThought `json:"completion_tokens_details"`
}

type chatCached struct {
	CachedTokens int `json:"cached_tokens"`
}

type chatThought struct {
	ReasoningTokens int `json:"reasoning_tokens"`
}

func (chat) encode(a *ask, done *answer) (int, any) { return http.StatusOK, completion(a, done) }

// completion is an answer as a chat completion.
func completion(a *ask, done *answer) chatCompletion {
	choice := chatChoice{Message: chatMessage{Role: "assistant"}, FinishReason: "stop"}
	switch done.ending {
	case endingRefusal:
		choice.Message.Refusal = &done.text
	case endingFilter:
		choice.FinishReason = "content_filter"
	case endingLength, endingWindow:
		choice.FinishReason = "length"
		choice.Message.Content = &done.text
	case endingStop:
		choice.Message.Content = &done.text
	}
	return chatCompletion{
		ID: "chatcmpl-" + done.id, Object: "chat.completion", Created: done.created.Unix(), Model: a.model,
		Choices: []chatChoice{choice},
		Usage:   chatUsed(done.used),
	}
}

func chatUsed(used usage) chatUsage {
	return chatUsage{
		PromptTokens:     used.prompt,
		CompletionTokens: used.completion,
		TotalTokens:      used.prompt + used.completion,
		PromptDetails:    chatCached{used.cached},
		AnswerDetails:    chatThought{used.thinking},
	}
}
