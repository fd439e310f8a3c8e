package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// direct calls the model server without weir, as a client of one's own would: net/http, encoding/json, connections kept.
type direct struct {
	url    string
	client *http.Client
	texts  []string
	check  func(text, value string) bool
}

func newDirect(base string, calls int, texts []string, check func(text, value string) bool) *direct {
	transport := &http.Transport{MaxIdleConns: calls, MaxIdleConnsPerHost: calls, DisableCompression: true}
	return &direct{url: base + "/chat/completions", client: &http.Client{Transport: transport}, texts: texts, check: check}
}

func (d *direct) close() { d.client.CloseIdleConnections() }

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type chatRequest struct {
	Model    string        `json:"model"`
	Messages []chatMessage `json:"messages"`
}

type chatResponse struct {
	Choices []struct {
		Message chatMessage `json:"message"`
	} `json:"choices"`
}

// call asks about one text and checks the answer.
func (d *direct) call(ctx context.Context, i int) error {
	text := d.texts[i%len(d.texts)]
	body, err := json.Marshal(chatRequest{Model: "sentiment", Messages: []chatMessage{{Role: "user", Content: text}}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body)) //nolint:gosec // our own simulator
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.Do(req) //nolint:gosec // the same
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var chat chatResponse
	if err := json.Unmarshal(answer, &chat); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || len(chat.Choices) != 1 || !d.check(text, chat.Choices[0].Message.Content) {
		return fmt.Errorf("a direct call, %q: %s: %s", text, resp.Status, answer)
	}
	return nil
}

// run makes calls, so many of them at once, and returns how long they took.
func (d *direct) run(ctx context.Context, calls, atOnce int) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begin := time.Now()
	var next atomic.Int64
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := int(next.Add(1)); i <= calls && ctx.Err() == nil; i = int(next.Add(1)) {
				if err := d.call(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return time.Since(begin), nil
}
