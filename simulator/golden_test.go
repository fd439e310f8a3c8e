package simulator_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/simulator"
)

var update = flag.Bool("update", false, "write the golden files")

// vendor is how a vendor is asked, for the golden files in testdata/wire. BODY stands for the prompt as a JSON string, SCHEMA for a
// schema that every vendor takes, LOOSE for one that strict ones refuse.
type vendor struct {
	name   string
	path   string
	header map[string]string
	// plain asks freely, held with a schema, called with a tool that must be called; "" where there is no such thing.
	plain, held, called string
}

const (
	strictSchema = `{"type":"object","properties":{"r1":{"type":"string","enum":["positive","negative","neutral"]},` +
		`"r2":{"type":"string","enum":["positive","negative","neutral"]}},"required":["r1","r2"],"additionalProperties":false}`
	looseSchema = `{"type":"object","properties":{"r1":{"type":"string"}}}`
)

var vendors = []vendor{
	{
		name: "openai-chat", path: "/v1/chat/completions", header: map[string]string{"Authorization": "Bearer key"},
		plain: `{"model":"gpt-4o-mini","messages":[{"role":"developer","content":"You are terse."},{"role":"user","content":BODY}]}`,
		held: `{"model":"gpt-4o-mini","messages":[{"role":"user","content":BODY}],"response_format":{"type":"json_schema",` +
			`"json_schema":{"name":"weir_2","strict":true,"schema":SCHEMA}}}`,
	},
	{
		name: "openai-reasoning", path: "/v1/chat/completions", header: map[string]string{"Authorization": "Bearer key"},
		plain: `{"model":"o3-mini","messages":[{"role":"user","content":BODY}],"max_completion_tokens":400,"reasoning_effort":"low"}`,
	},
	{
		name: "openai-responses", path: "/v1/responses", header: map[string]string{"Authorization": "Bearer key"},
		plain: `{"model":"gpt-5-mini","instructions":"You are terse.","input":BODY,"reasoning":{"effort":"low"},"store":false}`,
		held: `{"model":"gpt-4o-mini","input":[{"role":"user","content":[{"type":"input_text","text":BODY}]}],"text":{"format":{` +
			`"type":"json_schema","name":"weir_2","strict":true,"schema":SCHEMA}}}`,
	},
	{
		name: "azure", path: "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21", header: map[string]string{"Api-Key": "key"},
		plain: `{"messages":[{"role":"system","content":"You are terse."},{"role":"user","content":BODY}]}`,
		held: `{"messages":[{"role":"user","content":BODY}],"response_format":{"type":"json_schema",` +
			`"json_schema":{"name":"weir_2","strict":true,"schema":SCHEMA}}}`,
	},
	{
		name: "azure-v1", path: "/openai/v1/responses", header: map[string]string{"Authorization": "Bearer key"},
		plain: `{"model":"gpt-4o-mini","input":BODY}`,
	},
	{
		name: "anthropic", path: "/v1/messages", header: map[string]string{"X-Api-Key": "key", "Anthropic-Version": "2023-06-01"},
		plain: `{"model":"claude-haiku-4-5","max_tokens":1024,"system":[{"type":"text","text":"You are terse.","cache_control":{"type":"ephemeral"}}],` +
			`"messages":[{"role":"user","content":BODY}]}`,
		held: `{"model":"claude-haiku-4-5","max_tokens":1024,"messages":[{"role":"user","content":[{"type":"text","text":BODY}]}],` +
			`"output_config":{"format":{"type":"json_schema","schema":SCHEMA}}}`,
		called: `{"model":"claude-haiku-4-5","max_tokens":1024,"messages":[{"role":"user","content":BODY}],"tools":[{"name":"answer","strict":true,` +
			`"input_schema":SCHEMA}],"tool_choice":{"type":"tool","name":"answer"}}`,
	},
	{
		name: "gemini", path: "/v1beta/models/gemini-2.5-flash:generateContent", header: map[string]string{"X-Goog-Api-Key": "key"},
		plain: `{"systemInstruction":{"parts":[{"text":"You are terse."}]},"contents":[{"role":"user","parts":[{"text":BODY}]}],` +
			`"generationConfig":{"temperature":0,"thinkingConfig":{"thinkingBudget":512}}}`,
		held: `{"contents":[{"role":"user","parts":[{"text":BODY}]}],"generationConfig":{"responseMimeType":"application/json",` +
			`"responseJsonSchema":SCHEMA}}`,
	},
	{
		name: "bedrock", path: "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/converse", header: map[string]string{"Authorization": "Bearer key"},
		plain: `{"system":[{"text":"You are terse."},{"cachePoint":{"type":"default"}}],"messages":[{"role":"user","content":[{"text":BODY}]}],` +
			`"inferenceConfig":{"maxTokens":1024,"temperature":0}}`,
		held: `{"messages":[{"role":"user","content":[{"text":BODY}]}],"outputConfig":{"textFormat":{"type":"json_schema","structure":{` +
			`"jsonSchema":{"name":"weir_2","schema":QUOTED}}}}}`,
		called: `{"messages":[{"role":"user","content":[{"text":BODY}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"answer","strict":true,` +
			`"inputSchema":{"json":SCHEMA}}}],"toolChoice":{"tool":{"name":"answer"}}}}`,
	},
	{
		name: "ollama", path: "/api/chat", header: map[string]string{"Authorization": "Bearer key"},
		plain: `{"model":"llama3.2","messages":[{"role":"user","content":BODY}],"stream":false,"options":{"num_predict":256}}`,
		held:  `{"model":"llama3.2","messages":[{"role":"user","content":BODY}],"stream":false,"format":SCHEMA}`,
	},
	{
		name: "vllm", path: "/vllm/v1/chat/completions", header: map[string]string{"Authorization": "Bearer key"},
		plain: `{"model":"qwen","messages":[{"role":"user","content":BODY}],"top_k":1}`,
		held:  `{"model":"qwen","messages":[{"role":"user","content":BODY}],"structured_outputs":{"json":SCHEMA}}`,
	},
	{
		name: "llamacpp", path: "/llamacpp/v1/chat/completions",
		plain: `{"model":"smol","messages":[{"role":"user","content":BODY}],"cache_prompt":true}`,
		held:  `{"model":"smol","messages":[{"role":"user","content":BODY}],"response_format":{"type":"json_object","schema":SCHEMA}}`,
	},
	{
		name: "lmstudio", path: "/lmstudio/v1/chat/completions",
		plain: `{"model":"qwen","messages":[{"role":"user","content":BODY}]}`,
		held: `{"model":"qwen","messages":[{"role":"user","content":BODY}],"response_format":{"type":"json_schema",` +
			`"json_schema":{"name":"weir_2","schema":SCHEMA}}}`,
	},
	{
		name: "tgi", path: "/tgi/v1/chat/completions",
		plain: `{"model":"tgi","messages":[{"role":"user","content":BODY}]}`,
		held:  `{"model":"tgi","messages":[{"role":"user","content":BODY}],"response_format":{"type":"json","value":SCHEMA}}`,
	},
}

func vendorNamed(tb testing.TB, name string) vendor {
	tb.Helper()
	for _, v := range vendors {
		if v.name == name {
			return v
		}
	}
	tb.Fatalf("there is no vendor %q", name)
	return vendor{}
}

func quote(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// request fills in what stands for something in a request.
func (v vendor) request(form, text, schema string) string {
	return strings.NewReplacer("BODY", quote(text), "SCHEMA", schema, "QUOTED", quote(schema)).Replace(form)
}

// call makes a call without a network.
func (v vendor) call(s *simulator.Server, request string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, v.path, strings.NewReader(request))
	for name, value := range v.header {
		r.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, r)
	return recorder
}

// TestWire writes what each vendor's clients send and get, good and bad, and compares it with testdata/wire, where a request that is the
// same as the one before is left out. Time stands still.
func TestWire(t *testing.T) {
	for _, v := range vendors {
		t.Run(v.name, func(t *testing.T) {
			var got strings.Builder
			synctest.Test(t, func(*testing.T) { v.exchanges(&got) })
			golden(t, filepath.Join("testdata", "wire", v.name+".txt"), got.String())
		})
	}
}

const noKey = "no key"

func (v vendor) exchanges(out *strings.Builder) {
	limited := simulator.Config{
		RequestsPerMinute: 60, TokensPerMinute: 10_000, InputTokensPerMinute: 8_000, OutputTokensPerMinute: 4_000,
		RetryAfter: 1500 * time.Millisecond, APIKey: "key,other",
	}
	if v.header == nil {
		limited.APIKey = ""
	}
	s := simulator.New(limited)
	asked := ""
	show := func(name, request string) {
		asking := v
		if name == noKey {
			asking.header = nil
		}
		recorder := asking.call(s, request)
		fmt.Fprintf(out, "## %s\n\n", name)
		if request != asked {
			fmt.Fprintf(out, "POST %s\n%s\n\n", v.path, request)
		}
		asked = request
		fmt.Fprintf(out, "%d\n", recorder.Code)
		recorder.Header().Del("Content-Length")
		for _, key := range slices.Sorted(maps.Keys(recorder.Header())) {
			fmt.Fprintf(out, "%s: %s\n", key, recorder.Header().Get(key))
		}
		fmt.Fprintf(out, "\n%s\n\n", recorder.Body)
	}
	plain := v.request(v.plain, batch, "")
	show("an answer", plain)
	for _, form := range [][2]string{{"held to a schema", v.held}, {"a tool that must be called", v.called}} {
		if form[1] != "" {
			show(form[0], v.request(form[1], batch, strictSchema))
			show(form[0]+", not strict", v.request(form[1], batch, looseSchema))
		}
	}
	show("an unknown field", strings.Replace(plain, "{", `{"unheard_of":1,`, 1))
	show("not JSON", "{")
	for _, fault := range []simulator.Fault{
		"429", "500", "503", "overloaded", "quota", "401", "404", "overflow", "refusal", "filter", "truncate",
	} {
		if err := s.Inject(simulator.FaultPlan{Next: []simulator.Next{{Fault: fault}}}); err != nil {
			fmt.Fprintln(out, err)
		}
		show("the fault "+string(fault), plain)
	}
	show(noKey, plain)
}

// TestHeldAnswers: every vendor's field for a schema, and every tool, gives the model's own answer in the schema's form.
func TestHeldAnswers(t *testing.T) {
	for _, v := range vendors {
		for _, form := range []string{v.held, v.called} {
			if form == "" {
				continue
			}
			s := simulator.New(simulator.Config{})
			got := v.call(s, v.request(form, batch, strictSchema))
			body := strings.NewReplacer(`\"`, `"`, " ", "").Replace(got.Body.String())
			if got.Code != http.StatusOK || !strings.Contains(body, `{"r1":"positive","r2":"negative"}`) {
				t.Errorf("%s: status %d, %s", v.name, got.Code, got.Body)
			}
		}
	}
}

// golden compares with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got)) {
		t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(string(want), got))
	}
}
