package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func adversaryRow() row {
	return row{
		name: "adversary",
		what: "A model that numbers its answers at random",
		how: "llama.cpp's own server (`examples/llm/serve.sh 0 random`) with a model of random weights, held to a JSON " +
			"Schema: a list of as many entries as records, each with one of their ids and eight letters. So each answer " +
			"is valid JSON whose ids are shuffled, doubled and missing, and whose values nobody can foresee. 1,000 " +
			"records for each line, a number each, go through a `weir serve` of its own, all options at their defaults " +
			"but those shown and the time of a call. A relay between the two, in this program, adds the schema to each " +
			"call and keeps prompt and reply. A value counts as named when, in one of the replies about its record, every " +
			"entry under that record's id has it; prompts and replies are read by encoding/json for that, and by nothing " +
			"of weir. Another seed each time.",
		apart:   true,
		file:    "answers-adversary.md",
		measure: measureAdversary,
	}
}

// adversaryConfiguration has the relay's URL in it.
const adversaryConfiguration = `
providers: {llama: {kind: openai, base_url: %q, max_in_flight: %d}}
models: {adversary: {provider: llama, model: random, options: {temperature: 1, request.timeout.ms: 600000}}}
`

// adversaryLine is a line of the table.
type adversaryLine struct {
	ids   string
	batch int
}

func adversaryLines() []adversaryLine {
	return []adversaryLine{{"sequential", 4}, {"sequential", 8}, {"sequential", 20}, {"token", 4}, {"token", 8}, {"token", 20}}
}

func measureAdversary(ctx context.Context, l *lab) (figures []figure, err error) {
	model, err := l.llm(ctx, llmRandom)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, model.stop()) }()
	r, err := startRelay(ctx, model.address, anyOrder)
	if err != nil {
		return nil, err
	}
	defer r.close()
	var table strings.Builder
	table.WriteString("| record.ids | batch.size | calls | entries | whose id is there twice | answers with each id once | " +
		"records with a value | of these named | errors |\n|---|---|---|---|---|---|---|---|---|\n")
	var unnamed, untyped samples
	for _, line := range adversaryLines() {
		v, err := line.measure(ctx, l, r)
		if err != nil {
			return nil, fmt.Errorf("%+v: %w", line, err)
		}
		table.WriteString(v.line(line))
		unnamed.add(float64(v.values - v.named))
		untyped.add(float64(v.untyped))
	}
	l.aside = table.String()
	return []figure{
		{what: "values that no entry gave to their record", sample: unnamed.sum(), kind: atMost},
		{what: "records with neither a value nor a reason", sample: untyped.sum(), kind: atMost},
	}, nil
}

// numbered are n texts, as short as can be: the model reads them character by character and makes nothing of them.
func numbered(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("no. %d", i+1)
	}
	return texts
}

// anyOrder is the schema of a list with an entry for each id, or several for one and none for another.
func anyOrder(ids []string) any {
	enum := make([]any, len(ids))
	for i, id := range ids {
		enum[i] = id
		if n, err := strconv.Atoi(id); err == nil {
			enum[i] = n
		}
	}
	entry := map[string]any{
		"type":                 "object",
		"required":             []string{"index", "value"},
		"additionalProperties": false,
		"properties": map[string]any{
			"index": map[string]any{"enum": enum},
			"value": map[string]any{"type": "string", "pattern": "^[a-z]{8}$"},
		},
	}
	return map[string]any{"type": "array", "items": entry, "minItems": len(ids), "maxItems": len(ids)}
}

func (a adversaryLine) measure(ctx context.Context, l *lab, r *relay) (*verdict, error) {
	run := &asking{
		configuration: fmt.Sprintf(adversaryConfiguration, r.base, llmAtOnce), model: "adversary", texts: numbered(l.count(1000)),
		options: map[string]string{"batch.size": strconv.Itoa(a.batch), "record.ids": a.ids},
	}
	got, err := l.ask(ctx, r, run)
	if err != nil {
		return nil, err
	}
	if len(got.results) != len(run.texts) {
		return nil, fmt.Errorf("%d results for %d records", len(got.results), len(run.texts))
	}
	return judge(run.texts, &got)
}

// verdict is what the results are worth.
type verdict struct {
	calls, entries, doubled, whole int
	values, named, untyped         int
	errors                         map[string]int
}

// judge holds results against what the model said. Nothing of weir reads for it.
func judge(texts []string, got *answered) (*verdict, error) {
	v := &verdict{calls: len(got.said), errors: map[string]int{}}
	about := map[string][]saying{} // by text
	for _, e := range got.said {
		under, err := e.entries()
		if err != nil {
			return nil, err
		}
		v.count(&e, under)
		for text, id := range e.ids {
			about[text] = append(about[text], saying{under[id]})
		}
	}
	for i, result := range got.results {
		switch reason := reasonOf(result); {
		case reason == "UNSPECIFIED" || reason == "" && result.GetText() == "":
			v.untyped++
		case reason != "":
			v.errors[reason]++
		default:
			v.values++
			if slices.ContainsFunc(about[texts[i]], func(s saying) bool { return s.agrees(result.GetText()) }) {
				v.named++
			}
		}
	}
	return v, nil
}

// saying is what one reply says about one record: a value for each entry under its id.
type saying struct{ values []string }

func (s saying) agrees(value string) bool {
	return len(s.values) > 0 && !slices.ContainsFunc(s.values, func(other string) bool { return other != value })
}

// entries reads a reply: the values under each id. A call that failed has none.
func (e *exchange) entries() (map[string][]string, error) {
	under := map[string][]string{}
	if e.reply == "" {
		return under, nil
	}
	var list []struct {
		Index any    `json:"index"`
		Value string `json:"value"`
	}
	if err := json.Unmarshal([]byte(e.reply), &list); err != nil {
		return nil, fmt.Errorf("the model server does not keep to the schema: %w", err)
	}
	for _, entry := range list {
		id := fmt.Sprint(entry.Index)
		under[id] = append(under[id], entry.Value)
	}
	return under, nil
}

// count counts what is wrong with a reply.
func (v *verdict) count(e *exchange, under map[string][]string) {
	whole := e.reply != ""
	for _, values := range under {
		v.entries += len(values)
		if len(values) > 1 {
			v.doubled += len(values)
			whole = false
		}
	}
	if whole && len(under) == len(e.ids) {
		v.whole++
	}
}

func (v *verdict) line(a adversaryLine) string {
	reasons := make([]string, 0, len(v.errors))
	for _, reason := range slices.Sorted(maps.Keys(v.errors)) {
		reasons = append(reasons, fmt.Sprintf("%d %s", v.errors[reason], reason))
	}
	return fmt.Sprintf("| %s | %d | %s | %s | %s | %s | %s | %s | %s |\n", a.ids, a.batch,
		grouped(int64(v.calls)), grouped(int64(v.entries)), percent(v.doubled, v.entries), percent(v.whole, v.calls),
		grouped(int64(v.values)), grouped(int64(v.named)), strings.Join(reasons, ", "))
}

// sum is all samples as one.
func (s samples) sum() samples {
	all := 0.0
	for _, x := range s {
		all += x
	}
	return samples{all}
}
