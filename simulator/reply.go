package simulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weir-ml/weir/providers"
)

// chatRequest is what is read of a request; the rest of OpenAI's fields is let through.
type chatRequest struct {
	Model               string        `json:"model"`
	Messages            []chatMessage `json:"messages"`
	MaxTokens           int           `json:"max_tokens"`
	MaxCompletionTokens int           `json:"max_completion_tokens"`
	Stream              bool          `json:"stream"`
	N                   int           `json:"n"`
}

type chatMessage struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

// content is a message's text: a string, or parts of type text.
type content string

// UnmarshalJSON reads both forms.
func (c *content) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '[' {
		return json.Unmarshal(data, (*string)(c))
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	var text strings.Builder
	for _, part := range parts {
		if part.Type != "text" {
			return errors.New("the simulator reads parts of type text only")
		}
		text.WriteString(part.Text)
	}
	*c = content(text.String())
	return nil
}

// messages are the request's messages as a provider gets them; what an assistant said is counted, not read.
func (r *chatRequest) messages() []providers.Message {
	list := make([]providers.Message, len(r.Messages))
	for i, m := range r.Messages {
		role := providers.Role(m.Role)
		if role == "developer" {
			role = providers.RoleSystem
		}
		list[i] = providers.Message{Role: role, Content: string(m.Content)}
	}
	return list
}

func (r *chatRequest) maxTokens() int {
	if r.MaxCompletionTokens > 0 {
		return r.MaxCompletionTokens
	}
	return r.MaxTokens
}

const (
	finishStop   = "stop"
	finishLength = "length"
)

type chatResponse struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   usage    `json:"usage"`
}

type choice struct {
	Index        int          `json:"index"`
	Message      replyMessage `json:"message"`
	FinishReason string       `json:"finish_reason"`
}

type replyMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

type modelList struct {
	Object string      `json:"object"`
	Data   []modelInfo `json:"data"`
}

type modelInfo struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

// reply is what a call gets, ready to be sent. A reply without a status resets the connection.
type reply struct {
	status int
	header [][2]string
	kind   string
	body   []byte
	// answered: it is a completion, and used its tokens.
	answered bool
	used     usage
	// end says how a call without a status ends.
	end string
}

const (
	jsonKind = "application/json"
	htmlKind = "text/html; charset=utf-8"
)

// The codes and types of OpenAI's errors.
const (
	typeRequest = "invalid_request_error"
	typeLimit   = "requests"
	typeServer  = "server_error"
)

// refusal is an error in OpenAI's format. code "" is null.
func refusal(status int, kind, code, message string) reply {
	var body struct {
		Error struct {
			Message string  `json:"message"`
			Type    string  `json:"type"`
			Param   *string `json:"param"`
			Code    *string `json:"code"`
		} `json:"error"`
	}
	body.Error.Message, body.Error.Type = message, kind
	if code != "" {
		body.Error.Code = &code
	}
	return reply{status: status, kind: jsonKind, body: encode(body)}
}

// tooMany is a 429 that asks to wait.
func tooMany(wait time.Duration, message string) reply {
	r := refusal(http.StatusTooManyRequests, typeLimit, "rate_limit_exceeded", message)
	r.header = [][2]string{
		{"Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)},
		{"Retry-After-Ms", strconv.FormatInt(int64((wait+time.Millisecond-1)/time.Millisecond), 10)},
	}
	return r
}

// encode is JSON of what always has one.
func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"error": {"message": "the simulator cannot encode its answer", "type": "server_error"}}`)
	}
	return body
}

// send writes a reply. It fails only when the client has gone, which is the client's affair.
func (r reply) send(w http.ResponseWriter) {
	header := w.Header()
	for _, h := range r.header {
		header.Set(h[0], h[1])
	}
	header.Set("Content-Type", r.kind)
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	w.Write(r.body)
}
