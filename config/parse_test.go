package config_test

import (
	"errors"
	"flag"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/options"
)

var update = flag.Bool("update", false, "write the golden files and docs/configuration.md")

// TestProblems parses the bad files of testdata/bad and compares what each is told, to the column.
func TestProblems(t *testing.T) {
	setSecrets(t)
	t.Chdir("testdata/bad")
	names, err := filepath.Glob("*.yaml")
	if err != nil || len(names) < 10 {
		t.Fatalf("bad files: %v, %v", names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(name)
			if _, ok := errors.AsType[*config.Error](err); !ok {
				t.Fatalf("got the error %v, want a *config.Error", err)
			}
			for _, secret := range []string{"sk-literal", "token-value"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows a secret: %v", err)
				}
			}
			golden(t, strings.TrimSuffix(name, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

func setSecrets(t *testing.T) {
	t.Helper()
	t.Setenv("WEIR_TEST_TOKEN", "token-value\n")
	t.Setenv("WEIR_TEST_EMPTY", "\n")
	t.Setenv("WEIR_TEST_TWO_LINES", "sk-literal\nsecond")
	t.Setenv("OPENAI_API_KEY", "token-value")
}

func TestLoadReadsEveryKey(t *testing.T) {
	setSecrets(t)
	got, err := config.Load("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := &config.Config{
		Listen: "0.0.0.0:443",
		Log:    config.Log{Level: slog.LevelDebug, Format: "json"},
		Auth:   config.Auth{Token: secret(t, "env:WEIR_TEST_TOKEN")},
		Limits: config.Limits{
			WindowRecords: 100, WindowBytes: 1 << 20, MaxStreams: 10, MaxHeldBytes: 1<<20 + 1, MaxRecordBytes: 2048,
			StallTimeout: 90 * time.Second, DrainTimeout: 5 * time.Second,
		},
		Providers: map[string]config.Provider{
			"house.gpu-1": {
				Kind: "openai", BaseURL: "http://10.0.0.5:8000/v1", APIKey: secret(t, "file:testdata/key.txt"), MaxInFlight: 8,
				API: "responses", Organization: "org-1", Project: "proj_1", ServiceTier: "flex", CAFile: "testdata/ca.pem",
			},
			"azure": {
				Kind: "azure", BaseURL: "https://weir.openai.azure.com", APIKey: secret(t, "env:WEIR_TEST_TOKEN"),
				APIVersion: "2024-10-21", Deployment: "house", Auth: "token", MaxInFlight: 64,
			},
			"aws": {
				Kind: "bedrock", Region: "eu-central-1", MaxInFlight: 64, Structured: "tool", PromptCache: "off",
				AccessKeyID: secret(t, "env:WEIR_TEST_TOKEN"), SecretAccessKey: secret(t, "env:WEIR_TEST_TOKEN"),
				SessionToken: secret(t, "file:testdata/key.txt"),
			},
			"gpu-2": {Kind: "compatible", Dialect: "vllm", BaseURL: "http://127.0.0.1:8000/v1", MaxInFlight: 64},
			"2":     {Kind: "local", MaxInFlight: 64},
			"pool": {
				Kind: "openai", MaxInFlight: 64,
				APIKeys:   config.Secrets{secret(t, "file:testdata/key.txt"), secret(t, "env:WEIR_TEST_TOKEN")},
				Endpoints: config.List{"http://10.0.0.6:8000/v1", "http://10.0.0.7:8000/v1"},
				Rates:     config.Rates{Requests: 500, Tokens: 200_000, InputTokens: 150_000, OutputTokens: 50_000},
			},
		},
		Models: map[string]config.Model{
			"reviews": {
				Provider: "house.gpu-1", Model: "meta/llama-3:8b", Description: "Sentiment of reviews.\n",
				Fallback: config.List{"open"}, FallbackOn: config.List{"rate-limited", "quota"},
				Options: map[string]string{
					"batch.size": "20", "temperature": "0.70", "system.prompt": "true", "record.format": "json",
					"response.value.field": "label,score", "batch.prompt.template": "Judge.\n  {\"index\": 1}\n",
				},
				Overridable: []string{"batch.size", "batch.scope"},
			},
			"open":   {Provider: "2", Overridable: options.AllNames()},
			"closed": {Provider: "2", Overridable: []string{}},
		},
		Warnings: []config.Problem{{
			File: "testdata/full.yaml", Line: 18, Column: 5, Path: "providers.house.gpu-1.base_url",
			Message: "is http: api_key and every record go over the network unencrypted",
		}, {
			File: "testdata/full.yaml", Line: 47, Column: 5, Path: "providers.pool.endpoints",
			Message: "has http in it: the key and every record go over the network unencrypted to 10.0.0.6, 10.0.0.7",
		}},
	}
	headers := got.Providers["house.gpu-1"].HeaderValues()
	if diff := cmp.Diff(map[string]string{"X-Team": "reviews, and so on", "X-Gateway-Key": "token-value"}, headers); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, got, secretsByValue, cmpopts.IgnoreFields(config.Provider{}, "Headers")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

var secretsByValue = cmp.Comparer(func(a, b config.Secret) bool {
	return a.Reveal() == b.Reveal() && a.String() == b.String()
})

func secret(t *testing.T, ref string) config.Secret {
	t.Helper()
	s, err := config.ReadSecret(ref)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseWithoutModelsIsDefault(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "log: {level: info}\n", "limits:\n"} {
		got, err := config.Parse("weir.yaml", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(config.Default(), got, secretsByValue); diff != "" {
			t.Errorf("%q (-default +got)\n%s", text, diff)
		}
	}
}

func TestDefaultIsValid(t *testing.T) {
	c := config.Default()
	if err := c.Validate(); err != nil || len(c.Warnings) > 0 {
		t.Errorf("%v, warnings %v", err, c.Warnings)
	}
	if err := config.CheckExposure(c, false); err != nil {
		t.Error(err)
	}
	want := config.Limits{
		WindowRecords: 2048, WindowBytes: 16 << 20, MaxStreams: 1024, MaxHeldBytes: 256 << 20, MaxRecordBytes: 1 << 20,
		StallTimeout: 2 * time.Minute, DrainTimeout: 30 * time.Second,
	}
	if diff := cmp.Diff(want, c.Limits); diff != "" || c.Listen != "127.0.0.1:9347" || c.Admin != "127.0.0.1:9348" {
		t.Errorf("listen %s, admin %s, limits (-want +got)\n%s", c.Listen, c.Admin, diff)
	}
}

// The first file that a new user writes: six lines.
func TestSixLines(t *testing.T) {
	setSecrets(t)
	data, err := os.ReadFile("testdata/openai.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(data), "\n"); lines != 6 {
		t.Errorf("it has %d lines", lines)
	}
	c, err := config.Parse("weir.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 || c.Providers["openai"].APIKey.Reveal() != "token-value" {
		t.Errorf("warnings %v, key of %d bytes", c.Warnings, len(c.Providers["openai"].APIKey.Reveal()))
	}
	if values, problems := options.Resolve(c.Models["reviews"].Layer("reviews")); values.BatchSize != 20 || problems != nil {
		t.Errorf("batch.size %d, problems %v", values.BatchSize, problems)
	}
}

func TestWarnings(t *testing.T) {
	setSecrets(t)
	const file = `providers:
  plain: {kind: openai, base_url: "http://gpu:8000/v1", api_key: env:WEIR_TEST_TOKEN}
  near: {kind: openai, base_url: "http://localhost:8000/v1", api_key: env:WEIR_TEST_TOKEN}
  keyless: {kind: openai, base_url: "http://gpu:8000/v1"}
  gateway: {kind: anthropic, base_url: "https://gateway", headers: {X-Gateway-Key: env:WEIR_TEST_TOKEN}}
  forgot: {kind: openai}
  google: {kind: gemini}
  several: {kind: openai, endpoints: ["http://gpu:1/v1", "http://localhost:8000/v1", "http://gpv:1/v1"], api_key: env:WEIR_TEST_TOKEN}
  several-keyless: {kind: openai, endpoints: ["http://gpu:1/v1", "https://api.openai.com/v1"]}
  aws: {kind: bedrock, endpoints: ["https://bedrock.example"], api_key: env:WEIR_TEST_TOKEN}
models: {m: {provider: plain, model: x}}
`
	c, err := config.Parse("weir.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range c.Warnings {
		got = append(got, w.String())
	}
	want := []string{
		"weir.yaml:6:3: providers.forgot has no api_key, and api.openai.com answers no call without one",
		"weir.yaml:7:3: providers.google has no api_key, and no call is answered without one",
		"weir.yaml:2:25: providers.plain.base_url is http: api_key and every record go over the network unencrypted",
		"weir.yaml:8:27: providers.several.endpoints has http in it: the key and every record go over the network unencrypted to gpu, gpv",
		"weir.yaml:9:3: providers.several-keyless has no api_key, and no call is answered without one by api.openai.com",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestLoadOfNoFile(t *testing.T) {
	if _, err := config.Load("testdata/none.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestParseIsBounded(t *testing.T) {
	_, err := config.Parse("weir.yaml", []byte(strings.Repeat("#\n", 1<<20)))
	if err == nil || err.Error() != "weir.yaml: is larger than 1MiB" {
		t.Errorf("got %v", err)
	}
	var many strings.Builder
	for i := range 200 {
		many.WriteString(strings.Repeat("x", i+1) + ": 1\n")
	}
	_, err = config.Parse("weir.yaml", []byte(many.String()))
	if err == nil || !strings.HasSuffix(err.Error(), "\n… and 150 more problems") {
		t.Errorf("got %.200v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/bad/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("weir.yaml", data)
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v", c, err)
		}
		if c == nil {
			for _, p := range err.(*config.Error).Problems { //nolint:errcheck,errorlint // a panic is what this test looks for
				if strings.ContainsAny(p.String(), "\n\r\t\x00\x1b") {
					t.Errorf("a problem must be on one line: %q", p.String())
				}
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("what was parsed is not valid: %v", err)
		}
	})
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is stale (-file +now); if the change is meant, run: go generate ./config\n%s", path, diff)
	}
}
