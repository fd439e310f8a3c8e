package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
)

// Real model servers, llama.cpp's own (examples/llm).
const (
	llmSmall  = "smollm2"
	llmRandom = "random"
	// llmStart is how long one may take until it serves: the first time it is installed.
	llmStart = 10 * time.Minute
	// llmAtOnce is how many calls it works on at once.
	llmAtOnce = 4
)

var llmServing = regexp.MustCompile(`^model server at (http\S+)$`)

// llm starts a model server.
func (l *lab) llm(ctx context.Context, model string) (*process, error) {
	script := filepath.Join(l.root, "examples", "llm", "serve.sh")
	return start(ctx, command{
		name: "examples/llm/serve.sh", program: "bash", serving: llmServing, within: llmStart,
		args: []string{"-c", `exec "$0" "$@" >&2`, script, "0", model},
	})
}

// distinct returns the first n reviews that are not there twice: what is said about a text is then said about one record.
func (l *lab) distinct(n int) []string {
	seen := map[string]bool{}
	var texts []string
	for _, text := range l.reviews {
		if len(texts) < n && !seen[text] {
			seen[text] = true
			texts = append(texts, text)
		}
	}
	return texts
}

// asking is one run of records through weir to a model server.
type asking struct {
	configuration string // of weir, with the relay's URL
	model         string
	options       map[string]string
	texts         []string
}

// answered is what came of it.
type answered struct {
	results []*weirv1.Result // by record
	said    []exchange
	took    time.Duration
}

// ask starts a weir of its own, whose budgets nothing has used yet, and sends the records through it.
func (l *lab) ask(ctx context.Context, r *relay, a *asking) (got answered, err error) {
	r.begin(a.texts)
	weir, err := l.serve(ctx, a.configuration)
	if err != nil {
		return got, err
	}
	defer weir.stop() //nolint:errcheck // it has answered; how it ends is no matter
	c, err := client.Dial(client.Config{Address: weir.address, Name: "bench"})
	if err != nil {
		return got, err
	}
	defer c.Close() //nolint:errcheck // its streams are over
	items := make(chan int, len(a.texts))
	for i := range a.texts {
		items <- i
	}
	close(items)
	begin := time.Now()
	run := client.Run[int]{
		Client: c, Start: client.Start{Model: a.model, Options: a.options}, Items: items, Reconnects: -1,
		Record: func(i int) *weirv1.Record { return &weirv1.Record{Text: a.texts[i]} },
		Emit: func(i int, result *weirv1.Result) error {
			if i != len(got.results) {
				return fmt.Errorf("a result for record %d, where %d is the next", i+1, len(got.results)+1)
			}
			got.results = append(got.results, result)
			return nil
		},
	}
	err = run.Do(ctx)
	got.said, got.took = r.said(), time.Since(begin)
	return got, err
}

// reasonOf is a result's reason in one word; "": it has a value.
func reasonOf(result *weirv1.Result) string {
	if result.GetError() == nil {
		return ""
	}
	return strings.TrimPrefix(result.GetError().GetReason().String(), "REASON_")
}

// percent is a share in words.
func percent(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(of, 1))) }
