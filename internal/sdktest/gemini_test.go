package sdktest_test

import (
	"errors"
	"testing"

	"google.golang.org/genai"

	"github.com/weir-ml/weir/simulator"
)

func geminiClient(t *testing.T, s *simulator.Server, key string) *genai.Client {
	t.Helper()
	client, err := genai.NewClient(t.Context(), &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: newTap(t).client(),
		HTTPOptions: genai.HTTPOptions{BaseURL: root(s), RetryOptions: &genai.HTTPRetryOptions{Attempts: genai.Ptr[int32](1)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func geminiConfig() *genai.GenerateContentConfig {
	return &genai.GenerateContentConfig{
		SystemInstruction: &genai.Content{Parts: []*genai.Part{{Text: instruction}}},
		Temperature:       genai.Ptr[float32](0),
	}
}

const geminiModel = "gemini-2.5-flash"

func TestGemini(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key"})
	models := geminiClient(t, s, "key").Models
	got, err := models.GenerateContent(t.Context(), geminiModel, genai.Text(batch), geminiConfig())
	if err != nil {
		t.Fatal(err)
	}
	if got.Text() != batchAnswer || got.Candidates[0].FinishReason != genai.FinishReasonStop || got.UsageMetadata.CandidatesTokenCount != 20 {
		t.Errorf("got %+v", got)
	}
	held := geminiConfig()
	held.ResponseMIMEType, held.ResponseJsonSchema = "application/json", schema()
	if got, err = models.GenerateContent(t.Context(), geminiModel, genai.Text(batch), held); err != nil || got.Text() != heldAnswer {
		t.Errorf("held to a schema: %+v, %v", got, err)
	}
	own := geminiConfig()
	label := &genai.Schema{Type: genai.TypeString, Enum: []string{"positive", "negative", "neutral"}}
	own.ResponseMIMEType = "application/json"
	own.ResponseSchema = &genai.Schema{
		Type: genai.TypeObject, Properties: map[string]*genai.Schema{"r1": label, "r2": label}, Required: []string{"r1", "r2"},
	}
	if got, err = models.GenerateContent(t.Context(), geminiModel, genai.Text(batch), own); err != nil || got.Text() != heldAnswer {
		t.Errorf("held to Gemini's own schema: %+v, %v", got, err)
	}
	cut := geminiConfig()
	cut.MaxOutputTokens = 5
	if got, err = models.GenerateContent(t.Context(), geminiModel, genai.Text(batch), cut); err != nil ||
		got.Candidates[0].FinishReason != genai.FinishReasonMaxTokens {
		t.Errorf("cut: %+v, %v", got, err)
	}
	meet(t, s, "filter")
	if got, err = models.GenerateContent(t.Context(), geminiModel, genai.Text(batch), nil); err != nil ||
		got.PromptFeedback.BlockReason != genai.BlockedReasonSafety {
		t.Errorf("filter: %+v, %v", got, err)
	}
}

func TestGeminiErrors(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key"})
	models := geminiClient(t, s, "key").Models
	for fault, want := range map[simulator.Fault]struct {
		code   int
		status string
	}{
		"429":        {429, "RESOURCE_EXHAUSTED"},
		"500":        {500, "INTERNAL"},
		"overloaded": {503, "UNAVAILABLE"},
		"401":        {400, "INVALID_ARGUMENT"},
		"404":        {404, "NOT_FOUND"},
		"overflow":   {400, "INVALID_ARGUMENT"},
	} {
		meet(t, s, fault)
		_, err := models.GenerateContent(t.Context(), geminiModel, genai.Text(batch), nil)
		var e genai.APIError
		if !errors.As(err, &e) || e.Code != want.code || e.Status != want.status {
			t.Errorf("%s: %v", fault, err)
		}
		if fault == "429" && len(e.Details) != 2 {
			t.Errorf("details %v", e.Details)
		}
	}
	var e genai.APIError
	_, err := geminiClient(t, s, "wrong").Models.GenerateContent(t.Context(), geminiModel, genai.Text(batch), nil)
	if !errors.As(err, &e) || e.Code != 400 {
		t.Errorf("a wrong key: %v", err)
	}
}

func TestGeminiCache(t *testing.T) {
	s := start(t, simulator.Config{})
	models := geminiClient(t, s, "key").Models
	for call := range 2 {
		got, err := models.GenerateContent(t.Context(), geminiModel, genai.Text(long()), nil)
		if err != nil {
			t.Fatal(err)
		}
		if cached := got.UsageMetadata.CachedContentTokenCount; (cached >= 1024) != (call == 1) {
			t.Errorf("call %d: %d tokens cached", call, cached)
		}
	}
}

func TestGeminiEmbeddings(t *testing.T) {
	s := start(t, simulator.Config{})
	models := geminiClient(t, s, "key").Models
	texts := append(genai.Text("I love it"), genai.Text("I hate it")...)
	got, err := models.EmbedContent(t.Context(), "gemini-embedding-001", texts, &genai.EmbedContentConfig{OutputDimensionality: genai.Ptr[int32](64)})
	if err != nil || len(got.Embeddings) != 2 || len(got.Embeddings[1].Values) != 64 {
		t.Fatalf("got %+v, %v", got, err)
	}
}
