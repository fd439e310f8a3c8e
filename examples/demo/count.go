package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weir-ml/weir/simulator"
)

// counts are what the servers say of one way.
type counts struct {
	calls    int           // that weir made, each attempt on its own
	callTime time.Duration // of all of them
	// model is the simulator's own count; zero where the model server is another one.
	model simulator.Stats
}

// count asks weir's metrics, and the simulator where there is one.
func (s *stage) count(ctx context.Context, w way) (counts, error) {
	page, err := request(ctx, http.MethodGet, "http://"+s.admin+"/metrics", "")
	if err != nil {
		return counts{}, err
	}
	c := counts{
		calls:    int(metric(page, "weir_calls_total", w.model)),
		callTime: time.Duration(metric(page, "weir_call_duration_seconds_sum", w.model) * float64(time.Second)),
	}
	if !s.simulated {
		return c, nil
	}
	stats, err := request(ctx, http.MethodGet, s.modelServer+"/stats", "")
	if err != nil {
		return counts{}, err
	}
	if err := json.Unmarshal([]byte(stats), &c.model); err != nil {
		return counts{}, fmt.Errorf("the simulator's counts: %w", err)
	}
	_, err = request(ctx, http.MethodPost, s.modelServer+"/stats/reset", "")
	return c, err
}

// metric adds up a metric's series of one model, in Prometheus' text format.
func metric(page, name, model string) float64 {
	sum := 0.0
	for line := range strings.Lines(page) {
		series, ok := strings.CutPrefix(line, name+"{")
		labels, value, cut := strings.Cut(series, "} ")
		if !ok || !cut || !strings.Contains(labels, `model="`+model+`"`) {
			continue
		}
		if n, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			sum += n
		}
	}
	return sum
}

func request(ctx context.Context, method, url, body string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Close = true // two requests a way need no connection kept
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	return string(page), err
}
