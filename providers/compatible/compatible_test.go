package compatible_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/compatible"
	"github.com/weir-ml/weir/providers/providertest"
)

var update = flag.Bool("update", false, "write the recorded exchanges")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start returns a provider that is closed at the end of the test.
func start(tb testing.TB, cfg compatible.Config) *compatible.Provider {
	tb.Helper()
	return providertest.Start(tb, compatible.New, cfg)
}

// two is the schema of an answer about two records, with a keyword that OpenAI's strict mode does not take and grammars do.
var two = &providers.Schema{Name: "weir_2", JSON: []byte(`{"type":"object","properties":{` +
	`"r1":{"type":"string","maxLength":9},"r2":{"type":"string","maxLength":9}},"required":["r1","r2"],"additionalProperties":false}`)}

func reviews() *providers.Request {
	half := 0.5
	return &providers.Request{
		Model: "a-model", Schema: two, CacheKey: "weir-reviews", Temperature: &half, MaxOutputTokens: 100,
		Messages: []providers.Message{
			{Role: providers.RoleUser, Content: "Input 1: \"A delight.\"\nInput 2: \"A bore.\"\nAnswer in JSON."},
		},
	}
}

// TestExchanges plays what the servers publish of their formats against the driver.
func TestExchanges(t *testing.T) {
	tests := map[string]string{
		"generic": compatible.Generic, "vllm": compatible.VLLM, "vllm-structured-outputs": compatible.VLLMStructured,
		"llamacpp": compatible.LlamaCpp, "ollama": compatible.Ollama, "lmstudio": compatible.LMStudio, "tgi": compatible.TGI,
		"vllm-refuses": compatible.VLLM, "llamacpp-refuses": compatible.LlamaCpp, "ollama-no-model": compatible.Ollama,
		"lmstudio-refuses": compatible.LMStudio, "tgi-refuses": compatible.TGI, "llamacpp-loading": compatible.LlamaCpp,
	}
	requests := make(map[string]*providers.Request)
	for name := range tests {
		requests[name] = reviews()
	}
	providertest.Exchanges{
		Requests: requests,
		Update:   *update,
		New: func(tb testing.TB, name, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, compatible.Config{
				BaseURL: baseURL + "/v1", Dialect: tests[name], APIKey: providertest.APIKey,
			})
		},
	}.Run(t)
}

// TestConformance holds every dialect to the suite with answers and failures of its own server.
func TestConformance(t *testing.T) {
	for dialect, failures := range failuresOf {
		t.Run(dialect, func(t *testing.T) { conforms(t, dialect, failures) })
	}
	if len(failuresOf) != len(compatible.Dialects()) {
		t.Errorf("%d dialects of %v are held to the suite", len(failuresOf), compatible.Dialects())
	}
}

func conforms(t *testing.T, dialect string, failures map[providers.Kind][]providertest.Failure) {
	t.Helper()
	providertest.Run(t, providertest.Driver{
		New: func(tb testing.TB, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, compatible.Config{
				BaseURL: baseURL + "/v1", Dialect: dialect, APIKey: providertest.APIKey,
			})
		},
		Variant: dialect,
		Wire:    &providertest.Wire{Answer: answer, Failures: failures},
		Leaks:   providertest.NoLeaks,
	})
}

// answer writes a chat completion as all of these servers do.
func answer(a providertest.Answer) string {
	message := map[string]any{"role": "assistant", "content": a.Text}
	if a.Refused {
		message["content"], message["refusal"] = nil, "I'm sorry, I cannot assist with that."
	}
	body := map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "a-model",
		"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": a.Finish}},
	}
	if u := a.Usage; u != nil {
		body["usage"] = map[string]any{
			"prompt_tokens": u.Prompt, "completion_tokens": u.Completion, "total_tokens": u.Prompt + u.Completion,
		}
	}
	return providertest.Body(body)
}

func TestNewRefusesBadConfig(t *testing.T) {
	for want, cfg := range map[string]compatible.Config{
		"base_url: is missing":                    {Dialect: compatible.VLLM},
		"dialect: must be one of generic, llama":  {BaseURL: "http://127.0.0.1:1/v1", Dialect: "vlm"},
		"base_url: must start with http:// or ht": {BaseURL: "localhost:8000/v1"},
	} {
		if _, err := compatible.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

// TestOlderServer: a server that knows no schemas costs one more attempt, once.
func TestOlderServer(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		var sent map[string]any
		_ = json.NewDecoder(r.Body).Decode(&sent)
		if format, _ := sent["response_format"].(map[string]any); format["type"] == "json_schema" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = fmt.Fprint(w, `{"detail":[{"type":"literal_error","loc":["body","response_format","type"],"msg":"Input should be 'text' or 'json_object'"}]}`)
			return
		}
		_, _ = fmt.Fprint(w, answer(providertest.Answer{Text: `{"r1":"x","r2":"y"}`, Finish: providers.FinishStop}))
	}))
	t.Cleanup(server.Close)
	call := providers.Chain(start(t, compatible.Config{BaseURL: server.URL, Dialect: compatible.VLLM}), providers.ChainConfig{})
	for range 3 {
		resp, err := call.Complete(t.Context(), reviews())
		if err != nil || resp.Form != providers.FormJSON {
			t.Fatalf("%+v, %v", resp, err)
		}
	}
	if calls != 4 {
		t.Errorf("%d calls, want one more than three", calls)
	}
}

func ExampleNew() {
	// Usually this is vLLM, Ollama, llama.cpp's server, LM Studio or TGI.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"choices":[{"message":{"content":"positive"},"finish_reason":"stop"}]}`)
	}))
	defer server.Close()

	provider, err := compatible.New(compatible.Config{BaseURL: server.URL + "/v1", Dialect: compatible.Ollama})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	resp, err := provider.Complete(context.Background(), &providers.Request{
		Model:    "llama3.2",
		Messages: []providers.Message{{Role: providers.RoleUser, Content: "Is this a good review? I love it."}},
	})
	fmt.Println(resp.Text, err)
	// Output: positive <nil>
}
