package telemetry

import (
	"slices"
	"strings"
)

//go:generate go test -run TestReferenceIsFresh -update .

// Kind is how a metric counts.
type Kind string

// The kinds of metric.
const (
	// Counter only grows.
	Counter Kind = "counter"
	// Gauge goes up and down; OpenTelemetry calls it an up-down counter, because its values can be added up.
	Gauge Kind = "gauge"
	// Histogram counts values by size.
	Histogram Kind = "histogram"
)

// Metric is a row of the table of metrics.
type Metric struct {
	// Name is OpenTelemetry's name of it.
	Name string
	Kind Kind
	// Unit is UCUM's: s, or what is counted in braces.
	Unit string
	// Attributes are the names of its attributes.
	Attributes []string
	// Doc is a sentence or two, in Markdown.
	Doc string
	// Buckets are the upper bounds of a histogram.
	Buckets []float64
}

// Prometheus returns the metric's name in /metrics.
func (m *Metric) Prometheus() string {
	name := strings.ReplaceAll(m.Name, ".", "_")
	if m.Unit == "s" {
		name += "_seconds"
	}
	if m.Kind == Counter {
		name += "_total"
	}
	return name
}

// Metrics returns the table of all metrics that weir counts itself.
func Metrics() []Metric { return slices.Clone(table[:]) }

// The rows of the table.
const (
	records = iota
	recordsRejected
	recordsRepaired
	repairs
	repairsRefused
	batches
	batchRecords
	batchPlaces
	batchWait
	batchDuration
	batchesInFlight
	calls
	callDuration
	callsInFlight
	answers
	tokens
	tokensCached
	tokensReasoning
	cost
	providerInFlight
	providerLimit
	providerResting
	providerPace
	providerWaiting
	providerPaused
	fallbacks
	modelApart
	streamsOpen
	streamsStarted
	streamsEnded
	faults
	metricCount
)

// The attributes.
const (
	attrModel    = "model"
	attrProvider = "provider"
	attrOutcome  = "outcome"
	attrReason   = "reason"
	attrLeft     = "left"
	attrType     = "type"
	attrCode     = "code"
	attrWhy      = "why"
	attrForm     = "form"
)

var (
	ofModel = []string{attrModel}
	ofPair  = []string{attrModel, attrProvider}
)

// The buckets: those of calls are what the GenAI conventions advise for the duration of an operation.
var (
	sizes = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}
	waits = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
	times = []float64{.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
)

var table = [metricCount]Metric{
	records: {
		Name: "weir.records", Kind: Counter, Unit: "{record}", Attributes: []string{attrModel, attrOutcome},
		Doc: "Records that have their result, by outcome: `value`, or the reason why there is none.",
	},
	recordsRejected: {
		Name: "weir.records.rejected", Kind: Counter, Unit: "{record}", Attributes: []string{attrModel, attrReason},
		Doc: "Those of `weir.records` that ended before they were in a batch: not valid, too late, or their stream ended.",
	},
	recordsRepaired: {
		Name: "weir.records.repaired", Kind: Counter, Unit: "{record}", Attributes: ofModel,
		Doc: "Records that the model did not answer, or not validly, and that got their value when they were asked about again.",
	},
	repairs: {
		Name: "weir.repairs", Kind: Counter, Unit: "{call}", Attributes: ofPair,
		Doc: "Questions to the model beyond the first of each batch, for records without a valid answer.",
	},
	repairsRefused: {
		Name: "weir.repairs.refused", Kind: Counter, Unit: "{batch}", Attributes: []string{attrModel, attrWhy},
		Doc: "Batches with records that were not asked about again: `budget`, too much was of late; `breaker`, the model has not " +
			"answered a batch as a batch for a while.",
	},
	batches: {
		Name: "weir.batches", Kind: Counter, Unit: "{batch}", Attributes: []string{attrModel, attrProvider, attrLeft},
		Doc: "Batches that have left, by why they left. `weight`: the next record would not have fitted into `batch.max.tokens` or the " +
			"model's context.",
	},
	batchRecords: {
		Name: "weir.batch.records", Kind: Histogram, Unit: "{record}", Attributes: ofPair, Buckets: sizes,
		Doc: "Records of a batch. Its sum over `weir.batch.places` is how full batches are.",
	},
	batchPlaces: {
		Name: "weir.batch.places", Kind: Counter, Unit: "{record}", Attributes: ofPair,
		Doc: "Records that the batches would have had if each had been full: `batch.size` for each batch.",
	},
	batchWait: {
		Name: "weir.batch.wait", Kind: Histogram, Unit: "s", Attributes: ofPair, Buckets: waits,
		Doc: "Time from the arrival of a batch's first record to its leaving: the price of batching.",
	},
	batchDuration: {
		Name: "weir.batch.duration", Kind: Histogram, Unit: "s", Attributes: ofPair, Buckets: times,
		Doc: "Time from a batch's leaving to the last of its results, with all its calls and the waits between them.",
	},
	batchesInFlight: {
		Name: "weir.batches.in_flight", Kind: Gauge, Unit: "{batch}", Attributes: ofPair,
		Doc: "Batches that have left and do not have all their results.",
	},
	calls: {
		Name: "weir.calls", Kind: Counter, Unit: "{call}", Attributes: []string{attrModel, attrProvider, attrOutcome},
		Doc: "Calls of the provider, each attempt on its own, by outcome: `ok`, or the kind of error.",
	},
	callDuration: {
		Name: "weir.call.duration", Kind: Histogram, Unit: "s", Attributes: ofPair, Buckets: times,
		Doc: "Time of a call, each attempt on its own, whatever its outcome.",
	},
	callsInFlight: {
		Name: "weir.calls.in_flight", Kind: Gauge, Unit: "{call}", Attributes: ofPair,
		Doc: "Calls that have not ended.",
	},
	answers: {
		Name: "weir.answers", Kind: Counter, Unit: "{call}", Attributes: []string{attrModel, attrProvider, attrForm},
		Doc: "Calls that gave an answer, by what the provider held it to: `schema`, that of `response.structured`; `json`, JSON of any " +
			"form; `free`, nothing but the prompt.",
	},
	tokens: {
		Name: "weir.tokens", Kind: Counter, Unit: "{token}", Attributes: []string{attrModel, attrProvider, attrType},
		Doc: "Tokens as the provider reports them; nothing where it does not.",
	},
	tokensCached: {
		Name: "weir.tokens.cached", Kind: Counter, Unit: "{token}", Attributes: ofPair,
		Doc: "Those of the prompts' tokens that the provider had kept from earlier calls. Over all of them it is the cached share.",
	},
	tokensReasoning: {
		Name: "weir.tokens.reasoning", Kind: Counter, Unit: "{token}", Attributes: ofPair,
		Doc: "Those of the answers' tokens that the model thought with.",
	},
	cost: {
		Name: "weir.cost.micros", Kind: Counter, Unit: "{microdollar}", Attributes: ofPair,
		Doc: "Cost of the calls in millionths of a US dollar, at the model's price; nothing where none is known.",
	},
	providerInFlight: {
		Name: "weir.provider.in_flight", Kind: Gauge, Unit: "{place}", Attributes: []string{attrProvider},
		Doc: "Places of the provider that are taken, over all its models. A batch holds its place while it waits to be repeated too.",
	},
	providerLimit: {
		Name: "weir.provider.limit", Kind: Gauge, Unit: "{place}", Attributes: []string{attrProvider},
		Doc: "Places that the provider has. When all are taken, batches go on filling.",
	},
	providerResting: {
		Name: "weir.provider.resting", Kind: Gauge, Unit: "{provider}", Attributes: []string{attrProvider},
		Doc: "1 while the provider's circuit breaker is open: it has failed many times in a row and gets a probe now and then.",
	},
	providerPace: {
		Name: "weir.provider.pace", Kind: Gauge, Unit: "{call}", Attributes: []string{attrProvider},
		Doc: "Calls a minute that the provider's limits let through, over all its keys: set, named by the provider, or learned from " +
			"refusals. 0 where no limit of calls is known.",
	},
	providerWaiting: {
		Name: "weir.provider.waiting", Kind: Gauge, Unit: "{call}", Attributes: []string{attrProvider},
		Doc: "Batches that wait for a place or for the provider's limits, and calls that do so to be repeated.",
	},
	providerPaused: {
		Name: "weir.provider.paused", Kind: Gauge, Unit: "{key}", Attributes: []string{attrProvider},
		Doc: "Keys of the provider to which nothing is sent for now, because it has asked for that (Retry-After).",
	},
	fallbacks: {
		Name: "weir.fallbacks", Kind: Counter, Unit: "{call}", Attributes: []string{attrModel, attrWhy},
		Doc: "Calls that the model could not answer and that went to another of its `fallback`, by the kind of error.",
	},
	modelApart: {
		Name: "weir.model.not_repaired", Kind: Gauge, Unit: "{model}", Attributes: ofModel,
		Doc: "1 while batches of the model are not taken apart any more, because it has not answered several in a row as batches.",
	},
	streamsOpen: {
		Name: "weir.streams.open", Kind: Gauge, Unit: "{stream}",
		Doc: "Streams that are open; a PredictBatch call counts as one.",
	},
	streamsStarted: {
		Name: "weir.streams.started", Kind: Counter, Unit: "{stream}", Attributes: ofModel,
		Doc: "Predict streams that have started: they have their model and options.",
	},
	streamsEnded: {
		Name: "weir.streams.ended", Kind: Counter, Unit: "{stream}", Attributes: []string{attrModel, attrCode},
		Doc: "Started Predict streams that have ended, by gRPC status.",
	},
	faults: {
		Name: "weir.faults", Kind: Counter, Unit: "{fault}",
		Doc: "Faults of weir itself: a batch that panicked. The log has the stack; please report it.",
	},
}
