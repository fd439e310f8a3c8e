package openai_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/providertest"
)

// responsesAnswer writes an answer of the Responses API.
func responsesAnswer(a providertest.Answer) string {
	part := map[string]any{"type": "output_text", "text": a.Text, "annotations": []any{}}
	if a.Refused {
		part = map[string]any{"type": "refusal", "refusal": "I'm sorry, I cannot assist with that."}
	}
	message := map[string]any{"type": "message", "id": "msg_1", "role": "assistant", "content": []any{part}}
	thoughts := map[string]any{"type": "reasoning", "id": "rs_1", "summary": []any{map[string]any{"type": "summary_text", "text": "hm"}}}
	body := map[string]any{
		"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "error": nil, "incomplete_details": nil,
		"model": "a-model", "output": []any{thoughts, message},
	}
	if a.Finish == providers.FinishLength {
		body["status"], body["incomplete_details"] = "incomplete", map[string]any{"reason": "max_output_tokens"}
	}
	if u := a.Usage; u != nil {
		body["usage"] = map[string]any{
			"input_tokens": u.Prompt, "output_tokens": u.Completion, "total_tokens": u.Prompt + u.Completion,
			"input_tokens_details": map[string]any{"cached_tokens": 0}, "output_tokens_details": map[string]any{"reasoning_tokens": 0},
		}
	}
	return providertest.Body(body)
}

// responsesFailures are those of chat completions, but for those within a choice, and what this API has of its own.
func responsesFailures() map[providers.Kind][]providertest.Failure {
	all := maps.Clone(failures)
	own := func(f providertest.Failure) bool { return f.Name == "in a choice" || f.Name == "filter" }
	for kind, list := range all {
		all[kind] = slices.DeleteFunc(slices.Clone(list), own)
	}
	all[providers.KindUnavailable] = append(all[providers.KindUnavailable],
		providertest.Failure{Name: "failed", Status: 200, Body: `{"object":"response","status":"failed","error":{"code":"server_error","message":"The model failed."},"output":[]}`},
		providertest.Failure{Name: "not done", Status: 200, Body: `{"object":"response","status":"in_progress","error":null,"output":[]}`},
	)
	all[providers.KindRefused] = append(all[providers.KindRefused],
		providertest.Failure{Name: "filter", Status: 200, Body: `{"object":"response","status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}`})
	return all
}

// checkResponses reads a request as OpenAI would.
func checkResponses(tb testing.TB, got *http.Request, body []byte, req *providers.Request) {
	tb.Helper()
	providertest.CheckHead(tb, got, "/v1/responses", head)
	var sent struct {
		Model string
		Input []sentMessage
		Store *bool
	}
	providertest.Read(tb, body, &sent)
	if sent.Store == nil || *sent.Store {
		tb.Error("the request lets the records be stored")
	}
	checkPrompt(tb, sent.Model, sent.Input, req)
}
