package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// flinkJob is one ML_PREDICT over the reviews; bench/flink/.../Job.java says what the fields are.
type flinkJob struct {
	Output      string            `json:"output"`
	With        map[string]string `json:"with"`
	Config      map[string]string `json:"config"`
	Rows        int               `json:"rows"`
	Parallelism int               `json:"parallelism"`
	Texts       map[int]string    `json:"texts,omitempty"`
	Rest        int               `json:"rest"`
}

// sql is what Job.java makes of it, for people to read.
func (j *flinkJob) sql() string {
	return "CREATE MODEL asked INPUT (text STRING) OUTPUT (" + j.Output + ")\n  WITH (" + sqlList(j.With, " = ") + ");\n" +
		"SELECT * FROM ML_PREDICT(TABLE reviews, MODEL asked, DESCRIPTOR(text),\n  MAP[" + sqlList(j.Config, ", ") + "]);"
}

func sqlList(options map[string]string, between string) string {
	items := make([]string, 0, len(options))
	for _, key := range slices.Sorted(maps.Keys(options)) {
		items = append(items, "'"+key+"'"+between+"'"+options[key]+"'")
	}
	return strings.Join(items, ", ")
}

// flinkOutcome is what came of it; Outcome.java says what the fields are.
type flinkOutcome struct {
	PlanningMillis float64   `json:"planningMillis"`
	WallMillis     float64   `json:"wallMillis"`
	CPUMillis      float64   `json:"cpuMillis"`
	Labels         []*string `json:"labels"`
	Errors         []string  `json:"errors"`
	Twice          int       `json:"twice"`
	Error          string    `json:"error"`
}

func (o *flinkOutcome) wall() time.Duration {
	return time.Duration(o.WallMillis * float64(time.Millisecond))
}

// flink is a JVM that runs one job after the other.
type flink struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	log bytes.Buffer
}

// Flink reflects on collections of the JDK when it copies records.
var flinkJava = []string{
	"-Xmx1g", "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED",
}

// flink starts a JVM with Flink, the peer and weir's jar, and runs a small job so that no later one is the first.
func (l *lab) flink(ctx context.Context) (*flink, error) {
	classes, err := l.flinkClasses()
	if err != nil {
		return nil, err
	}
	reviews := filepath.Join(l.root, "examples", "reviews", "reviews.jsonl")
	args := slices.Concat(flinkJava, []string{"-Dreviews=" + reviews, "-cp", classes, "io.github.weirml.bench.Flink"})
	f := &flink{cmd: exec.CommandContext(ctx, "java", args...)} //nolint:gosec // a class path of ours
	f.cmd.Stderr = &f.log
	if f.in, err = f.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	f.out = bufio.NewReader(out)
	if err := f.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting Flink: %w", err)
	}
	if _, err := f.run(identityJob(1000, 0)); err != nil {
		return nil, errors.Join(err, f.stop())
	}
	return f, nil
}

// flinkClasses is the class path.
func (l *lab) flinkClasses() (string, error) {
	module := filepath.Join(l.root, "bench", "flink", "target")
	registry, err := os.ReadFile(filepath.Join(module, "classpath")) //nolint:gosec // in the repository
	if err != nil {
		return "", fmt.Errorf("bench/flink is not built, run `make build-flink`: %w", err)
	}
	jars, err := filepath.Glob(filepath.Join(l.root, "flink", "target", "flink-model-weir-*.jar"))
	if err != nil || len(jars) != 1 {
		return "", fmt.Errorf("flink/target has %d jars of weir where one is needed: run `make jar`", len(jars))
	}
	return strings.Join([]string{filepath.Join(module, "classes"), strings.TrimSpace(string(registry)), jars[0]}, ":"), nil
}

// run runs a job and returns when Flink has ended it.
func (f *flink) run(job *flinkJob) (*flinkOutcome, error) {
	line, err := json.Marshal(job)
	if err != nil {
		return nil, err
	}
	if _, err := f.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("flink has ended: %w\n%s", err, f.log.String())
	}
	answer, err := f.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("flink has ended: %w\n%s", err, f.log.String())
	}
	outcome := &flinkOutcome{}
	if err := json.Unmarshal(answer, outcome); err != nil {
		return nil, err
	}
	if outcome.Error != "" {
		return nil, fmt.Errorf("the job failed: %s", outcome.Error)
	}
	return outcome, nil
}

func (f *flink) stop() error {
	late := time.AfterFunc(stopTimeout, func() { _ = f.cmd.Process.Kill() })
	defer late.Stop()
	return errors.Join(f.in.Close(), f.cmd.Wait())
}

// check holds every row against what its text must get: each exactly once, none with an error.
func (o *flinkOutcome) check(l *lab, job *flinkJob, right func(text, value string) bool) error {
	if o.Twice > 0 || len(o.Errors) > 0 || len(o.Labels) != job.Rows {
		return fmt.Errorf("%d rows of %d, %d twice, errors: %.3q", len(o.Labels), job.Rows, o.Twice, o.Errors)
	}
	for row, label := range o.Labels {
		text := l.reviews[row%len(l.reviews)]
		if label == nil || !right(text, *label) {
			return fmt.Errorf("row %d has another's answer, or none", row)
		}
	}
	return nil
}

// flinkRest is the silence before each job that is measured: what the one before has left over is then gone.
const flinkRest = 500 * time.Millisecond

// flinkParallelism is that of the jobs where nothing else is said.
const flinkParallelism = 2

// identityJob gives the texts back, each after a while.
func identityJob(rows int, after time.Duration) *flinkJob {
	return &flinkJob{
		Output: flinkColumns,
		With:   map[string]string{"provider": "identity", "after": after.String()},
		Config: map[string]string{"max-concurrent-operations": "120"},
		Rows:   rows, Parallelism: flinkParallelism, Rest: int(flinkRest.Milliseconds()),
	}
}

const flinkColumns = "label STRING, error STRING"

// weirJob asks weir; capacity is that of each subtask.
func weirJob(address string, batch, capacity, rows int) *flinkJob {
	model := modelInBatches
	if batch == 1 {
		model = modelOneByOne
	}
	return &flinkJob{
		Output: flinkColumns,
		With:   map[string]string{"provider": "weir", "endpoint": address, "model": model, "error.column": "error"},
		Config: map[string]string{
			"batch.size": strconv.Itoa(batch), "max-concurrent-operations": strconv.Itoa(capacity),
		},
		Rows: rows, Parallelism: flinkParallelism, Rest: int(flinkRest.Milliseconds()),
	}
}

// peerJob asks the model server directly, with the provider that Flink has itself.
func peerJob(base string, capacity, rows int) *flinkJob {
	return &flinkJob{
		Output: "label STRING",
		With: map[string]string{
			"provider": "openai", "endpoint": base + "/chat/completions", "model": "sentiment", "api-key": "none",
			"system-prompt": promptOneByOne,
		},
		Config: map[string]string{"max-concurrent-operations": strconv.Itoa(capacity)},
		Rows:   rows, Parallelism: flinkParallelism, Rest: int(flinkRest.Milliseconds()),
	}
}

// The models of the Flink jobs, and what they are told: as in the demo.
const (
	modelOneByOne  = "one-by-one"
	modelInBatches = "in-batches"

	promptOneByOne = "You are a sentiment analyzer. Answer with one word: positive, negative or neutral."
)

// flinkUpstream starts a weir in front of a model server, with the demo's two models.
func (l *lab) flinkUpstream(ctx context.Context, base string, calls int) (*process, error) {
	return l.serve(ctx, fmt.Sprintf(`
providers:
  simulator: {kind: openai, base_url: %q, max_in_flight: %d}
models:
  %s:
    provider: simulator
    model: sentiment
    options: {system.prompt: %q}
  %s:
    provider: simulator
    model: sentiment
    options:
      batch.timeout.ms: 1000
      system.prompt: You are a sentiment analyzer. Always respond with valid JSON.
      batch.prompt.template: >-
        Analyze sentiment for these texts. Return JSON array: [{"index": <n>, "sentiment": "<positive|negative|neutral>"}]
      response.format: json
      response.value.field: sentiment
`, base, calls, modelOneByOne, promptOneByOne, modelInBatches))
}
