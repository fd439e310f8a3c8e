package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// call is one call on its way.
type call struct {
	*Server
	dialect

	start   time.Time
	number  uint64
	account *account // nil until the key is known to be good
	ask     *ask
	random  *rand.Rand
}

// serve answers calls in one vendor's format: refuse, or take a place, do the work, and send the answer when its latency is
// over. The place is free and everything is counted before the answer leaves.
func (s *Server) serve(d dialect) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{Server: s, dialect: d, start: time.Now(), number: s.number.Add(1)}
		s.stats.begin()
		answer := c.respond(r)
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
}

// respond makes the reply to a call, and waits as long as the call shall take.
func (c *call) respond(r *http.Request) reply {
	if refused := c.read(r); refused != nil {
		return c.no(refused)
	}
	ctx := r.Context()
	if !c.places.take(ctx, c.closed) {
		return c.noPlace(ctx)
	}
	c.stats.enter()
	defer c.places.give()
	defer c.stats.leave()
	if c.cfg.Queue {
		c.start = time.Now()
	}
	c.random = rand.New(rand.NewPCG(c.cfg.Seed, c.number))
	fault := c.faults.draw(c.random)
	c.stats.met(fault)
	if instead, ok := c.instead(ctx, fault); ok {
		return instead
	}
	return c.work(ctx, fault)
}

// work answers a call with whatever damage the fault does.
func (c *call) work(ctx context.Context, fault Fault) reply {
	done, err := c.complete(ctx, fault)
	if err != nil {
		return reply{end: endGone}
	}
	until := c.start.Add(c.latency(done.used))
	if !c.sleep(ctx, time.Until(until)) {
		return reply{end: endGone}
	}
	c.account.spend(time.Now(), done.used.completion)
	status, body := c.encode(c.ask, done)
	answer := c.reply(status, body, nil)
	answer.answered, answer.used = status == http.StatusOK, done.used
	if fault == FaultMalformed {
		answer.body = answer.body[:len(answer.body)/2]
	}
	return answer
}

// no is the reply to a call that gets no answer.
func (c *call) no(t *trouble) reply {
	status, body := c.refuse(t)
	return c.reply(status, body, t)
}

func (c *call) reply(status int, body any, t *trouble) reply {
	return reply{
		status: status,
		header: c.headers("req_"+c.id(c.number), c.account.left(time.Now()), t),
		kind:   jsonKind,
		body:   encode(body),
	}
}

// read reads and checks a request. Its trouble is nil where the request is good and within its limits.
func (c *call) read(r *http.Request) *trouble {
	account, ok := c.accounts.of(c.key(r))
	if !ok {
		return &trouble{kind: unauthorized, have: len(c.key(r))}
	}
	c.account = account
	body, err := c.body(r)
	if tooMuch, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &trouble{kind: tooLarge, most: int(tooMuch.Limit)}
	}
	if err != nil {
		return &trouble{kind: badRequest, message: "The request's body could not be read."}
	}
	ask, refused := c.decode(r, body)
	if refused != nil {
		return refused
	}
	c.ask = ask
	if refused := c.check(); refused != nil {
		return refused
	}
	return c.account.take(time.Now(), ask.tokens())
}

// check looks at what is the same for all vendors.
func (c *call) check() *trouble {
	a := c.ask
	if a.model == "" || len(c.cfg.Models) > 0 && !slices.Contains(c.cfg.Models, a.model) {
		return &trouble{kind: unknownModel, message: a.model}
	}
	if refused := c.cfg.Forms.refuse(a.form); refused != nil {
		return refused
	}
	if a.inputs != nil {
		return c.checkInputs()
	}
	if have := a.tokens(); c.cfg.ContextTokens > 0 && have > c.cfg.ContextTokens {
		return &trouble{kind: overflow, have: have, most: c.cfg.ContextTokens}
	}
	return nil
}

func (s *Server) body(r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(nil, r.Body, s.cfg.MaxBodyBytes))
	return body.Bytes(), err
}

// noPlace is the reply to a call that found no place, or no longer waits for one.
func (c *call) noPlace(ctx context.Context) reply {
	if ctx.Err() != nil || c.isClosed() {
		return reply{end: endGone}
	}
	return c.no(&trouble{
		kind: rateLimited, limit: "concurrent requests", most: c.cfg.MaxConcurrent, wait: c.cfg.RetryAfter,
		message: fmt.Sprintf("Too many calls at once: at most %d.", c.cfg.MaxConcurrent),
	})
}

// instead is the reply of a fault that leaves no answer.
func (c *call) instead(ctx context.Context, fault Fault) (reply, bool) {
	if t := fault.trouble(c); t != nil {
		return c.no(t), true
	}
	switch fault {
	case FaultHTML:
		return reply{status: http.StatusOK, kind: htmlKind, body: []byte("<!DOCTYPE html><title>Sign in</title><h1>Sign in</h1>")}, true
	case FaultReset:
		return reply{end: endReset}, true
	case FaultHang:
		if !c.sleep(ctx, c.cfg.HangFor) {
			return reply{end: endGone}, true
		}
		return reply{end: endReset}, true
	default:
		return reply{}, false
	}
}

// latency is how long a call takes with what it used.
func (c *call) latency(used usage) time.Duration {
	d := c.cfg.Latency + time.Duration(used.prompt)*c.cfg.LatencyPerPromptToken +
		time.Duration(used.completion)*c.cfg.LatencyPerCompletionToken
	if c.cfg.Jitter > 0 {
		d += time.Duration((2*c.random.Float64() - 1) * float64(c.cfg.Jitter))
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
