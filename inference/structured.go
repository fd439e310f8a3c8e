package inference

import (
	"cmp"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
)

// maxSchemaBytes is the most bytes of schemas that a plan keeps. Calls of full batches need one schema, parts of batches a
// few more; when there are too many, all are forgotten. To make one again takes about as long as to render a prompt.
const maxSchemaBytes = 256 << 10

// unstructured turns `response.structured` off where it is left to weir and cannot be: `response.schema` is of a kind that cannot
// stand within another, or the provider can hold no answer to a schema: random ids then show more than fixed keys that nobody
// enforces.
func (m *model) unstructured(overrides map[string]string) options.Layer {
	layer := options.Layer{Name: "provider " + m.Provider}
	if !m.isLeftOpen(overrides) {
		return layer
	}
	holder, ok := m.Driver.(providers.SchemaHolder)
	if ok && !holder.HoldsSchema() || !parsing.CanStructure(m.asked(overrides, "response.schema")) {
		return m.off()
	}
	return layer
}

// isLeftOpen reports whether `response.structured` is left to weir.
func (m *model) isLeftOpen(overrides map[string]string) bool {
	return cmp.Or(m.asked(overrides, structured), options.StructuredAuto) == options.StructuredAuto
}

// off turns `response.structured` off.
func (m *model) off() options.Layer {
	return options.Layer{Name: "provider " + m.Provider, Set: map[string]string{structured: options.StructuredOff}}
}

const structured = "response.structured"

// asks is the plan by which the next call asks. Where the provider has held several answers in a row to no schema, that is the same plan
// without one: its keys hold nobody to anything and are the same in each call, and random ids show when an answer is another record's.
func (p *plan) asks() *plan {
	if p.inWords == nil || p.schemas.unheld.Load() < maxUnheld {
		return p
	}
	return p.inWords()
}

// without makes the plan without `response.structured`; it is p itself where records would be called by numbers then, too. What is
// known of the tokens stays.
func (p *plan) without(overrides map[string]string) *plan {
	other, err := p.model.planWith(overrides, p.hooks, p.model.off())
	if err != nil || other.options.RecordIDs != options.IDsToken {
		return p
	}
	other.meter = p.meter
	return other
}

// asked is what a stream's options ask for; empty: the default. An empty one of the request's own hides the model's.
func (m *model) asked(overrides map[string]string, option string) string {
	if asked, over := overrides[option]; over {
		return asked
	}
	return m.Options[option]
}

// schemas are those of a plan's answers, by the records of the call: the same one for the same number, so that a provider
// which compiles or caches schemas does it once. The zero value is ready; all of it may be used by several goroutines at once.
type schemas struct {
	mu    sync.Mutex
	made  map[int]*providers.Schema
	bytes int

	// form is what the last answer that should be held to a schema was held to; nil: there was none yet.
	form atomic.Pointer[providers.Form]
	// unheld is how many answers in a row were held to no schema.
	unheld atomic.Int32
}

// maxUnheld is after how many such answers weir asks without a schema, where that is left to it. A single one may be a model's whim.
const maxUnheld = 3

// of returns the schema of an answer about so many records, nil where the parser has none.
func (s *schemas) of(parser *parsing.Parser, records int) *providers.Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made := s.made[records]; made != nil {
		return made
	}
	name, text := parser.Schema(records)
	if text == "" {
		return nil
	}
	schema := &providers.Schema{Name: name, JSON: json.RawMessage(text)}
	if s.bytes += len(text); s.made == nil || s.bytes > maxSchemaBytes {
		s.made, s.bytes = make(map[int]*providers.Schema), len(text)
	}
	s.made[records] = schema
	return schema
}

// learn notes what an answer was held to.
func (s *schemas) learn(asked *providers.Schema, form providers.Form) {
	if asked == nil {
		return
	}
	if form == providers.FormSchema {
		s.unheld.Store(0)
	} else {
		s.unheld.Add(1)
	}
	if last := s.form.Load(); last == nil || *last != form {
		s.form.Store(&form)
	}
}

// formBesideTemplate is what a user's template does not say of an answer that weir holds to a schema.
func (p *plan) formBesideTemplate(instruction string) string {
	if p.options.Structured == options.StructuredOn && p.options.PromptTemplate != "" {
		return instruction
	}
	return ""
}

// Warnings are what is not as the stream's options ask for, each a sentence for people; nil where all is well.
func (s *Stream) Warnings() []string {
	var all []string
	if _, warning := s.EffectiveBatchSize(); warning != "" {
		all = append(all, warning)
	}
	if warning := s.plan.smaller(); warning != "" {
		all = append(all, warning)
	}
	if warning := s.plan.unheld(); warning != "" {
		all = append(all, warning)
	}
	return all
}

// unheld says where `response.structured` is set to on and the provider's last answer was not held to its schema; empty where
// all is well, or not known yet. Such answers are read all the same.
func (p *plan) unheld() string {
	last := p.schemas.form.Load()
	if last == nil || *last == providers.FormSchema || !p.options.IsSet(structured) {
		return ""
	}
	held := "to nothing but the prompt's words"
	if *last == providers.FormJSON {
		held = "to JSON, but to no schema"
	}
	return fmt.Sprintf("response.structured is on, but provider %s has held its last answer %s; what does not fit is asked again",
		p.model.Provider, held)
}
