package azure_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/azure"
	"github.com/weir-ml/weir/providers/openai"
	"github.com/weir-ml/weir/providers/providertest"
)

var update = flag.Bool("update", false, "write the recorded exchanges")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start returns a provider that is closed at the end of the test.
func start(tb testing.TB, cfg azure.Config) *azure.Provider {
	tb.Helper()
	return providertest.Start(tb, azure.New, cfg)
}

// two is the schema of an answer about two records.
var two = &providers.Schema{Name: "weir_2", JSON: []byte(`{"type":"object","properties":{"r1":{"type":"string"},"r2":{"type":"string"}},` +
	`"required":["r1","r2"],"additionalProperties":false}`)}

// TestExchanges plays what Microsoft publishes of Azure's formats against the driver.
func TestExchanges(t *testing.T) {
	v1, classic := azure.Config{}, azure.Config{APIVersion: "2024-10-21"}
	token, fixed := azure.Config{Bearer: true}, azure.Config{APIVersion: "2024-10-21", Deployment: "house"}
	responses := azure.Config{API: openai.APIResponses}
	tests := map[string]azure.Config{
		"v1-schema": v1, "v1-token": token, "deployment-schema": classic, "deployment-fixed": fixed, "responses": responses,
		"prompt-filter": classic, "answer-filter": classic, "no-deployment": classic, "wrong-key": classic, "wrong-token": token,
		"rate-limit": classic, "old-version": classic,
	}
	req := &providers.Request{
		Model: "reviews-gpt-4o", Schema: two, CacheKey: "weir-reviews", Messages: []providers.Message{
			{Role: providers.RoleUser, Content: "Input 1: \"A delight.\"\nInput 2: \"A bore.\"\nAnswer in JSON."},
		},
	}
	requests := make(map[string]*providers.Request)
	for name := range tests {
		requests[name] = req
	}
	providertest.Exchanges{
		Requests: requests,
		Update:   *update,
		New: func(tb testing.TB, name, baseURL string) providers.Provider {
			tb.Helper()
			cfg := tests[name]
			cfg.BaseURL, cfg.APIKey = baseURL, providertest.APIKey
			return start(tb, cfg)
		},
	}.Run(t)
}

// TestURLs has the two forms, from each way to write the endpoint.
func TestURLs(t *testing.T) {
	tests := []struct{ base, version, want string }{
		{"", "", "/openai/v1/chat/completions"},
		{"/", "", "/openai/v1/chat/completions"},
		{"/openai/v1", "", "/openai/v1/chat/completions"},
		{"/openai/v1/", "", "/openai/v1/chat/completions"},
		{"/openai", "", "/openai/v1/chat/completions"},
		{"/gateway", "", "/gateway/openai/v1/chat/completions"},
		{"", "2024-10-21", "/openai/deployments/m/chat/completions?api-version=2024-10-21"},
		{"/openai/v1", "2024-10-21", "/openai/deployments/m/chat/completions?api-version=2024-10-21"},
		{"/gateway/", "2025-04-01-preview", "/gateway/openai/deployments/m/chat/completions?api-version=2025-04-01-preview"},
	}
	for _, test := range tests {
		got := ""
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.URL.RequestURI()
			_, _ = fmt.Fprint(w, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`)
		}))
		p := start(t, azure.Config{BaseURL: server.URL + test.base, APIVersion: test.version})
		_, err := p.Complete(t.Context(), &providers.Request{Model: "m"})
		server.Close()
		if err != nil || got != test.want {
			t.Errorf("%q, version %q: %s, %v, want %s", test.base, test.version, got, err, test.want)
		}
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	for want, cfg := range map[string]azure.Config{
		"base_url: is missing": {},
		"base_url":             {BaseURL: "name.openai.azure.com"},
		"/openai/v1 alone":     {BaseURL: "https://name.openai.azure.com", APIVersion: "2024-10-21", API: openai.APIResponses},
		"api: must be":         {BaseURL: "https://name.openai.azure.com", API: "both"},
	} {
		if _, err := azure.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

// TestDeploymentsAreBounded: names in requests cannot fill the memory, from many goroutines at once either.
func TestDeploymentsAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`)
	}))
	t.Cleanup(server.Close)
	p := start(t, azure.Config{BaseURL: server.URL, APIVersion: "2024-10-21"})
	var wg sync.WaitGroup
	for i := range 256 {
		wg.Go(func() {
			if _, err := p.Complete(t.Context(), &providers.Request{Model: fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	_, err := p.Complete(t.Context(), &providers.Request{Model: "one more"})
	if e := providers.AsError(err); e == nil || e.Kind != providers.KindUnknownModel {
		t.Errorf("%v, want no such model", err)
	}
	if _, err := p.Complete(t.Context(), &providers.Request{Model: "7"}); err != nil {
		t.Error(err)
	}
}

// TestSchemaLimits: what OpenAI would take and Azure would not goes out in JSON mode.
func TestSchemaLimits(t *testing.T) {
	if err := azure.Dialect().Rules.Check(two); err != nil {
		t.Error(err)
	}
	var properties, required []string
	for i := range 101 {
		properties = append(properties, fmt.Sprintf(`"r%d":{"type":"string"}`, i))
		required = append(required, fmt.Sprintf(`"r%d"`, i))
	}
	wide := &providers.Schema{JSON: []byte(`{"type":"object","properties":{` + strings.Join(properties, ",") +
		`},"required":[` + strings.Join(required, ",") + `],"additionalProperties":false}`)}
	if azure.Dialect().Rules.Check(wide) == nil || openai.OpenAI().Rules.Check(wide) != nil {
		t.Error("101 properties are Azure's bound, not OpenAI's")
	}
}

func ExampleNew() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL.Path, r.Header.Get("Api-Key") != "")
		_, _ = fmt.Fprint(w, `{"choices":[{"message":{"content":"positive"},"finish_reason":"stop"}]}`)
	}))
	defer server.Close()

	provider, err := azure.New(azure.Config{BaseURL: server.URL, APIKey: func() string { return "a-key" }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	resp, err := provider.Complete(context.Background(), &providers.Request{
		Model:    "the-deployment",
		Messages: []providers.Message{{Role: providers.RoleUser, Content: "Is this a good review? I love it."}},
	})
	fmt.Println(resp.Text, err)
	// Output:
	// /openai/v1/chat/completions true
	// positive <nil>
}
