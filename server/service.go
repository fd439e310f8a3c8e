package server

import (
	"cmp"
	"context"
	"sync"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/catalog"
	"github.com/weir-ml/weir/options"
)

// service is the contract's service: what a stream does is in session.go.
type service struct {
	weirv1.UnimplementedInferenceServiceServer

	server *Server
}

// Predict serves one stream.
func (s *service) Predict(stream predictStream) error {
	session := newSession(s.server, stream)
	if err := s.server.admission.enter(session); err != nil {
		return err
	}
	defer s.server.admission.leave(session)
	err := statusOf(session.serve())
	session.tell(err)
	return err
}

// PredictBatch answers a few records at once.
func (s *service) PredictBatch(ctx context.Context, req *weirv1.PredictBatchRequest) (*weirv1.PredictBatchResponse, error) {
	if err := s.server.admission.enterCall(); err != nil {
		return nil, err
	}
	defer s.server.admission.leaveCall()
	records, sequences, err := s.recordsOf(ctx, req.GetRecords())
	if err != nil {
		return nil, err
	}
	all := newCollector(sequences)
	calls, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := s.server.cfg.Engine.Open(calls, inference.StreamConfig{
		Model:    req.GetModel(),
		Options:  req.GetOptions(),
		Capacity: s.server.cfg.WindowRecords, // so that batches are full, and the rest leaves with the flush
		Receiver: all,
	})
	if err != nil {
		return nil, statusOf(err)
	}
	defer func() {
		cancel()
		stream.Close()
		<-stream.Idle()
	}()
	stream.Submit(records)
	stream.Flush()
	select {
	case <-all.done:
		stream.Answered(len(records))
		return &weirv1.PredictBatchResponse{Results: all.results, Warnings: stream.Warnings()}, nil
	case <-ctx.Done():
		return nil, statusOf(ctx.Err())
	}
}

// recordsOf converts the records of a unary call; each one's tag is its place. The sequences are beside them.
func (s *service) recordsOf(ctx context.Context, in []*weirv1.Record) ([]inference.Record, []uint64, error) {
	if len(in) == 0 {
		return nil, nil, misuse("no records")
	}
	if most := s.server.cfg.WindowRecords; len(in) > most {
		return nil, nil, misuse("%d records; at most %d in one call: use Predict for more", len(in), most)
	}
	now := time.Now()
	latest := latestResult(ctx, now)
	records, sequences := make([]inference.Record, len(in)), make([]uint64, len(in))
	var numbers numbering
	for i, r := range in {
		var err error
		if sequences[i], err = numbers.next(r); err != nil {
			return nil, nil, err
		}
		records[i] = recordOf(r, uint64(i), now, latest)
	}
	return records, sequences, nil
}

// collector waits for the results of all records of a call.
type collector struct {
	sequences []uint64
	done      chan struct{} // closed when all results are there

	mu      sync.Mutex
	results []*weirv1.Result
	missing int
}

func newCollector(sequences []uint64) *collector {
	return &collector{
		sequences: sequences,
		done:      make(chan struct{}),
		results:   make([]*weirv1.Result, len(sequences)),
		missing:   len(sequences),
	}
}

// Receive puts results into their places.
func (c *collector) Receive(results []inference.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, r := range resultsOf(results) {
		place := results[i].Tag
		if c.results[place] != nil {
			continue
		}
		r.Sequence = c.sequences[place]
		c.results[place] = r
		c.missing--
	}
	if c.missing == 0 {
		close(c.done)
	}
}

// RenderPrompt is the dry run.
func (s *service) RenderPrompt(ctx context.Context, req *weirv1.RenderPromptRequest) (*weirv1.RenderPromptResponse, error) {
	if err := s.server.admission.enterCall(); err != nil {
		return nil, err
	}
	defer s.server.admission.leaveCall()
	records, sequences, err := s.recordsOf(ctx, req.GetRecords())
	if err != nil {
		return nil, err
	}
	for i := range records {
		records[i].Tag = sequences[i]
	}
	prompts, err := s.server.cfg.Engine.Render(ctx, req.GetModel(), req.GetOptions(), records)
	if err != nil {
		return nil, statusOf(err)
	}
	resp := &weirv1.RenderPromptResponse{}
	for _, p := range prompts {
		resp.Prompts = append(resp.Prompts, promptOf(p))
	}
	return resp, nil
}

// ListModels names the models.
func (s *service) ListModels(context.Context, *weirv1.ListModelsRequest) (*weirv1.ListModelsResponse, error) {
	resp := &weirv1.ListModelsResponse{}
	for _, name := range s.server.cfg.Engine.Models() {
		model, _, err := s.server.cfg.Engine.Model(name)
		if err != nil {
			return nil, statusOf(err)
		}
		resp.Models = append(resp.Models, modelOf(&model))
	}
	return resp, nil
}

// GetModel describes one model.
func (s *service) GetModel(_ context.Context, req *weirv1.GetModelRequest) (*weirv1.GetModelResponse, error) {
	model, values, err := s.server.cfg.Engine.Model(req.GetModel())
	if err != nil {
		return nil, statusOf(err)
	}
	resp := &weirv1.GetModelResponse{Model: modelOf(&model)}
	set := values.Map()
	for _, o := range options.All() {
		resp.Options = append(resp.Options, &weirv1.ModelOption{
			Name: o.Name, Value: set[o.Name], DefaultValue: o.Default, Overridable: model.Opens(o.Name), Description: o.Doc,
		})
	}
	return resp, nil
}

func modelOf(m *inference.ModelConfig) *weirv1.Model {
	return &weirv1.Model{
		Name:          m.Name,
		Description:   m.Description,
		Provider:      m.Provider,
		ProviderKind:  m.Kind,
		ProviderModel: m.ProviderModel,
		Price:         priceOf(m.Price),
		Task:          taskOf(m.Task),

		ContextTokens:   uint64(max(m.ContextTokens, 0)),
		MaxOutputTokens: uint64(max(m.MaxOutputTokens, 0)),
	}
}

func priceOf(p *catalog.Price) *weirv1.Price {
	if p == nil {
		return nil
	}
	return &weirv1.Price{
		Input:       micros(p.Input),
		Output:      micros(p.Output),
		CachedInput: micros(cmp.Or(p.CachedInput, p.Input)),
		CacheWrite:  micros(cmp.Or(p.CacheWrite, p.Input)),
		Date:        p.Date,
		Source:      p.Source,
		LongAbove:   uint64(max(p.LongAbove, 0)),
	}
}

func micros(r catalog.Rate) uint64 { return uint64(max(r, 0)) }

func promptOf(p inference.Prompt) *weirv1.Prompt {
	out := &weirv1.Prompt{
		EstimatedTokens:       uint32(max(p.EstimatedTokens, 0)), //nolint:gosec // bounded by the size of a request
		Sequences:             p.Records,
		AnswerSchema:          p.Schema,
		EstimatedOutputTokens: uint32(max(p.EstimatedOutputTokens, 0)), //nolint:gosec // bounded by the records of a request
	}
	for _, m := range p.Messages {
		out.Messages = append(out.Messages, &weirv1.Message{Role: string(m.Role), Content: m.Content})
	}
	return out
}
