package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// relay stands between weir and a model server. It hands each call on, adds the form of the answer where it is told one, and
// keeps what was said, so that results can be held against it.
type relay struct {
	target string // the server's URL, with /v1
	// form returns the JSON Schema of an answer about records with those ids; nil: none is sent.
	form func(ids []string) any

	base   string // the relay's own URL, with /v1
	server *http.Server

	mu     sync.Mutex
	texts  map[string]bool // those of the records; others in a prompt are its examples
	spoken []exchange
}

// exchange is one call and its answer, in the order of the answers.
type exchange struct {
	ids    map[string]string // the id of each text that was asked about
	reply  string            // what the model wrote; "": the call failed
	tokens int               // prompt and completion
}

// maxRelayed is the most of a request or an answer that is read.
const maxRelayed = 8 << 20

// startRelay starts a relay in this process.
func startRelay(ctx context.Context, target string, form func(ids []string) any) (*relay, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{target: target, form: form, base: "http://" + listener.Addr().String() + "/v1"}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(listener) }() // it ends with close
	return r, nil
}

func (r *relay) close() { _ = r.server.Close() } // nobody waits for its answers any more

// begin forgets what was said, and takes the texts of the next records.
func (r *relay) begin(texts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spoken, r.texts = nil, map[string]bool{}
	for _, text := range texts {
		r.texts[text] = true
	}
}

// said returns what was said since begin.
func (r *relay) said() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.spoken)
}

// ServeHTTP hands a call on.
func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, ids, err := r.request(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	status, answer, err := r.call(req.Context(), req.URL.Path, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	r.keep(ids, answer)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer) //nolint:gosec // JSON, for weir alone; a caller that has gone needs no answer
}

// request reads a call, and returns it with the form in it, and the ids of the texts that it asks about.
func (r *relay) request(from io.Reader) (body []byte, ids map[string]string, err error) {
	decoder := json.NewDecoder(io.LimitReader(from, maxRelayed))
	decoder.UseNumber()
	var call map[string]any
	if err := decoder.Decode(&call); err != nil {
		return nil, nil, err
	}
	messages, _ := call["messages"].([]any)
	if len(messages) == 0 {
		return nil, nil, errors.New("a call without messages")
	}
	last, _ := messages[len(messages)-1].(map[string]any)
	prompt, _ := last["content"].(string)
	ids = r.asked(prompt)
	if r.form != nil {
		var all []string
		for _, id := range ids {
			all = append(all, id)
		}
		slices.Sort(all)
		call["response_format"] = map[string]any{
			"type": "json_schema", "json_schema": map[string]any{"name": "answer", "strict": true, "schema": r.form(all)},
		}
	}
	body, err = json.Marshal(call)
	return body, ids, err
}

// asked reads the record block of a prompt in record.format text: a line `Input ID: "TEXT"` for each record.
func (r *relay) asked(prompt string) map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := map[string]string{}
	for line := range strings.Lines(prompt) {
		rest, ok := strings.CutPrefix(line, "Input ")
		id, quoted, cut := strings.Cut(rest, ": ")
		var text string
		if ok && cut && json.Unmarshal([]byte(quoted), &text) == nil && r.texts[text] {
			ids[text] = id
		}
	}
	return ids
}

func (r *relay) call(ctx context.Context, path string, body []byte) (status int, answer []byte, err error) {
	url := strings.TrimSuffix(r.target, "/v1") + path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body)) //nolint:gosec // a child of ours
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req) //nolint:gosec // the same
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxRelayed))
	return resp.StatusCode, answer, err
}

// keep notes an exchange.
func (r *relay) keep(ids map[string]string, answer []byte) {
	var completion struct {
		Choices []struct {
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
		} `json:"choices"`
		Usage struct {
			TotalTokens int `json:"total_tokens"`
		} `json:"usage"`
	}
	e := exchange{ids: ids}
	if json.Unmarshal(answer, &completion) == nil && len(completion.Choices) > 0 {
		e.reply, e.tokens = completion.Choices[0].Message.Content, completion.Usage.TotalTokens
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spoken = append(r.spoken, e)
}
