package simulator

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/weir-ml/weir/providers/local"
)

// chat answers one call: refuse it, or take a place, do the work, and send the answer when its latency is over. The place
// is free and everything is counted before the answer leaves.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	number := s.number.Add(1)
	s.stats.begin()
	header, wait := s.allowance.take()
	answer := s.respond(r, number, start, wait)
	answer.header = append(answer.header, header...)
	answer.header = append(answer.header, [2]string{"X-Request-Id", "req_" + s.id(number)})
	switch {
	case answer.status == 0:
		s.stats.end(answer.end)
		reset(w)
		return
	case answer.answered:
		s.stats.answered(answer.status, answer.used)
	default:
		s.stats.end(strconv.Itoa(answer.status))
	}
	answer.send(w)
}

// respond makes the reply to a call, and waits as long as the call shall take.
func (s *Server) respond(r *http.Request, number uint64, start time.Time, wait time.Duration) reply {
	req, refused := s.read(r)
	switch {
	case refused != nil:
		return *refused
	case wait > 0:
		return tooMany(wait, fmt.Sprintf("Rate limit reached: at most %d requests a minute.", s.cfg.RequestsPerMinute))
	}
	if !s.places.take(r.Context(), s.closed) {
		return s.noPlace(r.Context())
	}
	s.stats.enter()
	defer s.places.give()
	defer s.stats.leave()
	if s.cfg.Queue {
		start = time.Now()
	}
	random := rand.New(rand.NewPCG(s.cfg.Seed, number))
	fault := s.faults.draw(random)
	s.stats.met(fault)
	if instead, ok := s.instead(r.Context(), fault); ok {
		return instead
	}
	answer := s.complete(r.Context(), req, number, fault)
	until := start.Add(s.latency(answer.used, random))
	if !s.sleep(r.Context(), time.Until(until)) {
		return reply{end: endGone}
	}
	return answer
}

// read reads and checks a request. Its reply is nil where the request is good.
func (s *Server) read(r *http.Request) (*chatRequest, *reply) {
	refuse := func(status int, code, message string) (*chatRequest, *reply) {
		refused := refusal(status, typeRequest, code, message)
		return nil, &refused
	}
	if !s.knows(r.Header.Get("Authorization")) {
		return refuse(http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided.")
	}
	body, err := s.body(r)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refuse(http.StatusRequestEntityTooLarge, "", fmt.Sprintf("The request is larger than %d bytes.", tooLarge.Limit))
	}
	var req chatRequest
	switch {
	case err != nil:
		return refuse(http.StatusBadRequest, "", "The request's body could not be read.")
	case json.Unmarshal(body, &req) != nil:
		return refuse(http.StatusBadRequest, "", "We could not parse the JSON body of your request.")
	case len(req.Messages) == 0:
		return refuse(http.StatusBadRequest, "", "'messages' is missing or empty.")
	case req.Stream || req.N > 1:
		return refuse(http.StatusBadRequest, "unsupported_value", "The simulator answers whole and once: no 'stream', no 'n'.")
	case req.Model == "" || len(s.cfg.Models) > 0 && !slices.Contains(s.cfg.Models, req.Model):
		return refuse(http.StatusNotFound, "model_not_found",
			fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", req.Model))
	}
	return &req, nil
}

func (s *Server) knows(authorization string) bool {
	return s.cfg.APIKey == "" || subtle.ConstantTimeCompare([]byte(authorization), []byte("Bearer "+s.cfg.APIKey)) == 1
}

func (s *Server) body(r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(nil, r.Body, s.cfg.MaxBodyBytes))
	return body.Bytes(), err
}

// noPlace is the reply to a call that found no place, or no longer waits for one.
func (s *Server) noPlace(ctx context.Context) reply {
	if ctx.Err() != nil || s.isClosed() {
		return reply{end: endGone}
	}
	return tooMany(s.cfg.RetryAfter, fmt.Sprintf("Too many calls at once: at most %d.", s.cfg.MaxConcurrent))
}

// instead is the reply of a fault that leaves no answer.
func (s *Server) instead(ctx context.Context, fault Fault) (reply, bool) {
	switch fault {
	case Fault429:
		return tooMany(s.cfg.RetryAfter, "Rate limit reached. This fault was asked for."), true
	case Fault500:
		return refusal(http.StatusInternalServerError, typeServer, "", "The server had an error. This fault was asked for."), true
	case Fault503:
		return refusal(http.StatusServiceUnavailable, typeServer, "", "The server is overloaded. This fault was asked for."), true
	case FaultHTML:
		return reply{status: http.StatusOK, kind: htmlKind, body: []byte("<!DOCTYPE html><title>Sign in</title><h1>Sign in</h1>")}, true
	case FaultReset:
		return reply{end: endReset}, true
	case FaultHang:
		if !s.sleep(ctx, s.cfg.HangFor) {
			return reply{end: endGone}, true
		}
		return reply{end: endReset}, true
	default:
		return reply{}, false
	}
}

// complete does the work: it has the embedded model answer and writes the completion.
func (s *Server) complete(ctx context.Context, req *chatRequest, number uint64, fault Fault) reply {
	messages := req.messages()
	used := usage{PromptTokens: local.PromptTokens(messages)}
	prompt := local.Read(messages)
	text, err := prompt.Answer(ctx)
	if err != nil {
		return reply{end: endGone}
	}
	text, finish := fault.distort(rand.New(rand.NewPCG(s.cfg.Seed, ^number)), text, prompt.Form.Index)
	if limit := req.maxTokens(); limit > 0 && local.Tokens(text) > limit {
		text, finish = local.Cut(text, limit), finishLength
	}
	used.CompletionTokens = local.Tokens(text)
	used.TotalTokens = used.PromptTokens + used.CompletionTokens
	body := encode(chatResponse{
		ID:      "chatcmpl-" + s.id(number),
		Object:  "chat.completion",
		Created: time.Now().Unix(),
		Model:   req.Model,
		Choices: []choice{{Message: replyMessage{Role: "assistant", Content: text}, FinishReason: finish}},
		Usage:   used,
	})
	if fault == FaultMalformed {
		body = body[:len(body)/2]
	}
	return reply{status: http.StatusOK, kind: jsonKind, body: body, answered: true, used: used}
}

// latency is how long a call takes with what it used.
func (s *Server) latency(used usage, random *rand.Rand) time.Duration {
	d := s.cfg.Latency + time.Duration(used.PromptTokens)*s.cfg.LatencyPerPromptToken +
		time.Duration(used.CompletionTokens)*s.cfg.LatencyPerCompletionToken
	if s.cfg.Jitter > 0 {
		d += time.Duration((2*random.Float64() - 1) * float64(s.cfg.Jitter))
	}
	return max(d, 0)
}

// sleep waits; it reports false when the client went away or the server was closed before the time was over.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.closed:
	}
	return false
}
