package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func smallModelRow() row {
	return row{
		name: "small-model",
		what: "What batches cost a small language model",
		how: "SmolLM2-135M-Instruct at four bits on llama.cpp's own server with one thread (`examples/llm/serve.sh`), four " +
			"calls at once, temperature 0. The same 300 real reviews for each line, through a `weir serve` of its own " +
			"with the prompt of examples/demo/llm.yaml, which shows an example of six, and `response.values` " +
			"positive,negative,neutral; no schema is sent. A complete answer is one after whose first call no record had " +
			"to be asked about again. Tokens are the model server's own count, kept by a relay. As alone: of the records " +
			"with a value in both runs, those with the same as at batch.size 1.",
		apart:   true,
		file:    "answers-small-model.md",
		measure: measureSmallModel,
	}
}

const smallModelTable = "| batch.size | complete answers | records with a value | calls | further calls | tokens | in further calls | " +
	"as alone | positive, negative, neutral | wall time |\n|---|---|---|---|---|---|---|---|---|---|\n"

func measureSmallModel(ctx context.Context, l *lab) (figures []figure, err error) {
	model, err := l.llm(ctx, llmSmall)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, model.stop()) }()
	r, err := startRelay(ctx, model.address, nil)
	if err != nil {
		return nil, err
	}
	defer r.close()
	texts := l.distinct(l.count(300))
	var alone []string
	l.aside = smallModelTable
	for _, size := range []int{1, 4, 8, 16} {
		run, err := smallModelRun(l, r, size, texts)
		if err != nil {
			return nil, err
		}
		got, err := l.ask(ctx, r, run)
		if err != nil {
			return nil, fmt.Errorf("batch.size %d: %w", size, err)
		}
		labels := got.values()
		if size == 1 {
			alone = labels
		}
		line := smallModelLine(size, texts, &got, alone)
		fmt.Fprint(l.out, line)
		l.aside += line
	}
	return nil, nil
}

// smallModelRun is the demo's model with room for longer answers.
func smallModelRun(l *lab, r *relay, size int, texts []string) (*asking, error) {
	file, err := os.ReadFile(filepath.Join(l.root, "examples", "demo", "llm.yaml")) //nolint:gosec // in the repository
	if err != nil {
		return nil, err
	}
	configuration := string(file)
	for was, is := range map[string]string{
		"http://127.0.0.1:18081/v1": r.base,
		"max.output.tokens: 160":    "max.output.tokens: " + strconv.Itoa(16+24*size),
		"timeout.ms: 120000":        "timeout.ms: 600000",
	} {
		if !strings.Contains(configuration, was) {
			return nil, fmt.Errorf("examples/demo/llm.yaml has no %q", was)
		}
		configuration = strings.ReplaceAll(configuration, was, is)
	}
	options := map[string]string{"batch.size": strconv.Itoa(size), "response.values": "positive,negative,neutral"}
	return &asking{configuration: configuration, model: "in-batches", options: options, texts: texts}, nil
}

// values are those of the records; "": none.
func (a *answered) values() []string {
	values := make([]string, len(a.results))
	for i, result := range a.results {
		values[i] = result.GetText()
	}
	return values
}

func smallModelLine(size int, texts []string, got *answered, alone []string) string {
	labels := got.values()
	kept, tokens, again, furtherTokens, complete := 0, 0, 0, 0, 0
	first := firstCalls(got.said)
	settled := map[string]bool{} // the texts that had their value after one call
	for i, label := range labels {
		if label != "" {
			kept++
			settled[texts[i]] = got.results[i].GetAttempts() == 1
		}
	}
	for i, e := range got.said {
		tokens += e.tokens
		switch {
		case !first[i]:
			again++
			furtherTokens += e.tokens
		case e.allIn(settled):
			complete++
		}
	}
	both, same := 0, 0
	count := map[string]int{}
	for i, label := range labels {
		count[label]++
		if label != "" && alone[i] != "" {
			both++
			if label == alone[i] {
				same++
			}
		}
	}
	return fmt.Sprintf("| %d | %s | %s | %d | %d | %s | %s | %s | %d, %d, %d | %.0f s |\n", size, percent(complete, len(got.said)-again),
		percent(kept, len(texts)), len(got.said), again, grouped(int64(tokens)), grouped(int64(furtherTokens)), percent(same, both),
		count["positive"], count["negative"], count["neutral"], got.took.Seconds())
}

// firstCalls tells which calls are about records that none before was about.
func firstCalls(said []exchange) []bool {
	first, seen := make([]bool, len(said)), map[string]bool{}
	for i, e := range said {
		first[i] = !e.anyIn(seen)
		for text := range e.ids {
			seen[text] = true
		}
	}
	return first
}

func (e *exchange) allIn(set map[string]bool) bool {
	for text := range e.ids {
		if !set[text] {
			return false
		}
	}
	return true
}

func (e *exchange) anyIn(set map[string]bool) bool {
	for text := range e.ids {
		if set[text] {
			return true
		}
	}
	return false
}
