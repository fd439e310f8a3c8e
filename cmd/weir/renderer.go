package main

import (
	"context"
	"log/slog"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/catalog"
	"github.com/weir-ml/weir/internal/client"
)

// renderer renders prompts without a call: a server, or the models of a configuration file.
type renderer interface {
	render(ctx context.Context, req *weirv1.RenderPromptRequest) ([]*weirv1.Prompt, error)
	// describe says what a model is, and what it costs; a nil price is not known.
	describe(ctx context.Context, model string) (description, error)
}

// description is what cost needs to know of a model.
type description struct {
	name, provider, model string
	price                 *catalog.Price
}

// withRenderer calls do with the models of a file, or those of the server where file is empty.
func (t *target) withRenderer(ctx context.Context, file string, do func(ctx context.Context, r renderer) error) error {
	if file == "" {
		return t.withClient(ctx, func(ctx context.Context, c *client.Client) error { return do(ctx, there{c}) })
	}
	cfg, err := loadChecked(file)
	if err != nil {
		return err
	}
	all, err := newAccounts(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return misuse("%w", err)
	}
	defer all.close()
	engine, err := newEngine(cfg, all.models(cfg), inference.Hooks{})
	if err != nil {
		return misuse("%w", err)
	}
	return do(ctx, here{engine})
}

// there is a server.
type there struct{ client *client.Client }

func (t there) render(ctx context.Context, req *weirv1.RenderPromptRequest) ([]*weirv1.Prompt, error) {
	resp, err := t.client.Service().RenderPrompt(ctx, req)
	return resp.GetPrompts(), err
}

func (t there) describe(ctx context.Context, model string) (description, error) {
	resp, err := t.client.Service().GetModel(ctx, &weirv1.GetModelRequest{Model: model})
	m := resp.GetModel()
	return description{name: m.GetName(), provider: m.GetProvider(), model: m.GetProviderModel(), price: quoted(m.GetPrice())}, err
}

// quoted is a price as the contract has it.
func quoted(p *weirv1.Price) *catalog.Price {
	if p == nil {
		return nil
	}
	rate := func(micros uint64) catalog.Rate { return catalog.Rate(min(micros, uint64(catalog.MaxRate))) }
	return &catalog.Price{
		Input: rate(p.GetInput()), Output: rate(p.GetOutput()), CachedInput: rate(p.GetCachedInput()), CacheWrite: rate(p.GetCacheWrite()),
		Date: p.GetDate(), Source: p.GetSource(),
	}
}

// here are the models of a file.
type here struct{ engine *inference.Engine }

func (h here) render(ctx context.Context, req *weirv1.RenderPromptRequest) ([]*weirv1.Prompt, error) {
	rendered, err := h.engine.Render(ctx, req.GetModel(), req.GetOptions(), recordsOf(req.GetRecords()))
	if err != nil {
		return nil, misuse("%w", err)
	}
	prompts := make([]*weirv1.Prompt, 0, len(rendered))
	for _, p := range rendered {
		prompts = append(prompts, promptOf(p))
	}
	return prompts, nil
}

func (h here) describe(_ context.Context, model string) (description, error) {
	m, _, err := h.engine.Model(model)
	if err != nil {
		return description{}, misuse("%w", err)
	}
	return description{name: m.Name, provider: m.Provider, model: m.ProviderModel, price: m.Price}, nil
}

func recordsOf(records []*weirv1.Record) []inference.Record {
	all := make([]inference.Record, len(records))
	for i, r := range records {
		all[i].Tag = uint64(i) + 1
		if r.GetText() != "" {
			all[i].Fields = append(all[i].Fields, inference.Field{Name: inference.TextField, Value: r.GetText()})
		}
		for _, field := range r.GetFields() {
			_, text := field.GetValue().(*weirv1.Field_Text)
			value := field.GetText() + field.GetJson() // one of them
			all[i].Fields = append(all[i].Fields, inference.Field{Name: field.GetName(), Value: value, JSON: !text})
		}
	}
	return all
}

func promptOf(p inference.Prompt) *weirv1.Prompt {
	out := &weirv1.Prompt{
		EstimatedTokens:       uint32(max(p.EstimatedTokens, 0)),       //nolint:gosec // bounded by the input
		EstimatedOutputTokens: uint32(max(p.EstimatedOutputTokens, 0)), //nolint:gosec // likewise
		Sequences:             p.Records,
		AnswerSchema:          p.Schema,
	}
	for _, m := range p.Messages {
		out.Messages = append(out.Messages, &weirv1.Message{Role: string(m.Role), Content: m.Content})
	}
	return out
}
