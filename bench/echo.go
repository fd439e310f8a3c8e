package main

import (
	"errors"
	"io"

	"google.golang.org/grpc"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// echoServer is the least that a gRPC server can do with the same messages: it sends each record back as a result, in as many
// messages as came.
type echoServer struct {
	weirv1.UnimplementedInferenceServiceServer
}

// Predict echoes.
func (echoServer) Predict(stream grpc.BidiStreamingServer[weirv1.PredictRequest, weirv1.PredictResponse]) error {
	sequence := uint64(0)
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if answer := echo(req, &sequence); answer != nil {
			if err := stream.Send(answer); err != nil {
				return err
			}
		}
	}
}

func echo(req *weirv1.PredictRequest, sequence *uint64) *weirv1.PredictResponse {
	var records []*weirv1.Record
	switch m := req.GetMessage().(type) {
	case *weirv1.PredictRequest_Start:
		return &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Started{Started: &weirv1.PredictStarted{}}}
	case *weirv1.PredictRequest_Record:
		records = []*weirv1.Record{m.Record}
	case *weirv1.PredictRequest_Records:
		records = m.Records.GetRecords()
	default:
		return nil
	}
	results := make([]*weirv1.Result, len(records))
	for i, r := range records {
		*sequence++
		results[i] = &weirv1.Result{Sequence: *sequence, Outcome: &weirv1.Result_Text{Text: r.GetText()}}
	}
	return &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Results{Results: &weirv1.ResultBatch{Results: results}}}
}

// same is the check of an echo.
func same(text, value string) bool { return text == value }
