package simulator

import (
	"fmt"
	"net/http"
)

// responses is OpenAI's Responses API.
type responses struct{ openAI }

// responsesKnown are fields of the API that the simulator takes and does not look at.
var responsesKnown = []string{
	"store", "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier", "include",
	"parallel_tool_calls", "truncation", "top_logprobs", "background", "max_tool_calls",
}

// leastOutput is the smallest max_output_tokens of the API.
const leastOutput = 16

func (responses) decode(_ *http.Request, body []byte) (*ask, *trouble) {
	f := readFields(body)
	a := &ask{model: f.text("model"), automatic: true}
	if instructions := f.text("instructions"); instructions != "" {
		a.say("system", instructions)
	}
	f.either("input", func(s string) { a.say("user", s) }, func(item *fields) { readInputItem(item, a) })
	f.between("temperature", 0, 2)
	f.between("top_p", 0, 1)
	if f.has("max_output_tokens") {
		if a.maxTokens = f.number("max_output_tokens"); a.maxTokens < leastOutput {
			f.fail(&trouble{
				kind: badRequest, path: path{"max_output_tokens"}, limit: "integer_below_min_value",
				message: fmt.Sprintf("Invalid 'max_output_tokens': integer below minimum value. Expected a value >= %d, but got %d "+
					"instead.", leastOutput, a.maxTokens),
			})
		}
	}
	f.object("text", func(text *fields) {
		text.object("format", func(format *fields) { openAIFormat(format, a) })
		text.known("verbosity")
	})
	f.object("reasoning", func(reasoning *fields) {
		if !openAIEffort(a, reasoning.text("effort")) {
			reasoning.failAt(badRequest, "effort", "Unsupported value: 'reasoning.effort'.")
		}
		reasoning.known("summary", "generate_summary", "context")
	})
	stream := false
	f.take("stream", &stream)
	switch {
	case len(a.messages) == 0:
		f.failAt(missingField, "input", "")
	case stream:
		f.fail(&trouble{kind: badRequest, path: path{"stream"}, limit: "unsupported_value", message: "The simulator does not stream."})
	case a.form.json && !saysJSON(a):
		f.fail(&trouble{kind: badRequest, path: path{"input"}, message: "Response input messages must contain the word 'json' in some " +
			"form to use 'text.format' of type 'json_object'."})
	}
	f.known(responsesKnown...)
	f.end()
	return a, f.trouble()
}

// readInputItem reads a message of the input.
func readInputItem(item *fields, a *ask) {
	if kind := item.text("type"); kind != "" && kind != "message" {
		item.failAt(badRequest, "type", "The simulator reads items of type message only.")
	}
	role, text := item.text("role"), ""
	item.either("content", func(s string) { text = s }, func(part *fields) {
		if kind := part.text("type"); kind != "input_text" && kind != "output_text" {
			part.failAt(badRequest, "type", fmt.Sprintf("Invalid value: '%s'. Supported values are: 'input_text' and 'output_text'.", kind))
		}
		text += part.text("text")
		part.known("annotations", "logprobs")
	})
	item.known("id", "status", "phase")
	switch role {
	case "system", "developer":
		a.say("system", text)
	case "user", "assistant":
		a.say(role, text)
	default:
		item.failAt(badRequest, "role", unknownRole(role))
	}
}

type response struct {
	ID                string         `json:"id"`
	Object            string         `json:"object"`
	CreatedAt         int64          `json:"created_at"`
	Status            string         `json:"status"`
	Error             any            `json:"error"`
	IncompleteDetails any            `json:"incomplete_details"`
	Model             string         `json:"model"`
	Output            []responseItem `json:"output"`
	Usage             responseUsage  `json:"usage"`
}

// responseItem is a message, or of a reasoning model also what it thought, which is empty.
type responseItem struct {
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Status  string         `json:"status,omitempty"`
	Role    string         `json:"role,omitempty"`
	Summary []string       `json:"summary,omitzero"`
	Content []responsePart `json:"content,omitzero"`
}

type responsePart struct {
	Type        string   `json:"type"`
	Text        *string  `json:"text,omitempty"`
	Annotations []string `json:"annotations,omitzero"`
	Refusal     string   `json:"refusal,omitempty"`
}

type responseUsage struct {
	InputTokens   int         `json:"input_tokens"`
	InputDetails  chatCached  `json:"input_tokens_details"`
	OutputTokens  int         `json:"output_tokens"`
	OutputDetails chatThought `json:"output_tokens_details"`
	TotalTokens   int         `json:"total_tokens"`
}

func (responses) encode(a *ask, done *answer) (int, any) {
	status, why := "completed", ""
	switch done.ending {
	case endingLength, endingWindow:
		status, why = "incomplete", "max_output_tokens"
	case endingFilter:
		status, why = "incomplete", "content_filter"
	case endingStop, endingRefusal:
	}
	r := response{
		ID: "resp_" + done.id, Object: "response", CreatedAt: done.created.Unix(), Status: status, Model: a.model,
		Output: responseOutput(done, status),
		Usage: responseUsage{
			InputTokens: done.used.prompt, InputDetails: chatCached{done.used.cached},
			OutputTokens: done.used.completion, OutputDetails: chatThought{done.used.thinking},
			TotalTokens: done.used.prompt + done.used.completion,
		},
	}
	if why != "" {
		r.IncompleteDetails = map[string]string{"reason": why}
	}
	return http.StatusOK, r
}

func responseOutput(done *answer, status string) []responseItem {
	items := []responseItem{}
	if done.used.thinking > 0 {
		items = append(items, responseItem{ID: "rs_" + done.id, Type: "reasoning", Summary: []string{}})
	}
	part := responsePart{Type: "output_text", Text: &done.text, Annotations: []string{}}
	switch {
	case done.ending == endingFilter || done.ending == endingLength && done.text == "":
		return items
	case done.ending == endingRefusal:
		part = responsePart{Type: "refusal", Refusal: done.text}
	}
	return append(items, responseItem{
		ID: "msg_" + done.id, Type: "message", Status: status, Role: "assistant", Content: []responsePart{part},
	})
}
