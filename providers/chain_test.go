package providers_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/providers"
)

// driver answers its calls with the steps of a script, one after another; the last one repeats.
type driver struct {
	script []step
	starts []time.Time
}

type step func(ctx context.Context) (*providers.Response, error)

func (d *driver) Complete(ctx context.Context, _ *providers.Request) (*providers.Response, error) {
	step := d.script[min(len(d.starts), len(d.script)-1)]
	d.starts = append(d.starts, time.Now())
	return step(ctx)
}

// waits returns the time between the starts of the calls.
func (d *driver) waits() []time.Duration {
	var waits []time.Duration
	for i, start := range d.starts[1:] {
		waits = append(waits, start.Sub(d.starts[i]))
	}
	return waits
}

func succeed(context.Context) (*providers.Response, error) {
	return &providers.Response{Text: "yes"}, nil
}

func fail(e providers.Error) step {
	return func(context.Context) (*providers.Response, error) { return nil, &e }
}

// hang waits for ctx and says what a driver says of it.
func hang(ctx context.Context) (*providers.Response, error) {
	<-ctx.Done()
	return nil, &providers.Error{Kind: providers.KindCancelled, Message: "gone", Err: ctx.Err()}
}

// run makes one call in a bubble of fake time.
func run(t *testing.T, d *driver, cfg providers.ChainConfig, check func(*providers.Response, *providers.Error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		resp, err := providers.Chain(d, cfg).Complete(t.Context(), &providers.Request{})
		if (resp == nil) == (err == nil) {
			t.Fatalf("response %v and error %v, want exactly one", resp, err)
		}
		check(resp, providers.AsError(err))
	})
}

func TestChainRepeatsOnlyWhatMayPass(t *testing.T) {
	for kind := providers.KindInternal; kind <= providers.KindCancelled; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			want := 1
			if kind.Retriable() {
				want = 4
			}
			d := &driver{script: []step{fail(providers.Error{Kind: kind, Message: "no", RequestID: "r1", Status: 418})}}
			run(t, d, providers.ChainConfig{MaxRetries: 3}, func(_ *providers.Response, err *providers.Error) {
				wantErr := &providers.Error{Kind: kind, Message: "no", RequestID: "r1", Status: 418, Attempts: want}
				if diff := cmp.Diff(wantErr, err); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				if len(d.starts) != want {
					t.Errorf("%d calls, want %d", len(d.starts), want)
				}
			})
		})
	}
}

func TestChainCountsAttemptsOfAResponse(t *testing.T) {
	busy := fail(providers.Error{Kind: providers.KindUnavailable})
	for failures := range 4 {
		d := &driver{script: append(slicesRepeat(busy, failures), succeed)}
		run(t, d, providers.ChainConfig{MaxRetries: 3}, func(resp *providers.Response, err *providers.Error) {
			if err != nil || resp.Attempts != failures+1 {
				t.Errorf("after %d failures: %+v, %v; want %d attempts", failures, resp, err, failures+1)
			}
		})
	}
}

func slicesRepeat(s step, n int) []step {
	steps := make([]step, n)
	for i := range steps {
		steps[i] = s
	}
	return steps
}

func TestChainLeavesTheDriversErrorAlone(t *testing.T) {
	shared := &providers.Error{Kind: providers.KindUnavailable}
	d := &driver{script: []step{func(context.Context) (*providers.Response, error) { return nil, shared }}}
	run(t, d, providers.ChainConfig{MaxRetries: 1}, func(_ *providers.Response, err *providers.Error) {
		if shared.Attempts != 0 || err.Attempts != 2 {
			t.Errorf("attempts: %d in the driver's error, %d in the chain's; want 0 and 2", shared.Attempts, err.Attempts)
		}
	})
}

func TestChainNegativeRetriesMeanNone(t *testing.T) {
	d := &driver{script: []step{fail(providers.Error{Kind: providers.KindUnavailable})}}
	run(t, d, providers.ChainConfig{MaxRetries: -1}, func(*providers.Response, *providers.Error) {
		if len(d.starts) != 1 {
			t.Errorf("%d calls, want 1", len(d.starts))
		}
	})
}

func pick(from []*providers.Response, i int) *providers.Response { return from[i] }

func TestChainHoldsADriverToItsContract(t *testing.T) {
	var nothing *providers.Error
	tests := map[string]struct {
		step step
		want []string // all in the message
	}{
		"panic": {
			func(context.Context) (*providers.Response, error) { panic("record text") },
			[]string{"the driver panicked (string)", "providers_test", "line"},
		},
		"runtime panic": {
			func(context.Context) (*providers.Response, error) { return pick(nil, 3), nil },
			[]string{"index out of range", "providers_test", "line"},
		},
		"foreign error": {
			func(context.Context) (*providers.Response, error) { return nil, errors.New("odd") },
			[]string{"odd"},
		},
		"neither": {
			func(context.Context) (*providers.Response, error) { return nil, nil }, //nolint:nilnil // the fault under test
			[]string{"neither"},
		},
		"typed nil": {
			func(context.Context) (*providers.Response, error) { return nil, nothing },
			[]string{"neither"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := &driver{script: []step{test.step}}
			run(t, d, providers.ChainConfig{MaxRetries: 3}, func(_ *providers.Response, err *providers.Error) {
				if err.Kind != providers.KindInternal || err.Attempts != 1 {
					t.Errorf("%v after %d attempts, want internal after 1", err, err.Attempts)
				}
				for _, want := range test.want {
					if !strings.Contains(err.Message, want) {
						t.Errorf("message %q, want %q in it", err.Message, want)
					}
				}
				if strings.Contains(err.Message, "record text") {
					t.Errorf("message %q shows what the driver panicked with", err.Message)
				}
			})
		})
	}
}

func TestChainTellsItsHooks(t *testing.T) {
	type event struct {
		What    string
		Attempt int
		Took    time.Duration
		Outcome string
	}
	var events []event
	hooks := providers.Hooks{
		CallDone: func(attempt int, took time.Duration, resp *providers.Response, err *providers.Error) {
			outcome := fmt.Sprint(err)
			if resp != nil {
				outcome = resp.Text
			}
			events = append(events, event{"done", attempt, took, outcome})
		},
		Retrying: func(attempt int, wait time.Duration, why *providers.Error) {
			events = append(events, event{"retrying", attempt, wait.Truncate(100 * time.Second), why.Error()})
		},
	}
	slow := func(ctx context.Context) (*providers.Response, error) {
		<-time.After(2 * time.Second)
		return succeed(ctx)
	}
	d := &driver{script: []step{fail(providers.Error{Kind: providers.KindRateLimited, RetryAfter: 100 * time.Second}), slow}}
	run(t, d, providers.ChainConfig{MaxRetries: 3, Hooks: hooks}, func(*providers.Response, *providers.Error) {
		want := []event{
			{"done", 1, 0, "rate limited"},
			{"retrying", 1, 100 * time.Second, "rate limited"},
			{"done", 2, 2 * time.Second, "yes"},
		}
		if diff := cmp.Diff(want, events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// flaky is a driver whose first call fails.
type flaky struct{ calls int }

func (f *flaky) Complete(context.Context, *providers.Request) (*providers.Response, error) {
	f.calls++
	if f.calls == 1 {
		return nil, &providers.Error{Kind: providers.KindUnavailable, Message: "503"}
	}
	return &providers.Response{Text: "positive"}, nil
}

func ExampleChain() {
	provider := providers.Chain(&flaky{}, providers.ChainConfig{
		MaxRetries: 3,
		Backoff:    providers.Backoff{First: time.Millisecond},
		Hooks: providers.Hooks{Retrying: func(attempt int, _ time.Duration, why *providers.Error) {
			fmt.Printf("attempt %d: %v\n", attempt, why)
		}},
	})
	resp, err := provider.Complete(context.Background(), &providers.Request{
		Messages: []providers.Message{{Role: providers.RoleUser, Content: "I love it"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text, resp.Attempts)
	// Output:
	// attempt 1: unavailable: 503
	// positive 2
}

// instant answers at once with one response, so that a benchmark measures the chain alone.
type instant struct{ resp providers.Response }

func (i *instant) Complete(context.Context, *providers.Request) (*providers.Response, error) {
	return &i.resp, nil
}

func BenchmarkChain(b *testing.B) {
	for name, hooks := range map[string]providers.Hooks{
		"bare":  {},
		"hooks": {CallDone: func(int, time.Duration, *providers.Response, *providers.Error) {}},
	} {
		b.Run(name, func(b *testing.B) {
			provider := providers.Chain(&instant{}, providers.ChainConfig{MaxRetries: 3, Hooks: hooks})
			ctx, req := b.Context(), &providers.Request{}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := provider.Complete(ctx, req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
