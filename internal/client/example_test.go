package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/internal/client"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/server"
)

func ExampleSession() {
	address, stop := serveSentiment()
	defer stop()

	c, err := client.Dial(client.Config{Address: address})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()
	session, err := c.Open(context.Background(), client.Start{MaxInFlight: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer session.Close()
	go func() {
		_ = session.Send(context.Background(), &weirv1.Record{Text: "I love it"}, &weirv1.Record{Text: "I hate it"})
		_ = session.CloseSend()
	}()
	for {
		results, err := session.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, r := range results {
			fmt.Println(r.GetSequence(), r.GetText())
		}
	}
	// Output:
	// 1 positive
	// 2 negative
}

// serveSentiment serves the embedded model, and returns where and how to stop it.
func serveSentiment() (string, func()) {
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
		Name: "sentiment", Driver: local.New(), Options: map[string]string{"batch.size": "20"},
	}}})
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	s := server.New(server.Config{Engine: engine})
	done := make(chan error, 1)
	go func() { done <- s.Serve(listener) }()
	return listener.Addr().String(), func() {
		s.Close()
		if err := <-done; err != nil {
			panic(err)
		}
	}
}
