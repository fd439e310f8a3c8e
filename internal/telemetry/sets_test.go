package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/weir-ml/weir/batching"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// TestClosedSets counts one of every reason, kind, code and way to leave, and finds each under its own name.
func TestClosedSets(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t)
	hooks, streams := s.telemetry.InferenceHooks(), s.telemetry.ServerHooks()
	var want []string
	for _, reason := range append(inference.Reasons(), "NEW_REASON") {
		hooks.Rejected("m", reason, 1)
		want = append(want, fmt.Sprintf(`weir_records_rejected_total{model="m",reason=%q}`, known(string(reason), "NEW_REASON")))
	}
	for kind := providers.Kind(0); kind.String() != fmt.Sprintf("kind %d", int(kind)); kind++ {
		hooks.CallEnd(t.Context(), inference.Call{Model: "m"}, inference.CallEnd{Err: &providers.Error{Kind: kind}})
		name := strings.ReplaceAll(kind.String(), " ", "_")
		want = append(want, fmt.Sprintf(`weir_calls_total{model="m",outcome=%q,provider=""}`, name))
	}
	for form, name := range map[providers.Form]string{
		providers.FormFree: "free", providers.FormJSON: "json", providers.FormSchema: "schema", "new": "_other",
	} {
		hooks.Answered(t.Context(), inference.Call{Model: "m"}, inference.CallEnd{Response: &providers.Response{Form: form}})
		want = append(want, fmt.Sprintf(`weir_answers_total{form=%q,model="m",provider=""}`, name))
	}
	for number, name := range code.Code_name {
		streams.StreamEnded("m", status.Error(codes.Code(number), ""))
		want = append(want, fmt.Sprintf(`weir_streams_ended_total{code=%q,model="m"}`, name))
	}
	leavings := []batching.Reason{
		batching.ReasonFull, batching.ReasonBytes, batching.ReasonTimeout, batching.ReasonFlush, batching.ReasonStall, "new",
	}
	for _, left := range leavings {
		hooks.BatchStart(t.Context(), inference.Batch{Model: "m", Left: string(left)})
		want = append(want, fmt.Sprintf(`weir_batches_total{left=%q,model="m",provider=""}`, known(string(left), "new")))
	}
	got := values(scrape(t, s))
	for _, series := range want {
		if got[series] != 1 {
			t.Errorf("%s = %v, want 1", series, got[series])
		}
	}
}

// known returns the name that a value is counted under: its own, unless it is the new one.
func known(name, unknown string) string {
	if name == unknown {
		return "_other"
	}
	return name
}

// TestCodeOfAnEnd ends streams as the server does: with a status, with the end of a context, with something else.
func TestCodeOfAnEnd(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t)
	ended := s.telemetry.ServerHooks().StreamEnded
	for want, err := range map[string]error{
		"OK":                nil,
		"CANCELLED":         fmt.Errorf("reading: %w", context.Canceled),
		"DEADLINE_EXCEEDED": context.DeadlineExceeded,
		"UNAVAILABLE":       fmt.Errorf("stopping: %w", status.Error(codes.Unavailable, "")),
		"UNKNOWN":           errors.New("something"),
	} {
		ended(want, err)
		if n := values(scrape(t, s))[`weir_streams_ended_total{code="`+want+`",model="`+want+`"}`]; n != 1 {
			t.Errorf("a stream that ended with %v is not counted as %s", err, want)
		}
	}
}

// TestUnaryMethodsHaveSpans calls every method of the contract that is no stream.
func TestUnaryMethodsHaveSpans(t *testing.T) {
	quietEnvironment(t)
	c := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
	s := startSystem(t, sentiment())
	found, err := protoregistry.GlobalFiles.FindDescriptorByName("weir.v1.InferenceService")
	if err != nil {
		t.Fatal(err)
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		t.Fatalf("%T is no service", found)
	}
	var unary []string
	for i := range service.Methods().Len() {
		method := service.Methods().Get(i)
		if method.IsStreamingClient() || method.IsStreamingServer() {
			continue
		}
		request, response := message(t, method.Input().FullName(), "{}"), message(t, method.Output().FullName(), "{}")
		_ = s.conn.Invoke(t.Context(), fmt.Sprintf("/%s/%s", service.FullName(), method.Name()), request, response)
		unary = append(unary, fmt.Sprintf("%s/%s", service.FullName(), method.Name()))
	}
	s.stop()
	for _, name := range unary {
		if n := len(c.find(name, "", nil)); n != 1 {
			t.Errorf("%d spans of %s, want 1", n, name)
		}
	}
}
