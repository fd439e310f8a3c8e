package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/simulator"
)

const embedConfig = `listen: 127.0.0.1:0
admin: "off"
providers: {p: {kind: local}}
models:
  vectors: {provider: p, task: embedding, options: {batch.size: 2, batch.timeout.ms: 5}}
`

// TestEmbed: predict writes the vectors that the embedded model makes, in the order of the rows.
func TestEmbed(t *testing.T) {
	file := writeFile(t, "weir.yaml", embedConfig)
	server := startServer(t, "", file)
	texts := []string{"I love it.", "Ünïcode \"quoted\"", "The battery died."}
	embedder, ok := local.New().(providers.Embedder)
	if !ok {
		t.Fatal("the embedded model does not embed")
	}
	want, err := embedder.Embed(t.Context(), &providers.Request{Inputs: texts, Dimensions: 16})
	if err != nil {
		t.Fatal(err)
	}
	var jsonl, csvRows strings.Builder
	csvRows.WriteString("text\n")
	cells := csv.NewWriter(&csvRows)
	for _, text := range append(texts, " ") {
		fmt.Fprintf(&jsonl, "{\"text\": %q}\n", text)
		_ = cells.Write([]string{text})
	}
	cells.Flush()
	args := []string{"predict", "--server", server.address, "-o", "dimensions=16"}

	got := weir(t, jsonl.String(), args...)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	if got.code != exitRecords || len(lines) != 4 || !strings.Contains(lines[3], "INVALID_RECORD: the record is empty") {
		t.Fatalf("exit code %d, %s%s", got.code, got.out, got.err)
	}
	for i, line := range lines[:3] {
		var row struct{ Embedding []float32 }
		if err := json.Unmarshal([]byte(line), &row); err != nil || !cmp.Equal(row.Embedding, want.Vectors[i]) {
			t.Errorf("row %d: %v, %s", i, err, line)
		}
	}
	got = weir(t, csvRows.String(), append(args, "--format", "csv")...)
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	if err != nil || len(rows) != 5 || rows[0][1] != "embedding" {
		t.Fatalf("%v: %s%s", err, got.out, got.err)
	}
	for i, row := range rows[1:4] {
		var vector []float32
		if err := json.Unmarshal([]byte(row[1]), &vector); err != nil || !cmp.Equal(vector, want.Vectors[i]) {
			t.Errorf("row %d: %v, %q", i, err, row)
		}
	}
}

// TestEmbedCommands: what else the command line says of such a model.
func TestEmbedCommands(t *testing.T) {
	file := writeFile(t, "weir.yaml", embedConfig)
	server := startServer(t, "", file)
	if got := weir(t, "", "check", file, "--probe"); got.code != exitOK || !strings.Contains(got.err, "model vectors answers") {
		t.Errorf("check: exit code %d, %s%s", got.code, got.out, got.err)
	}
	if got := weir(t, "", "models", "vectors", "--server", server.address); !strings.Contains(got.out, "(local), embeds\n") {
		t.Errorf("models: %s%s", got.out, got.err)
	}
	got := weir(t, `{"text": "x"}`, "predict", "--server", server.address, "-o", "system.prompt=x")
	if got.code != exitUsage || !strings.Contains(got.err, "system.prompt has no meaning for a model whose task is embedding") {
		t.Errorf("predict with a prompt: exit code %d, %s", got.code, got.err)
	}
	wrong := writeFile(t, "wrong.yaml", strings.Replace(embedConfig, "kind: local", "kind: anthropic", 1))
	if got := weir(t, "", "check", wrong); got.code != exitUsage || !strings.Contains(got.err, "models.vectors.task cannot be embedding") {
		t.Errorf("check of a kind without embeddings: exit code %d, %s", got.code, got.err)
	}
}

// TestKindsThatEmbed: package config lets through exactly the kinds whose drivers embed.
func TestKindsThatEmbed(t *testing.T) {
	for _, kind := range []string{
		config.KindOpenAI, config.KindAzure, config.KindAnthropic, config.KindGemini, config.KindBedrock, config.KindCompatible, config.KindLocal,
	} {
		cfg := config.Default()
		p := config.Provider{Kind: kind, BaseURL: "http://127.0.0.1:1", MaxInFlight: 1}
		switch kind {
		case config.KindLocal:
			p.BaseURL = ""
		case config.KindBedrock:
			p.Region = "eu-central-1"
		}
		cfg.Providers["local"] = p
		cfg.Models["sentiment"] = config.Model{Provider: "local", Model: "m", Task: config.TaskEmbedding}
		d, closes, err := newDriver(cfg.Providers["local"])
		if err != nil {
			t.Fatal(kind, err)
		}
		closes()
		_, can := d.(providers.Embedder)
		if err := cfg.Validate(); (err == nil) != can {
			t.Errorf("%s: the driver embeds: %t; the configuration: %v", kind, can, err)
		}
	}
}

// embedders are what the configuration says of the simulator in each vendor's format.
var embedders = map[string]string{
	"openai":   "kind: openai, base_url: ADDRESS/v1",
	"azure":    "kind: azure, base_url: ADDRESS, api_version: 2024-10-21",
	"azure v1": "kind: azure, base_url: ADDRESS",
	"gemini":   "kind: gemini, base_url: ADDRESS",
	"ollama":   "kind: compatible, dialect: ollama, base_url: ADDRESS/ollama/v1",
	"vllm":     "kind: compatible, dialect: vllm, base_url: ADDRESS/vllm/v1",
}

// TestEmbedEveryVendor: in every format, with calls that fail, leave a vector out or (where there are indexes) put them into
// another order, each row has its own vector and none is lost.
func TestEmbedEveryVendor(t *testing.T) {
	t.Parallel()
	const rows = 400
	for _, vendor := range slices.Sorted(maps.Keys(embedders)) {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			faults := map[simulator.Fault]float64{simulator.FaultDrop: 0.03, "500": 0.1}
			if vendor != "gemini" {
				faults["swap-order"] = 0.3
			}
			s := startSimulator(t, simulator.Config{Faults: faults, Seed: 7, Embed: func(text string, dimensions int) []float32 {
				n, _ := strconv.Atoi(strings.TrimPrefix(text, "row "))
				return append([]float32{float32(n)}, make([]float32, dimensions-1)...)
			}})
			address := strings.TrimSuffix(s.URL(), "/v1")
			file := writeFile(t, "weir.yaml", "listen: 127.0.0.1:0\nadmin: \"off\"\nproviders: {p: {"+
				strings.ReplaceAll(embedders[vendor], "ADDRESS", address)+"}}\n"+
				"models: {vectors: {provider: p, model: m, task: embedding, options: {batch.size: 20, batch.timeout.ms: 5, dimensions: 8, max.retries: 9}}}\n")
			server := startServer(t, "", file)
			var in strings.Builder
			for i := range rows {
				fmt.Fprintf(&in, "{\"text\": \"row %d\"}\n", i)
			}
			got := weir(t, in.String(), "predict", "--server", server.address)
			lines := strings.Split(strings.TrimSpace(got.out), "\n")
			if got.code != exitOK || len(lines) != rows {
				t.Fatalf("exit code %d, %d rows, %s", got.code, len(lines), got.err)
			}
			for i, line := range lines {
				var row struct{ Embedding []float32 }
				if err := json.Unmarshal([]byte(line), &row); err != nil || len(row.Embedding) != 8 || row.Embedding[0] != float32(i) {
					t.Errorf("row %d: %s (%v)", i, line, err)
				}
			}
		})
	}
}
