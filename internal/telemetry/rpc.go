package telemetry

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// ServerOptions returns the options of a gRPC server: for server.Config.Options. They count every RPC by method, status
// and duration (rpc.server.call.duration), and make a span for each unary one. A stream has none: it may live for days,
// and its batches have spans of their own.
func (t *Telemetry) ServerOptions() []grpc.ServerOption {
	none := noop.NewTracerProvider()
	tracers, incoming := trace.TracerProvider(none), propagation.NewCompositeTextMapPropagator()
	if t.tracers != nil {
		tracers, incoming = t.tracers, propagation.TraceContext{}
	}
	handler := func(tracers trace.TracerProvider) stats.Handler {
		return otelgrpc.NewServerHandler(
			otelgrpc.WithMeterProvider(t.meters), otelgrpc.WithTracerProvider(tracers), otelgrpc.WithPropagators(incoming),
		)
	}
	return []grpc.ServerOption{grpc.StatsHandler(&rpcs{Handler: handler(tracers), streams: handler(none)})}
}

// rpcs gives streams another handler than unary calls. The two count alike, so what begins with one may end with the
// other.
type rpcs struct {
	stats.Handler

	streams stats.Handler
}

// TagRPC begins an RPC. What is not known to be unary is taken for a stream: gRPC never ends an RPC whose method it does
// not have.
func (r *rpcs) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	if unary[info.FullMethodName] {
		return r.Handler.TagRPC(ctx, info)
	}
	return r.streams.TagRPC(ctx, info)
}

// HandleRPC counts an RPC. Nothing is counted of its messages, of which a stream may have one for each record, so they go
// no further.
func (r *rpcs) HandleRPC(ctx context.Context, event stats.RPCStats) {
	switch event.(type) {
	case *stats.InPayload, *stats.OutPayload:
		return
	}
	r.Handler.HandleRPC(ctx, event)
}

// unary are the methods of the contract that are no streams.
var unary = map[string]bool{
	"/weir.v1.InferenceService/PredictBatch": true,
	"/weir.v1.InferenceService/RenderPrompt": true,
	"/weir.v1.InferenceService/ListModels":   true,
	"/weir.v1.InferenceService/GetModel":     true,
}
