package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/simulator"
)

func TestFaultsThatAnswer(t *testing.T) {
	for _, tt := range []struct {
		fault  simulator.Fault
		status int
		want   string
	}{
		{simulator.Fault429, http.StatusTooManyRequests, "rate_limit_exceeded"},
		{simulator.Fault500, http.StatusInternalServerError, "server_error"},
		{simulator.Fault503, http.StatusServiceUnavailable, "server_error"},
		{simulator.FaultHTML, http.StatusOK, "<!DOCTYPE html>"},
		{simulator.FaultMalformed, http.StatusOK, `{"id":"chatcmpl-0-1"`},
		{"truncate", http.StatusOK, `"finish_reason":"length"`},
		{simulator.FaultDrop, http.StatusOK, `"content":"[{\"index\": `},
		{"zero-based", http.StatusOK, `"content":"[{\"index\": 0, `},
		{"wrapper", http.StatusOK, `"content":"{\"`},
		{"lines", http.StatusOK, `"content":"{\"index\": 1, `},
		{"prose", http.StatusOK, `"finish_reason":"stop"`},
		{"fence", http.StatusOK, "\\n[{"},
	} {
		t.Run(string(tt.fault), func(t *testing.T) {
			s := start(t, simulator.Config{RetryAfter: 1500 * time.Millisecond})
			inject(t, s, fmt.Sprintf(`{"next": [{"fault": %q}]}`, tt.fault))
			got := post(t, s, body("m", batch))
			if got.status != tt.status || !strings.Contains(string(got.body), tt.want) {
				t.Errorf("status %d, want %d with %s: %s", got.status, tt.status, tt.want, got.body)
			}
			if wait := got.header.Get("Retry-After") + " " + got.header.Get("Retry-After-Ms"); tt.fault == simulator.Fault429 && wait != "2 1500" {
				t.Errorf("Retry-After = %q, want 2 s and 1500 ms", wait)
			}
			if tt.fault == simulator.FaultMalformed && json.Valid(got.body) {
				t.Errorf("the body is valid: %s", got.body)
			}
			if next := answer(t, post(t, s, body("m", batch))); next != batchAnswer {
				t.Errorf("the next answer = %s", next)
			}
			if stats := s.Stats(); stats.ByFault[tt.fault] != 1 || stats.InFlight != 0 || stats.Calls != 2 {
				t.Errorf("stats = %+v", stats)
			}
		})
	}
}

func TestFaultsThatDoNotAnswer(t *testing.T) {
	for _, fault := range []simulator.Fault{simulator.FaultReset, simulator.FaultHang} {
		t.Run(string(fault), func(t *testing.T) {
			s := start(t, simulator.Config{HangFor: 10 * time.Millisecond, Faults: map[simulator.Fault]float64{fault: 1}})
			ctx, cancel := testContext(t)
			defer cancel()
			if got, err := try(ctx, s, body("m", batch)); err == nil || ctx.Err() != nil {
				t.Errorf("status %d, %v, want a reset connection", got.status, err)
			}
			if stats := s.Stats(); stats.ByStatus["reset"] < 1 || stats.Answered != 0 {
				t.Errorf("stats = %+v", stats)
			}
			if got := admin(t, s, http.MethodDelete, "/faults", ""); string(got.body) != "{}" {
				t.Errorf("faults = %s", got.body)
			}
			if got := answer(t, post(t, s, body("m", "I love it"))); got != "positive" {
				t.Errorf("answer = %q", got)
			}
		})
	}
}

func TestFaultsByChance(t *testing.T) {
	const calls = 1000
	outcome := func(seed uint64) map[string]int {
		s := start(t, simulator.Config{Seed: seed, Faults: map[simulator.Fault]float64{"500": 0.2, "503": 0.1}})
		for range calls {
			post(t, s, body("m", "x"))
		}
		return s.Stats().ByStatus
	}
	first := outcome(3)
	if n := first["500"]; n < 150 || n > 250 {
		t.Errorf("%d of %d calls got a 500, want about 200", n, calls)
	}
	if n := first["503"]; n < 60 || n > 140 {
		t.Errorf("%d of %d calls got a 503, want about 100", n, calls)
	}
	if first["200"]+first["500"]+first["503"] != calls {
		t.Errorf("by status: %v", first)
	}
	if diff := cmp.Diff(first, outcome(3)); diff != "" {
		t.Errorf("the same seed gives other faults:\n%s", diff)
	}
}

func TestNextComesBeforeChance(t *testing.T) {
	s := start(t, simulator.Config{})
	inject(t, s, `{"rates": {"503": 1}, "next": [{"fault": "500", "calls": 2}, {"fault": "429"}]}`)
	var got []int
	for range 5 {
		got = append(got, post(t, s, body("m", "x")).status)
	}
	if diff := cmp.Diff([]int{500, 500, 429, 503, 503}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	inject(t, s, `{"rates": {}}`)
	if status := post(t, s, body("m", "x")).status; status != http.StatusOK {
		t.Errorf("status %d after the chances were taken back", status)
	}
}

func TestBadPlansChangeNothing(t *testing.T) {
	s := start(t, simulator.Config{})
	for _, plan := range []string{
		`{"next": [{"fault": "500"}, {"fault": "fire"}]}`,
		`{"next": [{"fault": "500", "calls": -1}]}`,
		`{"next": [{"fault": "500", "calls": 600000}, {"fault": "500", "calls": 600000}]}`,
		`{"rates": {"500": 2}}`,
		`{"rate": {"500": 1}}`,
		`nonsense`,
	} {
		if got := admin(t, s, http.MethodPost, "/faults", plan); got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, %s", plan, got.status, got.body)
		}
	}
	if got := string(get(t, s, "/faults")); got != "{}" {
		t.Errorf("faults = %s", got)
	}
}

func TestDropOfASingleRecord(t *testing.T) {
	s := start(t, simulator.Config{Faults: map[simulator.Fault]float64{simulator.FaultDrop: 1}})
	if got := answer(t, post(t, s, body("m", "I love it"))); got != "" {
		t.Errorf("answer = %q, want none", got)
	}
}

func TestFaultRates(t *testing.T) {
	got, err := simulator.FaultRates(`{"500": 0.5, "hang": 0.25}`)
	if err != nil || !cmp.Equal(got, map[simulator.Fault]float64{"500": 0.5, "hang": 0.25}) {
		t.Errorf("FaultRates = %v, %v", got, err)
	}
	for _, text := range []string{"500=1", `{"500": "1"}`, `{"fire": 1}`, `{"500": -1}`} {
		if _, err := simulator.FaultRates(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func inject(tb testing.TB, s *simulator.Server, plan string) {
	tb.Helper()
	if got := admin(tb, s, http.MethodPost, "/faults", plan); got.status != http.StatusOK {
		tb.Fatalf("status %d: %s", got.status, got.body)
	}
}
