package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config is how the server behaves. The zero Config answers at once, without limits, keys or faults.
type Config struct {
	// Latency is how long a call takes at least, from the moment it has a place. The work of answering is part of it. The
	// answer leaves when the latency is over, at most about 1 ms later: timers are no finer on an idle machine.
	Latency time.Duration
	// LatencyPerPromptToken and LatencyPerCompletionToken are added for each token.
	LatencyPerPromptToken     time.Duration
	LatencyPerCompletionToken time.Duration
	// Jitter moves each call's latency by up to this much, either way, evenly; never below 0.
	Jitter time.Duration
	// Seed is where jitter and faults begin. What happens to the call with a given number depends on nothing else.
	Seed uint64

	// MaxConcurrent is the most calls that are worked on at once; 0 is no limit.
	MaxConcurrent int
	// Queue lets calls above MaxConcurrent wait their turn, at most MaxWaiting of them; without it they get a 429.
	Queue bool
	// RequestsPerMinute is how many calls a minute are taken from each key; the rest get a 429. As with the real ones, a full
	// minute's calls may come at once and the allowance fills up steadily; 0 is no limit.
	RequestsPerMinute int
	// TokensPerMinute are prompt and answer together, InputTokensPerMinute and OutputTokensPerMinute either alone. A call is
	// taken while there is enough for its prompt; its answer is taken off when it is done. 0 is no limit.
	TokensPerMinute, InputTokensPerMinute, OutputTokensPerMinute int
	// Minute is how long a minute of these limits is; shorter ones make tests quick. 0 is a minute.
	Minute time.Duration
	// ContextTokens is the most tokens of prompt and answer together, or of a text to embed. A longer prompt is refused, a
	// longer answer is cut. 0 is no limit.
	ContextTokens int
	// RetryAfter is what a 429 of MaxConcurrent and of a fault asks to wait; 0 is one second.
	RetryAfter time.Duration

	// APIKey is the key that calls need, where their vendor has it: a bearer token, api-key, x-api-key or x-goog-api-key.
	// Several are separated by commas, and have limits of their own. "" takes any and none.
	APIKey string
	// Forms are the forms of answers that requests may ask for.
	Forms Forms
	// Embed makes a text's vector of this length, or of its own where that is 0. nil: hashed words and parts of words.
	Embed func(text string, dimensions int) []float32
	// Models are the models that there are; others get a 404. Empty takes any name.
	Models []string
	// MaxBodyBytes is the largest request; a larger one gets a 413. 0 is 8 MiB.
	MaxBodyBytes int64

	// Faults are the chances, from 0 to 1 and together at most 1, that a call meets a fault.
	Faults map[Fault]float64
	// HangFor is how long a hanging call hangs before its connection is reset; 0 is ten minutes.
	HangFor time.Duration
}

// Forms says which forms of answers a server knows.
type Forms int

// The forms.
const (
	// FormsAll: JSON Schemas and JSON modes.
	FormsAll Forms = iota
	// FormsJSON: JSON modes; a schema gets a 400, as from models that are older than schemas.
	FormsJSON
	// FormsNone: asking for a form gets a 400, as from servers that do not know it.
	FormsNone
)

// refuse says why a server does not answer in a form.
func (f Forms) refuse(asked form) *trouble {
	schema := asked.schema != nil
	if f == FormsAll || f == FormsJSON && !schema || !schema && !asked.json || asked.tool != "" {
		return nil
	}
	return &trouble{kind: unsupported, path: asked.at, message: asked.name()}
}

// The bounds that are no choice.
const (
	// MaxWaiting is the most calls that wait for a place; the next one gets a 429.
	MaxWaiting = 4096
	// MaxNext is the most calls that can be given a fault ahead.
	MaxNext = 1_000_000

	defaultBodyBytes  = 8 << 20
	defaultRetryAfter = time.Second
	defaultHangFor    = 10 * time.Minute
	defaultPeriod     = time.Minute
)

// DemoConfig is the server of the demo: 200 ms a call and more for longer prompts. A prompt with 20 reviews has about 580
// tokens and its answer 200, which makes 300 ms; one review takes about 202 ms.
func DemoConfig() Config {
	return Config{
		Latency:                   200 * time.Millisecond,
		LatencyPerPromptToken:     50 * time.Microsecond,
		LatencyPerCompletionToken: 370 * time.Microsecond,
	}
}

// Validate names every problem.
func (c Config) Validate() error {
	return errors.Join(
		notNegative("latency", int64(c.Latency)),
		notNegative("latency per prompt token", int64(c.LatencyPerPromptToken)),
		notNegative("latency per completion token", int64(c.LatencyPerCompletionToken)),
		notNegative("jitter", int64(c.Jitter)),
		notNegative("most concurrent calls", int64(c.MaxConcurrent)),
		notNegative("requests per minute", int64(c.RequestsPerMinute)),
		notNegative("tokens per minute", int64(c.TokensPerMinute)),
		notNegative("input tokens per minute", int64(c.InputTokensPerMinute)),
		notNegative("output tokens per minute", int64(c.OutputTokensPerMinute)),
		notNegative("length of a minute", int64(c.Minute)),
		notNegative("context window", int64(c.ContextTokens)),
		notNegative("retry after", int64(c.RetryAfter)),
		notNegative("largest body", c.MaxBodyBytes),
		notNegative("time of a hang", int64(c.HangFor)),
		validateRates(c.Faults),
	)
}

func notNegative(what string, n int64) error {
	if n < 0 {
		return fmt.Errorf("%s: %d is negative", what, n)
	}
	return nil
}

func validateRates(rates map[Fault]float64) error {
	var problems []error
	sum := 0.0
	for _, fault := range Faults() {
		sum += rates[fault]
	}
	for fault, rate := range rates {
		switch {
		case !fault.known():
			problems = append(problems, unknownFault(fault))
		case !(rate >= 0 && rate <= 1):
			problems = append(problems, fmt.Errorf("fault %s: the chance %v is not from 0 to 1", fault, rate))
		}
	}
	if sum > 1+1e-9 {
		problems = append(problems, fmt.Errorf("faults: the chances add up to %v, which is more than 1", sum))
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// withDefaults fills in what is 0.
func (c Config) withDefaults() Config {
	if c.RetryAfter == 0 {
		c.RetryAfter = defaultRetryAfter
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = defaultBodyBytes
	}
	if c.HangFor == 0 {
		c.HangFor = defaultHangFor
	}
	if c.Minute == 0 {
		c.Minute = defaultPeriod
	}
	if c.Embed == nil {
		c.Embed = embedding
	}
	return c
}
