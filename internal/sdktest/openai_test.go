package sdktest_test

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/azure"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/weir-ml/weir/simulator"
)

// openAIClients are OpenAI's own and Azure's, in both forms of its URLs.
func openAIClients(t *testing.T, s *simulator.Server, key string) map[string]openai.Client {
	t.Helper()
	common := []option.RequestOption{option.WithMaxRetries(0), option.WithUnsafeAllowHTTP(), option.WithHTTPClient(newTap(t).client())}
	with := func(more ...option.RequestOption) openai.Client {
		return openai.NewClient(append(slices.Clip(common), more...)...)
	}
	return map[string]openai.Client{
		"openai":   with(option.WithBaseURL(s.URL()), option.WithAPIKey(key)),
		"azure v1": with(option.WithBaseURL(root(s)+"/openai/v1"), option.WithAPIKey(key)),
		"azure": openai.NewClient(azure.WithEndpoint(root(s), "2024-10-21"), azure.WithAPIKey(key), azure.WithUnsafeAllowHTTP(),
			option.WithMaxRetries(0)),
	}
}

func chatParams(prompt string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model:       "gpt-4o-mini",
		Messages:    []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(instruction), openai.UserMessage(prompt)},
		Temperature: openai.Float(0),
	}
}

func chatHeld(held map[string]any) openai.ChatCompletionNewParams {
	params := chatParams(batch)
	params.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
		JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "weir_2", Strict: openai.Bool(true), Schema: held},
	}
	return params
}

func TestOpenAIChat(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key"})
	for name, client := range openAIClients(t, s, "key") {
		t.Run(name, func(t *testing.T) {
			free, err := client.Chat.Completions.New(t.Context(), chatParams(batch))
			if err != nil {
				t.Fatal(err)
			}
			if got := free.Choices[0]; got.Message.Content != batchAnswer || got.FinishReason != "stop" {
				t.Errorf("got %+v", got)
			}
			if u := free.Usage; u.PromptTokens == 0 || u.CompletionTokens != 20 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
				t.Errorf("usage %+v", u)
			}
			held, err := client.Chat.Completions.New(t.Context(), chatHeld(schema()))
			if err != nil {
				t.Fatal(err)
			}
			if got := held.Choices[0].Message.Content; got != heldAnswer {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestOpenAIErrors(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key"})
	for name, client := range openAIClients(t, s, "key") {
		wanted := func(err error) *openai.Error {
			t.Helper()
			var e *openai.Error
			if !errors.As(err, &e) {
				t.Fatalf("%s: %v", name, err)
			}
			return e
		}
		codes := map[simulator.Fault]int{"429": 429, "500": 500, "503": 503, "overloaded": 503, "401": 401, "404": 404, "overflow": 400}
		for fault, status := range codes {
			meet(t, s, fault)
			_, err := client.Chat.Completions.New(t.Context(), chatParams(batch))
			e := wanted(err)
			if e.StatusCode != status {
				t.Errorf("%s: %s: status %d, %s", name, fault, e.StatusCode, e.RawJSON())
			}
			if fault == "429" && e.Response.Header.Get("Retry-After-Ms") != "1500" {
				t.Errorf("%s: header %v", name, e.Response.Header)
			}
			if fault == "overflow" && e.Code != "context_length_exceeded" {
				t.Errorf("%s: code %s", name, e.Code)
			}
		}
		_, err := client.Chat.Completions.New(t.Context(), chatHeld(loose()))
		if e := wanted(err); e.StatusCode != http.StatusBadRequest || e.Param != "response_format" {
			t.Errorf("%s: %s", name, e.RawJSON())
		}
		_, err = client.Chat.Completions.New(t.Context(), chatParams(batch), option.WithJSONSet("unheard_of", 1))
		if e := wanted(err); e.StatusCode != http.StatusBadRequest || e.Code != "unknown_parameter" {
			t.Errorf("%s: %s", name, e.RawJSON())
		}
	}
	for name, client := range openAIClients(t, s, "wrong") {
		_, err := client.Chat.Completions.New(t.Context(), chatParams(batch))
		var e *openai.Error
		if !errors.As(err, &e) || e.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenAIEndings(t *testing.T) {
	s := start(t, simulator.Config{})
	client := openAIClients(t, s, "key")["openai"]
	meet(t, s, "refusal")
	got, err := client.Chat.Completions.New(t.Context(), chatParams(batch))
	if err != nil || got.Choices[0].Message.Refusal == "" {
		t.Errorf("refusal: %+v, %v", got, err)
	}
	meet(t, s, "filter")
	got, err = client.Chat.Completions.New(t.Context(), chatParams(batch))
	if err != nil || got.Choices[0].FinishReason != "content_filter" {
		t.Errorf("filter: %+v, %v", got, err)
	}
	params := chatParams(batch)
	params.Model, params.Temperature = "o3-mini", openai.ChatCompletionNewParams{}.Temperature
	params.MaxCompletionTokens, params.ReasoningEffort = openai.Int(70), "low"
	got, err = client.Chat.Completions.New(t.Context(), params)
	if err != nil || got.Choices[0].FinishReason != "length" || got.Usage.CompletionTokensDetails.ReasoningTokens != 64 {
		t.Errorf("length: %+v, %v", got, err)
	}
	params.MaxTokens = openai.Int(70)
	if _, err = client.Chat.Completions.New(t.Context(), params); err == nil {
		t.Error("a reasoning model takes max_tokens")
	}
}

func TestOpenAICache(t *testing.T) {
	s := start(t, simulator.Config{})
	client := openAIClients(t, s, "key")["openai"]
	for call, least := range []int64{0, 1024} {
		got, err := client.Chat.Completions.New(t.Context(), chatParams(long()))
		if err != nil {
			t.Fatal(err)
		}
		cached := got.Usage.PromptTokensDetails.CachedTokens
		if cached < least || call == 0 && cached != 0 || cached > got.Usage.PromptTokens {
			t.Errorf("call %d: %d of %d tokens cached", call, cached, got.Usage.PromptTokens)
		}
	}
}

func responseParams() responses.ResponseNewParams {
	return responses.ResponseNewParams{
		Model:        "gpt-4o-mini",
		Instructions: openai.String(instruction),
		Input:        responses.ResponseNewParamsInputUnion{OfString: openai.String(batch)},
	}
}

func responseHeld() responses.ResponseNewParams {
	params := responseParams()
	params.Text.Format.OfJSONSchema = &responses.ResponseFormatTextJSONSchemaConfigParam{Name: "weir_2", Strict: openai.Bool(true), Schema: schema()}
	return params
}

func TestOpenAIResponses(t *testing.T) {
	s := start(t, simulator.Config{})
	clients := openAIClients(t, s, "key")
	delete(clients, "azure") // deployments have no Responses API
	for name, client := range clients {
		got, err := client.Responses.New(t.Context(), responseParams())
		if err != nil {
			t.Fatal(err)
		}
		if got.OutputText() != batchAnswer || got.Status != "completed" || got.Usage.OutputTokens != 20 {
			t.Errorf("%s: %+v", name, got)
		}
		if got, err = client.Responses.New(t.Context(), responseHeld()); err != nil || got.OutputText() != heldAnswer {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		cut := responseParams()
		cut.MaxOutputTokens = openai.Int(16)
		if got, err = client.Responses.New(t.Context(), cut); err != nil || got.Status != "incomplete" || got.IncompleteDetails.Reason != "max_output_tokens" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		meet(t, s, "refusal")
		if got, err = client.Responses.New(t.Context(), responseParams()); err != nil || got.Output[0].Content[0].Refusal == "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Vectors are the same as numbers and in base64, in the order of the texts, and shorter on request.
func TestOpenAIEmbeddings(t *testing.T) {
	s := start(t, simulator.Config{})
	for name, client := range openAIClients(t, s, "key") {
		params := openai.EmbeddingNewParams{
			Model:      "text-embedding-3-small",
			Input:      openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"I love it", "I hate it", "I love it"}},
			Dimensions: openai.Int(64),
		}
		got, err := client.Embeddings.New(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Data) != 3 || got.Data[1].Index != 1 || got.Usage.PromptTokens == 0 {
			t.Fatalf("%s: %+v", name, got)
		}
		if d := cmp.Diff(got.Data[0].Embedding, got.Data[2].Embedding); d != "" || cmp.Equal(got.Data[0].Embedding, got.Data[1].Embedding) {
			t.Errorf("%s: equal texts differ, or different ones do not: %s", name, d)
		}
		length := 0.0
		for _, n := range got.Data[0].Embedding {
			length += n * n
		}
		if len(got.Data[0].Embedding) != 64 || math.Abs(length-1) > 1e-3 {
			t.Errorf("%s: %d dimensions, length %f", name, len(got.Data[0].Embedding), length)
		}
	}
}
