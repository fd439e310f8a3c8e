package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"google.golang.org/grpc"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// How the small model is asked.
const (
	structuredReviews = 120
	structuredShort   = 60
	structuredBatch   = 6
	structuredInstall = 10 * time.Minute // the first start fetches the model
)

func structuredRow() row {
	return row{
		name: "structured",
		what: "a small model in words, and held to a schema",
		how: "SmolLM2-135M-Instruct on llama.cpp's own server (examples/llm), one thread, greedy. Reviews in batches of 6, one batch " +
			"after the other, without a template: `response.structured` off, a list in words, and on, a key for each record with " +
			"its schema. " +
			"`batch.failure.strategy` is retry: what is missing is asked for once more. One run.",
		apart:   true,
		measure: measureStructured,
	}
}

var structuredServing = regexp.MustCompile(`model server at (http://\S+)`)

const structuredConfiguration = `
providers: {llama: {kind: openai, base_url: %q}}
models:
  smol:
    provider: llama
    model: smollm2
    options:
      batch.size: %d
      batch.failure.strategy: retry
      system.prompt: "You judge product and film reviews: the sentiment of each is positive, negative or neutral."
      response.value.field: sentiment
      response.values: positive,negative,neutral
      temperature: 0
      max.output.tokens: 160
      request.timeout.ms: 600000
`

func measureStructured(ctx context.Context, l *lab) (_ []figure, err error) {
	model, err := start(ctx, command{
		name: "examples/llm/serve.sh", program: "bash", serving: structuredServing, within: structuredInstall,
		args: []string{"-c", `exec "$0" 0 1>&2`, filepath.Join(l.root, "examples", "llm", "serve.sh")},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, model.stop()) }()
	weir, err := l.serve(ctx, fmt.Sprintf(structuredConfiguration, model.address+"/v1", structuredBatch))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, weir.stop()) }()
	conn, err := dial(weir.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // it is not needed any more
	texts := l.reviews[:structuredReviews]
	if l.short {
		texts = texts[:structuredShort]
	}
	var runs []formRun
	for _, set := range []string{"off", "on"} {
		run := formRun{set: set, texts: texts}
		if err := run.measure(ctx, conn, weir); err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	l.aside = formTable(runs)
	return runs[1].figures(&runs[0]), nil
}

// formRun is the reviews, asked about in one of the two ways.
type formRun struct {
	set   string // of response.structured
	texts []string

	batches, complete  int // complete: every record has its value from the first answer
	values             int
	repairs            float64
	prompt, completion uint64
	schema, answers    float64
	took               time.Duration
}

func (r *formRun) measure(ctx context.Context, conn *grpc.ClientConn, weir *process) error {
	before, err := weir.metrics(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	client := weirv1.NewInferenceServiceClient(conn)
	for rest := r.texts; len(rest) > 0; rest = rest[structuredBatch:] {
		if err := r.batch(ctx, client, rest[:structuredBatch]); err != nil {
			return err
		}
	}
	r.took = time.Since(begin)
	after, err := weir.metrics(ctx)
	if err != nil {
		return err
	}
	grown := func(name string) float64 { return after[name] - before[name] }
	const of = `model="smol",provider="llama"`
	r.repairs = grown("weir_repairs_total{" + of + "}")
	for _, form := range []string{"schema", "json", "free"} {
		n := grown(fmt.Sprintf(`weir_answers_total{form=%q,%s}`, form, of))
		r.answers += n
		if form == "schema" {
			r.schema = n
		}
	}
	return nil
}

func (r *formRun) batch(ctx context.Context, client weirv1.InferenceServiceClient, texts []string) error {
	req := &weirv1.PredictBatchRequest{Options: map[string]string{"response.structured": r.set}}
	for _, text := range texts {
		req.Records = append(req.Records, &weirv1.Record{Text: text})
	}
	resp, err := client.PredictBatch(ctx, req)
	if err != nil {
		return fmt.Errorf("asking the small model: %w", err)
	}
	whole := true
	for _, result := range resp.GetResults() {
		r.prompt += result.GetUsage().GetPromptTokens()
		r.completion += result.GetUsage().GetCompletionTokens()
		if result.GetError() == nil {
			r.values++
		}
		whole = whole && result.GetError() == nil && result.GetAttempts() == 1
	}
	r.batches++
	if whole {
		r.complete++
	}
	return nil
}

// formTable is the table of docs/structured.md.
func formTable(runs []formRun) string {
	var b strings.Builder
	b.WriteString("| `response.structured` | off | on |\n|---|--:|--:|\n")
	line := func(what string, show func(r *formRun) string) {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", what, show(&runs[0]), show(&runs[1]))
	}
	line("answers that the server held to a schema", func(r *formRun) string { return fmt.Sprintf("%.0f of %.0f", r.schema, r.answers) })
	line("batches complete at the first answer", func(r *formRun) string { return fmt.Sprintf("%d of %d", r.complete, r.batches) })
	line("records with a value", func(r *formRun) string { return fmt.Sprintf("%d of %d", r.values, len(r.texts)) })
	line("questions asked again", func(r *formRun) string { return fmt.Sprintf("%.0f", r.repairs) })
	line("prompt tokens a record", func(r *formRun) string { return fmt.Sprintf("%.1f", float64(r.prompt)/float64(len(r.texts))) })
	line("completion tokens a record", func(r *formRun) string { return fmt.Sprintf("%.1f", float64(r.completion)/float64(len(r.texts))) })
	line("time", func(r *formRun) string { return fmt.Sprintf("%.0f s", r.took.Seconds()) })
	return b.String()
}

// figures hold the run with a schema to its promise.
func (r *formRun) figures(words *formRun) []figure {
	const complete, valued = "batches complete at the first answer, ", "records with a value, "
	share := func(n, of int) samples { return samples{100 * float64(n) / float64(of)} }
	return []figure{
		{what: complete + "in words", unit: "%", sample: share(words.complete, words.batches)},
		{what: complete + "with a schema", unit: "%", sample: share(r.complete, r.batches), limit: 100, kind: atLeast},
		{what: valued + "in words", unit: "%", sample: share(words.values, len(words.texts))},
		{what: valued + "with a schema", unit: "%", sample: share(r.values, len(r.texts)), limit: 100, kind: atLeast},
	}
}
