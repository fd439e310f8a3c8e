// Package inference turns records into results: it resolves a stream's options into a plan, gathers the stream's records
// into batches, renders a batch as one prompt, makes one model call, reads the answer and gives every record exactly one
// result. It speaks no gRPC and no vendor's wire format; when batches leave, how prompts are written, how calls are retried
// and how answers are read are the packages batching, templates, providers and parsing.
package inference

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/weir-ml/weir/internal/catalog"
	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/providers"
)

// Config is what an Engine serves.
type Config struct {
	// Models are the models, by any order; names must differ.
	Models []ModelConfig
	// MaxRecordBytes bounds a record; 0 means 1 MiB.
	MaxRecordBytes int
	// Hooks are told what happens; all of it may be nil.
	Hooks Hooks
}

// ModelConfig is one named configuration.
type ModelConfig struct {
	// Name is what clients ask for.
	Name string
	// Description is the operator's text.
	Description string
	// Provider names the provider in the configuration, Kind its driver.
	Provider, Kind string
	// Task is what it does with a record. The Driver of one that embeds is of [providers.Embedding], and EmbedLimits are that
	// embedder's.
	Task        Task
	EmbedLimits providers.EmbedLimits
	// ProviderModel is what the provider calls the model.
	ProviderModel string
	// Driver makes the calls; the engine puts the chain of package providers around it.
	Driver providers.Provider
	// Limit bounds the calls in flight, shared with every model of the same provider; nil means no bound.
	Limit *providers.Limit
	// Breaker stops calls to a provider that fails, shared with every model of the same provider; nil means that none does.
	Breaker *providers.Breaker
	// Throttle keeps the account inside its limits, shared as the Breaker is; nil: none does.
	Throttle *providers.Throttle
	// Pool is the Driver where that is several keys or endpoints; Throttle and Breaker are then nil. nil: it is one.
	Pool *providers.Pool
	// Fallback names the models that are asked, in order, where this one cannot answer a call; they get the same prompt, with
	// this model's options. FallbackOn are the errors for which they are; nil: [providers.FallbackKinds].
	Fallback   []string
	FallbackOn []providers.Kind
	// Price is what the model's tokens cost; nil: not known, and results have no cost.
	Price *catalog.Price
	// ContextTokens are the most tokens of a prompt and its answer together, MaxInputTokens and MaxOutputTokens of each; 0: not
	// known, and weir learns from what the provider refuses. The smaller of the first two is the bound of a text to embed.
	ContextTokens, MaxInputTokens, MaxOutputTokens int
	// CountTokens counts the model's tokens of a text, of at most 4 KiB; nil: they are estimated. It is called for records that
	// take much of a call, by several goroutines at once.
	CountTokens func(text string) int
	// Options are the model's own.
	Options map[string]string
	// Open says which options a stream may override; nil means those that the table opens.
	Open func(option string) bool
}

// Opens reports whether a stream may set an option.
func (m *ModelConfig) Opens(option string) bool {
	if m.Open != nil {
		return m.Open(option)
	}
	o, ok := options.Lookup(option)
	return ok && o.Overridable
}

// DefaultMaxRecordBytes is the bound of a record where none is configured.
const DefaultMaxRecordBytes = 1 << 20

// Engine serves models. Its methods may be called by several goroutines at once. It owns no goroutine of its own; each of
// its streams must be closed.
type Engine struct {
	models         map[string]*model
	names          []string
	maxRecordBytes int
	hooks          Hooks

	mu     sync.Mutex
	shared map[string]*gatherer // by plan, for batch.scope=model
}

// New returns an Engine. Its error names every problem of every model.
func New(cfg Config) (*Engine, error) {
	e := &Engine{
		models:         make(map[string]*model, len(cfg.Models)),
		maxRecordBytes: cfg.MaxRecordBytes,
		hooks:          cfg.Hooks,
		shared:         make(map[string]*gatherer),
	}
	if e.maxRecordBytes <= 0 {
		e.maxRecordBytes = DefaultMaxRecordBytes
	}
	var problems []error
	for _, mc := range cfg.Models {
		e.models[mc.Name] = newModel(mc, e.hooks)
		e.names = append(e.names, mc.Name)
	}
	for _, mc := range cfg.Models {
		m := e.models[mc.Name]
		if err := m.link(e.models); err != nil {
			problems = append(problems, err)
		}
		if _, err := m.plan(nil, e.hooks); err != nil {
			problems = append(problems, fmt.Errorf("model %s: %w", mc.Name, err))
		}
	}
	slices.Sort(e.names)
	return e, errors.Join(problems...)
}

// Models returns the names of the models, in order.
func (e *Engine) Models() []string { return slices.Clone(e.names) }

// Model returns how a model is configured and its options resolved; an *UnknownModelError where there is none.
func (e *Engine) Model(name string) (ModelConfig, options.Values, error) {
	m, err := e.find(name)
	if err != nil {
		return ModelConfig{}, options.Values{}, err
	}
	p, err := m.plan(nil, e.hooks)
	if err != nil {
		return ModelConfig{}, options.Values{}, err
	}
	return m.ModelConfig, p.options, nil
}

// find returns the model of that name; the empty name is the only model, if there is just one.
func (e *Engine) find(name string) (*model, error) {
	if name == "" && len(e.names) == 1 {
		name = e.names[0]
	}
	if m, ok := e.models[name]; ok {
		return m, nil
	}
	return nil, &UnknownModelError{Name: name, Known: e.names}
}

// UnknownModelError says that there is no model of that name.
type UnknownModelError struct {
	Name  string
	Known []string
}

// Error names the models that there are.
func (e *UnknownModelError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("no model is named in the request; this server has %q", e.Known)
	}
	return fmt.Sprintf("no model %q; this server has %q", e.Name, e.Known)
}
