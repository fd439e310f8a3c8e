package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// canary is a model server with OpenAI's wire format that answers each record of a prompt with a hash of the record's own
// text, and misbehaves as it is told.
type canary struct {
	*httptest.Server

	calls  atomic.Int64
	inside atomic.Int64
	fault  atomic.Pointer[fault]
}

// fault answers a call in place of the model; n is the call's number, from 1.
type fault func(c *call, n int64)

// call is one call that a canary is asked to answer.
type call struct {
	http.ResponseWriter

	request *http.Request
	inputs  []input
	single  string // the user message, in single mode
}

// Unwrap is for http.ResponseController.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// input is a record as the prompt shows it.
type input struct {
	index any // the number, or the id
	text  string
}

// newCanary starts a server that answers well.
func newCanary(t tester) *canary {
	t.Helper()
	c := &canary{}
	c.Server = httptest.NewServer(c)
	t.Cleanup(func() {
		c.CloseClientConnections()
		c.Close()
	})
	return c
}

// newFaulty starts a server with a fault.
func newFaulty(t tester, f fault) *canary {
	t.Helper()
	c := newCanary(t)
	c.misbehave(f)
	return c
}

func (c *canary) misbehave(f fault) { c.fault.Store(&f) }

func (c *canary) behave() { c.fault.Store(nil) }

// url is the base URL for weir.
func (c *canary) url() string { return c.URL + "/v1" }

// ServeHTTP answers one call.
func (c *canary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := c.calls.Add(1)
	c.inside.Add(1)
	defer c.inside.Add(-1)
	asked, err := readCall(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot) // no test expects it
		return
	}
	if f := c.fault.Load(); f != nil {
		(*f)(asked, n)
		return
	}
	asked.answer(asked.right(), "stop")
}

// readCall reads a call: in batch mode there is weir's own instruction and a block of records, in single mode the system
// prompt is "single".
func readCall(w http.ResponseWriter, r *http.Request) (*call, error) {
	var body struct {
		Model    string
		Messages []struct{ Role, Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, fmt.Errorf("reading the call: %w", err)
	}
	_, _ = io.Copy(io.Discard, r.Body) // only then net/http notices that a caller goes away
	if r.URL.Path != "/v1/chat/completions" || len(body.Messages) == 0 {
		return nil, fmt.Errorf("a call to %s with %d messages", r.URL.Path, len(body.Messages))
	}
	c := &call{ResponseWriter: w, request: r}
	prompt := body.Messages[len(body.Messages)-1].Content
	if body.Messages[0].Role == "system" && body.Messages[0].Content == "single" {
		c.single = prompt
		return c, nil
	}
	_, block, ok := strings.Cut(prompt, "Answer every input exactly once.\n\n")
	if !ok {
		return nil, fmt.Errorf("no instruction in the prompt")
	}
	for line := range strings.Lines(block) {
		var err error
		i := input{}
		name, raw, _ := strings.Cut(strings.TrimPrefix(line, "Input "), ": ")
		if i.index, err = strconv.Atoi(name); err != nil {
			i.index = name
		}
		if i.text, err = canonical([]byte(raw)); err != nil {
			return nil, err
		}
		c.inputs = append(c.inputs, i)
	}
	return c, nil
}

// canonical is a record's text, or its fields as JSON text with the names in order.
func canonical(raw []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return "", fmt.Errorf("reading the block: %w", err)
	}
	if text, ok := v.(string); ok {
		return text, nil
	}
	encoded, err := json.Marshal(v)
	return string(encoded), err
}

// answerTo is the canary of a text.
func answerTo(text string) string {
	h := fnv.New64a()
	_, _ = io.WriteString(h, text)
	return "canary-" + strconv.FormatUint(h.Sum64(), 36)
}

// answerToRecord is the canary of a record.
func answerToRecord(r *weirv1.Record) string {
	if len(r.GetFields()) == 0 {
		return answerTo(r.GetText())
	}
	fields := map[string]any{}
	if r.GetText() != "" {
		fields["text"] = r.GetText()
	}
	for _, f := range r.GetFields() {
		fields[f.GetName()] = f.GetText()
		if _, ok := f.GetValue().(*weirv1.Field_Json); ok {
			fields[f.GetName()] = json.RawMessage(f.GetJson())
		}
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		return err.Error()
	}
	text, err := canonical(encoded)
	if err != nil {
		return err.Error()
	}
	return answerTo(text)
}

// entry is what an answer says about a record.
type entry struct {
	Index any `json:"index,omitempty"`
	Value any `json:"value,omitempty"`
}

func (c *call) entries() []entry {
	entries := make([]entry, len(c.inputs))
	for i, in := range c.inputs {
		entries[i] = entry{Index: in.index, Value: answerTo(in.text)}
	}
	return entries
}

// right is the right reply.
func (c *call) right() string {
	if c.single != "" {
		return answerTo(c.single)
	}
	return replyOf(c.entries())
}

func replyOf(entries []entry) string {
	reply, err := json.Marshal(entries)
	if err != nil {
		return err.Error()
	}
	return string(reply)
}

// body is an HTTP body with the reply.
func body(reply, finish string) []byte {
	encoded, err := json.Marshal(map[string]any{
		"object":  "chat.completion",
		"choices": []any{map[string]any{"index": 0, "finish_reason": finish, "message": map[string]any{"role": "assistant", "content": reply}}},
		"usage":   map[string]any{"prompt_tokens": 100, "completion_tokens": 10},
	})
	if err != nil {
		return []byte(err.Error())
	}
	return encoded
}

// answer sends a completion.
func (c *call) answer(reply, finish string) {
	c.say(http.StatusOK, "application/json", body(reply, finish))
}

// say sends any status and body; header are names and values in turn.
func (c *call) say(status int, kind string, body []byte, header ...string) {
	c.Header().Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		c.Header().Set(header[i], header[i+1])
	}
	c.WriteHeader(status)
	_, _ = c.Write(body)
}
