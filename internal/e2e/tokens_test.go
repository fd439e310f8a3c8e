package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
)

var textsDir = flag.String("texts", "", "write the prompts and answers of TestTokensOfNames into this directory, to be counted by a tokenizer")

// recorder is the embedded model, and what it was asked and has answered.
type recorder struct {
	providers.Provider

	mu              sync.Mutex
	prompts, answer strings.Builder
}

// Complete answers, and keeps both texts.
func (r *recorder) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	out, err := r.Provider.Complete(ctx, req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range req.Messages {
		r.prompts.WriteString(m.Content + "\n")
	}
	r.answer.WriteString(out.Text + "\n")
	return out, nil
}

type resultsOf chan []inference.Result

// Receive hands results on.
func (r resultsOf) Receive(results []inference.Result) { r <- results }

// TestTokensOfNames: 400 real reviews have the same values whatever they are called and with echoes or without; it prints what each
// way costs in bytes. docs/answers.md has the tokens.
func TestTokensOfNames(t *testing.T) {
	t.Parallel()
	records := firstReviews(t, 400)
	var want []string
	for _, way := range []struct {
		name string
		set  map[string]string
	}{
		{"sequential", map[string]string{"record.ids": "sequential"}},
		{"token", map[string]string{"record.ids": "token"}},
		{"sequential-echo", map[string]string{"record.ids": "sequential", "response.echo.field": "check"}},
		{"token-echo", map[string]string{"record.ids": "token", "response.echo.field": "check"}},
	} {
		r := &recorder{Provider: local.New()}
		got := valuesOf(t, r, way.set, records)
		if want == nil {
			want = got
		}
		for i := range want {
			if got[i] != want[i] || got[i] == "" {
				t.Fatalf("%s: record %d has %q, want %q", way.name, i+1, got[i], want[i])
			}
		}
		n := float64(len(records))
		t.Logf("%-16s %.1f bytes of prompt and %.1f of answer a record", way.name, float64(r.prompts.Len())/n, float64(r.answer.Len())/n)
		if *textsDir != "" {
			for kind, text := range map[string]string{"prompt": r.prompts.String(), "answer": r.answer.String()} {
				if err := os.WriteFile(filepath.Join(*textsDir, way.name+"."+kind), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// valuesOf asks a model in batches of 20 and returns each record's value.
func valuesOf(t *testing.T, driver providers.Provider, set map[string]string, records []inference.Record) []string {
	t.Helper()
	set["batch.size"], set["response.value.field"] = "20", "sentiment"
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{Name: "m", Driver: driver, Options: set}}})
	if err != nil {
		t.Fatal(err)
	}
	results := make(resultsOf, len(records))
	stream, err := engine.Open(t.Context(), inference.StreamConfig{Capacity: len(records), Receiver: results})
	if err != nil {
		t.Fatal(err)
	}
	stream.Submit(records)
	stream.Flush()
	values := make([]string, len(records))
	for got := 0; got < len(records); {
		for _, r := range <-results {
			if r.Err != nil || r.Match != inference.MatchIndex {
				t.Fatalf("record %d: %+v", r.Tag, r)
			}
			values[r.Tag] = r.Values[0].Value
			got++
		}
	}
	stream.Close()
	<-stream.Idle()
	return values
}

func firstReviews(t *testing.T, n int) []inference.Record {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "examples", "reviews", "reviews.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	records := make([]inference.Record, 0, n)
	for lines := bufio.NewScanner(file); len(records) < n && lines.Scan(); {
		var review struct{ Text string }
		if err := json.Unmarshal(lines.Bytes(), &review); err != nil {
			t.Fatal(err)
		}
		records = append(records, inference.Record{
			Tag: uint64(len(records)), Fields: []inference.Field{{Name: "text", Value: review.Text}},
		})
	}
	return records
}
