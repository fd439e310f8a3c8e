package inference_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// account is a provider with a limit of calls a minute: it refuses what is beyond (429).
type account struct {
	perMinute int
	// shown is the limit that it names; 0: perMinute.
	shown int
	// room is how many calls may come at once after a rest, as a token bucket of that size; 0: all of a minute's, counted anew
	// with every minute.
	room int
	// Where names is set, each answer names the limits; where asks is, each refusal says how long to wait.
	names, asks bool
	// latency is how long a call takes, up to half as long again.
	latency time.Duration
	// crowded is until when calls are long on their way, and overtake each other.
	crowded time.Time

	mu      sync.Mutex
	level   float64
	at      time.Time
	minute  int64
	counted int
	taken   []time.Time // calls that were answered
	refused []time.Time // and refused
}

// Complete answers each record with its own text.
func (a *account) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if err := rest(ctx, a.way()); err != nil {
		return nil, err
	}
	quota, wait, ok := a.take(time.Now())
	if !ok {
		err := &providers.Error{Kind: providers.KindRateLimited, Status: 429, Message: "slow down", Quota: quota}
		if a.asks {
			err.RetryAfter = wait
		}
		return nil, err
	}
	if err := rest(ctx, a.latency+time.Duration(rand.Int64N(int64(a.latency/2)+1))); err != nil {
		return nil, err
	}
	texts := textsOf(req)
	usage := providers.Usage{PromptTokens: 40 * len(texts), CompletionTokens: 10 * len(texts), Reported: true}
	return &providers.Response{Text: answersTo(texts), Finish: providers.FinishStop, Usage: usage, Quota: quota}, nil
}

// way is how long a call is on its way there.
func (a *account) way() time.Duration {
	longest := 20 * time.Millisecond
	if time.Now().Before(a.crowded) {
		longest = 300 * time.Millisecond
	}
	return time.Duration(rand.Int64N(int64(longest)))
}

// rest waits.
func rest(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &providers.Error{Kind: providers.KindCancelled, Err: ctx.Err()}
	}
}

func (a *account) take(now time.Time) (quota *providers.Quota, wait time.Duration, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	left, wait, reset := a.count(now)
	ok = left >= 1
	if ok {
		a.taken = append(a.taken, now)
		a.level--
		a.counted++
		left--
	} else {
		a.refused = append(a.refused, now)
	}
	if a.names {
		quota = &providers.Quota{Requests: providers.Allowance{Limit: max(a.perMinute, a.shown), Left: int(left), Reset: reset}}
	}
	return quota, wait, ok
}

// count returns what is left, how long until there is one more, and until all is back. a.mu is held.
func (a *account) count(now time.Time) (left float64, wait, reset time.Duration) {
	if a.perMinute == 0 {
		return 0, 5 * time.Second, 5 * time.Second
	}
	if a.room == 0 {
		if minute := now.Unix() / 60; minute != a.minute {
			a.minute, a.counted = minute, 0
		}
		wait = time.Unix((a.minute+1)*60, 0).Sub(now)
		return float64(a.perMinute - a.counted), wait, wait
	}
	rate := float64(a.perMinute) / 60
	if a.at.IsZero() {
		a.level = float64(a.room)
	} else {
		a.level = min(float64(a.room), a.level+now.Sub(a.at).Seconds()*rate)
	}
	a.at = now
	seconds := func(calls float64) time.Duration {
		return max(time.Duration(calls/rate*float64(time.Second)), time.Millisecond)
	}
	return a.level, seconds(1 - a.level), seconds(float64(a.room) - a.level)
}

// client keeps a stream's window full until all records are out, as a client does that has more than fit.
type client struct {
	stream *inference.Stream
	todo   []inference.Record
	want   int

	mu       sync.Mutex
	out      int // unanswered
	peak     int
	failed   map[inference.Reason]int
	answered int
	done     chan struct{}
	wake     chan struct{}
}

func runClient(ctx context.Context, t *testing.T, engine *inference.Engine, records []inference.Record, window int) *client {
	t.Helper()
	c := openClient(ctx, t, engine, records, window)
	go c.send(window)
	return c
}

// openClient is a client that does not send yet.
func openClient(ctx context.Context, t *testing.T, engine *inference.Engine, records []inference.Record, window int) *client {
	t.Helper()
	c := &client{todo: records, want: len(records), failed: map[inference.Reason]int{}, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	stream, err := engine.Open(ctx, inference.StreamConfig{Capacity: window, Receiver: c})
	if err != nil {
		t.Fatal(err)
	}
	c.stream = stream
	return c
}

// trickle sends the first window a batch at a time, some time apart.
func (c *client) trickle(ctx context.Context, window int, apart time.Duration) {
	const batch = 20
	for range window / batch {
		c.mu.Lock()
		next := c.todo[:batch]
		c.todo = c.todo[batch:]
		c.out += batch
		c.mu.Unlock()
		c.stream.Submit(next)
		_ = rest(ctx, apart)
	}
}

func (c *client) send(window int) {
	for {
		c.mu.Lock()
		n := min(window-c.out, len(c.todo))
		next := c.todo[:n]
		c.todo = c.todo[n:]
		c.out += n
		c.peak = max(c.peak, c.out)
		over := c.answered == c.want
		empty := len(c.todo) == 0
		c.mu.Unlock()
		if over {
			close(c.done)
			return
		}
		if n > 0 {
			c.stream.Submit(next)
		}
		if empty && n > 0 {
			c.stream.Flush()
		}
		<-c.wake
	}
}

// Receive counts.
func (c *client) Receive(results []inference.Result) {
	c.mu.Lock()
	c.out -= len(results)
	c.answered += len(results)
	for i := range results {
		if err := results[i].Err; err != nil {
			c.failed[err.Reason]++
		}
	}
	c.mu.Unlock()
	c.stream.Answered(len(results))
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *client) close() {
	<-c.done
	c.stream.Close()
	<-c.stream.Idle()
}

// limited is an engine with one model of an account.
func limited(t *testing.T, driver providers.Provider, rates providers.Rates, set map[string]string) *inference.Engine {
	t.Helper()
	throttle := providers.NewThrottle(providers.ThrottleConfig{Rates: rates})
	limit := providers.NewLimit(0)
	limit.Throttle(throttle)
	options := numbered(map[string]string{"batch.size": "20"})
	maps.Copy(options, set)
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
		Name: "m", Provider: "p", Kind: "test", ProviderModel: "x", Driver: driver, Options: options,
		Limit: limit, Throttle: throttle, Breaker: providers.NewBreaker(providers.BreakerConfig{}),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// TestInsideTheLimits sends 5,000 records, 250 calls, to accounts that allow 60 calls a minute and refuse what is beyond: all
// records get their values, nearly all that is allowed is used, and hardly a call is refused after the first minute. What is
// known of the limits is set by the operator, named with every answer, or only to be had from refusals, with a time to wait or
// bare; and accounts count in a bucket, by the second or by the minute. Each must reach what docs/limits.md says, less chance.
func TestInsideTheLimits(t *testing.T) {
	t.Parallel()
	rooms := map[string]int{"bucket": 60, "second": 1, "minute": 0}
	for _, test := range []struct {
		known, counts string
		used, refused float64 // least, most share of what is allowed after the first minute
	}{
		{"set", "bucket", 0.99, 0},
		{"set", "minute", 0.99, 0},
		{"set", "second", 0.90, 0.02},
		{"named", "bucket", 0.98, 0.005},
		{"named", "minute", 0.95, 0.005},
		{"named", "second", 0.90, 0.02},
		{"asked", "bucket", 0.95, 0.03},
		{"asked", "minute", 0.95, 0.06},
		{"asked", "second", 0.70, 0.02},
		{"bare", "bucket", 0.95, 0.02},
		{"bare", "minute", 0.95, 0.06},
		{"bare", "second", 0.70, 0.02},
	} {
		t.Run(test.known+" by "+test.counts, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &account{
					perMinute: 60, room: rooms[test.counts], latency: 800 * time.Millisecond,
					names: test.known == "named", asks: test.known == "named" || test.known == "asked",
				}
				rates := providers.Rates{}
				if test.known == "set" {
					rates.Requests = a.perMinute
				}
				start := time.Now()
				c := runClient(t.Context(), t, limited(t, a, rates, nil), recordsOf(5000), 2048)
				c.close()
				used, share := a.report(t, start)
				if len(c.failed) > 0 {
					t.Errorf("records without a value: %v", c.failed)
				}
				if used < test.used || share > test.refused {
					t.Errorf("want at least %.1f%% used, at most %.1f%% refused", 100*test.used, 100*test.refused)
				}
			})
		})
	}
}

// TestAnAccountThatIsUsedUp: the same of an account with 1,200 calls a minute of which none is left, so that a burst at the start is
// refused call by call; and of one that allows 600 and says 1,200. On the way to it calls overtake each other, for a moment, a second
// or all the time, and none of that must be taken for a rate far below what the account allows.
func TestAnAccountThatIsUsedUp(t *testing.T) {
	t.Parallel()
	for _, known := range []string{"set", "named", "asked", "bare"} {
		for _, test := range []struct {
			allowed int
			crowded time.Duration
		}{{1200, 100 * time.Millisecond}, {1200, time.Second}, {1200, time.Hour}, {600, time.Second}} {
			t.Run(fmt.Sprintf("%s, %d, crowded for %v", known, test.allowed, test.crowded), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					a := &account{
						perMinute: test.allowed, shown: 1200, room: test.allowed, latency: 50 * time.Millisecond, at: start,
						crowded: start.Add(test.crowded), names: known == "named", asks: known == "named" || known == "asked",
					}
					rates := providers.Rates{}
					if known == "set" {
						rates.Requests = a.shown
					}
					c := runClient(t.Context(), t, limited(t, a, rates, nil), recordsOf(36_000), 1280)
					c.close()
					used, share := a.report(t, start)
					if len(c.failed) > 0 || used < 0.93 || share > 0.01 {
						t.Errorf("records without a value: %v; want at least 93%% used, at most 1%% refused", c.failed)
					}
				})
			})
		}
	}
}

// TestTheFirstCallsSayLittle: of an account that is used up, the first refusals come after a few calls already where a job begins slowly
// or refusals come back quickly, and then those calls are no measure of what it allows. The rate that they came at was once taken for
// one that was refused, and an account of 1,200 calls a minute was used to 28 % for minutes.
func TestTheFirstCallsSayLittle(t *testing.T) {
	t.Parallel()
	const window = 1280
	for _, allowed := range []int{120, 1200} {
		for _, apart := range []time.Duration{100 * time.Microsecond, time.Millisecond, 10 * time.Millisecond} {
			for _, asks := range []bool{true, false} {
				t.Run(fmt.Sprintf("%d, %v apart, asks %v", allowed, apart, asks), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						start := time.Now()
						a := &account{perMinute: allowed, room: allowed, latency: 50 * time.Millisecond, at: start, asks: asks}
						c := openClient(t.Context(), t, limited(t, a, providers.Rates{}, nil), recordsOf(allowed*30), window)
						go func() {
							c.trickle(t.Context(), window, apart)
							c.send(window)
						}()
						c.close()
						used, share := a.report(t, start)
						if len(c.failed) > 0 || used < 0.93 || share > 0.035 {
							t.Errorf("records without a value: %v; want at least 93%% used, at most 3.5%% refused", c.failed)
						}
					})
				})
			}
		}
	}
}

// TestASlowAccount: accounts of a few calls a minute, of which the 64 calls that are sent at once are hours, are found by refusals, too.
func TestASlowAccount(t *testing.T) {
	t.Parallel()
	for _, perMinute := range []int{3, 10, 30} {
		for counts, room := range map[string]int{"bucket": perMinute, "second": 1, "minute": 0} {
			for _, asks := range []bool{true, false} {
				t.Run(fmt.Sprintf("%d by %s, asks %v", perMinute, counts, asks), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						start := time.Now()
						a := &account{perMinute: perMinute, room: room, latency: 800 * time.Millisecond, asks: asks}
						c := runClient(t.Context(), t, limited(t, a, providers.Rates{}, nil), recordsOf(4000), 4096)
						c.close()
						used, share := a.report(t, start)
						if len(c.failed) > 0 || used < 0.75 || share > 0.4 {
							t.Errorf("records without a value: %v; want at least 75%% used, at most 40%% refused", c.failed)
						}
					})
				})
			}
		}
	}
}

// TestALimitThatFalls: an account of 600 calls a minute that has 240 from the tenth minute on is not refused for ever after.
func TestALimitThatFalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		a := &account{perMinute: 600, room: 10, latency: 2 * time.Second}
		engine := limited(t, a, providers.Rates{}, map[string]string{"batch.size": "1"})
		c := runClient(t.Context(), t, engine, recordsOf(13_000), 2048)
		_ = rest(t.Context(), 10*time.Minute)
		a.mu.Lock()
		a.perMinute, a.room = 240, 4
		a.mu.Unlock()
		c.close()
		minutes, late := time.Since(start).Minutes(), start.Add(20*time.Minute)
		taken, refused := after(a.taken, late), after(a.refused, late)
		used, share := float64(taken)/(minutes-20)/240, float64(refused)/float64(taken+refused)
		t.Logf("%.0f minutes; from the twentieth on %.1f%% used, %.1f%% refused", minutes, 100*used, 100*share)
		if len(c.failed) > 0 || used < 0.9 || share > 0.03 {
			t.Errorf("records without a value: %v; want at least 90%% used, at most 3%% refused", c.failed)
		}
	})
}

// TestAfterRefusalsAlone: an account that refuses every call for some minutes, as one does that is used up by somebody else, is used
// again within a minute; and one that has a tenth of its calls from then on is not refused much more than that. In 150 runs of each the
// least were 72 and 96 % (of 600), 53 and 78 % (of 60), and at most 20 calls were refused.
func TestAfterRefusalsAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		away        time.Duration
		then        int
		asks        bool
		most        int // refused, in the five minutes after that
		first, next float64
	}{
		{time.Minute, 600, false, 30, 0.6, 0.9},
		{3 * time.Minute, 600, false, 30, 0.6, 0.9},
		{10 * time.Minute, 600, true, 30, 0.6, 0.9},
		{3 * time.Minute, 60, false, 30, 0.4, 0.7},
		{3 * time.Minute, 60, true, 30, 0.4, 0.7},
	} {
		t.Run(fmt.Sprintf("%v, then %d, asks %v", test.away, test.then, test.asks), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &account{perMinute: 600, room: 10, latency: time.Second, asks: test.asks}
				engine := limited(t, a, providers.Rates{}, map[string]string{"batch.size": "1"})
				ctx, cancel := context.WithCancel(t.Context())
				c := runClient(ctx, t, engine, recordsOf(20_000), 2048)
				_ = rest(ctx, 10*time.Minute)
				a.set(0, 0)
				_ = rest(ctx, test.away)
				a.set(test.then, max(test.then/60, 1))
				back := time.Now()
				_ = rest(ctx, 6*time.Minute)
				a.mu.Lock()
				first := a.share(back, time.Minute)
				next := a.share(back.Add(time.Minute), 5*time.Minute)
				refused := between(a.refused, back, back.Add(6*time.Minute))
				a.mu.Unlock()
				t.Logf("%.0f%% used in the first minute, %.0f%% in the next five, %d refused in all", 100*first, 100*next, refused)
				if first < test.first || next < test.next || refused > test.most {
					t.Errorf("want %.0f%% and %.0f%% at least, and %d at most", 100*test.first, 100*test.next, test.most)
				}
				cancel()
				c.stream.Close()
				c.close()
			})
		})
	}
}

// share is what part of the limit was used in some time. a.mu is held.
func (a *account) share(from time.Time, span time.Duration) float64 {
	return float64(between(a.taken, from, from.Add(span))) / (float64(a.perMinute) * span.Minutes())
}

func between(times []time.Time, from, to time.Time) int { return after(times, from) - after(times, to) }

// set changes the limit, and leaves nothing of what was saved.
func (a *account) set(perMinute, room int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.perMinute, a.room, a.level, a.at = perMinute, room, 0, time.Now()
}

// report tells what part of the allowed calls was used after the first minute, and what part of the calls was refused.
func (a *account) report(t *testing.T, start time.Time) (used, share float64) {
	t.Helper()
	minutes := time.Since(start).Minutes() - 1
	taken, refused := after(a.taken, start.Add(time.Minute)), after(a.refused, start.Add(time.Minute))
	used, share = float64(taken)/minutes/float64(a.perMinute), float64(refused)/float64(taken+refused)
	t.Logf("%d calls in %.1f min; after the first: %.1f%% of the allowed used, %.1f%% refused; before: %d refused",
		len(a.taken), minutes+1, 100*used, 100*share, len(a.refused)-refused)
	return used, share
}

func after(times []time.Time, start time.Time) int {
	n := 0
	for _, at := range times {
		if at.After(start) {
			n++
		}
	}
	return n
}

// TestStreamsTakeTurns: a stream with 2,000 batches before the limits does not keep another from its one.
func TestStreamsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &account{perMinute: 60, room: 60, latency: time.Second}
		engine := limited(t, a, providers.Rates{Requests: 60}, map[string]string{"batch.size": "2"})
		ctx, cancel := context.WithCancel(t.Context())
		long := runClient(ctx, t, engine, recordsOf(4000), 4000)
		_ = rest(ctx, time.Minute)
		start := time.Now()
		short := runClient(t.Context(), t, engine, recordsOf(2), 4000)
		short.close()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("the one batch took %v, want its turn after the other stream's next", took)
		}
		if long.answered > 200 {
			t.Errorf("the long stream has %d answers already", long.answered)
		}
		cancel()
		long.stream.Close()
		long.close()
	})
}

// TestWaitingFillsBatches: records that come one at a time, ten times as fast as single calls are allowed, leave in batches that
// are as large as that.
func TestWaitingFillsBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &account{perMinute: 60, room: 60, latency: time.Second}
		engine := limited(t, a, providers.Rates{Requests: 60}, map[string]string{"batch.timeout.ms": "10"})
		results := collect(600)
		stream, err := engine.Open(t.Context(), inference.StreamConfig{Capacity: 2048, Receiver: results})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range recordsOf(600) {
			_ = rest(t.Context(), 100*time.Millisecond)
			stream.Submit([]inference.Record{r})
		}
		<-results.done
		stream.Close()
		<-stream.Idle()
		t.Logf("%d calls for 600 records in a minute", len(a.taken))
		if len(a.taken) > 63 {
			t.Errorf("%d calls, want about one a second", len(a.taken))
		}
	})
}

// TestRateLimitedEarly: records that cannot be sent before their deadline hear so when they come, not when it passes.
func TestRateLimitedEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &account{perMinute: 60, room: 60, latency: 500 * time.Millisecond}
		engine := limited(t, a, providers.Rates{Requests: 60}, nil)
		records := recordsOf(2000)
		for i := range records {
			records[i].Deadline = time.Now().Add(10 * time.Second)
		}
		c := runClient(t.Context(), t, engine, records, 2000)
		synctest.Wait()
		if early := c.failed[inference.ReasonRateLimited]; early < 1780 || early > 1800 {
			t.Errorf("%d of 2,000 records were told at once, want all but the 200 of ten calls", early)
		}
		c.close()
		if late := c.failed[inference.ReasonDeadlineExceeded]; late > 40 {
			t.Errorf("%d records had to wait for their deadlines, want at most those of two calls", late)
		}
		if answered := len(a.taken); answered < 9 {
			t.Errorf("%d calls in ten seconds, want as many as are allowed", answered)
		}
	})
}
