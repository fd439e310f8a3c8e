package telemetry

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/grpc/codes"

	"github.com/weir-ml/weir/batching"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// The values of the outcome attribute where all went well, and of the type attribute.
const (
	outcomeValue    = "value"
	outcomeOK       = "ok"
	tokenPrompt     = "prompt"
	tokenCompletion = "completion"
)

// modelSeries is what is counted for a model.
type modelSeries struct {
	*series

	records, rejected split
	repaired, apart   *tally
	refused           split
	started           *tally
	ended             split
	fellBack          split
}

func (c *counts) newModelSeries(model string) *modelSeries {
	s := c.series(attribute.String(attrModel, model))
	return &modelSeries{
		series:   s,
		records:  s.split(records, attrOutcome, []string{outcomeValue}, reasons()),
		rejected: s.split(recordsRejected, attrReason, nil, reasons()),
		repaired: s.tally(recordsRepaired),
		apart:    s.tally(modelApart),
		refused:  s.split(repairsRefused, attrWhy, refusals(), nil),
		started:  s.tally(streamsStarted),
		ended:    s.split(streamsEnded, attrCode, codeNames[:1], codeNames[1:]),
		fellBack: s.split(fallbacks, attrWhy, []string{kindName(providers.KindRateLimited)}, callOutcomes()[1:]),
	}
}

// pair is a model with its provider.
type pair struct{ model, provider string }

// pairSeries is what is counted for the batches and calls of a model.
type pairSeries struct {
	*series

	batches         split
	places          *tally
	repairs         *tally
	batchesInFlight *tally
	batchRecords    *histogram
	batchWait       *histogram
	batchDuration   *histogram

	calls         split
	callsInFlight *tally
	callDuration  *histogram
	answers       split
	prompt        *tally
	completion    *tally
	cached        *tally
	reasoning     *tally
	cost          *tally
}

func (c *counts) newPairSeries(of pair) *pairSeries {
	s := c.series(attribute.String(attrModel, of.model), attribute.String(attrProvider, of.provider))
	kinds := callOutcomes()
	return &pairSeries{
		series:          s,
		batches:         s.split(batches, attrLeft, leavings(), nil),
		places:          s.tally(batchPlaces),
		repairs:         s.tally(repairs),
		batchesInFlight: s.tally(batchesInFlight),
		batchRecords:    s.histogram(batchRecords),
		batchWait:       s.histogram(batchWait),
		batchDuration:   s.histogram(batchDuration),
		calls:           s.split(calls, attrOutcome, kinds[:1], kinds[1:]),
		callsInFlight:   s.tally(callsInFlight),
		callDuration:    s.histogram(callDuration),
		answers:         s.split(answers, attrForm, forms(), nil),
		prompt:          s.tally(tokens, attribute.String(attrType, tokenPrompt)),
		completion:      s.tally(tokens, attribute.String(attrType, tokenCompletion)),
		cached:          s.tally(tokensCached),
		reasoning:       s.tally(tokensReasoning),
		cost:            s.tally(cost),
	}
}

// reasons are the values of the reason attribute.
func reasons() []string {
	known := inference.Reasons()
	names := make([]string, len(known))
	for i, reason := range known {
		names[i] = string(reason)
	}
	return names
}

// refusals are the values of the why attribute.
func refusals() []string {
	return []string{string(inference.RefusalBudget), string(inference.RefusalBreaker)}
}

// forms are the values of the form attribute.
func forms() []string {
	return []string{string(providers.FormSchema), string(providers.FormJSON), formFree}
}

// formFree is providers.FormFree as an attribute.
const formFree = "free"

func formName(form providers.Form) string {
	if form == providers.FormFree {
		return formFree
	}
	return string(form)
}

// leavings are the values of the left attribute.
func leavings() []string {
	return []string{
		string(batching.ReasonFull), string(batching.ReasonBytes), string(batching.ReasonWeight),
		string(batching.ReasonTimeout), string(batching.ReasonFlush), string(batching.ReasonStall),
	}
}

// callOutcomes are the values of the outcome attribute of calls; the first is ok.
func callOutcomes() []string {
	all := []string{outcomeOK}
	for kind := providers.KindInternal; kind <= providers.KindCancelled; kind++ {
		all = append(all, kindNames[kind])
	}
	return all
}

// kindNames are the kinds of a provider's errors as attributes: words without blanks.
var kindNames = func() map[providers.Kind]string {
	names := make(map[providers.Kind]string)
	for kind := providers.KindInternal; kind <= providers.KindCancelled; kind++ {
		names[kind] = strings.ReplaceAll(kind.String(), " ", "_")
	}
	return names
}()

// kindName returns a kind as an attribute.
func kindName(kind providers.Kind) string {
	if name, ok := kindNames[kind]; ok {
		return name
	}
	return other
}

// codeNames are the values of the code attribute: gRPC's codes as the contract writes them, by number.
var codeNames = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// codeName returns a code as an attribute.
func codeName(code codes.Code) string {
	if int(code) < len(codeNames) {
		return codeNames[code]
	}
	return other
}
