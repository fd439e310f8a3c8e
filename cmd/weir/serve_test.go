package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/simulator"
)

func TestServeSaysWhatItServes(t *testing.T) {
	server := startServer(t, "")
	line := server.log.waitFor("weir serves")
	for _, part := range []string{"address=127.0.0.1:", "admin=127.0.0.1:", "models=sentiment", "tls=off", "token=off", "version="} {
		if !strings.Contains(line, part) {
			t.Errorf("%q is not in %q", part, line)
		}
	}
	if got := server.stop(); got != exitOK {
		t.Errorf("exit code %d", got)
	}
	if strings.Count(server.log.String(), "\n") != 3 {
		t.Errorf("more than the start, the drain and the end:\n%s", server.log)
	}
}

func TestServeAdmin(t *testing.T) {
	server := startServer(t, "")
	if got := weir(t, `{"text": "a"}`, "predict", "--server", server.address); got.code != exitOK {
		t.Fatal(got.err)
	}
	for path, says := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": `weir_batches_total`} {
		if body := get(t, "http://"+server.admin+path); !strings.Contains(body, says) {
			t.Errorf("%s does not say %q:\n%s", path, says, body)
		}
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestServePortInUse(t *testing.T) {
	server := startServer(t, "")
	for _, args := range [][]string{
		{"serve", "--listen", server.address, "--admin", "off"},
		{"serve", "--listen", "127.0.0.1:0", "--admin", server.address},
	} {
		got := weir(t, "", args...)
		if got.code != exitFailure || !strings.Contains(got.err, "is in use") || strings.Count(got.err, "\n") != 1 {
			t.Errorf("exit code %d, %q", got.code, got.err)
		}
	}
	got := weir(t, "", "simulate", "--listen", server.address)
	if got.code != exitFailure || !strings.Contains(got.err, "is in use") {
		t.Errorf("simulate: exit code %d, %q", got.code, got.err)
	}
}

func TestServeEnvironment(t *testing.T) {
	t.Setenv("WEIR_LOG_LEVEL", "error")
	t.Setenv("WEIR_LISTEN", "here")
	if got := weir(t, "", "serve"); got.code != exitUsage || !strings.Contains(got.err, "WEIR_LISTEN") {
		t.Errorf("exit code %d, %q", got.code, got.err)
	}
}

// certificate makes a certificate for 127.0.0.1, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = writeFile(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	key = writeFile(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}

func TestServeWithTLSAndToken(t *testing.T) {
	cert, key := certificate(t)
	token := writeFile(t, "token", "the-token\n")
	file := writeFile(t, "weir.yaml", fmt.Sprintf("tls: {cert: %q, key: %q}\nauth: {token: %q}\n", cert, key, "file:"+token))
	server := startServer(t, "", file)
	if line := server.log.waitFor("weir serves"); !strings.Contains(line, "tls=on token=on") {
		t.Error(line)
	}
	t.Setenv("WEIR_TEST_TOKEN", "wrong")
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"both", []string{"--ca", cert, "--token", "file:" + token}, exitOK, "sentiment"},
		{"no token", []string{"--ca", cert}, exitUsage, "--token env:NAME"},
		{"another token", []string{"--ca", cert, "--token", "env:WEIR_TEST_TOKEN"}, exitUsage, "--token env:NAME"},
		{"no TLS", []string{"--token", "file:" + token}, exitFailure, "no answer"},
		{"an authority that nobody knows", []string{"--tls", "--token", "file:" + token}, exitFailure, "certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := weir(t, "", append([]string{"models", "--server", server.address}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.out+got.err, c.says) {
				t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
			}
			if strings.Contains(got.err+server.log.String(), "the-token") {
				t.Error("the token was shown")
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Setenv("WEIR_TEST_KEY", "k")
	for _, c := range []struct {
		name string
		yaml string
		code int
		says []string
	}{
		{"good", "models: {a: {provider: p}}\nproviders: {p: {kind: local}}\n", exitOK, []string{"ok: 1 model\n"}},
		{"nothing", "", exitOK, []string{"ok: 1 model\n"}},
		{
			"not YAML that is known", "listn: 127.0.0.1:1\nproviders:\n  p: {kind: openai, api_key: env:WEIR_TEST_NOT_SET}\n", exitUsage,
			[]string{":1:1: listn ", ":3:21: providers.p.api_key ", "WEIR_TEST_NOT_SET"},
		},
		{
			"templates and paths", `
providers:
  p: {kind: openai, api_key: env:WEIR_TEST_KEY}
models:
  a.b:
    provider: p
    model: m
    options:
      batch.size: 2
      batch.prompt.template: "{{#records}}"
  c:
    provider: p
    model: m
    options: {response.path: "$[", batch.size: 2}
`, exitUsage, []string{":10:7: models.a.b.options.batch.prompt.template ", ":14:15: models.c.options.response.path "},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := writeFile(t, "weir.yaml", c.yaml)
			got := weir(t, "", "check", file)
			if got.code != c.code {
				t.Errorf("exit code %d, want %d; %s", got.code, c.code, got.err)
			}
			for _, says := range c.says {
				if strings.HasPrefix(says, ":") {
					says = file + says
				}
				if !strings.Contains(got.out+got.err, says) {
					t.Errorf("%q is not in\n%s%s", says, got.out, got.err)
				}
			}
			if c.code == exitOK {
				return
			}
			served := weir(t, "", "serve", file)
			if served.code != exitUsage || served.err != got.err {
				t.Errorf("serve says something else: exit code %d, %s", served.code, served.err)
			}
		})
	}
}

func TestCheckProbe(t *testing.T) {
	s := startSimulator(t, simulator.Config{APIKey: "right", Models: []string{"there"}})
	t.Setenv("WEIR_TEST_RIGHT", "right")
	t.Setenv("WEIR_TEST_WRONG", "not-the-key")
	for _, c := range []struct {
		name, key, model, url string
		code                  int
		says                  string
	}{
		{"works", "WEIR_TEST_RIGHT", "there", s.URL(), exitOK, "ok: 1 model"},
		{"wrong key", "WEIR_TEST_WRONG", "there", s.URL(), exitFailure, ":2:42: providers.p.api_key does not work for model a: unauthorized"},
		{"no such model", "WEIR_TEST_RIGHT", "elsewhere", s.URL(), exitFailure, ":4:20: models.a.model does not work for model a: unknown model"},
		{"nobody there", "WEIR_TEST_RIGHT", "there", "http://127.0.0.1:1/v1", exitFailure, ":2:3: providers.p does not work for model a: unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := writeFile(t, "weir.yaml", fmt.Sprintf(
				"providers:\n  p: {kind: openai, max_in_flight: 1000, api_key: env:%s, base_url: %q}\nmodels:\n  a: {provider: p, model: %s}\n",
				c.key, c.url, c.model))
			got := weir(t, "", "check", file, "--probe")
			if got.code != c.code || !strings.Contains(got.out+got.err, c.says) {
				t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
			}
			if strings.Contains(got.err, "not-the-key") {
				t.Error("the key was shown")
			}
		})
	}
}

// spaces are what columns are aligned with.
var spaces = regexp.MustCompile(` +`)

func TestModels(t *testing.T) {
	server := startServer(t, "")
	list := weir(t, "", "models", "--server", server.address)
	if list.code != exitOK || !strings.Contains(list.out, "sentiment  local") {
		t.Errorf("exit code %d, %s%s", list.code, list.out, list.err)
	}
	one := weir(t, "", "models", "sentiment", "--server", server.address)
	for _, line := range []string{
		"sentiment: vader of local (local)", "OPTION VALUE", "batch.size 20 1 yes", "batch.max.bytes 1048576 1048576 no",
	} {
		if out := spaces.ReplaceAllString(one.out, " "); !strings.Contains(out, "\n"+line) && !strings.HasPrefix(out, line) {
			t.Errorf("%q is not in\n%s", line, one.out)
		}
	}
	if got := weir(t, "", "models", "nobody", "--server", server.address); got.code != exitUsage || !strings.Contains(got.err, "sentiment") {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
}

// TestRender shows the same prompts from a server and from the file that it serves.
func TestRender(t *testing.T) {
	file := slowModel(t, 0)
	server := startServer(t, "", file)
	rows := "id,title,body\n1,Great,\"I love it\nso\"\n2,Bad,I hate it\n3,Fine,It works\n"
	args := []string{"render", "-", "--format", "csv", "-f", "title,body", "-o", "batch.size=2", "-o", "system.prompt=You judge."}
	remote := weir(t, rows, append(args, "--server", server.address)...)
	if remote.code != exitOK {
		t.Fatalf("exit code %d, %s", remote.code, remote.err)
	}
	for _, part := range []string{
		"=== prompt 1: rows 1 to 2, about ", "\n--- system\nYou judge.\n--- user\nName the sentiment of each text", `"body": "I love it\nso"`,
		"=== prompt 2: row 3, about ", `"title": "Fine"`,
	} {
		if !strings.Contains(remote.out, part) {
			t.Errorf("%q is not in\n%s", part, remote.out)
		}
	}
	if here := weir(t, rows, append(args, "--config", file)...); here.out != remote.out {
		t.Errorf("without a server: exit code %d, %s%s", here.code, here.out, here.err)
	}
	for _, c := range []struct{ in, says string }{{"", "no rows"}, {"id,title,body\n1\n", "line 2"}} {
		if got := weir(t, c.in, append(args, "--config", file)...); got.code != exitUsage || !strings.Contains(got.err, c.says) {
			t.Errorf("%q: exit code %d, %s", c.in, got.code, got.err)
		}
	}
}

func TestBench(t *testing.T) {
	server := startServer(t, "")
	in, _ := reviews(100)
	file := writeFile(t, "in.jsonl", in)
	for _, args := range [][]string{
		{"-n", "2001", "--streams", "3"},
		{"-n", "500", "--file", file, "--unordered", "--per-message", "1", "--max-in-flight", "10"},
		{"--duration", "50ms"},
	} {
		got := weir(t, "", append([]string{"bench", "--server", server.address}, args...)...)
		if got.code != exitOK {
			t.Fatalf("%v: exit code %d, %s", args, got.code, got.err)
		}
		for _, part := range []string{"records/s", "p99", "no errors", "calls"} {
			if !strings.Contains(got.out, part) {
				t.Errorf("%v: %q is not in\n%s", args, part, got.out)
			}
		}
		if args[0] == "-n" && !strings.Contains(got.out, args[1][len(args[1])-3:]+" in ") {
			t.Errorf("%v: another number of records\n%s", args, got.out)
		}
	}
}

func TestSimulate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	said := newLines()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"simulate", "--listen", "127.0.0.1:0", "--demo", "--latency", "1ms", "--fault", "500=1"},
			streams{strings.NewReader(""), io.Discard, said})
		said.close()
	}()
	line := said.waitFor("simulator at ")
	if line == "" {
		t.Fatal(said)
	}
	url := strings.TrimSuffix(strings.TrimPrefix(line, "simulator at "), "/v1")
	if body := get(t, url+"/faults"); !strings.Contains(body, `"500":1`) {
		t.Errorf("the faults are %s", body)
	}
	cancel()
	if got := <-code; got != exitOK || !strings.Contains(said.String(), "0 calls") {
		t.Errorf("exit code %d, %s", got, said)
	}
}

func TestCreateOutputInNoFolder(t *testing.T) {
	server := startServer(t, "")
	out := filepath.Join(t.TempDir(), "none", "out")
	for _, flag := range []string{"--overwrite", "--resume"} {
		got := weir(t, `{"text": "a"}`, "predict", "--server", server.address, "--out", out, flag)
		if got.code != exitUsage || !strings.Contains(got.err, out) {
			t.Errorf("%s: exit code %d, %s", flag, got.code, got.err)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("it was made")
	}
}
