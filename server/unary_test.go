package server_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/server"
)

func recordsOf(texts ...string) []*weirv1.Record {
	out := make([]*weirv1.Record, len(texts))
	for i, text := range texts {
		out[i] = &weirv1.Record{Text: text}
	}
	return out
}

func TestPredictBatch(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "20"}})
	in := texts(45)
	resp, err := b.client.PredictBatch(t.Context(), &weirv1.PredictBatchRequest{Records: recordsOf(in...)})
	if err != nil {
		t.Fatal(err)
	}
	checkResults(t, in, resp.GetResults(), true)
	if calls := b.model.calls.Load(); calls != 3 {
		t.Errorf("%d calls, want 3", calls)
	}
}

func TestPredictBatchSays(t *testing.T) {
	t.Parallel()
	b := start(t, setup{change: func(c *server.Config) { c.WindowRecords = 10 }})
	two, one := uint64(2), uint64(1)
	tests := []struct {
		name string
		req  *weirv1.PredictBatchRequest
		code codes.Code
	}{
		{"no records", &weirv1.PredictBatchRequest{}, codes.InvalidArgument},
		{"too many", &weirv1.PredictBatchRequest{Records: recordsOf(texts(11)...)}, codes.InvalidArgument},
		{"sequence", &weirv1.PredictBatchRequest{Records: []*weirv1.Record{{Sequence: &two, Text: "a"}, {Sequence: &one, Text: "b"}}}, codes.InvalidArgument},
		{"model", &weirv1.PredictBatchRequest{Model: "x", Records: recordsOf("a")}, codes.NotFound},
		{"option", &weirv1.PredictBatchRequest{Options: map[string]string{"x": "y"}, Records: recordsOf("a")}, codes.InvalidArgument},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := b.client.PredictBatch(t.Context(), test.req); status.Code(err) != test.code {
				t.Errorf("%v, want %v", err, test.code)
			}
		})
	}
}

// TestPredictBatchDeadline: the call's deadline becomes the records', which end typed and in time.
func TestPredictBatchDeadline(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := start(t, setup{model: &model{before: g.wait}})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	resp, err := b.client.PredictBatch(ctx, &weirv1.PredictBatchRequest{Records: recordsOf("a", "b")})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range resp.GetResults() {
		if r.GetError().GetReason() != weirv1.Reason_REASON_DEADLINE_EXCEEDED {
			t.Errorf("%v", r)
		}
	}
}

func TestRenderPrompt(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "2", "system.prompt": "Be brief."}})
	resp, err := b.client.RenderPrompt(t.Context(), &weirv1.RenderPromptRequest{Records: recordsOf("one", "two", "three")})
	if err != nil {
		t.Fatal(err)
	}
	prompts := resp.GetPrompts()
	if len(prompts) != 2 || b.model.calls.Load() != 0 {
		t.Fatalf("%d prompts, %d calls", len(prompts), b.model.calls.Load())
	}
	if diff := cmp.Diff([]uint64{3}, prompts[1].GetSequences()); diff != "" {
		t.Errorf("sequences (-want +got):\n%s", diff)
	}
	if schema := prompts[0].GetAnswerSchema(); !strings.Contains(schema, `"required":["r1","r2"]`) {
		t.Errorf("schema: %s", schema)
	}
	messages := prompts[0].GetMessages()
	if len(messages) != 2 || messages[0].GetRole() != "system" || messages[0].GetContent() != "Be brief." {
		t.Fatalf("messages: %v", messages)
	}
	user := messages[1].GetContent()
	if lines := inputLine.FindAllStringSubmatch(user, -1); len(lines) != 2 || lines[0][2] != `"one"` || lines[1][2] != `"two"` {
		t.Errorf("prompt: %s", user)
	}
	if tokens := int(prompts[0].GetEstimatedTokens()); tokens < len(user)/5 || tokens > len(user) {
		t.Errorf("%d tokens for %d bytes", tokens, len(user))
	}
	_, err = b.client.RenderPrompt(t.Context(), &weirv1.RenderPromptRequest{Records: recordsOf("one", " ")})
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "record 2") {
		t.Errorf("%v, want INVALID_ARGUMENT that names record 2", err)
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	b := start(t, setup{options: map[string]string{"batch.size": "7"}, open: func(o string) bool { return o == "batch.size" }})
	list, err := b.client.ListModels(t.Context(), &weirv1.ListModelsRequest{})
	if err != nil || len(list.GetModels()) != 1 || list.GetModels()[0].GetName() != "m" || list.GetModels()[0].GetProviderModel() != "hash" {
		t.Fatalf("%v, %v", list, err)
	}
	model, err := b.client.GetModel(t.Context(), &weirv1.GetModelRequest{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*weirv1.ModelOption{}
	for _, o := range model.GetOptions() {
		got[o.GetName()] = o
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(options.AllNames())), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	size, system := got["batch.size"], got["system.prompt"]
	if size.GetValue() != "7" || size.GetDefaultValue() != "1" || !size.GetOverridable() || size.GetDescription() == "" || system.GetOverridable() {
		t.Errorf("batch.size: %v, system.prompt: %v", size, system)
	}
	if _, err := b.client.GetModel(t.Context(), &weirv1.GetModelRequest{Model: "x"}); status.Code(err) != codes.NotFound {
		t.Errorf("%v, want NOT_FOUND", err)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	b := start(t, setup{change: func(c *server.Config) { c.Token = func() string { return "right" } }})
	call := func(header ...string) codes.Code {
		ctx := metadata.AppendToOutgoingContext(t.Context(), header...)
		_, err := b.client.ListModels(ctx, &weirv1.ListModelsRequest{})
		s, serr := b.client.Predict(ctx)
		if serr == nil {
			serr = s.Send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: &weirv1.PredictStart{}}})
		}
		if serr == nil || errors.Is(serr, io.EOF) { // EOF: the server has ended the stream, and Recv says why
			_, serr = s.Recv()
		}
		if status.Code(err) != status.Code(serr) {
			t.Errorf("unary %v, stream %v", err, serr)
		}
		return status.Code(err)
	}
	for _, test := range []struct {
		header []string
		want   codes.Code
	}{
		{nil, codes.Unauthenticated},
		{[]string{"authorization", "Bearer wrong"}, codes.Unauthenticated},
		{[]string{"authorization", "right"}, codes.Unauthenticated},
		{[]string{"authorization", "Bearer right"}, codes.OK},
		{[]string{"authorization", "bearer right"}, codes.OK},
	} {
		if got := call(test.header...); got != test.want {
			t.Errorf("%v: %v, want %v", test.header, got, test.want)
		}
	}
	probe := healthv1.NewHealthClient(b.conn)
	resp, err := probe.Check(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil || resp.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("health without a token: %v, %v", resp, err)
	}
}

// TestReasons: every reason of the engine has its twin in the contract, and the other way round.
func TestReasons(t *testing.T) {
	t.Parallel()
	var want, got []string
	for name, number := range weirv1.Reason_value {
		if number != 0 {
			want = append(want, name)
		}
	}
	for _, r := range inference.Reasons() {
		got = append(got, "REASON_"+string(r))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-contract +engine):\n%s", diff)
	}
}
