package compatible_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/compatible"
)

// TestRealLlamaCpp asks a real llama.cpp server, at the base URL in WEIR_TEST_LLAMACPP. Without one it is skipped, also where CI=true:
// .ci/run needs no Python and no PyPI, from which the server comes. What is checked holds for any model, also one with random
// weights: the server is held to the schema, not the model.
func TestRealLlamaCpp(t *testing.T) {
	url := os.Getenv("WEIR_TEST_LLAMACPP")
	if url == "" {
		t.Skip("it needs a llama.cpp server: start `examples/llm/serve.sh 18081 random` (Python, PyPI), then " +
			"`WEIR_TEST_LLAMACPP=http://127.0.0.1:18081/v1 go test -v -run TestRealLlamaCpp ./providers/compatible`")
	}
	call := providers.Chain(start(t, compatible.Config{BaseURL: url, Dialect: compatible.LlamaCpp}),
		providers.ChainConfig{RequestTimeout: 2 * time.Minute})
	t.Run("schema", func(t *testing.T) { realSchema(t, call) })
	t.Run("schema that is none", func(t *testing.T) { realOddSchema(t, call) })
	t.Run("too long", func(t *testing.T) { realOverflow(t, call) })
}

// ten asks about ten reviews.
func ten() *providers.Request {
	var properties, required, prompt []string
	for i := range 10 {
		properties = append(properties, fmt.Sprintf(`"r%d":{"type":"string","enum":["positive","negative"]}`, i+1))
		required = append(required, fmt.Sprintf(`"r%d"`, i+1))
		prompt = append(prompt, fmt.Sprintf("Input %d: %q", i+1, []string{"A delight.", "A bore."}[i%2]))
	}
	schema := `{"type":"object","properties":{` + strings.Join(properties, ",") + `},"required":[` + strings.Join(required, ",") +
		`],"additionalProperties":false}`
	zero := 0.0
	return &providers.Request{
		Model: "any", Temperature: &zero, MaxOutputTokens: 400, Schema: &providers.Schema{Name: "weir_10", JSON: []byte(schema)},
		Messages: []providers.Message{
			{Role: providers.RoleSystem, Content: "Judge each review. Answer with one JSON object: r1 for Input 1, r2 for Input 2 and so on."},
			{Role: providers.RoleUser, Content: strings.Join(prompt, "\n")},
		},
	}
}

func realSchema(t *testing.T, call providers.Provider) {
	t.Helper()
	for _, schema := range []bool{true, false} {
		req := ten()
		if !schema {
			req.Schema = nil
		}
		began := time.Now()
		resp, err := call.Complete(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]string
		whole := json.Unmarshal([]byte(resp.Text), &answer) == nil && len(answer) == 10
		t.Logf("schema %v: whole %v, form %q, %+v, %v: %.300q", schema, whole, resp.Form, resp.Usage, time.Since(began), resp.Text)
		if schema && (!whole || resp.Form != providers.FormSchema || resp.Attempts != 1) {
			t.Errorf("the answer was not held to the schema")
		}
		for key, value := range answer {
			if schema && value != "positive" && value != "negative" {
				t.Errorf("%s is %q", key, value)
			}
		}
	}
}

// realOddSchema sends what no grammar can be made of: the server says so, and the call goes out again without it.
func realOddSchema(t *testing.T, call providers.Provider) {
	t.Helper()
	req := ten()
	req.MaxOutputTokens = 60
	req.Schema = &providers.Schema{Name: "odd", JSON: []byte(`{"type":"object","properties":{"r1":{"$ref":"#/$defs/none"}}}`)}
	for range 2 {
		resp, err := call.Complete(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d attempts, form %q: %.100q", resp.Attempts, resp.Form, resp.Text)
		if resp.Form == providers.FormSchema {
			t.Error("held to a schema that is none")
		}
	}
}

func realOverflow(t *testing.T, call providers.Provider) {
	t.Helper()
	req := ten()
	req.Messages[1].Content = strings.Repeat("A film that is very long indeed. ", 10_000)
	_, err := call.Complete(t.Context(), req)
	t.Log(err)
	if e := providers.AsError(err); e == nil || e.Kind != providers.KindContextOverflow {
		t.Errorf("%v, want a context overflow", err)
	}
}
