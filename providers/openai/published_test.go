package openai_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
)

// published compiles what OpenAI publishes of a request.
func published(t *testing.T, api openai.API) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("testdata/" + string(api) + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(file)
	err = errors.Join(err, file.Close())
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("request.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("request.json")
}

// validate says what OpenAI would refuse in a body.
func validate(s *jsonschema.Schema, body string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// TestRequestsAreAsPublished sends requests of all kinds and holds each to OpenAI's own description: no key, type or word
// that it does not have.
func TestRequestsAreAsPublished(t *testing.T) {
	for _, api := range []openai.API{openai.APIChat, openai.APIResponses} {
		t.Run(string(api), func(t *testing.T) {
			schema := published(t, api)
			rapid.Check(t, func(r *rapid.T) {
				s := &picky{answer: held}
				cfg := openai.Config{
					API: api, Transport: s, ServiceTier: rapid.SampledFrom([]string{"", "flex", "priority"}).Draw(r, "tier"),
					Organization: "org-1", Project: "proj_1",
				}
				p, err := openai.New(cfg)
				if err != nil {
					r.Fatal(err)
				}
				// The canned server answers chat completions; what matters here is what it was sent.
				_, _ = p.Complete(t.Context(), anyRequest(r))
				if len(s.bodies) != 1 {
					r.Fatalf("%d calls", len(s.bodies))
				}
				if err := validate(schema, s.bodies[0]); err != nil {
					r.Errorf("%v\n%s", err, s.bodies[0])
				}
			})
		})
	}
}

// anyRequest draws a request.
func anyRequest(r *rapid.T) *providers.Request {
	req := &providers.Request{
		Model:           rapid.SampledFrom([]string{"gpt-4o-mini", "gpt-5.1", "o3", "x"}).Draw(r, "model"),
		MaxOutputTokens: rapid.IntRange(0, 5000).Draw(r, "bound"),
		Effort:          rapid.SampledFrom([]string{"", "none", "low", "xhigh"}).Draw(r, "effort"),
		CacheKey:        rapid.SampledFrom([]string{"", "weir-1"}).Draw(r, "key"),
		Messages:        []providers.Message{{Role: providers.RoleUser, Content: rapid.String().Draw(r, "content")}},
	}
	if rapid.Bool().Draw(r, "system") {
		system := providers.Message{Role: providers.RoleSystem, Content: "Answer in JSON."}
		req.Messages = append([]providers.Message{system}, req.Messages...)
	}
	if rapid.Bool().Draw(r, "warm") {
		warm := rapid.Float64Range(0, 2).Draw(r, "temperature")
		req.Temperature = &warm
	}
	req.Schema = rapid.SampledFrom([]*providers.Schema{
		nil, two, {JSON: two.JSON}, {Name: "open", JSON: []byte(`{"type":"object"}`)},
	}).Draw(r, "schema")
	return req
}

// TestPublishedRefuses shows that the description has teeth.
func TestPublishedRefuses(t *testing.T) {
	const prompt = `"model":"m","messages":[{"role":"user","content":"x"}]`
	for _, body := range []string{
		`{"messages":[]}`,
		`{"model":"m","messages":[]}`,
		`{` + prompt + `,"cache_control":{}}`,
		`{` + prompt + `,"temperature":3}`,
		`{` + prompt + `,"service_tier":"cheap"}`,
		`{` + prompt + `,"reasoning_effort":"much"}`,
		`{` + prompt + `,"response_format":{"type":"json_schema","schema":{}}}`,
		`{` + prompt + `,"response_format":{"type":"json_schema","json_schema":{"name":"no blank","schema":{}}}}`,
		`{"model":"m","messages":[{"role":"nobody","content":"x"}]}`,
	} {
		if validate(published(t, openai.APIChat), body) == nil {
			t.Errorf("%s is taken", body)
		}
	}
	if err := validate(published(t, openai.APIChat), `{`+prompt+`}`); err != nil {
		t.Error(err)
	}
	if validate(published(t, openai.APIResponses), `{"model":"m","input":"x","max_output_tokens":15}`) == nil {
		t.Error("too small a bound is taken")
	}
}
