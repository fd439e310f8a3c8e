package sdktest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/simulator"
)

func anthropicClient(t *testing.T, s *simulator.Server, key string) anthropic.Client {
	t.Helper()
	return anthropic.NewClient(option.WithBaseURL(root(s)), option.WithAPIKey(key), option.WithMaxRetries(0),
		option.WithHTTPClient(newTap(t).client()))
}

func messageParams(prompt string) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model:       "claude-haiku-4-5",
		MaxTokens:   1024,
		System:      []anthropic.TextBlockParam{{Text: instruction}},
		Messages:    []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(prompt))},
		Temperature: anthropic.Float(0),
	}
}

func messageHeld(held map[string]any) anthropic.MessageNewParams {
	params := messageParams(batch)
	params.OutputConfig.Format = anthropic.JSONOutputFormatParam{Schema: held}
	return params
}

func TestAnthropic(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key"})
	client := anthropicClient(t, s, "key")
	got, err := client.Messages.New(t.Context(), messageParams(batch))
	if err != nil {
		t.Fatal(err)
	}
	if got.Content[0].Text != batchAnswer || got.StopReason != anthropic.StopReasonEndTurn || got.Usage.OutputTokens != 20 {
		t.Errorf("got %+v", got)
	}
	if got, err = client.Messages.New(t.Context(), messageHeld(schema())); err != nil || got.Content[0].Text != heldAnswer {
		t.Errorf("held to a schema: %+v, %v", got, err)
	}
	cut := messageParams(batch)
	cut.MaxTokens = 5
	if got, err = client.Messages.New(t.Context(), cut); err != nil || got.StopReason != anthropic.StopReasonMaxTokens || got.Usage.OutputTokens != 5 {
		t.Errorf("cut: %+v, %v", got, err)
	}
	meet(t, s, "refusal")
	if got, err = client.Messages.New(t.Context(), messageParams(batch)); err != nil || got.StopReason != anthropic.StopReasonRefusal {
		t.Errorf("refusal: %+v, %v", got, err)
	}
}

func TestAnthropicTool(t *testing.T) {
	s := start(t, simulator.Config{})
	client := anthropicClient(t, s, "key")
	params := messageParams(batch)
	params.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
		Name: "answer", Strict: anthropic.Bool(true),
		InputSchema: anthropic.ToolInputSchemaParam{
			Properties: schema()["properties"], Required: []string{"r1", "r2"}, ExtraFields: map[string]any{"additionalProperties": false},
		},
	}}}
	params.ToolChoice = anthropic.ToolChoiceParamOfTool("answer")
	got, err := client.Messages.New(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	var input map[string]string
	call := got.Content[0].AsToolUse()
	if err := json.Unmarshal(call.Input, &input); err != nil || call.Name != "answer" || got.StopReason != anthropic.StopReasonToolUse {
		t.Fatalf("got %+v, %v", got, err)
	}
	if diff := cmp.Diff(map[string]string{"r1": "positive", "r2": "negative"}, input); diff != "" {
		t.Error(diff)
	}
}

func TestAnthropicErrors(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key"})
	client := anthropicClient(t, s, "key")
	for fault, want := range map[simulator.Fault]struct {
		status int
		kind   anthropic.ErrorType
	}{
		"429":        {429, "rate_limit_error"},
		"500":        {500, "api_error"},
		"overloaded": {529, "overloaded_error"},
		"401":        {401, "authentication_error"},
		"404":        {404, "not_found_error"},
		"overflow":   {400, "invalid_request_error"},
	} {
		meet(t, s, fault)
		_, err := client.Messages.New(t.Context(), messageParams(batch))
		var e *anthropic.Error
		if !errors.As(err, &e) || e.StatusCode != want.status || e.Type() != want.kind || e.RequestID == "" {
			t.Errorf("%s: %v", fault, err)
		}
	}
	for name, params := range map[string]anthropic.MessageNewParams{"loose": messageHeld(loose())} {
		var e *anthropic.Error
		if _, err := client.Messages.New(t.Context(), params); !errors.As(err, &e) || e.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	var e *anthropic.Error
	if _, err := client.Messages.New(t.Context(), messageParams(batch), option.WithJSONSet("unheard_of", 1)); !errors.As(err, &e) || e.StatusCode != http.StatusBadRequest {
		t.Errorf("an unknown field: %v", err)
	}
	stranger := anthropicClient(t, s, "wrong")
	if _, err := stranger.Messages.New(t.Context(), messageParams(batch)); !errors.As(err, &e) || e.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong key: %v", err)
	}
}

// What is marked is written once and read then; the three counts add up to the prompt.
func TestAnthropicCache(t *testing.T) {
	s := start(t, simulator.Config{})
	client := anthropicClient(t, s, "key")
	params := messageParams(batch)
	params.System[0].Text = long()
	params.System[0].CacheControl = anthropic.NewCacheControlEphemeralParam()
	var all int64
	for call := range 2 {
		got, err := client.Messages.New(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		u := got.Usage
		wrote, read := u.CacheCreationInputTokens, u.CacheReadInputTokens
		if call == 0 && (wrote < 1024 || read != 0) || call == 1 && (wrote != 0 || read < 1024) {
			t.Errorf("call %d: %+v", call, u)
		}
		sum := u.InputTokens + wrote + read
		if call == 1 && sum != all {
			t.Errorf("%d tokens in, then %d", all, sum)
		}
		all = sum
	}
}
