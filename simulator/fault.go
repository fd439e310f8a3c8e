package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/weir-ml/weir/parsing/corpus"
)

// Fault is one way in which a call goes wrong.
type Fault string

// The faults.
const (
	// Fault429, Fault500 and Fault503 answer with that status at once.
	Fault429 Fault = "429"
	Fault500 Fault = "500"
	Fault503 Fault = "503"
	// FaultHang never answers: the connection is reset after Config.HangFor.
	FaultHang Fault = "hang"
	// FaultReset resets the connection at once.
	FaultReset Fault = "reset"
	// FaultMalformed answers 200 with half of the JSON body.
	FaultMalformed Fault = "malformed"
	// FaultHTML answers 200 with a web page, as a proxy does.
	FaultHTML Fault = "html"
	// FaultOverloaded answers as a vendor that has too many customers: 529 from Anthropic, 503 from others.
	FaultOverloaded Fault = "overloaded"
	// FaultQuota, FaultKey, FaultModel and FaultOverflow answer as if the account had no money, the key or the model were
	// unknown, or the prompt were longer than the context window.
	FaultQuota    Fault = "quota"
	FaultKey      Fault = "401"
	FaultModel    Fault = "404"
	FaultOverflow Fault = "overflow"
	// FaultRefusal answers with the model's refusal, and FaultFilter as if a filter had held the answer, or the prompt, back.
	FaultRefusal Fault = "refusal"
	FaultFilter  Fault = "filter"
	// FaultDrop and all others are damage to the answer's text, by the names of package corpus.
	FaultDrop Fault = "drop"
)

// calls are the faults that leave no answer, with what they do.
var calls = []struct {
	fault Fault
	does  string
}{
	{Fault429, "answers 429 at once, with Retry-After"},
	{Fault500, "answers 500 at once"},
	{Fault503, "answers 503 at once"},
	{FaultHang, "never answers: the connection is reset after the time of a hang"},
	{FaultReset, "resets the connection at once"},
	{FaultMalformed, "answers 200 with half of the HTTP body"},
	{FaultHTML, "answers 200 with a web page, as a proxy does"},
	{FaultOverloaded, "answers as an overloaded vendor at once: 529 from Anthropic, 503 from others"},
	{FaultQuota, "answers at once that the account has no money left"},
	{FaultKey, "answers at once that the key is wrong"},
	{FaultModel, "answers at once that there is no such model"},
	{FaultOverflow, "answers at once that the prompt is too long for the model"},
	{FaultRefusal, "answers with the model's refusal"},
	{FaultFilter, "answers as a content filter does that holds the answer back"},
}

// Final reports whether a call with the fault is refused as it stands, so that asking the same again does not help with a
// real vendor.
func (f Fault) Final() bool {
	switch f {
	case FaultQuota, FaultKey, FaultModel, FaultOverflow, FaultRefusal, FaultFilter:
		return true
	default:
		return false
	}
}

// trouble is why a call with the fault gets no answer; nil for a fault that does something else.
func (f Fault) trouble(c *call) *trouble {
	const asked = "This fault was asked for."
	switch f {
	case Fault429:
		return &trouble{
			kind: rateLimited, limit: "requests", most: c.cfg.RequestsPerMinute, wait: c.cfg.RetryAfter,
			message: "Rate limit reached. " + asked,
		}
	case Fault500:
		return &trouble{kind: serverError, message: "The server had an error. " + asked}
	case Fault503:
		return &trouble{kind: unavailable, message: "The server is overloaded. " + asked}
	case FaultOverloaded:
		return &trouble{kind: overloaded, message: "Overloaded. " + asked}
	case FaultQuota:
		return &trouble{kind: outOfQuota, message: "The account has no money left. " + asked}
	case FaultKey:
		return &trouble{kind: unauthorized, have: 1}
	case FaultModel:
		return &trouble{kind: unknownModel, message: c.ask.model}
	case FaultOverflow:
		return &trouble{kind: overflow, have: c.ask.tokens(), most: max(c.ask.tokens()-1, 1)}
	default:
		return nil
	}
}

// Faults lists all faults: those of calls, then those of answers.
func Faults() []Fault {
	list := make([]Fault, 0, len(calls))
	for _, c := range calls {
		list = append(list, c.fault)
	}
	for _, damage := range corpus.All() {
		if damage.Name != noDamage {
			list = append(list, Fault(damage.Name))
		}
	}
	return list
}

// noDamage is what corpus calls an answer as it is, which is no fault.
const noDamage = "nothing"

// Does says in a few words what a call or an answer with the fault does; "" for a fault that there is not.
func (f Fault) Does() string {
	for _, c := range calls {
		if c.fault == f {
			return c.does
		}
	}
	if damage := corpus.Find(string(f)); damage != nil {
		return damage.Does
	}
	return ""
}

// Seen reports whether the fault shows in what the client gets. An answer with one that does not show is wrong and looks
// right.
func (f Fault) Seen() bool {
	damage := corpus.Find(string(f))
	return damage == nil || damage.Class == corpus.Seen
}

func (f Fault) known() bool { return f != noDamage && f.Does() != "" }

func unknownFault(f Fault) error {
	names := make([]string, 0, len(Faults()))
	for _, known := range Faults() {
		names = append(names, string(known))
	}
	return fmt.Errorf("there is no fault %q: use one of %s", string(f), strings.Join(names, ", "))
}

// Next is a fault for calls to come.
type Next struct {
	Fault Fault `json:"fault"`
	// Calls is how many calls meet it; 0 is one.
	Calls int `json:"calls"`
}

// FaultPlan is what POST /faults takes and GET /faults shows.
type FaultPlan struct {
	// Rates replace all chances; nil leaves them.
	Rates map[Fault]float64 `json:"rates,omitempty"`
	// Next are met by the calls that come next, in order, before any chance.
	Next []Next `json:"next,omitempty"`
}

func (p FaultPlan) validate() error {
	calls := 0
	for _, next := range p.Next {
		if !next.Fault.known() {
			return unknownFault(next.Fault)
		}
		if next.Calls < 0 || next.Calls > MaxNext {
			return fmt.Errorf("fault %s: %d calls are not from 0 to %d", next.Fault, next.Calls, MaxNext)
		}
		calls += max(next.Calls, 1)
	}
	if calls > MaxNext {
		return fmt.Errorf("next: %d calls are more than %d", calls, MaxNext)
	}
	return validateRates(p.Rates)
}

// faults deals out the faults; it may be used by several goroutines at once.
type faults struct {
	mu    sync.Mutex
	rates map[Fault]float64
	next  []Next
	ahead int
}

// add follows a plan, or refuses it whole.
func (f *faults) add(plan FaultPlan) error {
	if err := plan.validate(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := 0
	for _, next := range plan.Next {
		calls += max(next.Calls, 1)
	}
	if f.ahead+calls > MaxNext {
		return fmt.Errorf("next: %d more calls are too many: %d have a fault already, of at most %d", calls, f.ahead, MaxNext)
	}
	f.ahead += calls
	for _, next := range plan.Next {
		f.next = append(f.next, Next{Fault: next.Fault, Calls: max(next.Calls, 1)})
	}
	if plan.Rates != nil {
		f.rates = maps.Clone(plan.Rates)
	}
	return nil
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rates, f.next, f.ahead = nil, nil, 0
}

func (f *faults) plan() FaultPlan {
	f.mu.Lock()
	defer f.mu.Unlock()
	return FaultPlan{Rates: maps.Clone(f.rates), Next: slices.Clone(f.next)}
}

// draw takes one call's fault; "" is none.
func (f *faults) draw(random *rand.Rand) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.next) > 0 {
		fault := f.next[0].Fault
		f.ahead--
		if f.next[0].Calls--; f.next[0].Calls == 0 {
			f.next = f.next[1:]
		}
		return fault
	}
	if len(f.rates) == 0 {
		return ""
	}
	at := random.Float64()
	for _, fault := range Faults() {
		if at -= f.rates[fault]; at < 0 {
			return fault
		}
	}
	return ""
}

// distort changes an answer's text as the fault says and returns why the text ends. index is the name of the index field.
func (f Fault) distort(random *rand.Rand, text, index string) (string, ending) {
	damage := corpus.Find(string(f))
	if damage == nil {
		return text, endingStop
	}
	var damaged corpus.Reply
	if answer, ok := corpus.ReadJSON(text, index); ok {
		damaged = damage.Apply(random, answer, corpus.JSON{})
	} else if answer, ok := corpus.ReadKeyed(text, "value"); ok {
		damaged = damage.Apply(random, answer, corpus.Keyed{})
	} else {
		damaged = damage.ApplyText(random, text)
	}
	if damaged.CutOff {
		return strings.ToValidUTF8(damaged.Text, ""), endingLength
	}
	return strings.ToValidUTF8(damaged.Text, ""), endingStop
}

// FaultRates reads chances written as JSON, for a flag: {"500": 0.01, "hang": 0.001}.
func FaultRates(text string) (map[Fault]float64, error) {
	var rates map[Fault]float64
	if err := json.Unmarshal([]byte(text), &rates); err != nil {
		return nil, fmt.Errorf("the chances of faults are no JSON object of numbers: %w", err)
	}
	return rates, validateRates(rates)
}
