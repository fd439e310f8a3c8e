package inference

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/templates"
)

// maxPlans is how many plans of a model are kept for streams with the same options. When there are more, all are forgotten:
// a plan costs about 100 us to make.
const maxPlans = 64

// model is a configured model and the plans of its streams.
type model struct {
	ModelConfig

	room      room               // what its context has room for
	transport *providers.Budget  // what failed calls may cost
	repairs   *providers.Budget  // what answers that are not complete may cost
	apart     *providers.Breaker // opens when batches have to be taken apart all the time
	others    []*model           // those to fall back to

	mu    sync.Mutex
	plans map[string]*plan // by the overrides
}

// plan is a model with the options of a stream: everything that a batch needs, compiled once. It does not change,
// but for the schemas that it keeps.
type plan struct {
	model   *model
	options options.Values
	prompt  *templates.Prompt
	parser  *parsing.Parser
	// cacheKey is the same for all plans of the provider's model whose prompts begin the same; empty: with nothing.
	cacheKey string
	sizes    sizes  // what a call may hold
	cutSize  int    // the batch.size that was asked for, where calls cannot have so many records; 0: they can
	shape    shape  // what the prompts have beside the records
	meter    *meter // what tokens the prompts and answers have
	chain    providers.Provider
	hooks    Hooks
	schemas  schemas // of answers, for response.structured
	// inWords makes the same plan without response.structured; nil where that is not left to weir.
	inWords func() *plan
}

func newModel(cfg ModelConfig, hooks Hooks) *model {
	apart := providers.BreakerConfig{Failures: apartFailures, Rest: apartRest, Most: apartMost}
	if hooks.TakenApart != nil {
		apart.Moved = func(open bool) { hooks.TakenApart(cfg.Name, open) }
	}
	return &model{
		ModelConfig: cfg, transport: providers.NewBudget(), repairs: providers.NewBudget(), apart: providers.NewBreaker(apart),
	}
}

// earn counts records that are asked about for the first time.
func (m *model) earn(records int) {
	m.transport.Earn(records)
	m.repairs.Earn(records)
}

// plan returns the plan of a stream, the same one for the same overrides. Its error is an *options.Error that names every
// problem.
func (m *model) plan(overrides map[string]string, hooks Hooks) (*plan, error) {
	key := keyOf(overrides)
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.plans[key]; p != nil {
		return p, nil
	}
	p, err := m.newPlan(overrides, hooks)
	if err != nil {
		return nil, err
	}
	if m.plans == nil || len(m.plans) >= maxPlans {
		m.plans = make(map[string]*plan)
	}
	m.plans[key] = p
	return p, nil
}

// keyOf is equal for equal overrides.
func keyOf(overrides map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		fmt.Fprintf(&b, "%q=%q,", name, overrides[name])
	}
	return b.String()
}

// newPlan resolves the options of a stream over the model's own.
func (m *model) newPlan(overrides map[string]string, hooks Hooks) (*plan, error) {
	return m.planWith(overrides, hooks, m.unstructured(overrides))
}

// planWith is newPlan with what weir sets itself.
func (m *model) planWith(overrides map[string]string, hooks Hooks, own options.Layer) (*plan, error) {
	values, problems := options.Resolve(
		options.Layer{Name: "model " + m.Name, Set: m.Options},
		options.Layer{Name: "request", Set: overrides, Open: m.Opens},
		own,
	)
	p := &plan{model: m, options: values, hooks: hooks, sizes: sizesOf(&m.ModelConfig, &values), meter: newMeter()}
	problems = append(problems, p.compile()...)
	if len(problems) > 0 {
		return nil, &options.Error{Problems: problems}
	}
	p.chain = m.withFallback(&values, hooks)
	if values.Structured == options.StructuredOn && m.isLeftOpen(overrides) {
		overrides := maps.Clone(overrides) // the caller may change them when the stream is open
		p.inWords = sync.OnceValue(func() *plan { return p.without(overrides) })
	}
	return p, nil
}

// compile compiles what options alone cannot check: the answer's path and the prompt's template. Embeddings have neither.
func (p *plan) compile() []options.Problem {
	if p.embeds() {
		return p.fitEmbeddings()
	}
	problems := p.options.OfCompletions()
	v := p.options
	instruction := ""
	parser, err := parsing.New(parsing.Config{
		Format:      v.ResponseFormat,
		Path:        v.ResponsePath,
		Delimiter:   v.Delimiter,
		Tokens:      v.RecordIDs == options.IDsToken,
		IndexField:  v.IndexField,
		ValueFields: v.ValueFields,
		EchoField:   v.EchoField,
		Strict:      v.ResponseMatch == options.MatchStrict,
		Values:      v.ResponseValues,
		Schema:      v.ResponseSchema,
		Structured:  v.Structured == options.StructuredOn,
	})
	if err != nil {
		problems = append(problems, problemsOf("response.path", err)...)
	} else {
		p.parser, instruction = parser, parser.Instruction()
	}
	p.prompt, err = templates.Compile(templates.Config{
		System:      v.SystemPrompt,
		Template:    v.PromptTemplate,
		Instruction: instruction,
		Form:        p.formBesideTemplate(instruction),
		Format:      templates.Format(v.RecordFormat),
		Echo:        v.EchoField != "",
		Single:      v.Single(),
	})
	if err != nil {
		problems = append(problems, problemsOf("batch.prompt.template", err)...)
	} else {
		p.cacheKey, p.shape = cacheKey(p.model.ProviderModel, p.prompt), shapeOf(p.prompt)
		problems = append(problems, p.tooTight()...)
	}
	return problems
}

// cacheKey names how a plan's prompts begin, and shows nothing of it. 64 characters are what OpenAI takes at most.
func cacheKey(model string, prompt *templates.Prompt) string {
	system, user := prompt.Stable()
	if system == "" && user == "" {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", model, system, user))
	return "weir-" + hex.EncodeToString(sum[:16])
}

// problemsOf takes a joined error of parsing or templates apart: each begins with the option that it is about.
func problemsOf(option string, err error) []options.Problem {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs := joined.Unwrap()
		problems := make([]options.Problem, 0, len(errs))
		for _, e := range errs {
			problems = append(problems, problemsOf(option, e)...)
		}
		return problems
	}
	text := err.Error()
	if name, rest, ok := strings.Cut(text, ": "); ok {
		if _, known := options.Lookup(name); known {
			option, text = name, rest
		}
	}
	return []options.Problem{{Option: option, Message: "cannot be used: " + text}}
}

// ids returns ids for the records of a call, nil where they are called by their numbers.
func (p *plan) ids(source *rand.Rand, records int) []string {
	if p.options.RecordIDs != options.IDsToken {
		return nil
	}
	return templates.IDs(source, records)
}

// names is what a call calls its records: their ids, and the echoes behind them; nil: none.
type names struct{ ids, echoes []string }

// names makes those of a call.
func (p *plan) names(source *rand.Rand, records int) names {
	n := names{ids: p.ids(source, records)}
	if p.options.EchoField != "" {
		n.echoes = templates.Echoes(source, n.ids, records)
	}
	return n
}

// chance is a new source for the ids of a call, and sameChance one whose ids are always the same: who looks at a prompt twice shall
// see it twice.
func chance() *rand.Rand     { return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) }
func sameChance() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

// request makes a call of a rendered prompt about so many records.
func (p *plan) request(rendered templates.Rendered, records int) *providers.Request {
	req := &providers.Request{
		Records:         records,
		Schema:          p.schemas.of(p.parser, records),
		Model:           p.model.ProviderModel,
		Temperature:     p.options.Temperature,
		MaxOutputTokens: p.options.MaxOutputTokens,
		CacheKey:        p.cacheKey,
	}
	if rendered.System != "" {
		req.Messages = append(req.Messages, providers.Message{
			Role: providers.RoleSystem, Content: rendered.System, Stable: rendered.StableSystem,
		})
	}
	if rendered.StableSystem < len(rendered.System) {
		rendered.StableUser = 0 // it does not count behind something that changes
	}
	req.Messages = append(req.Messages, providers.Message{
		Role: providers.RoleUser, Content: rendered.User, Stable: rendered.StableUser,
	})
	return req
}

// Prompt is what one call would say.
type Prompt struct {
	// Messages are the prompt's, or the texts to embed, each as a message of the user.
	Messages []providers.Message
	// EstimatedTokens is an estimate of the prompt's tokens, EstimatedOutputTokens of its answer's: what the calls of the same
	// model and options have had lately, or 3.5 bytes to a token and 32 tokens to a record. A prompt of at most 256 KiB is
	// counted, where the model's tokens can be.
	EstimatedTokens, EstimatedOutputTokens int
	// Schema is the JSON Schema that the answer shall be held to; empty: none.
	Schema string
	// Records are the tags of the records in it, in the order of their indexes 1, 2, ….
	Records []uint64
}

// MaxRenderedBytes is the most bytes of prompts that Render returns.
const MaxRenderedBytes = 8 << 20

// Render returns the prompts that the records would be sent in, each with as many records as would leave together if none had to
// wait. It calls no model. Random ids are the same each time, other than those of a call. Its error is
// an *UnknownModelError, an *options.Error, ctx's, or an *Error for the first record that is not valid, or for more than
// MaxRenderedBytes.
func (e *Engine) Render(ctx context.Context, modelName string, overrides map[string]string, records []Record) ([]Prompt, error) {
	m, err := e.find(modelName)
	if err != nil {
		return nil, err
	}
	p, err := m.plan(overrides, e.hooks)
	if err != nil {
		return nil, err
	}
	var prompts []Prompt
	size := 0
	for rest := records; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return nil, err //nolint:wrapcheck // ctx's own
		}
		batch, err := e.ahead(p, rest)
		if err != nil {
			return nil, err
		}
		prompt, err := renderOne(p.asks(), batch)
		if err != nil {
			return nil, err
		}
		size += len(prompt.Schema)
		for _, m := range prompt.Messages {
			size += len(m.Content)
		}
		if size > MaxRenderedBytes {
			return nil, invalid("the prompts have more than %d bytes together; ask for fewer records", MaxRenderedBytes)
		}
		prompts = append(prompts, prompt)
		rest = rest[len(batch):]
	}
	return prompts, nil
}

// giveTo gives the records of a prompt their names.
func (n names) giveTo(rows []templates.Record) {
	for i, id := range n.ids {
		rows[i].ID = id
	}
	for i, echo := range n.echoes {
		rows[i].Echo = echo
	}
}

func renderOne(p *plan, records []Record) (Prompt, error) {
	if p.embeds() {
		return p.textsOf(records), nil
	}
	prompt := Prompt{}
	rows := make([]templates.Record, len(records))
	for i := range records {
		rows[i] = templates.Record{Fields: records[i].Fields}
		prompt.Records = append(prompt.Records, records[i].Tag)
	}
	p.names(sameChance(), len(rows)).giveTo(rows)
	rendered, err := p.prompt.Render(rows)
	if err != nil {
		return prompt, fmt.Errorf("rendering the prompt: %w", err)
	}
	req := p.request(rendered, len(rows))
	prompt.Messages = req.Messages
	if req.Schema != nil {
		prompt.Schema = string(req.Schema.JSON)
	}
	size := len(rendered.System) + len(rendered.User)
	prompt.EstimatedTokens, prompt.EstimatedOutputTokens = p.meter.expect(size, len(rows))
	if p.model.CountTokens != nil && size <= mostCounted {
		prompt.EstimatedTokens = p.countText(rendered.System) + p.countText(rendered.User)
	}
	return prompt, nil
}

// IsInvalidRequest reports whether err, from Open or Render, is the request's own fault.
func IsInvalidRequest(err error) bool {
	_, isOptions := errors.AsType[*options.Error](err)
	_, isRecord := errors.AsType[*Error](err)
	return isOptions || isRecord
}
