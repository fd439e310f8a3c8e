package main

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/providers/compatible"
)

// vendor is a server with a private certificate that answers in every vendor's format, and keeps what it was asked.
type vendor struct {
	*httptest.Server

	mu    sync.Mutex
	asked []string // path, and the headers that carry keys
	proto int
}

func startVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewUnstartedServer(http.HandlerFunc(v.answer))
	v.EnableHTTP2 = true
	v.StartTLS()
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) answer(w http.ResponseWriter, r *http.Request) {
	line := r.URL.RequestURI()
	for _, name := range []string{"Authorization", "Api-Key", "X-Api-Key", "X-Goog-Api-Key", "Openai-Organization", "Openai-Project", "X-Team"} {
		if value := r.Header.Get(name); value != "" {
			line += " " + name + "=" + value
		}
	}
	v.mu.Lock()
	v.asked = append(v.asked, line)
	v.proto = r.ProtoMajor
	v.mu.Unlock()
	for part, answer := range vendorAnswers {
		if strings.Contains(r.URL.Path, part) {
			_, _ = fmt.Fprint(w, answer)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

// vendorAnswers are the shortest answers, by a part of the path.
var vendorAnswers = map[string]string{
	"/chat/completions": `{"choices":[{"message":{"content":"ok"},"finish_reason":"stop"}]}`,
	"/responses":        `{"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"ok"}]}]}`,
	"/messages":         `{"type":"message","role":"assistant","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`,
	":generateContent":  `{"candidates":[{"content":{"parts":[{"text":"ok"}],"role":"model"},"finishReason":"STOP"}]}`,
	"/converse":         `{"output":{"message":{"role":"assistant","content":[{"text":"ok"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1}}`,
}

// authority writes the vendor's certificate to a file, as a ca_file.
func (v *vendor) authority(t *testing.T) string {
	t.Helper()
	return writeFile(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: v.Certificate().Raw})))
}

// TestProbeOfEveryKind asks a model of each kind a few words, over TLS and HTTP/2 with a private authority: the right path, the
// right header for the key, and nothing but what is written.
func TestProbeOfEveryKind(t *testing.T) {
	t.Setenv("WEIR_TEST_KEY", "a-secret-key")
	tests := map[string]struct{ provider, asked string }{
		"openai": {
			"kind: openai, base_url: '%s/v1', organization: org-1, project: proj_1, headers: {X-Team: reviews}",
			"/v1/chat/completions Authorization=Bearer a-secret-key Openai-Organization=org-1 Openai-Project=proj_1 X-Team=reviews",
		},
		"responses":   {"kind: openai, api: responses, base_url: '%s/v1'", "/v1/responses Authorization=Bearer a-secret-key"},
		"azure":       {"kind: azure, base_url: '%s'", "/openai/v1/chat/completions Api-Key=a-secret-key"},
		"azure token": {"kind: azure, auth: token, base_url: '%s'", "/openai/v1/chat/completions Authorization=Bearer a-secret-key"},
		"azure version": {
			"kind: azure, api_version: 2024-10-21, base_url: '%s'",
			"/openai/deployments/m/chat/completions?api-version=2024-10-21 Api-Key=a-secret-key",
		},
		"anthropic":  {"kind: anthropic, base_url: '%s'", "/v1/messages X-Api-Key=a-secret-key"},
		"gemini":     {"kind: gemini, base_url: '%s'", "/v1beta/models/m:generateContent X-Goog-Api-Key=a-secret-key"},
		"bedrock":    {"kind: bedrock, region: eu-central-1, base_url: '%s'", "/model/m/converse Authorization=Bearer a-secret-key"},
		"compatible": {"kind: compatible, dialect: vllm, base_url: '%s/v1'", "/v1/chat/completions Authorization=Bearer a-secret-key"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := startVendor(t)
			file := writeFile(t, "weir.yaml", fmt.Sprintf("providers:\n  p: {"+test.provider+", api_key: env:WEIR_TEST_KEY, ca_file: %q}\n"+
				"models:\n  m: {provider: p, model: m}\n", v.URL, v.authority(t)))
			if got := weir(t, "", "check", file, "--probe"); got.code != exitOK || !strings.Contains(got.err, "model m answers") {
				t.Fatalf("exit %d: %s", got.code, got.err)
			}
			if diff := cmp.Diff([]string{test.asked}, v.asked); diff != "" || v.proto != 2 {
				t.Errorf("HTTP/%d, asked (-want +got):\n%s", v.proto, diff)
			}
		})
	}
}

// TestProbeWithSignedCalls: an access key signs, and is not sent.
func TestProbeWithSignedCalls(t *testing.T) {
	t.Setenv("WEIR_TEST_ID", "AKIDEXAMPLE")
	t.Setenv("WEIR_TEST_SECRET", "a-secret-access-key")
	v := startVendor(t)
	file := writeFile(t, "weir.yaml", fmt.Sprintf("providers:\n  p: {kind: bedrock, region: eu-central-1, base_url: '%s', ca_file: %q,\n"+
		"    access_key_id: env:WEIR_TEST_ID, secret_access_key: env:WEIR_TEST_SECRET}\nmodels:\n  m: {provider: p, model: m}\n",
		v.URL, v.authority(t)))
	if got := weir(t, "", "check", file, "--probe"); got.code != exitOK {
		t.Fatalf("exit %d: %s", got.code, got.err)
	}
	const want = "Authorization=AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"
	if len(v.asked) != 1 || !strings.Contains(v.asked[0], want) || strings.Contains(v.asked[0], "a-secret-access-key") {
		t.Errorf("asked %v, want %s…", v.asked, want)
	}
}

// TestProbeWithoutTheAuthority: a certificate that nobody vouches for is no provider.
func TestProbeWithoutTheAuthority(t *testing.T) {
	v := startVendor(t)
	file := writeFile(t, "weir.yaml", fmt.Sprintf("providers:\n  p: {kind: compatible, base_url: '%s/v1'}\nmodels:\n  m: {provider: p, model: m}\n", v.URL))
	got := weir(t, "", "check", file, "--probe")
	if got.code != exitFailure || !strings.Contains(got.err, "certificate is not trusted") || len(v.asked) > 0 {
		t.Errorf("exit %d, asked %v: %s", got.code, v.asked, got.err)
	}
}

// TestDialectsAreThoseOfTheDriver: the configuration and the driver know the same dialects.
func TestDialectsAreThoseOfTheDriver(t *testing.T) {
	const text = "providers: {p: {kind: compatible, dialect: %s, base_url: 'http://127.0.0.1:1/v1'}}\nmodels: {m: {provider: p, model: m}}\n"
	for _, dialect := range compatible.Dialects() {
		c, err := config.Parse("weir.yaml", []byte(fmt.Sprintf(text, dialect)))
		if err != nil {
			t.Error(err)
			continue
		}
		d, closes, err := newDriver(c.Providers["p"])
		if err != nil || d == nil {
			t.Errorf("%s: %v", dialect, err)
			continue
		}
		closes()
	}
	_, err := config.Parse("weir.yaml", []byte(fmt.Sprintf(text, "none")))
	if want := "must be " + strings.Join(compatible.Dialects(), " or "); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}
