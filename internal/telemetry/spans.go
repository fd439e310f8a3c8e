package telemetry

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/weir-ml/weir/inference"
)

// The attributes of spans. Those of gen_ai, error and http are OpenTelemetry's semantic conventions.
const (
	keyOperation    = attribute.Key("gen_ai.operation.name")
	keyGenProvider  = attribute.Key("gen_ai.provider.name")
	keyRequestModel = attribute.Key("gen_ai.request.model")
	keyInputTokens  = attribute.Key("gen_ai.usage.input_tokens")
	keyOutputTokens = attribute.Key("gen_ai.usage.output_tokens")
	keyFinish       = attribute.Key("gen_ai.response.finish_reasons")
	keyResponseID   = attribute.Key("gen_ai.response.id")
	keyErrorType    = attribute.Key("error.type")
	keyHTTPStatus   = attribute.Key("http.response.status_code")
	keyRetryAfter   = attribute.Key("weir.call.retry_after")
	keyModel        = attribute.Key("weir.model")
	keyProvider     = attribute.Key("weir.provider")
	keyRecords      = attribute.Key("weir.batch.records")
	keySize         = attribute.Key("weir.batch.size")
	keyLeft         = attribute.Key("weir.batch.left")
	keyWait         = attribute.Key("weir.batch.wait")
	keyValues       = attribute.Key("weir.batch.values")
	keyErrors       = attribute.Key("weir.batch.errors")
	keyReasons      = attribute.Key("weir.batch.error_reasons")
)

// The names of spans; the name of a call goes on with the provider's model where that is known.
const (
	spanBatch = "weir.batch"
	spanCall  = "chat"
	spanEmbed = "embeddings"
)

// spans makes one span for each batch, with a child for each attempt of a call. Nothing in them comes from a record, a
// prompt, an answer or a provider's message.
type spans struct {
	tracer trace.Tracer
	calls  map[string]callSpan // by model; not changed once it is made
}

// callSpan is what the spans of a model's calls have in common.
type callSpan struct {
	name    string
	options []trace.SpanStartOption
}

func newSpans(tracer trace.Tracer, models []inference.ModelConfig) *spans {
	s := &spans{tracer: tracer, calls: make(map[string]callSpan, len(models))}
	for i := range models {
		s.calls[models[i].Name] = newCallSpan(&models[i])
	}
	return s
}

func newCallSpan(m *inference.ModelConfig) callSpan {
	name := spanCall
	if m.Task == inference.TaskEmbedding {
		name = spanEmbed
	}
	attributes := []attribute.KeyValue{
		keyOperation.String(name), keyModel.String(m.Name), keyProvider.String(m.Provider),
	}
	if m.Kind != "" {
		attributes = append(attributes, keyGenProvider.String(genProvider(m.Kind)))
	}
	if m.ProviderModel != "" {
		name += " " + m.ProviderModel
		attributes = append(attributes, keyRequestModel.String(m.ProviderModel))
	}
	return callSpan{name: name, options: []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...),
	}}
}

// genProvider returns a kind of provider as the conventions for spans call it.
func genProvider(kind string) string {
	switch kind {
	case "azure":
		return "azure.ai.openai"
	case "gemini":
		return "gcp.gemini"
	case "bedrock":
		return "aws.bedrock"
	default:
		return kind
	}
}

// startBatch starts the span of a batch. It is a child of the unary call that its records came with. The span of a client
// that opened a stream is only linked: a stream may live for days, and so would the client's trace.
func (s *spans) startBatch(ctx context.Context, batch *inference.Batch) context.Context {
	options := []trace.SpanStartOption{trace.WithAttributes(
		keyModel.String(batch.Model),
		keyProvider.String(batch.Provider),
		keyRecords.Int(batch.Records),
		keySize.Int(batch.Full),
		keyLeft.String(batch.Left),
		keyWait.Float64(batch.Waited.Seconds()),
	)}
	if client := trace.SpanContextFromContext(ctx); client.IsRemote() {
		options = append(options, trace.WithNewRoot(), trace.WithLinks(trace.Link{SpanContext: client}))
	}
	ctx, _ = s.tracer.Start(ctx, spanBatch, options...) //nolint:spancheck // endBatch ends it
	return ctx
}

func endBatch(ctx context.Context, end *inference.BatchEnd) {
	span := trace.SpanFromContext(ctx)
	defer span.End()
	if !span.IsRecording() {
		return
	}
	failed, why := summary(end)
	span.SetAttributes(keyValues.Int(end.Values), keyErrors.Int(failed))
	if end.Usage.Reported {
		span.SetAttributes(keyInputTokens.Int(end.Usage.PromptTokens), keyOutputTokens.Int(end.Usage.CompletionTokens))
	}
	if failed == 0 {
		return
	}
	span.SetAttributes(keyReasons.StringSlice(why))
	if end.Values == 0 {
		span.SetAttributes(keyErrorType.String(why[0]))
		span.SetStatus(codes.Error, "no record of the batch has a value")
	}
}

// summary returns how many records have no value, and the reasons in order.
func summary(end *inference.BatchEnd) (failed int, why []string) {
	for reason, n := range end.Errors {
		failed += n
		why = append(why, string(reason))
	}
	slices.Sort(why)
	return failed, why
}

// startCall starts the span of an attempt.
func (s *spans) startCall(ctx context.Context, call inference.Call) context.Context {
	of, ok := s.calls[call.Model]
	if !ok {
		of = newCallSpan(&inference.ModelConfig{Name: call.Model, Provider: call.Provider})
	}
	ctx, _ = s.tracer.Start(ctx, of.name, of.options...) //nolint:spancheck // endCall ends it
	return ctx
}

func endCall(ctx context.Context, end *inference.CallEnd) {
	span := trace.SpanFromContext(ctx)
	defer span.End()
	if !span.IsRecording() {
		return
	}
	if err := end.Err; err != nil {
		kind := kindName(err.Kind)
		span.SetStatus(codes.Error, kind)
		span.SetAttributes(keyErrorType.String(kind))
		if err.Status != 0 {
			span.SetAttributes(keyHTTPStatus.Int(err.Status))
		}
		if err.RetryAfter > 0 {
			span.SetAttributes(keyRetryAfter.Float64(err.RetryAfter.Seconds()))
		}
		return
	}
	describeResponse(span, end)
}

func describeResponse(span trace.Span, end *inference.CallEnd) {
	r := end.Response
	if r == nil {
		return
	}
	span.SetAttributes(keyFinish.StringSlice([]string{string(r.Finish)}))
	if r.RequestID != "" {
		span.SetAttributes(keyResponseID.String(r.RequestID))
	}
	if r.Usage.Reported {
		span.SetAttributes(keyInputTokens.Int(r.Usage.PromptTokens), keyOutputTokens.Int(r.Usage.CompletionTokens))
	}
}
