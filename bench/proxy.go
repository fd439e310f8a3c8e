package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
)

// proxyServer is the least that can stand between a stream and a model: it receives a record, calls the model with weir's own
// driver, and sends the result, all in the stream's handler. It has no window, batches, deadlines, retries or metrics, and
// takes the next record when the last one has its result.
type proxyServer struct {
	weirv1.UnimplementedInferenceServiceServer

	model providers.Provider
}

// Predict passes records on, one at a time.
func (p *proxyServer) Predict(stream grpc.BidiStreamingServer[weirv1.PredictRequest, weirv1.PredictResponse]) error {
	sequence := uint64(0)
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		answer := echo(req, &sequence)
		if req.GetRecord() != nil {
			if err := p.ask(stream.Context(), answer.GetResults().GetResults()[0]); err != nil {
				return err
			}
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

// ask replaces the text of a result by the model's reply to it.
func (p *proxyServer) ask(ctx context.Context, result *weirv1.Result) error {
	reply, err := p.model.Complete(ctx, &providers.Request{
		Model:    "sentiment",
		Messages: []providers.Message{{Role: providers.RoleUser, Content: result.GetText()}},
	})
	if err != nil {
		return err
	}
	result.Outcome = &weirv1.Result_Text{Text: reply.Text}
	return nil
}

// serveProxy serves the proxy as serveEcho serves the echo.
func (r *roleSettings) serveProxy(ctx context.Context, listener net.Listener) error {
	model, err := openai.New(openai.Config{BaseURL: r.upstream, MaxInFlight: 1})
	if err != nil {
		return err
	}
	defer model.Close()
	s := grpc.NewServer(grpc.StaticStreamWindowSize(streamWindow), grpc.StaticConnWindowSize(connWindow))
	weirv1.RegisterInferenceServiceServer(s, &proxyServer{model: model})
	context.AfterFunc(ctx, s.Stop)
	fmt.Fprintf(os.Stderr, "serving address=%s admin=off\n", listener.Addr())
	return s.Serve(listener)
}
