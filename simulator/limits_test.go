package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/simulator"
)

func TestMaxConcurrentRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{MaxConcurrent: 3, Latency: time.Second})
		statuses := together(s, 5)
		if diff := cmp.Diff(map[int]int{200: 3, 429: 2}, statuses); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		if stats := s.Stats(); stats.MostConcurrent != 3 || stats.InFlight != 0 {
			t.Errorf("stats = %+v", stats)
		}
	})
}

func TestMaxConcurrentQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{MaxConcurrent: 3, Queue: true, Latency: time.Second})
		began := time.Now()
		if diff := cmp.Diff(map[int]int{200: 10}, together(s, 10)); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		if took := time.Since(began); took != 4*time.Second {
			t.Errorf("10 calls, 3 at once, took %v, want 4 s", took)
		}
		if stats := s.Stats(); stats.MostConcurrent != 3 || stats.InFlight != 0 {
			t.Errorf("stats = %+v", stats)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{MaxConcurrent: 1, Queue: true, Latency: time.Hour})
		var group sync.WaitGroup
		for range 1 + simulator.MaxWaiting {
			group.Go(func() { call(s) })
		}
		synctest.Wait()
		if status := call(s).Code; status != http.StatusTooManyRequests {
			t.Errorf("status %d with a full queue, want 429", status)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		group.Wait()
		want := simulator.Stats{Calls: simulator.MaxWaiting + 2, MostConcurrent: 1, ByStatus: map[string]int{"429": 1, "gone": simulator.MaxWaiting + 1}}
		if diff := cmp.Diff(want, s.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

// A client that sends its next call when it has an answer is never above the limit: the place is free before the answer is.
func TestMaxConcurrentIsExactOverHTTP(t *testing.T) {
	const calls = 8
	s := start(t, simulator.Config{MaxConcurrent: calls})
	var group sync.WaitGroup
	for range calls {
		group.Go(func() {
			for range 100 {
				if got, err := try(t.Context(), s, body("m", batch)); err != nil || got.status != http.StatusOK {
					t.Errorf("status %d, %v", got.status, err)
					return
				}
			}
		})
	}
	group.Wait()
	want := simulator.Stats{
		Calls: 800, Answered: 800, PromptTokens: 800 * 29, CompletionTokens: 800 * 20, ByStatus: map[string]int{"200": 800},
	}
	got := s.Stats()
	if got.MostConcurrent < 1 || got.MostConcurrent > calls {
		t.Errorf("most concurrent = %d", got.MostConcurrent)
	}
	got.MostConcurrent = 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

func TestStatsEndpoint(t *testing.T) {
	s := start(t, simulator.Config{})
	post(t, s, body("m", batch))
	post(t, s, "{")
	want := `{"calls":2,"answered":1,"prompt_tokens":29,"completion_tokens":20,"cached_tokens":0,"in_flight":0,"most_concurrent":1,` +
		`"by_status":{"200":1,"400":1},"by_fault":null}`
	if got := string(get(t, s, "/stats")); got != want {
		t.Errorf("stats = %s, want %s", got, want)
	}
	if got := admin(t, s, http.MethodPost, "/stats/reset", ""); got.status != http.StatusOK || s.Stats().Calls != 0 {
		t.Errorf("after the reset: %s", got.body)
	}
}

func TestRequestsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{RequestsPerMinute: 60})
		if diff := cmp.Diff(map[int]int{200: 60, 429: 5}, together(s, 65)); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		refused := call(s)
		want := map[string]string{
			"Retry-After": "1", "Retry-After-Ms": "1000", "X-Ratelimit-Limit-Requests": "60",
			"X-Ratelimit-Remaining-Requests": "0", "X-Ratelimit-Reset-Requests": "1m0s",
		}
		for name, value := range want {
			if got := refused.Header().Get(name); got != value {
				t.Errorf("%s = %q, want %q", name, got, value)
			}
		}
		<-time.After(time.Second)
		if status := call(s).Code; status != http.StatusOK {
			t.Errorf("status %d after the wait", status)
		}
		<-time.After(time.Minute)
		if left := call(s).Header().Get("X-Ratelimit-Remaining-Requests"); left != "59" {
			t.Errorf("%s calls left after a minute, want 59", left)
		}
	})
}

// together makes calls at once and counts their statuses.
func together(s *simulator.Server, calls int) map[int]int {
	var mu sync.Mutex
	statuses := map[int]int{}
	var group sync.WaitGroup
	for range calls {
		group.Go(func() {
			status := call(s).Code
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	group.Wait()
	return statuses
}

func call(s *simulator.Server) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(body("m", batch))))
	return recorder
}
