package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// bytesCodec sends bytes as they are: what no generated code would send.
type bytesCodec struct{}

// Name is that of the codec which the server uses.
func (bytesCodec) Name() string { return "proto" }

// Marshal returns the bytes of a []byte.
func (bytesCodec) Marshal(v any) ([]byte, error) {
	raw, ok := v.([]byte)
	if !ok {
		return nil, fmt.Errorf("%T is no []byte", v)
	}
	return raw, nil
}

// Unmarshal reads a response.
func (bytesCodec) Unmarshal(data []byte, v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is no message", v)
	}
	return proto.Unmarshal(data, m)
}

// rawStream is a Predict stream that takes bytes.
type rawStream struct {
	grpc.ClientStream

	t *testing.T
}

func (w *weir) raw(t *testing.T) *rawStream {
	t.Helper()
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	s, err := w.conn.NewStream(t.Context(), desc, weirv1.InferenceService_Predict_FullMethodName, grpc.ForceCodec(bytesCodec{}))
	if err != nil {
		t.Fatal(err)
	}
	return &rawStream{ClientStream: s, t: t}
}

func (s *rawStream) send(message []byte) {
	s.t.Helper()
	if err := s.SendMsg(message); err != nil {
		s.t.Fatalf("sending: %v", err)
	}
}

// rest reads to the end of the stream.
func (s *rawStream) rest() ([]*weirv1.Result, error) {
	var got []*weirv1.Result
	for {
		m := &weirv1.PredictResponse{}
		if err := s.RecvMsg(m); err != nil {
			return got, err
		}
		got = append(got, m.GetResults().GetResults()...)
	}
}

// Field numbers of the contract.
const (
	numStart  = 1 // PredictRequest.start
	numRecord = 2 // PredictRequest.record
	numText   = 2 // Record.text
	numFields = 3 // Record.fields
	numName   = 1 // Field.name
	numValue  = 2 // Field.text
	numModel  = 1 // PredictStart.model
)

func field(number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

func rawText(text string) []byte { return field(numRecord, field(numText, []byte(text))) }

func rawField(name, value string) []byte {
	return field(numRecord, field(numFields, append(field(numName, []byte(name)), field(numValue, []byte(value))...)))
}

// TestBadBytesOnTheWire: a record with bytes that no generated client would send is that record's error; its neighbours get
// their values.
func TestBadBytesOnTheWire(t *testing.T) {
	t.Parallel()
	provider := newCanary(t)
	w := serve(t, model(provider.url(), "batch.size: 3", "batch.timeout.ms: 10"), nil)
	s := w.raw(t)
	s.send(field(numStart, nil))
	unknown := append(rawText("unknown field"), field(99, []byte("of a later version"))...)
	messages := []struct {
		raw  []byte
		text string // of a valid record
	}{
		{rawText("good"), "good"},
		{rawText("bad \xff byte"), ""},
		{rawText("\xed\xa0\x80 a surrogate"), ""},
		{rawText("half a character \xf0\x9f\x99"), ""},
		{rawField("na\xc0\xafme", "value"), ""},
		{rawField("name", "val\xfeue"), ""},
		{rawField("", "no name"), ""},
		{field(numRecord, nil), ""},
		{rawText(strings.Repeat("x", 10<<20)), ""},
		{unknown, "unknown field"},
		{rawText("good again"), "good again"},
	}
	for _, m := range messages {
		s.send(m.raw)
	}
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	got, err := s.rest()
	if !errors.Is(err, io.EOF) || len(got) != len(messages) {
		t.Fatalf("%d results and %v, want %d and OK", len(got), err, len(messages))
	}
	for i, m := range messages {
		switch r := got[i]; {
		case r.GetSequence() != uint64(i+1):
			t.Errorf("result %d has sequence %d", i+1, r.GetSequence())
		case m.text != "" && r.GetText() != answerTo(m.text):
			t.Errorf("record %d: %v, want the value of %q", i+1, r, m.text)
		case m.text == "" && r.GetError().GetReason() != weirv1.Reason_REASON_INVALID_RECORD:
			t.Errorf("record %d: %v, want INVALID_RECORD", i+1, r)
		}
	}
}

// TestBadMessagesOnTheWire: a message that cannot be read at all ends its stream with a status, and nothing else.
func TestBadMessagesOnTheWire(t *testing.T) {
	provider := newCanary(t)
	w := serve(t, model(provider.url(), "batch.size: 3", "batch.timeout.ms: 10"), nil)
	neighbour := w.predict(t.Context(), t, &weirv1.PredictStart{})
	tests := []struct {
		name    string
		started bool
		raw     []byte
		code    codes.Code
	}{
		{"20 MB", true, rawText(strings.Repeat("x", 20<<20)), codes.ResourceExhausted},
		{"no protobuf", true, []byte("\xff\xff\xff\xff"), codes.Internal},
		{"cut short", true, rawText("cut short")[:5], codes.Internal},
		{"nothing known", true, field(99, []byte("of a later version")), codes.InvalidArgument},
		{"a name of a model that is not UTF-8", false, field(numStart, field(numModel, []byte("\xff"))), codes.Internal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := w.raw(t)
			if test.started {
				s.send(field(numStart, nil))
			}
			_ = s.SendMsg(test.raw) // the status may be there already
			if _, err := s.rest(); status.Code(err) != test.code {
				t.Errorf("%v, want %v", err, test.code)
			}
			neighbour.texts("still here")
			neighbour.flush()
			if got := neighbour.results(1); got[0].GetText() != answerTo("still here") {
				t.Errorf("the neighbour got %v", got)
			}
		})
	}
}
