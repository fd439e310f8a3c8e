package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

type anthropicMessageReply struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	Role       string         `json:"role"`
	Model      string         `json:"model"`
	Content    []any          `json:"content"`
	StopReason string         `json:"stop_reason"`
	StopText   any            `json:"stop_sequence"`
	StopWhy    any            `json:"stop_details"`
	Usage      anthropicUsage `json:"usage"`
}

type anthropicUsage struct {
	InputTokens         int    `json:"input_tokens"`
	CacheCreationTokens int    `json:"cache_creation_input_tokens"`
	CacheReadTokens     int    `json:"cache_read_input_tokens"`
	OutputTokens        int    `json:"output_tokens"`
	ServiceTier         string `json:"service_tier"`
}

type anthropicText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type anthropicToolUse struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

func (anthropic) encode(a *ask, done *answer) (int, any) {
	if done.ending == endingFilter {
		return anthropicFailure(http.StatusBadRequest, "invalid_request_error", "Output blocked by content filtering policy")
	}
	used := done.used
	reply := anthropicMessageReply{
		ID: "msg_" + done.id, Type: "message", Role: "assistant", Model: a.model, Content: []any{},
		Usage: anthropicUsage{used.prompt - used.cached - used.written, used.written, used.cached, used.completion, "standard"},
	}
	switch done.ending {
	case endingRefusal:
		reply.StopReason = "refusal"
		reply.StopWhy = map[string]any{"type": "refusal", "category": nil, "explanation": nil}
		return http.StatusOK, reply
	case endingLength:
		reply.StopReason = "max_tokens"
	case endingWindow:
		reply.StopReason = "model_context_window_exceeded"
	default:
		reply.StopReason = "end_turn"
	}
	if a.form.tool == "" {
		reply.Content = append(reply.Content, anthropicText{"text", done.text})
		return http.StatusOK, reply
	}
	if done.ending == endingStop {
		reply.StopReason = "tool_use"
	}
	reply.Content = append(reply.Content, anthropicToolUse{"tool_use", "toolu_" + done.id, a.form.tool, toolInput(done.text)})
	return http.StatusOK, reply
}

// toolInput is an answer as a tool's input. A broken one cannot be written as JSON, and is empty, as from the vendors.
func toolInput(text string) json.RawMessage {
	if !json.Valid([]byte(text)) {
		return json.RawMessage("{}")
	}
	return json.RawMessage(text)
}

type anthropicError struct {
	Type  string           `json:"type"`
	Error anthropicProblem `json:"error"`
}

type anthropicProblem struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

func anthropicFailure(status int, kind, message string) (int, any) {
	return status, anthropicError{"error", anthropicProblem{kind, message}}
}

func (anthropic) refuse(t *trouble) (int, any) {
	switch t.kind {
	case unauthorized:
		message := "invalid x-api-key"
		if t.have == 0 {
			message = "x-api-key header is required"
		}
		return anthropicFailure(http.StatusUnauthorized, "authentication_error", message)
	case unknownModel:
		return anthropicFailure(http.StatusNotFound, "not_found_error", "model: "+t.message)
	case tooLarge:
		return anthropicFailure(http.StatusRequestEntityTooLarge, "request_too_large", "Request exceeds the maximum size")
	case rateLimited:
		return anthropicFailure(http.StatusTooManyRequests, "rate_limit_error", fmt.Sprintf(
			"This request would exceed your organization's rate limit: %s (%d per minute).", t.limit, t.most))
	case outOfQuota:
		return anthropicFailure(http.StatusBadRequest, "invalid_request_error", "Your credit balance is too low to access the "+
			"Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.")
	case serverError:
		return anthropicFailure(http.StatusInternalServerError, "api_error", "Internal server error")
	case unavailable:
		return anthropicFailure(http.StatusServiceUnavailable, "api_error", t.message)
	case overloaded:
		const statusOverloaded = 529
		return anthropicFailure(statusOverloaded, "overloaded_error", "Overloaded")
	default:
		return anthropicFailure(http.StatusBadRequest, "invalid_request_error", anthropicMessageOf(t))
	}
}

// anthropicMessageOf is what a 400 says.
func anthropicMessageOf(t *trouble) string {
	at := t.path.dots()
	switch t.kind {
	case badJSON:
		return "The request body is not valid JSON"
	case unknownField:
		return at + ": Extra inputs are not permitted"
	case wrongType:
		return at + ": Input should be " + t.message
	case missingField:
		return at + ": Field required"
	case unsupported:
		return at + ": this model does not support structured outputs"
	case overflow:
		return fmt.Sprintf("prompt is too long: %d tokens > %d maximum", t.have, t.most)
	case badSchema:
		return at + ": " + anthropicFlaw(t.flaw)
	default:
		if at == "" {
			return t.message
		}
		return at + ": " + t.message
	}
}

func anthropicFlaw(f *flaw) string {
	switch f.kind {
	case flawOpen:
		return "For 'object' type, 'additionalProperties' must be explicitly set to false"
	case flawKeyword:
		return fmt.Sprintf("property '%s' is not supported", f.word)
	default:
		return f.word
	}
}

// headers are Anthropic's. The time of a reset is in whole seconds, rounded up: nobody comes back too early.
func (anthropic) headers(id string, left *left, t *trouble) [][2]string {
	h := [][2]string{{"Request-Id", id}}
	all := left.tokens
	if all.limit == 0 {
		all = left.input
	}
	for _, limit := range [...]struct {
		name string
		share
	}{{"Requests", left.requests}, {"Tokens", all}, {"Input-Tokens", left.input}, {"Output-Tokens", left.output}} {
		if limit.limit == 0 {
			continue
		}
		prefix := "Anthropic-Ratelimit-" + limit.name
		h = append(h,
			[2]string{prefix + "-Limit", strconv.Itoa(limit.limit)},
			[2]string{prefix + "-Remaining", strconv.Itoa(limit.left)},
			[2]string{prefix + "-Reset", left.at.Add(limit.reset + time.Second - 1).UTC().Format(time.RFC3339)})
	}
	if t != nil && t.wait > 0 {
		h = append(h, [2]string{"Retry-After", strconv.FormatInt(roundUp(t.wait, time.Second), 10)})
	}
	return h
}
