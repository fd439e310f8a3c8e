package providers_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-ml/weir/providers"
)

// dayLimit is a provider that counts calls by the day, says with each answer how many are left, and refuses what is more. Calls
// come back evenly, or all at once when a day is over.
type dayLimit struct {
	limit int
	even  bool

	mu    sync.Mutex
	start time.Time
	used  float64
	calls int
}

// Complete answers after a second.
func (d *dayLimit) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	q, ok := d.take(time.Now())
	if !ok {
		return nil, &providers.Error{Kind: providers.KindRateLimited, Status: 429, Quota: q}
	}
	if !pause(ctx, time.Second) {
		return nil, &providers.Error{Kind: providers.KindCancelled, Err: ctx.Err()}
	}
	return &providers.Response{Finish: providers.FinishStop, Quota: q}, nil
}

func (d *dayLimit) take(now time.Time) (*providers.Quota, bool) {
	const day = 24 * time.Hour
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.start.IsZero() {
		d.start = now
	}
	back := time.Duration(d.used / float64(d.limit) * float64(day))
	switch since := now.Sub(d.start); {
	case d.even:
		d.used, d.start = max(d.used-since.Seconds()/day.Seconds()*float64(d.limit), 0), now
	case since >= day:
		d.used, d.start, back = 0, now, day
	default:
		back = day - since
	}
	ok := d.used+1 <= float64(d.limit)
	if ok {
		d.used++
		d.calls++
	}
	return &providers.Quota{Requests: providers.Allowance{Limit: d.limit, Left: int(float64(d.limit) - d.used), Reset: back}}, ok
}

// TestADaysLimitIsUsed: what a provider that counts by the day says is left may be used at once, also where its reset looks like a
// minute's at first, and where all comes back at midnight.
func TestADaysLimitIsUsed(t *testing.T) {
	for name, test := range map[string]struct {
		even bool
		time time.Duration
		want int
	}{
		"comes back evenly":                {true, 5 * time.Minute, 9000},
		"comes back at the end of the day": {false, 5 * time.Minute, 9000},
		"and the next day":                 {false, 25 * time.Hour, 28_000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				driver := &dayLimit{limit: 14_400, even: test.even}
				chain, _ := throttled(driver, providers.Rates{})
				callAll(t, chain, test.time)
				if driver.calls < test.want {
					t.Errorf("%d calls in %v, want %d", driver.calls, test.time, test.want)
				}
			})
		})
	}
}

// TestOneAbsurdQuotaDoesNotStop: an answer that says that nothing is left for a day holds calls back for five minutes, as any other
// wish to wait; and what the next one says holds from then on.
func TestOneAbsurdQuotaDoesNotStop(t *testing.T) {
	for name, said := range map[string]providers.Quota{
		"calls":  {Requests: providers.Allowance{Limit: 600, Left: 0, Reset: 24 * time.Hour}},
		"one":    {Requests: providers.Allowance{Limit: 1, Left: 0, Reset: 24 * time.Hour}},
		"tokens": {Tokens: providers.Allowance{Limit: 1, Left: 0, Reset: 24 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				driver := &ledger{}
				driver.answer = func(nth int) step {
					q := providers.Quota{
						Requests: providers.Allowance{Limit: 600, Left: 599, Reset: time.Second},
						Tokens:   providers.Allowance{Limit: 1e6, Left: 1e6, Reset: time.Second},
					}
					if nth == 10 {
						q = said
					}
					return func(context.Context) (*providers.Response, error) { return &providers.Response{Quota: &q}, nil }
				}
				chain, _ := throttled(driver, providers.Rates{})
				start := time.Now()
				for range 100 {
					if _, err := chain.Complete(t.Context(), request(100, 10)); err != nil {
						t.Fatal(err)
					}
				}
				took := time.Since(start)
				t.Logf("100 calls took %v", took)
				if took > 6*time.Minute {
					t.Errorf("100 calls took %v", took)
				}
			})
		})
	}
}

// TestModelsWithLimitsOfTheirOwn: the small limit of one model holds the other back no longer than until that one is answered.
func TestModelsWithLimitsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		driver := &ledger{}
		driver.answer = func(nth int) step {
			q := providers.Quota{Requests: providers.Allowance{Limit: 6000, Left: 5999, Reset: 10 * time.Millisecond}}
			if nth == 10 { // the other model's
				q.Requests = providers.Allowance{Limit: 200, Left: 150, Reset: 6 * time.Hour}
			}
			return func(context.Context) (*providers.Response, error) { return &providers.Response{Quota: &q}, nil }
		}
		chain, throttle := throttled(driver, providers.Rates{})
		start := time.Now()
		for range 1000 {
			if _, err := chain.Complete(t.Context(), request(1, 1)); err != nil {
				t.Fatal(err)
			}
		}
		took := time.Since(start)
		t.Logf("1,000 calls took %v", took)
		if took > time.Minute {
			t.Errorf("1,000 calls of an account with 6,000 a minute took %v", took)
		}
		if pace := throttle.State().PerMinute; pace != 6000 {
			t.Errorf("the pace is %v a minute, want 6000", pace)
		}
	})
}
