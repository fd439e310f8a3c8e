package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weir-ml/weir/config"
)

var update = flag.Bool("update", false, "write the golden files")

var binaries string // a folder that ends with the tests

func TestMain(m *testing.M) { goleak.VerifyTestMain(tidy{m}) }

// tidy are the tests, with a folder for what they build.
type tidy struct{ tests *testing.M }

// Run runs the tests.
func (t tidy) Run() int {
	var err error
	if binaries, err = os.MkdirTemp("", "weir-demo-test-"); err != nil {
		panic(err)
	}
	code := t.tests.Run()
	_ = os.RemoveAll(binaries)
	return code
}

// weirBinary builds the real thing, once.
var weirBinary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaries, "weir")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/weir").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

// small is a scene that takes no minute.
func small(t *testing.T, s scene) *demo {
	t.Helper()
	weir, err := weirBinary()
	if err != nil {
		t.Fatal(err)
	}
	s.reviews = "../reviews/reviews.jsonl"
	s.ways[0].records, s.ways[1].records = 60, 100
	s.faulty = min(s.faulty, 100)
	s.server = []string{"weir", "simulate", "--listen", "127.0.0.1:0", "--latency", "100ms"}
	return &demo{scene: s, weir: weir}
}

func TestDemo(t *testing.T) {
	var out, live bytes.Buffer
	d := small(t, simulated())
	d.out, d.live, d.picture = &out, &live, filepath.Join(t.TempDir(), "demo.svg")
	if err := d.play(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, line := range []string{
		`model calls +60 +5\n`,
		`labels equal to the model's own +60 of 60 +100 of 100\n`,
		`errors +0 +0\n`,
		`ok  model calls, as the model server counts them +60 and 5\n`,
		`With faults on, in batches again: 100 records, `,
		`ok  values equal to those without faults, each record +100\n`,
		`bin/weir serve examples/demo/weir.yaml`,
	} {
		if !regexp.MustCompile(line).Match(out.Bytes()) {
			t.Errorf("nothing like %q in\n%s", line, out.String())
		}
	}
	if !strings.Contains(live.String(), " of 60 ") {
		t.Errorf("the line of progress says %q", live.String())
	}
	if picture, err := os.ReadFile(d.picture); err != nil || !bytes.HasPrefix(picture, []byte("<svg ")) {
		t.Errorf("the picture: %v", err)
	}
	portsAreFree(t, out.String())
}

// TestDemoInEveryFormat: the whole demo, faults included, with weir and the simulator speaking each vendor's format.
func TestDemoInEveryFormat(t *testing.T) {
	for vendor := range vendors {
		if vendor == openAI {
			continue
		}
		t.Run(vendor, func(t *testing.T) {
			s, err := simulated().inFormat(vendor)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			d := small(t, s)
			d.ways[0].records = 20
			d.out = &out
			if err := d.play(t.Context()); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			if !strings.Contains(out.String(), "in the format of "+vendor) {
				t.Errorf("the title does not say so:\n%s", out.String())
			}
		})
	}
}

func TestDemoOfTheRealModel(t *testing.T) {
	var out bytes.Buffer
	s := realModel()
	s.ready = simulated().ready
	d := small(t, s)
	d.out = &out
	if err := d.play(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, line := range []string{`model calls +60 +17\n`, `records with a value +60 of 60 +100 of 100\n`} {
		if !regexp.MustCompile(line).Match(out.Bytes()) {
			t.Errorf("nothing like %q in\n%s", line, out.String())
		}
	}
	portsAreFree(t, out.String())
}

func TestDemoFailsWhereACheckFails(t *testing.T) {
	var out bytes.Buffer
	d := small(t, simulated())
	d.out = &out
	d.server = append(d.server, "--models", "another") // every call gets a 404
	err := d.play(t.Context())
	if err == nil || !strings.Contains(err.Error(), "FAILED in batches of 20: labels equal to the model's own of that record: 0, not 100") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(out.String(), "PROVIDER_REJECTED") {
		t.Errorf("the table does not say why:\n%s", out.String())
	}
	portsAreFree(t, out.String())
}

func TestDemoThatIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &trigger{at: "weir serve", do: cancel}
	d := small(t, simulated())
	d.out = out
	if err := d.play(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	portsAreFree(t, out.String())
}

func TestDemoWithoutReviews(t *testing.T) {
	d := small(t, simulated())
	d.reviews = "no/such/file"
	if err := d.play(t.Context()); err == nil || !strings.Contains(err.Error(), "repository's root") {
		t.Errorf("got %v", err)
	}
}

// trigger does something when a text is written.
type trigger struct {
	bytes.Buffer

	at string
	do func()
}

func (w *trigger) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.at)) {
		w.do()
	}
	return w.Buffer.Write(p)
}

// portsAreFree fails where something still listens at an address of the output's head.
func portsAreFree(t *testing.T, out string) {
	t.Helper()
	head, _, _ := strings.Cut(out, "at once")
	addresses := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(head, -1)
	if len(addresses) != 2 {
		t.Errorf("the output names %d addresses, not 2:\n%s", len(addresses), out)
	}
	for _, address := range addresses {
		if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address); err == nil {
			_ = conn.Close()
			t.Errorf("%s still listens", address)
		}
	}
}

// TestFormats: the configuration of each vendor's format is one that weir takes, with the model server's address in it once.
func TestFormats(t *testing.T) {
	for vendor := range vendors {
		s, err := simulated().inFormat(vendor)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Parse(s.file, []byte(s.config))
		if err != nil {
			t.Fatalf("%s: %v", vendor, err)
		}
		if p := cfg.Providers["simulator"]; !strings.HasPrefix(p.BaseURL, s.standIn) || strings.Count(s.config, s.standIn) != 1 {
			t.Errorf("%s: the provider is %+v, the model server's address stands in the file %d times", vendor, p, strings.Count(s.config, s.standIn))
		}
	}
	if _, err := simulated().inFormat("nobody"); err == nil || !strings.Contains(err.Error(), openAI) {
		t.Errorf("got %v", err)
	}
}

func TestConfigurations(t *testing.T) {
	for _, s := range []scene{simulated(), realModel()} {
		t.Run(s.file, func(t *testing.T) {
			cfg, err := config.Load(filepath.Base(s.file))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range cfg.Providers {
				if p.BaseURL != s.standIn || p.MaxInFlight != s.atOnce {
					t.Errorf("the file has %s and %d calls at once, the demo expects %s and %d", p.BaseURL, p.MaxInFlight, s.standIn, s.atOnce)
				}
			}
			for _, w := range s.ways {
				if _, ok := cfg.Models[w.model]; !ok {
					t.Errorf("no model %q", w.model)
				}
			}
			if s.example != nil && !strings.Contains(s.config, exampleAnswer(s.example)) {
				t.Errorf("the prompt's example does not have the labels %v", s.example)
			}
			if !strings.Contains(s.byHand, "bin/weir serve "+s.file) || !strings.Contains(s.byHand, s.ways[1].model) {
				t.Errorf("the commands to go on with are of another file:\n%s", s.byHand)
			}
		})
	}
}

func exampleAnswer(labels []string) string {
	entries := make([]string, len(labels))
	for i, label := range labels {
		entries[i] = fmt.Sprintf(`{"index": %d, "sentiment": "%s"}`, i+1, label)
	}
	return "[" + strings.Join(entries, ", ") + "]"
}

func TestLabelIn(t *testing.T) {
	for value, want := range map[string]string{
		"positive": "positive", "This review is Negative.": "negative", "": "", "good": "", "positive or negative": "",
	} {
		if got := labelIn(value); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

func TestMetric(t *testing.T) {
	page := `# TYPE weir_calls_total counter
weir_calls_total{model="a",outcome="ok",provider="p"} 5
weir_calls_total{model="a",outcome="timeout",provider="p"} 2
weir_calls_total{model="ab",outcome="ok",provider="p"} 100
weir_calls_in_flight{model="a",provider="p"} 3
`
	if got := metric(page, "weir_calls_total", "a"); got != 7 {
		t.Errorf("got %v", got)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if that is meant:\n%s", path, diff)
	}
	if !slices.Equal(want, got) {
		t.Errorf("%s differs in its line ends", path)
	}
}
