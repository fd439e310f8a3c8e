package simulator_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/simulator"
)

// with is the vendor with another key.
func (v vendor) with(name, key string) vendor {
	v.header = map[string]string{"Anthropic-Version": "2023-06-01", name: key}
	return v
}

// TestTokensPerMinute: a prompt of 29 tokens and an answer of 20 leave as much, and come back in a minute; a call that is not
// taken says how long to wait, and is taken then.
func TestTokensPerMinute(t *testing.T) {
	v := vendorNamed(t, "anthropic").with("X-Api-Key", "a")
	request := strings.Replace(v.request(v.held, batch, strictSchema), `"output_config"`, `"metadata":{},"output_config"`, 1)
	for _, tt := range []struct {
		name          string
		cfg           simulator.Config
		header        string
		left, then    string
		refused, wait int
	}{
		{"together", simulator.Config{TokensPerMinute: 100}, "Tokens", "62", "24", 3, 3},
		{"input", simulator.Config{InputTokensPerMinute: 60}, "Input-Tokens", "31", "2", 3, 27},
		{"output", simulator.Config{OutputTokensPerMinute: 18}, "Output-Tokens", "9", "0", 3, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulator.New(tt.cfg)
				for call, left := range []string{tt.left, tt.then} {
					got := v.call(s, request)
					if have := got.Header().Get("Anthropic-Ratelimit-" + tt.header + "-Remaining"); got.Code != http.StatusOK || have != left {
						t.Fatalf("call %d: status %d, %s left, want %s", call+1, got.Code, have, left)
					}
				}
				got := v.call(s, request)
				if wait := got.Header().Get("Retry-After"); got.Code != http.StatusTooManyRequests || wait != strconv.Itoa(tt.wait) {
					t.Fatalf("status %d, Retry-After %s, want %d s: %s", got.Code, wait, tt.wait, got.Body)
				}
				<-time.After(time.Duration(tt.wait) * time.Second)
				if got := v.call(s, request); got.Code != http.StatusOK {
					t.Errorf("status %d after the wait: %s", got.Code, got.Body)
				}
			})
		})
	}
}

// Each key has a minute of its own, wherever its vendor has it; a wrong one has none.
func TestKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{APIKey: "a, b", RequestsPerMinute: 2})
		chat, claude := vendorNamed(t, "openai-chat"), vendorNamed(t, "anthropic")
		var got []int
		for _, v := range []vendor{
			chat.with("Authorization", "Bearer a"), claude.with("X-Api-Key", "a"), claude.with("X-Api-Key", "a"),
			chat.with("Authorization", "Bearer b"), chat.with("Authorization", "Bearer c"), chat.with("Authorization", "Basic a"),
		} {
			got = append(got, v.call(s, v.request(v.plain, batch, "")).Code)
		}
		if diff := cmp.Diff([]int{200, 200, 429, 200, 401, 401}, got); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int{2, 1}, s.Stats().ByKey); diff != "" {
			t.Errorf("by key (-want +got):\n%s", diff)
		}
	})
}

// A minute of 100 ms is a minute ten times as long for who waits.
func TestShortMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{RequestsPerMinute: 60, Minute: 6 * time.Second})
		together(s, 60)
		if wait := call(s).Header().Get("Retry-After-Ms"); wait != "100" {
			t.Errorf("wait %s ms, want 100", wait)
		}
	})
}

// TestPipe: a client over a Pipe keeps to 60 calls a minute for five minutes of a bubble, which take no time.
func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := simulator.New(simulator.Config{RequestsPerMinute: 60, Latency: 200 * time.Millisecond}), simulator.NewPipe()
		if err := s.StartOn(pipe); err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{DialContext: pipe.Dial}
		caller := &http.Client{Transport: transport}
		began, statuses := time.Now(), map[int]int{}
		for time.Since(began) < 5*time.Minute {
			resp, err := caller.Post("http://simulator/v1/chat/completions", "application/json", strings.NewReader(body("m", batch)))
			if err != nil {
				t.Fatal(err)
			}
			statuses[resp.StatusCode]++
			ms, _ := strconv.Atoi(resp.Header.Get("Retry-After-Ms"))
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
			<-time.After(time.Duration(ms) * time.Millisecond)
		}
		if ok := statuses[200]; ok < 355 || ok > 361 {
			t.Errorf("%v in five minutes, want about 360 answers: a full minute and five more", statuses)
		}
		transport.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := pipe.Dial(t.Context(), "", ""); err == nil {
			t.Error("a closed pipe connects")
		}
	})
}

// The window holds prompt and answer: a longer prompt is refused, and of an answer as much is there as there is room.
func TestContextTokens(t *testing.T) {
	for _, v := range vendors {
		request := v.request(v.plain, batch, "")
		if got := v.call(simulator.New(simulator.Config{ContextTokens: 28}), request); got.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d: %s", v.name, got.Code, got.Body)
		}
	}
	s := simulator.New(simulator.Config{ContextTokens: 32})
	got := post(t, start(t, simulator.Config{ContextTokens: 32}), body("m", batch))
	if text := answer(t, got); text != batchAnswer[:12] || !strings.Contains(string(got.body), `"finish_reason":"length"`) {
		t.Errorf("got %s", got.body)
	}
	if got := vendorNamed(t, "openai-chat").call(s, body("m", "x")); got.Code != http.StatusOK {
		t.Errorf("status %d: %s", got.Code, got.Body)
	}
}

// TestCache: a beginning counts from 1,024 tokens on, in steps of 128, for five minutes, and only for the same model.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{})
		cached := func(model, text string) int {
			got := vendorNamed(t, "openai-chat").call(s, body(model, text))
			var reply struct {
				Usage struct {
					Details struct {
						Cached int `json:"cached_tokens"`
					} `json:"prompt_tokens_details"`
				}
			}
			unmarshal(t, got.Body.Bytes(), &reply)
			return reply.Usage.Details.Cached
		}
		head := strings.Repeat("ab. ", 1200)
		for i, tt := range []struct {
			model, text string
			wait        time.Duration
			want        int
		}{
			{"m", head + "one", 0, 0},
			{"m", head + "two", 0, 1152},
			{"n", head + "two", 0, 0},
			{"m", head[:4*1023], 0, 0},
			{"m", head[:4*1024], 0, 1024},
			{"m", "x" + head, 0, 0},
			{"m", head, 6 * time.Minute, 0},
		} {
			<-time.After(tt.wait)
			if got := cached(tt.model, tt.text); got != tt.want {
				t.Errorf("call %d: %d tokens cached, want %d", i+1, got, tt.want)
			}
		}
		if got := s.Stats().CachedTokens; got != 1152+1024 {
			t.Errorf("%d tokens cached in all", got)
		}
	})
}

// TestFieldsAreRead: what a vendor refuses of a request, beside what the golden files show.
func TestFieldsAreRead(t *testing.T) {
	for _, tt := range []struct{ vendor, request, want string }{
		{"openai-chat", `{"model":"m","messages":[{"role":"user","content":"x","mood":1}]}`, "'messages[0].mood'"},
		{"openai-chat", `{"model":7,"messages":[{"role":"user","content":"x"}]}`, "'model': expected a string"},
		{"openai-chat", `{"model":"m","messages":[{"role":"robot","content":"x"}]}`, "Invalid value: 'robot'"},
		{"openai-chat", `{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":3}`, "temperature must be from 0 to 2"},
		{"openai-chat", `{"model":"o1","messages":[{"role":"user","content":"x"}],"max_tokens":3}`, "Use 'max_completion_tokens' instead"},
		{"openai-chat", `{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":0}`, "integer below minimum value"},
		{"openai-chat", `{"model":"m","messages":"x"}`, "'messages': expected an array"},
		{"openai-responses", `{"model":"m","input":"x","max_output_tokens":3}`, "but got 3 instead"},
		{"openai-responses", `{"model":"m","input":"x","text":{"format":{"type":"json_schema","schema":{}}}}`, "text.format.name"},
		{"anthropic", `{"model":"m","max_tokens":9,"messages":[{"role":"system","content":"x"}]}`, `Unexpected role \"system\"`},
		{"anthropic", `{"model":"m","messages":[{"role":"user","content":"x"}]}`, "max_tokens: Field required"},
		{"anthropic", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"x","x":1}]}]}`, "messages.0.content.0.x: Extra"},
		{"anthropic", `{"model":"m","max_tokens":9,"temperature":1.5,"messages":[{"role":"user","content":"x"}]}`, "temperature"},
		{"gemini", `{"contents":[{"role":"system","parts":[{"text":"x"}]}]}`, "Please use a valid role"},
		{"gemini", `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"responseJsonSchema":{"type":"object"}}}`, "responseMimeType"},
		{"gemini", `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"max_tokens":1}}`, `Unknown name \"max_tokens\" at 'generationConfig'`},
		{"bedrock", `{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":{"max_tokens":1}}`, "inferenceConfig.max_tokens"},
		{"bedrock", `{"messages":[{"role":"user","content":[{"text":""}]}]}`, "is blank"},
		{"ollama", `{"model":"m","messages":[{"role":"user","content":"x"}]}`, "set stream to false"},
		{"lmstudio", `{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}`, "must be one of 'json_schema'"},
	} {
		got := vendorNamed(t, tt.vendor).call(simulator.New(simulator.Config{}), tt.request)
		if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), tt.want) {
			t.Errorf("%s: %s\nstatus %d: %s\nwant %s", tt.vendor, tt.request, got.Code, got.Body, tt.want)
		}
	}
}

func TestAzureNeedsAVersion(t *testing.T) {
	v := vendorNamed(t, "azure")
	v.path, _, _ = strings.Cut(v.path, "?")
	if got := v.call(simulator.New(simulator.Config{}), v.request(v.plain, batch, "")); got.Code != http.StatusNotFound {
		t.Errorf("status %d: %s", got.Code, got.Body)
	}
}

// TestEmbeddings: the same vectors in every format, and the faults that lists of them can have.
func TestEmbeddings(t *testing.T) {
	s := simulator.New(simulator.Config{ContextTokens: 100})
	at := func(path, request string) string {
		v := vendor{path: path}
		got := v.call(s, request)
		return fmt.Sprint(got.Code, " ", got.Body)
	}
	openAI := at("/v1/embeddings", `{"model":"e","input":["good","bad"],"dimensions":4}`)
	gemini := at("/v1beta/models/e:batchEmbedContents", `{"requests":[{"model":"models/e","content":{"parts":[{"text":"good"}]},"outputDimensionality":4}]}`)
	ollama := at("/api/embed", `{"model":"e","input":"good","dimensions":4}`)
	_, numbers, _ := strings.Cut(gemini, `"values":[`)
	numbers, _, _ = strings.Cut(numbers, "]")
	for name, got := range map[string]string{"openai": openAI, "ollama": ollama} {
		if numbers == "" || !strings.Contains(got, numbers) {
			t.Errorf("%s: %s is not in %s", name, numbers, got)
		}
	}
	for request, want := range map[string]string{
		`{"model":"e","input":["good",""]}`:                               "400",
		`{"model":"e","input":[]}`:                                        "400",
		`{"model":"e","input":"good","dimensions":5000}`:                  "400",
		`{"model":"e","input":"good","encoding_format":"hex"}`:            "400",
		`{"model":"e","input":"` + strings.Repeat("a", 404) + `"}`:        "400",
		`{"model":"e","input":"good","dimensions":1,"user":"u"}`:          "200",
		`{"model":"e","input":["good"],"encoding_format":"base64"}`:       "200",
		`{"model":"e","input":["` + strings.Repeat(`x","`, 2048) + `x"]}`: "400",
	} {
		if got := at("/v1/embeddings", request); !strings.HasPrefix(got, want) {
			t.Errorf("%.80s: %.200s, want %s", request, got, want)
		}
	}
	if err := s.Inject(simulator.FaultPlan{Next: []simulator.Next{{Fault: "drop"}, {Fault: "swap-order"}}}); err != nil {
		t.Fatal(err)
	}
	if got := at("/v1/embeddings", `{"model":"e","input":["good","bad"],"dimensions":4}`); strings.Count(got, `"index"`) != 1 {
		t.Errorf("drop: %s", got)
	}
	if got := at("/v1/embeddings", `{"model":"e","input":["good","bad"],"dimensions":4}`); strings.Count(got, `"index"`) != 2 {
		t.Errorf("swap-order: %s", got)
	}
}
