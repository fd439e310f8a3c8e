package sdktest_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	sdkanthropic "github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/google/go-cmp/cmp"
	sdkopenai "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/azure"
	"github.com/openai/openai-go/v3/option"
	"google.golang.org/genai"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/anthropic"
	driverazure "github.com/weir-ml/weir/providers/azure"
	"github.com/weir-ml/weir/providers/bedrock"
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/simulator"
)

const most = 500 // tokens of an answer

// pair is a driver of weir's and the SDK of its vendor, asked the same.
type pair struct {
	name, model string
	// driver makes weir's driver, which calls over transport.
	driver func(root string, transport http.RoundTripper) (providers.Provider, error)
	// sdk makes the same call with the SDK, whose answer shall be held to the schema or not.
	sdk func(t *testing.T, root string, calls *tap, held bool) error
	// alike changes what both have sent where the same may be said in two ways; the comment says which.
	alike func(body map[string]any)
}

func key() string { return "key" }

// pairs are all of them.
var pairs = []pair{openaiChat(), openaiResponses(), azureChat(), anthropicMessages(), geminiGenerate(), bedrockConverse()}

func openaiChat() pair {
	return pair{
		name: "openai chat", model: "gpt-4o-mini",
		driver: func(root string, transport http.RoundTripper) (providers.Provider, error) {
			return openai.New(openai.Config{BaseURL: root + "/v1", APIKey: key, Transport: transport})
		},
		sdk: func(t *testing.T, root string, calls *tap, held bool) error {
			t.Helper()
			return chat(t.Context(), held, option.WithBaseURL(root+"/v1"), option.WithAPIKey("key"), option.WithUnsafeAllowHTTP(), option.WithHTTPClient(calls.client()))
		},
	}
}

func openaiResponses() pair {
	return pair{
		name: "openai responses", model: "gpt-4o-mini",
		driver: func(root string, transport http.RoundTripper) (providers.Provider, error) {
			return openai.New(openai.Config{BaseURL: root + "/v1", API: openai.APIResponses, APIKey: key, Transport: transport})
		},
		sdk: func(t *testing.T, root string, calls *tap, held bool) error {
			t.Helper()
			sdk := sdkopenai.NewClient(option.WithBaseURL(root+"/v1"), option.WithAPIKey("key"), option.WithUnsafeAllowHTTP(), option.WithHTTPClient(calls.client()))
			params := responseParams()
			if held {
				params = responseHeld()
			}
			params.MaxOutputTokens, params.Temperature, params.Store = sdkopenai.Int(most), sdkopenai.Float(0), sdkopenai.Bool(false)
			_, err := sdk.Responses.New(t.Context(), params)
			return err
		},
		// A prompt is instructions and an input, or an input of two messages.
		alike: func(body map[string]any) {
			if instructions, ok := body["instructions"]; ok {
				body["input"] = []any{
					map[string]any{"role": "system", "content": instructions}, map[string]any{"role": "user", "content": body["input"]},
				}
				delete(body, "instructions")
			}
		},
	}
}

func azureChat() pair {
	return pair{
		name: "azure", model: "gpt-4o-mini",
		driver: func(root string, transport http.RoundTripper) (providers.Provider, error) {
			return driverazure.New(driverazure.Config{BaseURL: root, APIVersion: "2024-10-21", APIKey: key, Transport: transport})
		},
		sdk: func(t *testing.T, root string, calls *tap, held bool) error {
			t.Helper()
			// To a plain address it goes by a transport of its own, so the call is kept on its way there.
			keep := option.WithMiddleware(func(r *http.Request, next option.MiddlewareNext) (*http.Response, error) {
				sent, err := calls.keep(r)
				if err != nil {
					return nil, err
				}
				return next(sent)
			})
			return chat(t.Context(), held, azure.WithEndpoint(root, "2024-10-21"), azure.WithAPIKey("key"), azure.WithUnsafeAllowHTTP(), keep)
		},
	}
}

func anthropicMessages() pair {
	return pair{
		name: "anthropic", model: "claude-haiku-4-5",
		driver: func(root string, transport http.RoundTripper) (providers.Provider, error) {
			return anthropic.New(anthropic.Config{BaseURL: root, APIKey: key, Transport: transport})
		},
		sdk: func(t *testing.T, root string, calls *tap, held bool) error {
			t.Helper()
			sdk := sdkanthropic.NewClient(anthropicoption.WithBaseURL(root), anthropicoption.WithAPIKey("key"), anthropicoption.WithHTTPClient(calls.client()))
			params := messageParams(batch)
			if held {
				params = messageHeld(schema())
			}
			params.MaxTokens = most
			_, err := sdk.Messages.New(t.Context(), params)
			return err
		},
		// A message's content is a text, or a list with one block of text.
		alike: func(body map[string]any) {
			messages, _ := body["messages"].([]any)
			for _, m := range messages {
				message, _ := m.(map[string]any)
				if text, ok := message["content"].(string); ok {
					message["content"] = []any{map[string]any{"type": "text", "text": text}}
				}
			}
		},
	}
}

func geminiGenerate() pair {
	return pair{
		name: "gemini", model: geminiModel,
		driver: func(root string, transport http.RoundTripper) (providers.Provider, error) {
			return gemini.New(gemini.Config{BaseURL: root, APIKey: key, Transport: transport})
		},
		sdk: func(t *testing.T, root string, calls *tap, held bool) error {
			t.Helper()
			sdk, err := genai.NewClient(t.Context(), &genai.ClientConfig{
				APIKey: "key", Backend: genai.BackendGeminiAPI, HTTPClient: calls.client(), HTTPOptions: genai.HTTPOptions{BaseURL: root},
			})
			if err != nil {
				return err
			}
			config := geminiConfig()
			config.MaxOutputTokens = most
			if held {
				config.ResponseMIMEType, config.ResponseJsonSchema = "application/json", schema()
			}
			_, err = sdk.Models.GenerateContent(t.Context(), geminiModel, genai.Text(batch), config)
			return err
		},
		// Instructions may have a role, which says nothing.
		alike: func(body map[string]any) {
			if instruction, ok := body["systemInstruction"].(map[string]any); ok {
				delete(instruction, "role")
			}
		},
	}
}

func bedrockConverse() pair {
	return pair{
		name: "bedrock", model: bedrockModel,
		driver: func(root string, transport http.RoundTripper) (providers.Provider, error) {
			return bedrock.New(bedrock.Config{BaseURL: root, Region: "eu-central-1", APIKey: key, Transport: transport})
		},
		sdk: func(t *testing.T, root string, calls *tap, held bool) error {
			t.Helper()
			input := converse(batch)
			if held {
				input = converseHeld(schemaJSON)
			}
			_, err := bedrockClient(root, "key", calls.client()).Converse(t.Context(), input)
			return err
		},
	}
}

func chat(ctx context.Context, held bool, options ...option.RequestOption) error {
	sdk := sdkopenai.NewClient(options...)
	params := chatParams(batch)
	if held {
		params = chatHeld(schema())
	}
	params.MaxTokens = sdkopenai.Int(most)
	_, err := sdk.Chat.Completions.New(ctx, params)
	return err
}

// TestSameRequests: for the same prompt a driver sends the same JSON to the same place as the vendor's own SDK.
func TestSameRequests(t *testing.T) {
	for _, p := range pairs {
		for name, held := range map[string]bool{"free": false, "held to a schema": true} {
			t.Run(p.name+" "+name, func(t *testing.T) {
				ours, theirs := newTap(t), newTap(t)
				s := start(t, simulator.Config{APIKey: "key"})
				driver, err := p.driver(root(s), ours)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := driver.Complete(t.Context(), p.request(held)); err != nil {
					t.Fatalf("the driver: %v", err)
				}
				if err := p.sdk(t, root(s), theirs, held); err != nil {
					t.Fatalf("the SDK: %v", err)
				}
				if diff := cmp.Diff(p.said(theirs), p.said(ours)); diff != "" {
					t.Errorf("the SDK's request (-) and the driver's (+):\n%s", diff)
				}
				if ours.path != theirs.path {
					t.Errorf("the SDK calls %s, the driver %s", theirs.path, ours.path)
				}
			})
		}
	}
}

func (p pair) request(held bool) *providers.Request {
	request := &providers.Request{
		Model: p.model,
		Messages: []providers.Message{
			{Role: providers.RoleSystem, Content: instruction},
			{Role: providers.RoleUser, Content: batch},
		},
		Temperature:     new(float64),
		MaxOutputTokens: most,
	}
	if held {
		request.Schema = &providers.Schema{Name: "weir_2", JSON: json.RawMessage(schemaJSON)}
	}
	return request
}

// said is what was sent, where the same is said alike.
func (p pair) said(by *tap) map[string]any {
	body := maps.Clone(by.sent())
	if p.alike != nil {
		p.alike(body)
	}
	return body
}
