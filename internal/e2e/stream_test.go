package e2e_test

import (
	"context"
	"errors"
	"io"
	"testing"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// stream is a Predict stream of a test.
type stream struct {
	weirv1.InferenceService_PredictClient

	t       tester
	started *weirv1.PredictStarted
}

// predict opens a stream. It ends with the test, or with ctx.
func (w *weir) predict(ctx context.Context, t tester, start *weirv1.PredictStart) *stream {
	t.Helper()
	raw, err := w.client.Predict(ctx)
	if err != nil {
		t.Fatalf("%v", err)
	}
	s := &stream{InferenceService_PredictClient: raw, t: t}
	s.send(startOf(start))
	s.started = s.recv().GetStarted()
	if s.started == nil {
		t.Fatalf("the first message is not started")
	}
	return s
}

func (s *stream) send(m *weirv1.PredictRequest) {
	s.t.Helper()
	if err := s.Send(m); err != nil {
		s.t.Fatalf("sending: %v", err)
	}
}

// texts sends records, all in one message.
func (s *stream) texts(texts ...string) {
	s.t.Helper()
	s.records(recordsOf(texts...)...)
}

func (s *stream) records(records ...*weirv1.Record) {
	s.t.Helper()
	s.send(batchOf(records))
}

func (s *stream) flush() {
	s.t.Helper()
	s.send(&weirv1.PredictRequest{Message: &weirv1.PredictRequest_Flush{Flush: &weirv1.Flush{}}})
}

func (s *stream) recv() *weirv1.PredictResponse {
	s.t.Helper()
	m, err := s.Recv()
	if err != nil {
		s.t.Fatalf("receiving: %v", err)
	}
	return m
}

// results reads n results.
func (s *stream) results(n int) []*weirv1.Result {
	s.t.Helper()
	var out []*weirv1.Result
	for len(out) < n {
		out = append(out, s.recv().GetResults().GetResults()...)
	}
	return out
}

// rest reads to the end of the stream and returns the results and how it ended.
func (s *stream) rest() ([]*weirv1.Result, error) { return restOf(s) }

func restOf(s weirv1.InferenceService_PredictClient) ([]*weirv1.Result, error) {
	var out []*weirv1.Result
	for {
		m, err := s.Recv()
		if err != nil {
			return out, err
		}
		out = append(out, m.GetResults().GetResults()...)
	}
}

// finish half-closes and wants the stream to end well, with n results.
func (s *stream) finish(n int) []*weirv1.Result {
	s.t.Helper()
	if err := s.CloseSend(); err != nil {
		s.t.Fatalf("%v", err)
	}
	got, err := s.rest()
	if !errors.Is(err, io.EOF) || len(got) != n {
		s.t.Fatalf("the stream ended with %d results and %v, want %d and OK", len(got), err, n)
	}
	return got
}

func startOf(start *weirv1.PredictStart) *weirv1.PredictRequest {
	return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Start{Start: start}}
}

// batchOf is a message with records: a single one in the field for one.
func batchOf(records []*weirv1.Record) *weirv1.PredictRequest {
	if len(records) == 1 {
		return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Record{Record: records[0]}}
	}
	return &weirv1.PredictRequest{Message: &weirv1.PredictRequest_Records{Records: &weirv1.RecordBatch{Records: records}}}
}

func recordsOf(texts ...string) []*weirv1.Record {
	records := make([]*weirv1.Record, len(texts))
	for i, text := range texts {
		records[i] = &weirv1.Record{Text: text}
	}
	return records
}

// wantValues checks that the results are those of the texts, in order, numbered from first.
func wantValues(t *testing.T, first uint64, texts []string, got []*weirv1.Result) {
	t.Helper()
	if len(got) != len(texts) {
		t.Fatalf("%d results, want %d", len(got), len(texts))
	}
	for i, r := range got {
		if r.GetSequence() != first+uint64(i) || r.GetText() != answerTo(texts[i]) {
			t.Errorf("result %d: %v, want sequence %d and %q", i+1, r, first+uint64(i), answerTo(texts[i]))
		}
	}
}
