package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/simulator"
)

// client is one for all tests: goleak sees its idle connections unless each test closes them.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// start starts a server on a free port until the test ends.
func start(tb testing.TB, cfg simulator.Config) *simulator.Server {
	tb.Helper()
	s := simulator.New(cfg)
	if err := s.Start("127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		client.CloseIdleConnections()
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

type response struct {
	status int
	header http.Header
	body   []byte
}

// try makes a call.
func try(ctx context.Context, s *simulator.Server, request string) (response, error) {
	return send(ctx, http.MethodPost, s.URL()+"/chat/completions", request)
}

func send(ctx context.Context, method, url, request string) (response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(request))
	if err != nil {
		return response{}, err
	}
	req.Header.Set("Authorization", "Bearer key")
	resp, err := client.Do(req)
	if err != nil {
		return response{}, err
	}
	data, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, data}, errors.Join(err, resp.Body.Close())
}

func post(tb testing.TB, s *simulator.Server, request string) response {
	tb.Helper()
	got, err := try(tb.Context(), s, request)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

// admin calls an endpoint beside the model's.
func admin(tb testing.TB, s *simulator.Server, method, path, request string) response {
	tb.Helper()
	got, err := send(tb.Context(), method, strings.TrimSuffix(s.URL(), "/v1")+path, request)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

func get(tb testing.TB, s *simulator.Server, path string) []byte {
	tb.Helper()
	return admin(tb, s, http.MethodGet, path, "").body
}

// answer is the text of a completion.
func answer(tb testing.TB, r response) string {
	tb.Helper()
	var completion struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.Unmarshal(r.body, &completion); err != nil || r.status != http.StatusOK || len(completion.Choices) != 1 {
		tb.Fatalf("status %d, no completion: %s", r.status, r.body)
	}
	return completion.Choices[0].Message.Content
}

// body is a request with one user message.
func body(model, text string) string {
	type message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	encoded, err := json.Marshal(struct {
		Model    string    `json:"model"`
		Messages []message `json:"messages"`
	}{model, []message{{"user", text}}})
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// prompt is weir's prompt for texts.
func prompt(texts []string) string {
	out := "Analyze sentiment for these texts. Return\nJSON array: [{\"index\": <n>, \"sentiment\": \"<positive|negative|neutral>\"}]\n"
	for i, text := range texts {
		encoded, err := json.Marshal(text)
		if err != nil {
			return err.Error()
		}
		out += fmt.Sprintf("\nInput %d: %s", i+1, encoded)
	}
	return out
}

func testContext(tb testing.TB) (context.Context, context.CancelFunc) {
	tb.Helper()
	return context.WithTimeout(tb.Context(), 10*time.Second)
}

// waitFor looks at the counts until they are as they should be.
func waitFor(tb testing.TB, s *simulator.Server, reached func(simulator.Stats) bool) simulator.Stats {
	tb.Helper()
	ctx, cancel := testContext(tb)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if stats := s.Stats(); reached(stats) {
			return stats
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("stats = %+v", s.Stats())
		}
	}
}
