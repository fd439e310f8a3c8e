package main

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
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
		line, _ := json.Marshal(map[string]string{"text": text})
		jsonl.Write(append(line, '\n'))
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
		cfg.Providers["local"] = config.Provider{Kind: kind, BaseURL: "http://127.0.0.1:1", MaxInFlight: 1}
		if p := cfg.Providers["local"]; kind == config.KindBedrock {
			p.Region = "eu-central-1"
			cfg.Providers["local"] = p
		}
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
