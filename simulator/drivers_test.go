package simulator_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/anthropic"
	"github.com/weir-ml/weir/providers/azure"
	"github.com/weir-ml/weir/providers/bedrock"
	"github.com/weir-ml/weir/providers/compatible"
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/simulator"
)

// driver is one of weir's, in one of its settings, that calls the simulator.
type driver struct {
	name, model string
	make        func(root string, transport http.RoundTripper) (providers.Provider, error)
	// kinds are those of faults that the vendor tells otherwise than most, or not at all.
	kinds map[simulator.Fault]providers.Kind
	// mute says that the vendor does not say how long to wait, and quiet that it does not say what is left.
	mute, quiet bool
}

func key() string { return "key" }

func viaCompatible(dialect, path string) func(string, http.RoundTripper) (providers.Provider, error) {
	return func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return compatible.New(compatible.Config{BaseURL: root + path, Dialect: dialect, APIKey: key, Transport: transport})
	}
}

var drivers = []driver{
	{name: "openai", model: "gpt-4o-mini", make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return openai.New(openai.Config{BaseURL: root + "/v1", APIKey: key, Transport: transport})
	}},
	{name: "openai reasoning", model: "o3-mini", make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return openai.New(openai.Config{BaseURL: root + "/v1", APIKey: key, Transport: transport})
	}},
	{name: "openai responses", model: "gpt-4o-mini", make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return openai.New(openai.Config{BaseURL: root + "/v1", API: openai.APIResponses, APIKey: key, Transport: transport})
	}},
	{name: "azure", model: "gpt-4o-mini", make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return azure.New(azure.Config{BaseURL: root, APIVersion: "2024-10-21", APIKey: key, Transport: transport})
	}},
	{name: "azure v1 responses", model: "gpt-4o-mini", make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return azure.New(azure.Config{BaseURL: root + "/openai/v1", API: openai.APIResponses, APIKey: key, Transport: transport})
	}},
	{name: "anthropic", model: "claude-haiku-4-5", make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return anthropic.New(anthropic.Config{BaseURL: root, APIKey: key, Transport: transport})
	}},
	{name: "anthropic tool", model: "claude-haiku-4-5", make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return anthropic.New(anthropic.Config{BaseURL: root, APIKey: key, Structured: anthropic.StructuredTool, Transport: transport})
	}},
	{name: "gemini", model: "gemini-2.5-flash", quiet: true, make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
		return gemini.New(gemini.Config{BaseURL: root, APIKey: key, Transport: transport})
	}},
	{
		name: "bedrock", model: "anthropic.claude-haiku-4-5-20251001-v1:0", mute: true, quiet: true,
		kinds: map[simulator.Fault]providers.Kind{"quota": providers.KindRateLimited}, // its quotas are rates
		make: func(root string, transport http.RoundTripper) (providers.Provider, error) {
			return bedrock.New(bedrock.Config{BaseURL: root, APIKey: key, Transport: transport})
		},
	},
	{name: "vllm", model: "qwen", make: viaCompatible("vllm", "/vllm/v1")},
	{name: "vllm structured outputs", model: "qwen", make: viaCompatible("vllm-structured-outputs", "/vllm/v1")},
	{name: "llamacpp", model: "smol", make: viaCompatible("llamacpp", "/llamacpp/v1")},
	{name: "ollama", model: "llama3.2", make: viaCompatible("ollama", "/ollama/v1")},
	{name: "lmstudio", model: "qwen", make: viaCompatible("lmstudio", "/lmstudio/v1")},
	{
		name: "tgi", model: "tgi", make: viaCompatible("tgi", "/tgi/v1"),
		kinds: map[simulator.Fault]providers.Kind{"quota": providers.KindRateLimited}, // its errors have no codes
	},
}

// question is the same prompt for all, held to a schema or not.
func question(model string, schema bool) *providers.Request {
	request := &providers.Request{
		Model: model,
		Messages: []providers.Message{
			{Role: providers.RoleSystem, Content: "You are a sentiment analyzer. Answer in JSON."},
			{Role: providers.RoleUser, Content: batch},
		},
		MaxOutputTokens: 500,
	}
	if schema {
		request.Schema = &providers.Schema{Name: "weir_2", JSON: json.RawMessage(strictSchema)}
	}
	return request
}

func (d driver) start(t *testing.T, cfg simulator.Config) (*simulator.Server, providers.Provider) {
	t.Helper()
	s := start(t, cfg)
	p, err := d.make(strings.TrimSuffix(s.URL(), "/v1"), client.Transport)
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

// TestDriversAreAnswered: every driver gets the model's answer, held to a schema where it asks for that, with what it has used.
func TestDriversAreAnswered(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			_, p := d.start(t, simulator.Config{APIKey: "other,key"})
			free, err := p.Complete(t.Context(), question(d.model, false))
			if err != nil {
				t.Fatal(err)
			}
			if u := free.Usage; free.Text != batchAnswer || !u.Reported || u.PromptTokens < 29 || u.CompletionTokens-u.ReasoningTokens != 20 {
				t.Errorf("got %+v", free)
			}
			held, err := p.Complete(t.Context(), question(d.model, true))
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.ReplaceAll(held.Text, " ", ""); text != `{"r1":"positive","r2":"negative"}` || held.Form != providers.FormSchema {
				t.Errorf("got %+v", held)
			}
		})
	}
}

// faultKinds are what a driver makes of each fault of a call, whatever its vendor's words for it.
var faultKinds = map[simulator.Fault]providers.Kind{
	"429":        providers.KindRateLimited,
	"500":        providers.KindUnavailable,
	"503":        providers.KindUnavailable,
	"overloaded": providers.KindUnavailable,
	"401":        providers.KindUnauthorized,
	"404":        providers.KindUnknownModel,
	"quota":      providers.KindQuota,
	"overflow":   providers.KindContextOverflow,
	"refusal":    providers.KindRefused,
	"filter":     providers.KindRefused,
	"html":       providers.KindMalformed,
	"malformed":  providers.KindMalformed,
	"reset":      providers.KindUnavailable,
}

// TestDriversKnowFaults: every driver gives each fault its kind, and knows how long to wait where the vendor says it.
func TestDriversKnowFaults(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			s, p := d.start(t, simulator.Config{APIKey: "key", RetryAfter: 1500 * time.Millisecond})
			for fault, want := range faultKinds {
				if special, ok := d.kinds[fault]; ok {
					want = special
				}
				inject(t, s, `{"next": [{"fault": "`+string(fault)+`"}]}`)
				resp, err := p.Complete(t.Context(), question(d.model, false))
				var got *providers.Error
				if !errors.As(err, &got) || got.Kind != want {
					t.Errorf("%s: %v %+v, want %v", fault, err, resp, want)
					continue
				}
				if wait := got.RetryAfter; fault == "429" && (wait < 1500*time.Millisecond || wait > 2*time.Second) != d.mute {
					t.Errorf("%s: to wait %v", fault, wait)
				}
			}
		})
	}
}

// TestDriversKnowWhatIsLeft: every driver reads its vendor's headers, of answers and refusals.
func TestDriversKnowWhatIsLeft(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			_, p := d.start(t, simulator.Config{RequestsPerMinute: 2, InputTokensPerMinute: 10_000})
			resp, err := p.Complete(t.Context(), question(d.model, false))
			if err != nil {
				t.Fatal(err)
			}
			said := resp.Quota != nil && resp.Quota.Requests.Limit == 2 && resp.Quota.Requests.Left == 1
			if said == d.quiet {
				t.Errorf("quota %+v", resp.Quota)
			}
			for range 3 {
				_, err = p.Complete(t.Context(), question(d.model, false))
			}
			var got *providers.Error
			if !errors.As(err, &got) || got.Kind != providers.KindRateLimited || (got.RetryAfter == 0) != d.mute {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestDriversKnowTheCache: what was kept of a prompt is told as part of the prompt's tokens.
func TestDriversKnowTheCache(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			_, p := d.start(t, simulator.Config{})
			request := question(d.model, false)
			request.CacheKey = "k"
			request.Messages[0].Content = strings.Repeat("Be fair. ", 1000)
			var all int
			for call := range 2 {
				resp, err := p.Complete(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				u := resp.Usage
				if cached := u.CachedTokens >= 1024; cached != (call == 1) {
					t.Errorf("call %d: %+v", call, u)
				}
				if call == 1 && u.PromptTokens != all {
					t.Errorf("%d tokens, then %d", all, u.PromptTokens)
				}
				all = u.PromptTokens
			}
		})
	}
}
