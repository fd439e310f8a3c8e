package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/weir-ml/weir/providers/local"
)

// lab is what the rows are measured with.
type lab struct {
	*settings
	out     io.Writer
	root    string // of the repository
	tmp     string
	self    string   // this program
	weir    string   // the real one, built for this run
	memory  []string // the environment that gives a child the collector's settings of `weir serve`
	reviews []string
	labels  map[string]string // the embedded model's own label of each review
	row     string            // the row that runs
	servers int               // how many servers that row has started
	aside   string            // what the row that runs shows besides figures: a table
}

// newLab builds weir and reads the reviews.
func newLab(ctx context.Context, set *settings, out io.Writer) (*lab, error) {
	l := &lab{settings: set, out: out}
	var err error
	if l.root, err = repository(ctx); err != nil {
		return nil, err
	}
	if l.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if err := l.readReviews(); err != nil {
		return nil, err
	}
	if l.tmp, err = os.MkdirTemp("", "weir-bench-"); err != nil {
		return nil, err
	}
	if err := l.build(ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	if err := l.readMemory(ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *lab) close() error { return os.RemoveAll(l.tmp) } //nolint:gosec // made by newLab

// repository is where the go.mod is that this program belongs to.
func repository(ctx context.Context) (string, error) {
	file, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(file)))
	if _, err := os.Stat(filepath.Join(root, "cmd", "weir")); err != nil {
		return "", fmt.Errorf("run the benchmarks inside weir's repository: %w", err)
	}
	return root, nil
}

func (l *lab) build(ctx context.Context) error {
	l.weir = filepath.Join(l.tmp, "weir")
	build := exec.CommandContext(ctx, "go", "build", "-o", l.weir, "./cmd/weir")
	build.Dir = l.root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building weir: %w\n%s", err, output)
	}
	return nil
}

// readReviews reads the reviews that the repository carries, and labels them.
func (l *lab) readReviews() error {
	file, err := os.ReadFile(filepath.Join(l.root, "examples", "reviews", "reviews.jsonl"))
	if err != nil {
		return err
	}
	l.labels = map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(file))
	for lines.Scan() {
		var review struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal(lines.Bytes(), &review); err != nil {
			return err
		}
		l.reviews = append(l.reviews, review.Text)
		l.labels[review.Text] = local.Label(local.Sentiment(review.Text))
	}
	return lines.Err()
}

// labelled is the check of a sentiment model.
func (l *lab) labelled(text, value string) bool { return value != "" && value == l.labels[text] }

// hashedRight returns the check of the hash model.
func (l *lab) hashedRight() func(text, value string) bool {
	want := make(map[string]string, len(l.reviews))
	for _, text := range l.reviews {
		want[text] = hashed(text)
	}
	return func(text, value string) bool { return value != "" && value == want[text] }
}

// readMemory asks `weir serve` how it has set the collector, so that the children of this program run with the same.
func (l *lab) readMemory(ctx context.Context) error {
	w, err := l.serve(ctx, "{}")
	if err != nil {
		return err
	}
	metrics, err := w.metrics(ctx)
	if err := errors.Join(err, w.stop()); err != nil {
		return err
	}
	percent, limit := metrics["go_gc_gogc_percent"], metrics["go_gc_gomemlimit_bytes"]
	if percent == 0 || limit == 0 {
		return errors.New("weir's metrics do not tell how the collector is set")
	}
	l.memory = []string{fmt.Sprintf("GOGC=%.0f", percent), fmt.Sprintf("GOMEMLIMIT=%.0f", min(limit, 1<<62))}
	return nil
}

var (
	weirServing      = regexp.MustCompile(`msg="weir serves" address=(\S+) admin=(\S+)`)
	simulatorServing = regexp.MustCompile(`simulator at (\S+)`)
)

// serve starts `weir serve` with a configuration and ports of its own.
func (l *lab) serve(ctx context.Context, configuration string) (*process, error) {
	file, err := l.writeConfiguration(configuration)
	if err != nil {
		return nil, err
	}
	return start(ctx, command{
		name: "weir serve", program: l.weir, serving: weirServing,
		args: []string{"serve", file, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"},
	})
}

func (l *lab) writeConfiguration(text string) (name string, err error) {
	file, err := os.CreateTemp(l.tmp, "weir-*.yaml")
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	return file.Name(), errors.Join(err, file.Close())
}

// simulator starts `weir simulate`.
func (l *lab) simulator(ctx context.Context, flags ...string) (*process, error) {
	return start(ctx, command{
		name: "weir simulate", program: l.weir, serving: simulatorServing,
		args: append([]string{"simulate", "--listen", "127.0.0.1:0"}, flags...),
	})
}

// child starts this program in another role, with weir's own settings of the collector or, where they are given, others.
func (l *lab) child(ctx context.Context, role roleSettings, memory ...string) (*process, error) {
	if len(memory) == 0 {
		memory = l.memory
	}
	args := []string{
		"-role", role.name, "-role-upstream", role.upstream,
		"-role-in-flight", strconv.Itoa(role.inFlight), "-role-stall", role.stall.String(),
	}
	if l.cpuprofile != "" && role.name == roleWeir {
		l.servers++
		args = append(args, "-role-cpuprofile", fmt.Sprintf("%s.%s.%d", l.cpuprofile, l.row, l.servers))
	}
	return start(ctx, command{name: "bench -role " + role.name, program: l.self, args: args, env: memory, serving: roleServing})
}

// upstream starts a weir in front of a model server: `weir serve`, or where a profile is wanted this program, which differs
// in nothing that costs time.
func (l *lab) upstream(ctx context.Context, base string, calls int) (*process, error) {
	if l.cpuprofile != "" {
		return l.child(ctx, roleSettings{name: roleWeir, upstream: base, inFlight: calls})
	}
	return l.serve(ctx, fmt.Sprintf(`providers: {simulator: {kind: openai, base_url: %q, max_in_flight: %d}}
models: {%s: {provider: simulator, model: sentiment}}
`, base, calls, modelUpstream))
}

// count is n records, or fewer where the run shall be short.
func (l *lab) count(n int) int {
	if l.short {
		return max(n/20, 100)
	}
	return n
}

// each runs a round to warm up, whose figures do not count, and then as many as were asked for.
func (l *lab) each(ctx context.Context, round func(counts bool) error) error {
	for i := range l.rounds + 1 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := round(i > 0); err != nil {
			return err
		}
	}
	return nil
}

// used returns the CPU time that a process uses while do runs.
func (p *process) used(do func() error) (time.Duration, error) {
	before, err := p.cpu()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := p.cpu()
	return after - before, err
}
