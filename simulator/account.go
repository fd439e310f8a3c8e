package simulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"sync"
	"time"
)

// accounts are those of the keys, each with limits of its own; without keys there is one for all calls.
type accounts struct {
	keys [][sha256.Size]byte
	list []*account
}

func newAccounts(cfg Config) *accounts {
	a := &accounts{}
	for key := range strings.SplitSeq(cfg.APIKey, ",") {
		if key = strings.TrimSpace(key); key != "" {
			a.keys = append(a.keys, sha256.Sum256([]byte(key)))
			a.list = append(a.list, newAccount(cfg))
		}
	}
	if len(a.keys) == 0 {
		a.list = []*account{newAccount(cfg)}
	}
	return a
}

// of returns the account of a key; false where the key is missing or wrong. It takes the same time for all wrong keys.
func (a *accounts) of(key string) (*account, bool) {
	if len(a.keys) == 0 {
		return a.list[0], true
	}
	shown := sha256.Sum256([]byte(key))
	var found *account
	for i := range a.keys {
		if subtle.ConstantTimeCompare(a.keys[i][:], shown[:]) == 1 {
			found = a.list[i]
		}
	}
	return found, found != nil
}

// calls counts the calls of each account that were within its limits.
func (a *accounts) calls() []int {
	if len(a.keys) == 0 {
		return nil
	}
	list := make([]int, len(a.list))
	for i, account := range a.list {
		account.mu.Lock()
		list[i] = account.calls
		account.mu.Unlock()
	}
	return list
}

// reset starts the counts of calls again.
func (a *accounts) reset() {
	for _, account := range a.list {
		account.mu.Lock()
		account.calls = 0
		account.mu.Unlock()
	}
}

// account is what one key may do in a minute, as the vendors count it: each allowance fills up steadily, and a full one may be
// used at once. A call takes itself and its prompt before it is worked on, and is refused where they are not there; its
// answer is taken when it is done, and may leave less than nothing, which refuses the calls after it.
type account struct {
	mu                              sync.Mutex
	calls                           int
	requests, tokens, input, output *bucket
}

func newAccount(cfg Config) *account {
	return &account{
		requests: newBucket(cfg.RequestsPerMinute, cfg.Minute),
		tokens:   newBucket(cfg.TokensPerMinute, cfg.Minute),
		input:    newBucket(cfg.InputTokensPerMinute, cfg.Minute),
		output:   newBucket(cfg.OutputTokensPerMinute, cfg.Minute),
	}
}

// take takes a call with so many tokens, or nothing.
func (a *account) take(now time.Time, tokens int) *trouble {
	a.mu.Lock()
	defer a.mu.Unlock()
	needs := [...]struct {
		name   string
		bucket *bucket
		n      int
	}{
		{"requests", a.requests, 1},
		{"tokens", a.tokens, tokens},
		{"input tokens", a.input, tokens},
		{"output tokens", a.output, 0},
	}
	for _, need := range needs {
		if wait := need.bucket.wait(now, need.n); wait > 0 {
			return &trouble{
				kind: rateLimited, limit: need.name, have: need.n, most: need.bucket.limit, wait: wait,
				message: fmt.Sprintf("Rate limit reached: at most %d %s a minute.", need.bucket.limit, need.name),
			}
		}
	}
	for _, need := range needs {
		need.bucket.take(now, need.n)
	}
	a.calls++
	return nil
}

// spend takes the tokens of an answer.
func (a *account) spend(now time.Time, tokens int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens.take(now, tokens)
	a.output.take(now, tokens)
}

// left is how much of an account's limits is left; a limit that there is not is zero.
type left struct {
	at                              time.Time
	requests, tokens, input, output share
}

// share is what is left of one limit, and how long it takes until all of it is there.
type share struct {
	limit, left int
	reset       time.Duration
}

// left looks at the limits. A call without an account sees none.
func (a *account) left(now time.Time) *left {
	if a == nil {
		return &left{at: now}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return &left{
		at:       now,
		requests: a.requests.share(now),
		tokens:   a.tokens.share(now),
		input:    a.input.share(now),
		output:   a.output.share(now),
	}
}

// bucket is one allowance; nil has no limit.
type bucket struct {
	limit  int
	minute time.Duration
	level  float64
	at     time.Time
}

func newBucket(limit int, minute time.Duration) *bucket {
	if limit == 0 {
		return nil
	}
	return &bucket{limit: limit, minute: minute, level: float64(limit)}
}

func (b *bucket) fill(now time.Time) {
	if !b.at.IsZero() {
		b.level = min(b.level+float64(now.Sub(b.at))/float64(b.minute)*float64(b.limit), float64(b.limit))
	}
	b.at = now
}

// wait is how long it takes until n are there; 0 where they are. What is more than the limit counts as all of it, so that
// it does not wait for ever.
func (b *bucket) wait(now time.Time, n int) time.Duration {
	if b == nil {
		return 0
	}
	b.fill(now)
	const rounding = 1e-6
	missing := float64(min(max(n, 1), b.limit)) - b.level
	if missing <= rounding {
		return 0
	}
	return max(b.time(missing), time.Nanosecond)
}

func (b *bucket) take(now time.Time, n int) {
	if b != nil {
		b.fill(now)
		b.level -= float64(n)
	}
}

func (b *bucket) share(now time.Time) share {
	if b == nil {
		return share{}
	}
	b.fill(now)
	return share{limit: b.limit, left: max(int(b.level+1e-6), 0), reset: b.time(float64(b.limit) - b.level)}
}

// time is how long n take to come back.
func (b *bucket) time(n float64) time.Duration {
	return time.Duration(n / float64(b.limit) * float64(b.minute))
}
