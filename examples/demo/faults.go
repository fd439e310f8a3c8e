package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/weir-ml/weir/internal/client"
	"github.com/weir-ml/weir/simulator"
)

// demoFaults are what goes wrong in the third run, with the chance of each call.
var demoFaults = map[simulator.Fault]float64{
	"500": 0.02, "reset": 0.01,
	"drop": 0.02, "drop-renumber": 0.01, "doubled-index": 0.02, "null": 0.02, "truncate": 0.02,
	"swap-order": 0.02, "fence": 0.02, "prose": 0.02,
}

// measureWithFaults asks in batches again, about the first records, with faults on.
func (s *stage) measureWithFaults(ctx context.Context, c *client.Client, reviews []review, p *progress) (*measurement, error) {
	plan, err := json.Marshal(simulator.FaultPlan{Rates: s.faults})
	if err != nil {
		return nil, err
	}
	if _, err := request(ctx, http.MethodPost, s.modelServer+"/faults", string(plan)); err != nil {
		return nil, err
	}
	w := s.ways[1]
	w.records = min(s.faulty, w.records)
	m, err := measure(ctx, c, w, reviews, p.tick)
	if err == nil {
		m.counted, err = s.count(ctx, w)
	}
	return m, err
}

// faultsReport says what the faults have cost, and whether they have changed a result.
func faultsReport(m, without *measurement) (string, error) {
	same := m.count(func(i int) bool { return m.values[i] == without.values[i] })
	if same != m.records {
		return "", fmt.Errorf("FAILED with faults: values equal to those without: %s, not %s; errors %v",
			number(same), number(m.records), m.errors)
	}
	stats := m.counted.model
	met := 0
	list := make([]string, 0, len(stats.ByFault))
	for _, f := range slices.Sorted(maps.Keys(stats.ByFault)) {
		met += stats.ByFault[f]
		list = append(list, fmt.Sprintf("%s %d", f, stats.ByFault[f]))
	}
	return fmt.Sprintf(`With faults on, in batches again: %s records, %s.
  faults met         %d calls: %s
  model calls        %s, of which %s would do without faults

  ok  %-50s%10s
`, number(m.records), seconds(m.took), met, strings.Join(list, ", "), number(stats.Calls), number(m.calls()),
		"values equal to those without faults, each record", number(same)), nil
}
