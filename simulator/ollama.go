package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// ollamaWire is what Ollama's own API has in common. It passes over unknown fields, as Ollama does.
type ollamaWire struct{}

func (ollamaWire) key(r *http.Request) string { return bearer(r) }

func (ollamaWire) headers(_ string, _ *left, t *trouble) [][2]string { return retryAfter(t) }

type ollamaError struct {
	Error string `json:"error"`
}

func (ollamaWire) refuse(t *trouble) (int, any) {
	status, message := http.StatusBadRequest, t.message
	switch t.kind {
	case unauthorized:
		status, message = http.StatusUnauthorized, "unauthorized"
	case unknownModel:
		status, message = http.StatusNotFound, fmt.Sprintf("model '%s' not found", t.message)
	case tooLarge:
		status, message = http.StatusRequestEntityTooLarge, "the request is too large"
	case rateLimited, outOfQuota:
		status = http.StatusTooManyRequests
	case serverError:
		status = http.StatusInternalServerError
	case unavailable, overloaded:
		status, message = http.StatusServiceUnavailable, "server busy, please try again. maximum pending requests exceeded"
	case overflow:
		message = fmt.Sprintf("the input length exceeds the context length: %d tokens, of at most %d", t.have, t.most)
	case badSchema:
		message = "invalid JSON schema in format: " + t.flaw.word
	case missingField, wrongType:
		message = t.path.dots() + " is missing, or not of its type"
	case unsupported:
		message = "this server knows no format"
	case badJSON:
		message = "invalid request body"
	case badRequest, unknownField:
	}
	return status, ollamaError{message}
}

// ollamaChat is /api/chat.
type ollamaChat struct{ ollamaWire }

func (ollamaChat) decode(_ *http.Request, body []byte) (*ask, *trouble) {
	f := readFields(body)
	a := &ask{model: f.text("model")}
	f.list("messages", func(m *fields) {
		a.say(m.text("role"), m.text("content"))
		clear(m.values)
	})
	f.object("options", func(options *fields) {
		a.maxTokens = max(options.number("num_predict"), 0)
		clear(options.values)
	})
	stream := true
	f.take("stream", &stream)
	if stream {
		f.failAt(badRequest, "stream", "the simulator does not stream: set stream to false")
	}
	if len(a.messages) == 0 {
		f.failAt(missingField, "messages", "")
	}
	ollamaFormat(f, a)
	return a, f.trouble()
}

// ollamaFormat reads the format: "json", or a schema.
func ollamaFormat(f *fields, a *ask) {
	raw := f.raw("format")
	switch s, err := readSchema(raw); {
	case raw == nil || string(raw) == `""`:
	case string(raw) == `"json"`:
		a.form.json, a.form.at = true, path{"format"}
	case err != nil:
		f.fail(&trouble{kind: badSchema, path: path{"format"}, flaw: &flaw{word: err.Error()}})
	default:
		a.form.schema, a.form.at = s, path{"format"}
	}
}

type ollamaReply struct {
	Model           string        `json:"model"`
	CreatedAt       time.Time     `json:"created_at"`
	Message         ollamaMessage `json:"message"`
	DoneReason      string        `json:"done_reason"`
	Done            bool          `json:"done"`
	TotalDuration   int64         `json:"total_duration"`
	PromptEvalCount int           `json:"prompt_eval_count"`
	EvalCount       int           `json:"eval_count"`
}

type ollamaMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func (ollamaChat) encode(a *ask, done *answer) (int, any) {
	reason := "stop"
	if done.ending == endingLength || done.ending == endingWindow {
		reason = "length"
	}
	return http.StatusOK, ollamaReply{
		Model: a.model, CreatedAt: done.created, Message: ollamaMessage{"assistant", done.text}, DoneReason: reason, Done: true,
		TotalDuration: time.Since(done.created).Nanoseconds(), PromptEvalCount: done.used.prompt, EvalCount: done.used.completion,
	}
}

// ollamaEmbed is /api/embed.
type ollamaEmbed struct{ ollamaWire }

func (ollamaEmbed) decode(_ *http.Request, body []byte) (*ask, *trouble) {
	f := readFields(body)
	a := &ask{model: f.text("model"), dimensions: f.number("dimensions")}
	readInputs(f, a)
	return a, f.trouble()
}

func (ollamaEmbed) encode(a *ask, done *answer) (int, any) {
	return http.StatusOK, struct {
		Model           string   `json:"model"`
		Embeddings      []vector `json:"embeddings"`
		TotalDuration   int64    `json:"total_duration"`
		PromptEvalCount int      `json:"prompt_eval_count"`
	}{a.model, done.vectors, time.Since(done.created).Nanoseconds(), done.used.prompt}
}
