package server

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/weir-ml/weir/inference"
)

// statusOf maps what ends a call to its gRPC status: the one place where that is decided. What becomes of a single record
// is never among it.
func statusOf(err error) error {
	if err == nil {
		return nil
	}
	if _, is := status.FromError(err); is {
		return err
	}
	if _, is := errors.AsType[*inference.UnknownModelError](err); is {
		return status.Error(codes.NotFound, err.Error())
	}
	if inference.IsInvalidRequest(err) {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if errors.Is(err, context.Canceled) {
		return status.Error(codes.Canceled, "the client ended the call")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return status.Error(codes.DeadlineExceeded, "the call's deadline has passed")
	}
	return status.Error(codes.Internal, "a fault in weir; please report it: "+err.Error())
}

func misuse(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// errFull says that there is no room for another stream; the client learns when to come back.
func errFull(streams int) error {
	const comeBack = time.Second
	s := status.Newf(codes.ResourceExhausted,
		"the server has %d streams open, its limit (limits.max_streams); try again, or elsewhere", streams)
	detailed, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(comeBack)})
	if err != nil {
		return s.Err()
	}
	return detailed.Err()
}

var errStopping = status.Error(codes.Unavailable, "the server is stopping; try again, or elsewhere")

func errDrained(last uint64) error {
	return status.Errorf(codes.Unavailable,
		"the server is stopping: records up to sequence %d have their results; send the others again, or elsewhere", last)
}

// errDrainOver is what records are told whose calls the end of the drain time cuts.
var errDrainOver = errors.New("the server has stopped, and its drain time was over before the model answered (limits.drain_timeout); " +
	"send the record again, or elsewhere")

func errStalled(limit time.Duration) error {
	return status.Errorf(codes.Aborted, "the client has not read its results for %v (limits.stall_timeout)", limit)
}

func errNoStart(limit time.Duration) error {
	return status.Errorf(codes.Aborted, "no start message within %v (limits.stall_timeout)", limit)
}
