package server

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	protolib "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The bounds of what one message may unfold to: an empty record is 2 bytes on the wire and about 100 in memory, so 16 MiB of
// them would take 700 MiB before anything could be counted.
const (
	maxPartsPerMessage = 1 << 16 // records and fields
	alwaysSmallEnough  = 2 * maxPartsPerMessage
)

// boundedCodec is gRPC's own, and counts the parts of a large message before it decodes them.
type boundedCodec struct{ encoding.CodecV2 }

func newBoundedCodec() boundedCodec { return boundedCodec{encoding.GetCodecV2(proto.Name)} }

// Unmarshal decodes a message of at most maxPartsPerMessage records and fields.
func (c boundedCodec) Unmarshal(data mem.BufferSlice, v any) error {
	message, ok := v.(protolib.Message)
	if ok && data.Len() > alwaysSmallEnough {
		parts := 0
		count(data.Materialize(), message.ProtoReflect().Descriptor(), &parts)
		if parts > maxPartsPerMessage {
			return fmt.Errorf("the message has more than %d records and fields; send it in parts", maxPartsPerMessage)
		}
	}
	return c.CodecV2.Unmarshal(data, v) //nolint:wrapcheck // gRPC wraps it
}

// count adds the elements of repeated messages up, at every depth; it stops when there are too many, or at a fault that the
// decoder will find too.
func count(data []byte, of protoreflect.MessageDescriptor, parts *int) {
	for len(data) > 0 && *parts <= maxPartsPerMessage {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return
		}
		data = data[n:]
		if n = protowire.ConsumeFieldValue(number, kind, data); n < 0 {
			return
		}
		field := of.Fields().ByNumber(number)
		if field != nil && kind == protowire.BytesType && field.Message() != nil {
			if field.IsList() || field.IsMap() {
				*parts++
			}
			inner, _ := protowire.ConsumeBytes(data)
			count(inner, field.Message(), parts)
		}
		data = data[n:]
	}
}
