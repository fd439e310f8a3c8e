package providers_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-ml/weir/providers"
)

// ledger is a driver that notes when it was called and what it used. It answers after a while, or as answer says.
type ledger struct {
	latency time.Duration
	answer  func(nth int) step // nil: as always

	mu    sync.Mutex
	calls []entry
}

type entry struct {
	at            time.Time
	input, output int
}

// Complete uses as many tokens as the prompt has bytes, and as many for the answer as the request has records.
func (l *ledger) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	l.mu.Lock()
	used := providers.Usage{PromptTokens: len(req.Messages[0].Content), CompletionTokens: req.Records, Reported: true}
	l.calls = append(l.calls, entry{time.Now(), used.PromptTokens, used.CompletionTokens})
	nth := len(l.calls)
	l.mu.Unlock()
	if l.answer != nil {
		if other := l.answer(nth); other != nil {
			return other(ctx)
		}
	}
	if !pause(ctx, l.latency) {
		return nil, &providers.Error{Kind: providers.KindCancelled, Err: ctx.Err()}
	}
	return &providers.Response{Finish: providers.FinishStop, Usage: used}, nil
}

func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// most returns the most that any window of a minute has, less a millisecond for rounding, and the largest call.
func (l *ledger) most(of func(entry) int) (window, largest int) {
	sum, from := 0, 0
	for _, e := range l.calls {
		sum += of(e)
		for e.at.Sub(l.calls[from].at) >= time.Minute-time.Millisecond {
			sum -= of(l.calls[from])
			from++
		}
		window, largest = max(window, sum), max(largest, of(e))
	}
	return window, largest
}

func request(prompt, output int) *providers.Request {
	text := make([]byte, prompt)
	for i := range text {
		text[i] = 'x'
	}
	return &providers.Request{Model: "m", Messages: []providers.Message{{Role: providers.RoleUser, Content: string(text)}}, Records: output}
}

func throttled(driver providers.Provider, rates providers.Rates) (providers.Provider, *providers.Throttle) {
	throttle := providers.NewThrottle(providers.ThrottleConfig{Rates: rates})
	return providers.Chain(driver, providers.ChainConfig{MaxRetries: 3, Throttle: throttle}), throttle
}

// TestThrottleHolds sends any calls with any estimates as fast as they go: no minute has more calls than are allowed, nor, but for
// one call, more tokens; and all calls are sent.
func TestThrottleHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rates := providers.Rates{
			Requests:     rapid.SampledFrom([]int{0, 1, 7, 60, 500, 5000}).Draw(rt, "requests"),
			Tokens:       rapid.SampledFrom([]int{0, 5000, 100_000}).Draw(rt, "tokens"),
			InputTokens:  rapid.SampledFrom([]int{0, 3000, 50_000}).Draw(rt, "input"),
			OutputTokens: rapid.SampledFrom([]int{0, 1000, 20_000}).Draw(rt, "output"),
		}
		calls := rapid.IntRange(1, 200).Draw(rt, "calls")
		prompt, output := rapid.IntRange(1, 500).Draw(rt, "prompt"), rapid.IntRange(1, 100).Draw(rt, "output of a call")
		synctest.Test(t, func(t *testing.T) {
			driver := &ledger{latency: time.Second}
			chain, throttle := throttled(driver, rates)
			var wg sync.WaitGroup
			for range calls {
				wg.Go(func() {
					req := request(1+rand.IntN(prompt), 1+rand.IntN(output))
					req.EstimatedPromptTokens, req.EstimatedOutputTokens = len(req.Messages[0].Content), req.Records
					if _, err := chain.Complete(t.Context(), req); err != nil {
						rt.Errorf("a call failed: %v", err)
					}
				})
			}
			wg.Wait()
			check := func(name string, limit, within int, of func(entry) int) {
				window, largest := driver.most(of)
				if limit > 0 && window > limit+within*largest {
					rt.Errorf("%d %s in a minute, allowed are %d, and the largest call has %d", window, name, limit, largest)
				}
			}
			check("calls", rates.Requests, 0, func(entry) int { return 1 })
			check("tokens", rates.Tokens, 1, func(e entry) int { return e.input + e.output })
			check("input tokens", rates.InputTokens, 1, func(e entry) int { return e.input })
			check("output tokens", rates.OutputTokens, 1, func(e entry) int { return e.output })
			if len(driver.calls) != calls || throttle.State().Waiting != 0 {
				rt.Errorf("%d calls of %d, %d wait", len(driver.calls), calls, throttle.State().Waiting)
			}
		})
	})
}

// TestThrottleSettles: what counts is what calls use, not what was estimated, be it ten times too much or too little.
func TestThrottleSettles(t *testing.T) {
	for name, estimate := range map[string]int{"too much": 1000, "too little": 10, "learned": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				driver := &ledger{latency: 3 * time.Second}
				chain, _ := throttled(driver, providers.Rates{OutputTokens: 6000})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				var wg sync.WaitGroup
				for range 64 {
					wg.Go(func() {
						for {
							req := request(10, 100)
							req.EstimatedOutputTokens = estimate
							if _, err := chain.Complete(ctx, req); err != nil {
								return
							}
						}
					})
				}
				wg.Wait()
				used := 100 * len(driver.calls)
				t.Logf("%d tokens of 60,000", used)
				if used < 55_000 || used > 63_000 {
					t.Errorf("%d tokens in 10 minutes, allowed are 60,000", used)
				}
			})
		})
	}
}

// TestThrottleLosesNobody has calls come and go, their callers' patience ending at any time: each ends, and what was taken for
// those that were not sent is there for others.
func TestThrottleLosesNobody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		patience := rapid.SliceOfN(rapid.IntRange(0, 20_000), 1, 100).Draw(rt, "patience in ms")
		synctest.Test(t, func(t *testing.T) {
			driver := &ledger{latency: 100 * time.Millisecond}
			chain, throttle := throttled(driver, providers.Rates{Requests: 300, InputTokens: 30_000})
			var wg sync.WaitGroup
			for _, ms := range patience {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Duration(ms)*time.Millisecond, cancel)
				wg.Go(func() {
					defer cancel()
					_, err := chain.Complete(ctx, request(100, 1))
					if e := providers.AsError(err); e != nil && e.Kind != providers.KindCancelled {
						rt.Errorf("%v", err)
					}
				})
			}
			wg.Wait()
			if n := throttle.State().Waiting; n != 0 {
				rt.Errorf("%d calls wait for ever", n)
			}
			pause(t.Context(), time.Minute)
			start := time.Now()
			for range 5 { // a second's worth
				if _, err := chain.Complete(t.Context(), request(100, 1)); err != nil {
					rt.Errorf("%v", err)
				}
			}
			if took := time.Since(start); took > time.Second {
				rt.Errorf("5 calls took %v: what others had taken was not given back", took)
			}
		})
	})
}

// TestThrottleFailsEarly: a call that cannot be sent before its deadline fails as soon as that is known.
func TestThrottleFailsEarly(t *testing.T) {
	within := func(t *testing.T, d time.Duration) context.Context {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), d)
		t.Cleanup(cancel)
		return ctx
	}
	t.Run("when it comes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			driver := &ledger{}
			chain, _ := throttled(driver, providers.Rates{Requests: 6})
			_, _ = chain.Complete(t.Context(), request(1, 1))
			start := time.Now()
			_, err := chain.Complete(within(t, 9*time.Second), request(1, 1))
			e := providers.AsError(err)
			if e == nil || e.Kind != providers.KindRateLimited || !e.Unsent || e.Attempts != 0 || time.Since(start) != 0 {
				t.Errorf("after %v: %+v, want a refusal at once", time.Since(start), e)
			}
			if _, err := chain.Complete(within(t, 11*time.Second), request(1, 1)); err != nil || time.Since(start) != 10*time.Second {
				t.Errorf("a call with time for it: %v after %v, want none after 10s", err, time.Since(start))
			}
		})
	})
	t.Run("when it already waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			driver := &ledger{latency: time.Second}
			driver.answer = func(nth int) step {
				if nth > 1 {
					return nil
				}
				pause(t.Context(), time.Second)
				return fail(providers.Error{Kind: providers.KindRateLimited, Status: 429, RetryAfter: time.Minute})
			}
			chain, _ := throttled(driver, providers.Rates{Requests: 6})
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = chain.Complete(t.Context(), request(1, 1)) })
			synctest.Wait()
			start := time.Now()
			_, err := chain.Complete(within(t, 30*time.Second), request(1, 1))
			if e := providers.AsError(err); e == nil || e.Kind != providers.KindRateLimited || time.Since(start) != time.Second {
				t.Errorf("after %v: %v, want a refusal when the provider has asked for a minute", time.Since(start), err)
			}
			wg.Wait()
		})
	})
}

// TestRefusalsCostNoRepeats: a call that is refused while others are accepted waits for its turn; one of a provider that accepts
// nobody fails after its repeats.
func TestRefusalsCostNoRepeats(t *testing.T) {
	for name, test := range map[string]struct {
		accepts bool
		calls   int
	}{"others are accepted": {true, 6}, "nobody is": {false, 4}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				driver := &ledger{}
				driver.answer = func(nth int) step {
					if (test.accepts && nth == 1) || nth > 5 {
						return nil
					}
					return fail(providers.Error{Kind: providers.KindRateLimited, Status: 429})
				}
				chain, _ := throttled(driver, providers.Rates{})
				if test.accepts {
					_, _ = chain.Complete(t.Context(), request(1, 1))
				}
				_, err := chain.Complete(t.Context(), request(1, 1))
				if failed := err != nil; failed == test.accepts || len(driver.calls) != test.calls {
					t.Errorf("%d calls, %v; want %d", len(driver.calls), err, test.calls)
				}
			})
		})
	}
}

// TestThrottleLearns: limits that the provider names hold from the first answer on, those of the operator whatever it names.
func TestThrottleLearns(t *testing.T) {
	for name, test := range map[string]struct {
		set  int
		said providers.Allowance
		want int // calls in the ten minutes after
	}{
		"a minute's":               {0, providers.Allowance{Limit: 60, Left: 60}, 600},
		"set":                      {30, providers.Allowance{Limit: 60, Left: 60}, 300},
		"an hour's":                {0, providers.Allowance{Limit: 100, Left: 100, Reset: time.Hour}, 100 + 100/6},
		"nothing left":             {0, providers.Allowance{Limit: 60, Left: 0, Reset: time.Minute}, 600},
		"less than nothing left":   {0, providers.Allowance{Limit: 60, Left: -1000}, 600},
		"more left than there are": {0, providers.Allowance{Limit: 60, Left: 1e9}, 600},
		"a reset that is past":     {0, providers.Allowance{Limit: 60, Left: 10, Reset: -time.Hour}, 600},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				driver := &ledger{}
				driver.answer = func(nth int) step {
					if nth > 1 {
						return nil
					}
					return func(context.Context) (*providers.Response, error) {
						return &providers.Response{Quota: &providers.Quota{Requests: test.said}}, nil
					}
				}
				chain, _ := throttled(driver, providers.Rates{Requests: test.set})
				_, _ = chain.Complete(t.Context(), request(1, 1))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				for {
					if _, err := chain.Complete(ctx, request(1, 1)); err != nil {
						break
					}
				}
				if got := len(driver.calls) - 1; got < test.want*97/100-1 || got > test.want*103/100+1 {
					t.Errorf("%d calls in ten minutes, want %d", got, test.want)
				}
			})
		})
	}
}

// TestLimitPaces has batches enter, begin and call, or leave without that: what was taken for those is given back.
func TestLimitPaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		driver := &ledger{latency: 2 * time.Second}
		chain, throttle := throttled(driver, providers.Rates{Requests: 60})
		limit := providers.NewLimit(8)
		limit.Throttle(throttle)
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ready := make(chan struct{}, 1)
				if !limit.Enter(func() { ready <- struct{}{} }) {
					<-ready
				}
				defer limit.Leave()
				switch i % 4 {
				case 0: // what waited has gone another way
				case 1: // its records' time was over
					_, end := limit.Begin(t.Context())
					end()
				default:
					ctx, end := limit.Begin(t.Context())
					defer end()
					if _, err := chain.Complete(ctx, request(1, 1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		took := time.Since(start)
		window, _ := driver.most(func(entry) int { return 1 })
		if len(driver.calls) != 100 || window > 60 || took > 105*time.Second {
			t.Errorf("%d calls in %v, %d in a minute; want 100 in 100s", len(driver.calls), took, window)
		}
		if limit.InFlight() != 0 || limit.Waiting() != 0 {
			t.Errorf("%d inside, %d waiting", limit.InFlight(), limit.Waiting())
		}
	})
}

func BenchmarkThrottle(b *testing.B) {
	resp := &providers.Response{Finish: providers.FinishStop, Usage: providers.Usage{PromptTokens: 1, CompletionTokens: 1, Reported: true}}
	driver := &ledger{answer: func(int) step {
		return func(context.Context) (*providers.Response, error) { return resp, nil }
	}}
	for name, throttle := range map[string]*providers.Throttle{
		"without": nil, "learning": providers.NewThrottle(providers.ThrottleConfig{}),
		"set": providers.NewThrottle(providers.ThrottleConfig{Rates: providers.Rates{Requests: 1e9, InputTokens: 1e12}}),
	} {
		b.Run(name, func(b *testing.B) {
			chain := providers.Chain(driver, providers.ChainConfig{Throttle: throttle})
			req := request(1000, 1)
			b.ReportAllocs()
			for b.Loop() {
				driver.calls = driver.calls[:0]
				if _, err := chain.Complete(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// callAll has 32 callers make one call after the other for some time.
func callAll(t *testing.T, chain providers.Provider, long time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for ctx.Err() == nil && !isLate(chain.Complete(ctx, request(1, 1))) {
				continue
			}
		})
	}
	wg.Wait()
}

// randomCalls is how many calls of a second 32 callers make in half an hour.
const randomCalls = 32 * 30 * 60

// refusedAtRandom is how many calls they make to a provider that refuses such a share of them, however slow they come.
func refusedAtRandom(t *testing.T, percent int) (calls int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		driver := &ledger{latency: time.Second}
		driver.answer = func(int) step {
			if rand.IntN(100) >= percent {
				return nil
			}
			return fail(providers.Error{Kind: providers.KindRateLimited, Status: 429})
		}
		chain, _ := throttled(driver, providers.Rates{})
		callAll(t, chain, 30*time.Minute)
		calls = len(driver.calls)
	})
	return calls
}

// TestRefusalsAtRandom: a provider that refuses one call in twenty or in ten however slow they come is not slowed down without end: by
// the median of some runs, because in a few it takes chance for a limit. And a single refusal costs about what it did before there were
// throttles.
func TestRefusalsAtRandom(t *testing.T) {
	t.Parallel()
	for _, share := range []int{5, 10} {
		t.Run(fmt.Sprintf("%d %%", share), func(t *testing.T) {
			t.Parallel()
			runs := make([]int, 7)
			for i := range runs {
				runs[i] = refusedAtRandom(t, share)
			}
			slices.Sort(runs)
			t.Logf("calls in half an hour, refused ones included: %v; %d without refusals", runs, randomCalls)
			if median := runs[len(runs)/2]; median < randomCalls*2/5 {
				t.Errorf("the median of the runs is %d calls in half an hour, want 40 %% of those without refusals", median)
			}
		})
	}
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			driver := &ledger{}
			driver.answer = func(nth int) step {
				if nth != 2 {
					return nil
				}
				return fail(providers.Error{Kind: providers.KindRateLimited, Status: 429})
			}
			chain, _ := throttled(driver, providers.Rates{})
			start := time.Now()
			for range 3 {
				_, _ = chain.Complete(t.Context(), request(1, 1))
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("three calls took %v", took)
			}
		})
	})
}

// isLate reports whether a call has ended because its time was over.
func isLate(_ *providers.Response, err error) bool {
	e := providers.AsError(err)
	return e != nil && (e.Kind == providers.KindTimeout || e.Unsent)
}
