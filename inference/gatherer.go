package inference

import (
	"github.com/weir-ml/weir/batching"
	"github.com/weir-ml/weir/options"
)

// gatherer is a Batcher and those who use it: one stream (`batch.scope=stream`), or all streams with the same model and the
// same resolved options (`batch.scope=model`). It lives from the first stream to the last.
type gatherer struct {
	batcher *batching.Batcher[pending]
	plan    *plan  // of its batches
	key     string // in Engine.shared; empty: it is one stream's own
	streams int    // guarded by Engine.mu
}

// gatherer returns the gatherer of a new stream; each must be released once.
func (e *Engine) gatherer(p *plan) *gatherer {
	if p.options.BatchScope != options.ScopeModel {
		return newGatherer(p, "")
	}
	key := p.model.Name + "\x00" + p.options.Key()
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.shared[key]
	if g == nil {
		g = newGatherer(p, key)
		e.shared[key] = g
	}
	g.streams++
	return g
}

// release reports whether the gatherer has ended with it: the last stream has left.
func (e *Engine) release(g *gatherer) bool {
	if g.key != "" && !e.leave(g) {
		return false
	}
	g.batcher.Close()
	return true
}

// leave reports whether the last stream has left.
func (e *Engine) leave(g *gatherer) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	g.streams--
	if g.streams > 0 {
		return false
	}
	delete(e.shared, g.key)
	return true
}

func newGatherer(p *plan, key string) *gatherer {
	cfg := batching.Config[pending]{
		Policy: batching.Policy{
			Size:      p.options.BatchSize,
			MaxBytes:  p.options.BatchMaxBytes,
			MaxWeight: wholeCall,
			Timeout:   p.options.BatchTimeout,
		},
		Process: p.begin,
		Expired: expired,
	}
	if p.model.Limit != nil {
		cfg.Gate = p.model.Limit
	}
	return &gatherer{batcher: batching.New(cfg), plan: p, key: key}
}

// expired gives records whose time was over while they waited their results.
func expired(batch []pending) {
	for _, p := range batch {
		p.stream.reject(p.record.Tag, tooLate())
	}
}
