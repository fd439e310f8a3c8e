package inference_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// TestSharedBatchesTeachAll: what the batches of one stream teach holds for a stream that shares them, however its options came to be
// the same.
func TestSharedBatchesTeachAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &narrow{context: 2000, answer: 150, perToken: 4}
		engine := m.engine(t, false, map[string]string{"batch.size": "20", "batch.scope": "model"})
		open := func(set map[string]string, records int) opened {
			r := collect(records)
			stream, err := engine.Open(t.Context(), inference.StreamConfig{Options: set, Capacity: records, Receiver: r})
			if err != nil {
				t.Fatal(err)
			}
			return opened{stream, r}
		}
		first := open(nil, 200)
		first.stream.Submit(recordsOf(200))
		<-first.results.done
		m.refused = 0
		second := open(map[string]string{"temperature": ""}, 200)
		second.stream.Submit(recordsOf(200))
		<-second.results.done
		if m.refused > 0 {
			t.Errorf("%d calls of the second stream were refused for their length", m.refused)
		}
		for _, s := range []opened{first, second} {
			s.stream.Close()
			<-s.stream.Idle()
		}
	})
}

// TestOthersTeachNothing: the answers of a model that was fallen back to say nothing about the tokens of this one, nor about what
// its provider holds answers to.
func TestOthersTeachNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		other := &held{form: providers.FormFree, value: textOf}
		wordy := driver(func(ctx context.Context, req *providers.Request) (*providers.Response, error) {
			resp, err := other.Complete(ctx, req)
			if err == nil {
				resp.Usage = providers.Usage{PromptTokens: 9000, CompletionTokens: 9000, Reported: true}
			}
			return resp, err
		})
		engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{
			{
				Name: "a", Provider: "p", Driver: fails(providers.KindQuota), Fallback: []string{"b"},
				Options: map[string]string{"batch.size": "2", "response.structured": "on"},
			},
			{Name: "b", Provider: "q", Driver: wordy},
		}})
		if err != nil {
			t.Fatal(err)
		}
		s := openOn(t, engine, "a", 2)
		s.stream.Submit(recordsOf(2))
		<-s.results.done
		if warnings := s.stream.Warnings(); len(warnings) > 0 {
			t.Errorf("warnings %q", warnings)
		}
		prompts, err := engine.Render(t.Context(), "a", nil, recordsOf(2))
		if err != nil || prompts[0].EstimatedOutputTokens != 64 {
			t.Errorf("%v; an answer is expected to have %d tokens, want 64", err, prompts[0].EstimatedOutputTokens)
		}
		s.stream.Close()
		<-s.stream.Idle()
	})
}
