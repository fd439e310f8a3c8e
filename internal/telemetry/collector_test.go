package telemetry_test

import (
	"context"
	"net"
	"sync"
	"testing"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// collector is an OpenTelemetry collector that keeps what it is sent.
type collector struct {
	url string

	mu        sync.Mutex
	resources []*resourcepb.Resource
	spans     []*tracepb.Span
	metrics   map[string]*metricspb.Metric // the last of each name
	headers   []metadata.MD
}

// startCollector starts a collector on loopback; it ends with the test.
func startCollector(t testing.TB) *collector {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{url: "http://" + listener.Addr().String(), metrics: map[string]*metricspb.Metric{}}
	server := grpc.NewServer()
	collectortrace.RegisterTraceServiceServer(server, &traceService{collector: c})
	collectormetrics.RegisterMetricsServiceServer(server, &metricsService{collector: c})
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c
}

type traceService struct {
	collectortrace.UnimplementedTraceServiceServer

	*collector
}

func (s *traceService) Export(ctx context.Context, req *collectortrace.ExportTraceServiceRequest) (*collectortrace.ExportTraceServiceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sentBy(ctx)
	for _, of := range req.GetResourceSpans() {
		s.resources = append(s.resources, of.GetResource())
		for _, scope := range of.GetScopeSpans() {
			s.spans = append(s.spans, scope.GetSpans()...)
		}
	}
	return &collectortrace.ExportTraceServiceResponse{}, nil
}

type metricsService struct {
	collectormetrics.UnimplementedMetricsServiceServer

	*collector
}

func (s *metricsService) Export(ctx context.Context, req *collectormetrics.ExportMetricsServiceRequest) (*collectormetrics.ExportMetricsServiceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sentBy(ctx)
	for _, of := range req.GetResourceMetrics() {
		s.resources = append(s.resources, of.GetResource())
		for _, scope := range of.GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				s.metrics[m.GetName()] = m
			}
		}
	}
	return &collectormetrics.ExportMetricsServiceResponse{}, nil
}

func (c *collector) sentBy(ctx context.Context) {
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		c.headers = append(c.headers, md)
	}
}

// received returns whether any metrics and spans have arrived.
func (c *collector) received() (metrics, spans bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.metrics) > 0, len(c.spans) > 0
}
