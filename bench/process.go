package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 20 * time.Second
	stopTimeout  = 20 * time.Second
)

// process is a server in a process of its own.
type process struct {
	name    string
	cmd     *exec.Cmd
	address string // of its gRPC or, for the simulator, its base URL
	admin   string // of its metrics; empty: it has none
	log     []string
	ended   chan struct{} // closed when it has written its last line
}

// command is how to start a process, and how to know from a line of its log that it serves.
type command struct {
	name    string
	program string
	args    []string
	env     []string
	serving *regexp.Regexp // the first group is address, the second, if there is one, admin
	within  time.Duration  // how long it may take until it serves; 0: startTimeout
}

// start starts a process and waits until it serves.
func start(ctx context.Context, c command) (*process, error) {
	p := &process{name: c.name, cmd: exec.CommandContext(ctx, c.program, c.args...), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), c.env...)
	p.cmd.WaitDelay = stopTimeout
	output, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.name, err)
	}
	serving := make(chan []string, 1)
	go p.follow(output, c.serving, serving)
	within := cmp.Or(c.within, startTimeout)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case found := <-serving:
		p.address = found[1]
		if len(found) > 2 {
			p.admin = found[2]
		}
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("%s ended before it served: %w\n%s", c.name, p.cmd.Wait(), strings.Join(p.log, "\n"))
	case <-timer.C:
		return nil, errors.Join(fmt.Errorf("%s does not serve after %v", c.name, within), p.stop())
	}
}

// follow reads the log, keeps the beginning of it, and tells when the process serves.
func (p *process) follow(output io.Reader, pattern *regexp.Regexp, serving chan<- []string) {
	defer close(p.ended)
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found := pattern.FindStringSubmatch(lines.Text()); found != nil && len(serving) == 0 {
			serving <- found
		}
		if len(p.log) < 100 {
			p.log = append(p.log, lines.Text())
		}
	}
}

// stop asks the process to end and waits until it has.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	<-p.ended
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s ended badly: %w\n%s", p.name, err, strings.Join(p.log, "\n"))
	}
	return nil
}

func (p *process) cpu() (time.Duration, error) { return cpuOf(p.cmd.Process.Pid) }

func (p *process) resident() (float64, error) { return memoryOf(p.cmd.Process.Pid, "VmRSS") }

func (p *process) peak() (float64, error) { return memoryOf(p.cmd.Process.Pid, "VmHWM") }

func (p *process) files() (int, error) { return filesOf(p.cmd.Process.Pid) }

// metrics reads the gauges and counters without labels from the admin port.
func (p *process) metrics(ctx context.Context) (map[string]float64, error) {
	body, err := fetch(ctx, http.MethodGet, "http://"+p.admin+"/metrics")
	if err != nil {
		return nil, err
	}
	found := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		name, text, ok := strings.Cut(strings.TrimSpace(line), " ")
		value, err := strconv.ParseFloat(text, 64)
		if ok && err == nil {
			found[name] = value
		}
	}
	return found, nil
}

// rest makes a server of ours collect its garbage and give everything back that it does not need. `weir serve` has no such
// thing, nor should it.
func (p *process) rest(ctx context.Context) error {
	_, err := fetch(ctx, http.MethodPost, "http://"+p.admin+restPath)
	return err
}

// simulatorStats are the counts that the benchmarks look at.
type simulatorStats struct {
	Calls            int            `json:"calls"`
	PromptTokens     int            `json:"prompt_tokens"`
	CompletionTokens int            `json:"completion_tokens"`
	MostConcurrent   int            `json:"most_concurrent"`
	ByStatus         map[string]int `json:"by_status"`
	ByFault          map[string]int `json:"by_fault"`
}

// stats returns the simulator's counts.
func (p *process) stats(ctx context.Context) (simulatorStats, error) {
	var stats simulatorStats
	body, err := fetch(ctx, http.MethodGet, strings.TrimSuffix(p.address, "/v1")+"/stats")
	if err != nil {
		return stats, err
	}
	return stats, json.Unmarshal(body, &stats)
}

// calls returns the simulator's counts and starts them again.
func (p *process) calls(ctx context.Context) (simulatorStats, error) {
	stats, err := p.stats(ctx)
	if err != nil {
		return stats, err
	}
	_, err = fetch(ctx, http.MethodPost, strings.TrimSuffix(p.address, "/v1")+"/stats/reset")
	return stats, err
}

func fetch(ctx context.Context, method, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, http.NoBody) //nolint:gosec // a child of ours
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req) //nolint:gosec // the same
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	return io.ReadAll(resp.Body)
}
