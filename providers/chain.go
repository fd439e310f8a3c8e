package providers

import "time"

// Defaults of a [ChainConfig].
const (
	// DefaultRequestTimeout is how long one attempt may take.
	DefaultRequestTimeout = 30 * time.Second
	// MaxRetryAfter is the longest wait that a provider can ask for: what asks for more is asked again after this.
	MaxRetryAfter = 5 * time.Minute
)

// ChainConfig says how a call is made. The zero value makes one attempt of at most 30 seconds.
type ChainConfig struct {
	// MaxRetries is how often a call is repeated after the first attempt, where its error is retriable. 0 or less: never. With a
	// throttle, a call that was refused (429) while the provider accepted others is repeated beside that, up to 16 times.
	MaxRetries int
	// RequestTimeout is how long each attempt may take; the caller's deadline holds too, over all attempts and the waits
	// between them. 0 or less: [DefaultRequestTimeout].
	RequestTimeout time.Duration
	// Backoff is how long to wait before an attempt is repeated.
	Backoff Backoff
	// Breaker is the provider's, shared by all chains to it; nil: none.
	Breaker *Breaker
	// Throttle keeps the account inside its limits, shared by all chains that use its key; nil: none does.
	Throttle *Throttle
	// Pool is the driver where that is one: its lanes have breakers and throttles of their own, in place of the two above.
	Pool *Pool
	// Hasty says that somebody else will answer what is not sent: a call does not wait for a breaker or a rest to end.
	Hasty bool
	// Budget bounds the repeated calls, in records, and BudgetFloor is what it has in any case for each call that is in flight.
	// Waits that a provider asks for by a rate limit cost nothing. nil: no bound but MaxRetries.
	Budget      *Budget
	BudgetFloor int
	// Hooks are told what happens.
	Hooks Hooks
}

// accepts returns what knows whether the provider accepts calls; nil: nothing does.
func (c *ChainConfig) accepts() func() bool {
	switch {
	case c.Pool != nil:
		return c.Pool.accepts
	case c.Throttle != nil:
		return c.Throttle.accepts
	default:
		return nil
	}
}

// Hooks are told what happens within a chain; each may be nil. They run in the goroutine of the call, at the same time
// for several calls, so they must be quick. They must not change what they are given.
type Hooks struct {
	// CallDone is called after each attempt: its number from 1, how long it took, and either its response or its error.
	CallDone func(attempt int, took time.Duration, resp *Response, err *Error)
	// Retrying is called before the wait for the next attempt: the number of the attempt that failed, why, and how long
	// the wait is. It is not called where there is no next attempt.
	Retrying func(attempt int, wait time.Duration, why *Error)
}

// Chain returns driver with everything around it that a driver does not do itself. The result may be called by several
// goroutines at once, as the driver may, and starts none of its own. It takes the driver's responses over and counts
// attempts into them.
//
// The chain ends, and its error tells why:
//   - at the first response, or the first error that is not retriable;
//   - after MaxRetries repeated attempts, with the last error;
//   - where the Budget has no more, with the last error;
//   - at once with the last error, where the wait before the next attempt would pass the deadline of the caller's ctx;
//   - when the caller's ctx ends: KindCancelled, with the text of the cause where one was given, or KindTimeout for a
//     deadline. errors.Is(err, context.DeadlineExceeded) and errors.Is(err, context.Canceled) hold for these alone, never
//     for an attempt that took longer than RequestTimeout.
//
// The order of the links: retry is outermost, so that each attempt has its own timeout and a wait between attempts is no
// attempt's; guard is innermost, so that a driver's panic is an attempt's error as any other and nothing above it has to
// think of one. The breaker is between retry and timeout: while it is open, an attempt ends at once without a call, and the
// retry waits until the provider may be tried again, so that an outage costs calls of nobody and slows its streams down
// rather than fail their records. The throttle is within the breaker, so that what is not sent takes no room, and around the timeout,
// so that a wait for room is no attempt's time. The limit on calls in flight is no link: the gatherer of a batch holds it (see
// [Limit]), also while a call waits to be repeated, which is what slows weir down when a provider has too much to do.
func Chain(driver Provider, cfg ChainConfig) Provider {
	attempt := newTimeout(newGuard(driver), cfg.RequestTimeout)
	if cfg.Pool != nil {
		return newRetry(newRoute(attempt, cfg.Pool), cfg)
	}
	return newRetry(newFuse(newThrottled(attempt, cfg.Throttle), cfg.Breaker), cfg)
}
