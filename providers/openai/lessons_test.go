package openai_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
)

// picky is a server that refuses fields, with a message for each, and keeps what it was sent.
type picky struct {
	refuses map[string]string // part of a body: the error's body
	bodies  []string
	answer  string
}

func (s *picky) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	s.bodies = append(s.bodies, string(body))
	w := httptest.NewRecorder()
	for part, message := range s.refuses {
		if strings.Contains(string(body), part) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, message)
			return w.Result(), nil
		}
	}
	text := httpjson.AppendString(nil, s.answer)
	_, _ = fmt.Fprintf(w, `{"choices":[{"message":{"content":%s},"finish_reason":"stop"}]}`, text)
	return w.Result(), nil
}

const held = `{"r1":"positive","r2":"negative"}`

// TestWhatAServerRefusesIsLeftOut: each lesson costs one more attempt of the first call, and none of the second.
func TestWhatAServerRefusesIsLeftOut(t *testing.T) {
	tests := map[string]struct {
		refuses  map[string]string
		attempts int
		form     providers.Form
		sent     []string // parts of the last body
		left     []string // parts that are not in it
	}{
		"nothing": {nil, 1, providers.FormSchema, []string{"json_schema", "prompt_cache_key", `"max_tokens":9`}, nil},
		"schemas": {
			map[string]string{`json_schema`: `{"error":{"message":"json_schema is not supported"}}`},
			2, providers.FormJSON,
			[]string{`{"type":"json_object"}`},
			[]string{"json_schema"},
		},
		"this schema": {
			map[string]string{`json_schema`: `{"error":{"message":"Invalid schema for response_format 'weir_2'","param":"response_format"}}`},
			2, providers.FormJSON,
			[]string{`{"type":"json_object"}`},
			[]string{"json_schema"},
		},
		"schemas and JSON mode": {
			map[string]string{`response_format`: `{"detail":[{"type":"extra_forbidden","loc":["body","response_format"],"msg":"Extra inputs are not permitted"}]}`},
			3, providers.FormFree,
			[]string{"prompt_cache_key"},
			[]string{"response_format"},
		},
		"the cache's key": {
			map[string]string{`prompt_cache_key`: `{"error":{"message":"Unrecognized request argument supplied: prompt_cache_key"}}`},
			2, providers.FormSchema,
			[]string{"json_schema"},
			[]string{"prompt_cache_key"},
		},
		"the bound's name": {
			map[string]string{`"max_tokens"`: `{"error":{"message":"Unsupported parameter: 'max_tokens'","param":"max_tokens","code":"unsupported_parameter"}}`},
			2, providers.FormSchema,
			[]string{`"max_completion_tokens":9`},
			[]string{`"max_tokens"`},
		},
		"all of it": {
			map[string]string{
				`response_format`:  `{"error":{"message":"response_format: unknown field"}}`,
				`prompt_cache_key`: `{"error":{"message":"unknown field prompt_cache_key"}}`,
				`"max_tokens"`:     `{"error":{"message":"unknown field max_tokens"}}`,
			},
			5, providers.FormFree,
			[]string{`"max_completion_tokens":9`},
			[]string{"response_format", "prompt_cache_key"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &picky{refuses: test.refuses, answer: held}
			call := providers.Chain(start(t, openai.Config{Transport: s}), providers.ChainConfig{})
			req := reviews("m")
			req.MaxOutputTokens = 9
			for _, attempts := range []int{test.attempts, 1} {
				resp, err := call.Complete(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				if resp.Attempts != attempts || resp.Form != test.form {
					t.Errorf("%d attempts, form %q, want %d and %q", resp.Attempts, resp.Form, attempts, test.form)
				}
			}
			last := s.bodies[len(s.bodies)-1]
			for _, part := range test.sent {
				if !strings.Contains(last, part) {
					t.Errorf("%s is not in %s", part, last)
				}
			}
			for _, part := range test.left {
				if strings.Contains(last, part) {
					t.Errorf("%s is in %s", part, last)
				}
			}
		})
	}
}

// TestWhatTheCallerAsksForIsNeverLeftOut: a temperature or an effort that the model does not take is the caller's to mend.
func TestWhatTheCallerAsksForIsNeverLeftOut(t *testing.T) {
	half := 0.5
	for part, message := range map[string]string{
		"temperature":      `{"error":{"message":"Unsupported value: 'temperature' does not support 0.5 with this model.","param":"temperature"}}`,
		"reasoning_effort": `{"error":{"message":"Unrecognized request argument supplied: reasoning_effort","param":"reasoning_effort"}}`,
		`"max_tokens":9`:   `{"error":{"message":"max_tokens is too large: 9. This model can write at most 8 tokens.","param":"max_tokens"}}`,
	} {
		s := &picky{refuses: map[string]string{part: message}, answer: held}
		req := reviews("m")
		req.Temperature, req.Effort, req.MaxOutputTokens = &half, "low", 9
		_, err := start(t, openai.Config{Transport: s}).Complete(t.Context(), req)
		if e := providers.AsError(err); e == nil || e.Learned || e.Kind != providers.KindBadRequest {
			t.Errorf("%s: %+v, want a bad request that teaches nothing", part, e)
		}
	}
}

// TestLessonsEnd: after an hour the server is asked once more; another model is asked at once.
func TestLessonsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &picky{refuses: map[string]string{"json_schema": `{"error":{"message":"json_schema is not supported"}}`}, answer: held}
		call := providers.Chain(start(t, openai.Config{Transport: s}), providers.ChainConfig{})
		for _, step := range []struct {
			model    string
			after    time.Duration
			attempts int
		}{{"a", 0, 2}, {"a", 59 * time.Minute, 1}, {"b", 0, 2}, {"a", 2 * time.Minute, 2}, {"a", 0, 1}} {
			<-time.After(step.after)
			resp, err := call.Complete(t.Context(), reviews(step.model))
			if err != nil || resp.Attempts != step.attempts {
				t.Fatalf("%+v: %+v, %v", step, resp, err)
			}
		}
	})
}

// TestLessonsAreForgottenAtTheirBound: names of models cannot fill the memory.
func TestLessonsAreForgottenAtTheirBound(t *testing.T) {
	s := &picky{refuses: map[string]string{"json_schema": `{"error":{"message":"json_schema is not supported"}}`}, answer: held}
	p := start(t, openai.Config{Transport: s})
	call := providers.Chain(p, providers.ChainConfig{})
	attempts := func(model string) int {
		resp, err := call.Complete(t.Context(), reviews(model))
		if err != nil {
			t.Fatal(err)
		}
		return resp.Attempts
	}
	for i := range 512 {
		if got := attempts(fmt.Sprint(i)); got != 2 {
			t.Fatalf("model %d: %d attempts", i, got)
		}
	}
	if attempts("0") != 1 || attempts("one more") != 2 || attempts("0") != 2 {
		t.Error("what was learned is kept beyond its bound")
	}
}

// TestFormIsWhatTheAnswerShows: a server may take a schema and do nothing with it.
func TestFormIsWhatTheAnswerShows(t *testing.T) {
	tests := map[string]struct {
		answer string
		form   providers.Form
	}{
		"held":          {held, providers.FormSchema},
		"with space":    {"\n {\"r2\": \"positive\", \"r1\": \"x\"} \n", providers.FormSchema},
		"prose":         {"Sure! " + held, providers.FormFree},
		"fenced":        {"```json\n" + held + "\n```", providers.FormFree},
		"a key less":    {`{"r1":"positive"}`, providers.FormFree},
		"a key more":    {`{"r1":"positive","r2":"negative","r3":"x"}`, providers.FormFree},
		"another key":   {`{"r1":"positive","r3":"negative"}`, providers.FormFree},
		"a list":        {`["positive","negative"]`, providers.FormFree},
		"null":          {`null`, providers.FormFree},
		"nothing":       {``, providers.FormFree},
		"another after": {held + held, providers.FormFree},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			resp, err := start(t, openai.Config{Transport: &picky{answer: test.answer}}).Complete(t.Context(), reviews("m"))
			if err != nil || resp.Form != test.form || resp.Text != test.answer {
				t.Errorf("%+v, %v, want form %q", resp, err, test.form)
			}
		})
	}
}

// TestSchemasBeyondTheRules: what strict mode does not take is not sent; JSON mode needs the word in the prompt.
func TestSchemasBeyondTheRules(t *testing.T) {
	many := `{"type":"object","properties":{"r1":{"enum":["` + strings.Repeat(`x","`, 1000) + `x"]}},"required":["r1"],"additionalProperties":false}`
	for name, schema := range map[string]string{
		"open":              `{"type":"object","properties":{"r1":{"type":"string"}},"required":["r1"]}`,
		"not required":      `{"type":"object","properties":{"r1":{"type":"string"}},"required":[],"additionalProperties":false}`,
		"another keyword":   `{"type":"object","properties":{"r1":{"type":"string","minLength":1}},"required":["r1"],"additionalProperties":false}`,
		"too many words":    many,
		"a list at the top": `{"type":"array","items":{"type":"string"}}`,
	} {
		for prompt, want := range map[string]string{"Answer in JSON.": `"response_format":{"type":"json_object"}`, "Answer.": `"m"`} {
			s := &picky{answer: "{}"}
			req := reviews("m")
			req.Schema = &providers.Schema{Name: name, JSON: []byte(schema)}
			req.Messages = []providers.Message{{Role: providers.RoleUser, Content: prompt}}
			if _, err := start(t, openai.Config{Transport: s}).Complete(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if sent := s.bodies[0]; strings.Contains(sent, "json_schema") || !strings.Contains(sent, want) ||
				prompt == "Answer." && strings.Contains(sent, "response_format") {
				t.Errorf("%s, %q: sent %s", name, prompt, sent)
			}
		}
	}
}

// TestNamesOfTheBound goes by the model's name.
func TestNamesOfTheBound(t *testing.T) {
	for model, want := range map[string]string{
		"gpt-4o-mini": "max_tokens", "gpt-4.1": "max_tokens", "llama-3:8b": "max_tokens", "gpt-oss:20b": "max_tokens", "omni": "max_tokens",
		"o1": "max_completion_tokens", "o3-mini": "max_completion_tokens", "o4-mini-2025-04-16": "max_completion_tokens",
		"gpt-5": "max_completion_tokens", "gpt-5.1": "max_completion_tokens", "gpt-5-mini": "max_completion_tokens",
		"openai/gpt-5-nano": "max_completion_tokens", "gpt-10": "max_completion_tokens",
	} {
		s := &picky{answer: held}
		req := reviews(model)
		req.MaxOutputTokens = 9
		if _, err := start(t, openai.Config{Transport: s}).Complete(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(s.bodies[0], `"`+want+`":9`) {
			t.Errorf("%s: no %s in %s", model, want, s.bodies[0])
		}
	}
}

// TestQuota reads the headers that OpenAI and Azure send.
func TestQuota(t *testing.T) {
	all := func(limit, left, reset string) map[string]string {
		return map[string]string{"Limit": limit, "Remaining": left, "Reset": reset}
	}
	tests := map[string]struct {
		header map[string]string
		want   *providers.Quota
	}{
		"none":       {nil, nil},
		"OpenAI":     {all("200000", "199000", "6m0.5s"), tokensLeft(200_000, 199_000, 6*time.Minute+500*time.Millisecond)},
		"seconds":    {all("10", "9", "1.5"), tokensLeft(10, 9, 1500*time.Millisecond)},
		"no reset":   {all("10", "0", ""), tokensLeft(10, 0, 0)},
		"over":       {all("10", "11", "1s"), tokensLeft(10, 10, time.Second)},
		"far":        {all("10", "1", "99999h"), tokensLeft(10, 1, 24*time.Hour)},
		"no limit":   {all("", "9", "1s"), nil},
		"no rest":    {all("10", "", "1s"), nil},
		"negative":   {all("-10", "-9", "-1s"), nil},
		"owes":       {all("10", "-9", "1s"), nil},
		"not a span": {all("10", "9", "NaN"), tokensLeft(10, 9, 0)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for part, value := range test.header {
					w.Header().Set("x-ratelimit-"+strings.ToLower(part)+"-tokens", value)
				}
				_, _ = io.WriteString(w, hello)
			}))
			t.Cleanup(server.Close)
			resp, err := start(t, openai.Config{BaseURL: server.URL}).Complete(t.Context(), &providers.Request{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, resp.Quota); diff != "" {
				t.Errorf("quota (-want +got):\n%s", diff)
			}
		})
	}
}

func tokensLeft(limit, left int, reset time.Duration) *providers.Quota {
	return &providers.Quota{Tokens: providers.Allowance{Limit: limit, Left: left, Reset: reset}}
}
