package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/internal/client"
	"github.com/weir-ml/weir/server"
)

// TestSession sends many records through a real server with a small window and takes each one's result.
func TestSession(t *testing.T) {
	for _, c := range []struct {
		name  string
		start client.Start
		group int // records in one Send
	}{
		{"one by one", client.Start{}, 1},
		{"many at once", client.Start{}, 2000},
		{"a small window", client.Start{MaxInFlight: 3}, 7},
		{"unordered", client.Start{Unordered: true, MaxInFlight: 50}, 16},
		{"options", client.Start{Options: map[string]string{"batch.size": "5"}, Model: "m"}, 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := startReal(t, server.Config{WindowRecords: 100}, nil, map[string]string{"batch.size": "20", "batch.timeout.ms": "5"})
			session, err := conn.Open(t.Context(), c.start)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			const records = 2000
			go sendAll(t.Context(), session, records, c.group)
			most := int(session.Started().GetWindow().GetRecords())
			seen := make(map[uint64]bool)
			for len(seen) < records {
				got, err := session.Recv()
				if err != nil {
					t.Fatal(err)
				}
				if n := session.Unanswered(); n > most {
					t.Fatalf("%d records unanswered, the window is %d", n, most)
				}
				for _, r := range got {
					if !c.start.Unordered && r.GetSequence() != uint64(len(seen))+1 {
						t.Fatalf("result %d at place %d", r.GetSequence(), len(seen)+1)
					}
					if seen[r.GetSequence()] || r.GetText() != label(r.GetSequence()) {
						t.Fatalf("result %d: %v", r.GetSequence(), r)
					}
					seen[r.GetSequence()] = true
				}
			}
			if got, err := session.Recv(); !errors.Is(err, io.EOF) {
				t.Errorf("the end of the stream is %v, %v", got, err)
			}
			if err := session.Send(t.Context(), &weirv1.Record{Text: "late"}); err == nil {
				t.Error("a record was sent behind the end")
			}
		})
	}
}

func sendAll(ctx context.Context, session *client.Session, records, group int) {
	for n := 0; n < records; {
		var together []*weirv1.Record
		for ; len(together) < group && n < records; n++ {
			together = append(together, &weirv1.Record{Text: "I " + map[string]string{"positive": "love", "negative": "hate"}[label(uint64(n)+1)] + " it"})
		}
		if session.Send(ctx, together...) != nil {
			return
		}
	}
	_ = session.CloseSend()
}

// label is what the embedded model says of record n.
func label(n uint64) string {
	if n%3 == 0 {
		return "negative"
	}
	return "positive"
}

func TestOpenRefused(t *testing.T) {
	c := startReal(t, server.Config{}, nil, nil)
	for _, r := range []struct {
		start client.Start
		code  codes.Code
	}{
		{client.Start{Model: "nobody"}, codes.NotFound},
		{client.Start{Options: map[string]string{"nothing": "1"}}, codes.InvalidArgument},
	} {
		if _, err := c.Open(t.Context(), r.start); status.Code(err) != r.code {
			t.Errorf("%v: %v", r.start, err)
		}
	}
	nobody := dial(t, "127.0.0.1:1")
	if _, err := nobody.Open(t.Context(), client.Start{}); status.Code(err) != codes.Unavailable {
		t.Errorf("without a server: %v", err)
	}
	silent := startScripted(t, func(stream predictStream) error {
		_, _ = stream.Recv()
		return stream.Send(results(text(1, "x")))
	})
	if _, err := silent.Open(t.Context(), client.Start{}); err == nil || !strings.Contains(err.Error(), "not a start") {
		t.Errorf("another first message: %v", err)
	}
}

// TestWindowMoves gives a stream room for one record, then for more records and more bytes.
func TestWindowMoves(t *testing.T) {
	got := make(chan int)
	move := make(chan *weirv1.Window)
	c := startScripted(t, func(stream predictStream) error {
		if err := started(stream, &weirv1.Window{Records: 1, Bytes: 10}); err != nil {
			return err
		}
		go func() {
			for window := range move {
				_ = stream.Send(&weirv1.PredictResponse{Message: &weirv1.PredictResponse_WindowUpdate{
					WindowUpdate: &weirv1.WindowUpdate{Window: window},
				}})
			}
		}()
		for {
			req, err := stream.Recv()
			if err != nil {
				return nil //nolint:nilerr // the client is done
			}
			got <- len(recordsOf(req))
		}
	})
	defer close(move)
	session, err := c.Open(t.Context(), client.Start{})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	go func() { _, _ = session.Recv() }()
	long := &weirv1.Record{Text: strings.Repeat("x", 100)}
	go func() { _ = session.Send(t.Context(), long, long, long, long, long, long) }()
	for _, step := range []struct {
		window *weirv1.Window
		want   int
	}{
		{nil, 1}, // one always fits
		{&weirv1.Window{Records: 3, Bytes: 1000}, 2},
		{&weirv1.Window{Records: 100, Bytes: 450}, 1},
		{&weirv1.Window{Records: 100, Bytes: 1000}, 2},
	} {
		if step.window != nil {
			move <- step.window
		}
		if n := <-got; n != step.want {
			t.Errorf("%v: %d records came, want %d", step.window, n, step.want)
		}
	}
}

func TestSendWaitsForRoom(t *testing.T) {
	c := startScripted(t, func(stream predictStream) error {
		if err := started(stream, &weirv1.Window{Records: 1, Bytes: 100}); err != nil {
			return err
		}
		<-stream.Context().Done()
		return nil
	})
	for _, r := range []struct {
		name string
		end  func(cancel context.CancelFunc, session *client.Session)
		want error
	}{
		{"its context ends", func(cancel context.CancelFunc, _ *client.Session) { cancel() }, context.Canceled},
		{"the session is closed", func(_ context.CancelFunc, s *client.Session) { s.Close() }, client.ErrEnded},
	} {
		t.Run(r.name, func(t *testing.T) {
			session, err := c.Open(t.Context(), client.Start{})
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			sent := make(chan error, 1)
			go func() { sent <- session.Send(ctx, &weirv1.Record{Text: "a"}, &weirv1.Record{Text: "b"}) }()
			r.end(cancel, session)
			if err := <-sent; !errors.Is(err, r.want) {
				t.Errorf("%v, want %v", err, r.want)
			}
		})
	}
}

// TestPings answers those of the server, also while a Send waits for room.
func TestPings(t *testing.T) {
	pongs := make(chan uint64, 1)
	c := startScripted(t, func(stream predictStream) error {
		if err := started(stream, &weirv1.Window{Records: 1, Bytes: 100}); err != nil {
			return err
		}
		for id := uint64(1); id <= 3; id++ {
			ping := &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Ping{Ping: &weirv1.Ping{Id: id}}}
			if err := stream.Send(ping); err != nil {
				return err
			}
			for {
				req, err := stream.Recv()
				if err != nil {
					return err
				}
				if req.GetPong() != nil {
					pongs <- req.GetPong().GetId()
					break
				}
			}
		}
		return nil
	})
	session, err := c.Open(t.Context(), client.Start{Heartbeat: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	go func() { _ = session.Send(t.Context(), &weirv1.Record{Text: "a"}, &weirv1.Record{Text: "b"}) }()
	go func() { _, _ = session.Recv() }()
	for id := uint64(1); id <= 3; id++ {
		if got := <-pongs; got != id {
			t.Errorf("pong %d, want %d", got, id)
		}
	}
}

func TestDraining(t *testing.T) {
	c := startScripted(t, func(stream predictStream) error {
		if err := started(stream, &weirv1.Window{Records: 1, Bytes: 100}); err != nil {
			return err
		}
		if _, err := stream.Recv(); err != nil {
			return err
		}
		drain := &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Drain{Drain: &weirv1.Drain{LastSequence: 1}}}
		if err := errors.Join(stream.Send(drain), stream.Send(results(text(1, "x")))); err != nil {
			return err
		}
		return status.Error(codes.Unavailable, "stopping")
	})
	session, err := c.Open(t.Context(), client.Start{})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	sent := make(chan error, 1)
	go func() { sent <- session.Send(t.Context(), &weirv1.Record{Text: "a"}, &weirv1.Record{Text: "b"}) }()
	if got, err := session.Recv(); err != nil || got[0].GetText() != "x" {
		t.Errorf("%v, %v", got, err)
	}
	<-session.Draining()
	if err := <-sent; !errors.Is(err, client.ErrDraining) {
		t.Errorf("the record that waited: %v", err)
	}
	if err := session.Flush(); !errors.Is(err, client.ErrDraining) {
		t.Errorf("a flush: %v", err)
	}
	if _, err := session.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the end: %v", err)
	}
}

// TestFaultsOfTheServer are results that break the contract; they must not reach another record.
func TestFaultsOfTheServer(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		for _, wrong := range [][]uint64{{2}, {1, 1}, {1, 3}, {9}, {0}} {
			if unordered && wrong[0] == 2 {
				continue // that is allowed
			}
			t.Run(fmt.Sprint(unordered, wrong), func(t *testing.T) {
				c := startScripted(t, func(stream predictStream) error {
					if err := started(stream, &weirv1.Window{Records: 10, Bytes: 100}); err != nil {
						return err
					}
					if _, err := stream.Recv(); err != nil {
						return err
					}
					for _, sequence := range wrong {
						if err := stream.Send(results(text(sequence, "x"))); err != nil {
							return err
						}
					}
					<-stream.Context().Done()
					return nil
				})
				session, err := c.Open(t.Context(), client.Start{Unordered: unordered})
				if err != nil {
					t.Fatal(err)
				}
				defer session.Close()
				if err := session.Send(t.Context(), &weirv1.Record{Text: "a"}, &weirv1.Record{Text: "b"}); err != nil {
					t.Fatal(err)
				}
				for range wrong[1:] {
					if _, err := session.Recv(); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := session.Recv(); err == nil || !strings.Contains(err.Error(), "a fault of the server") {
					t.Errorf("the result was taken: %v", err)
				}
			})
		}
	}
}

func TestDialKeepsTheTokenIn(t *testing.T) {
	for _, c := range []struct {
		cfg client.Config
		ok  bool
	}{
		{client.Config{Address: "192.0.2.1:9347", Token: "x"}, false},
		{client.Config{Address: "weir.example:9347", Token: "x"}, false},
		{client.Config{Address: "192.0.2.1:9347", Token: "x", Insecure: true}, true},
		{client.Config{Address: "192.0.2.1:9347"}, true},
		{client.Config{Address: "localhost:9347", Token: "x"}, true},
		{client.Config{Address: "[::1]:9347", Token: "x"}, true},
		{client.Config{Token: "x"}, true},
	} {
		got, err := client.Dial(c.cfg)
		if (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.cfg, err)
		}
		if got != nil {
			_ = got.Close()
			if err := got.Close(); err != nil {
				t.Errorf("a second Close: %v", err)
			}
		}
	}
}

func TestToken(t *testing.T) {
	c := startReal(t, server.Config{Token: func() string { return "secret" }}, nil, nil)
	if _, err := c.Open(t.Context(), client.Start{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without the token: %v", err)
	}
	with, err := client.Dial(client.Config{Address: c.Address(), Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = with.Close() }()
	session, err := with.Open(t.Context(), client.Start{})
	if err != nil {
		t.Fatal(err)
	}
	session.Close()
	session.Close()
}
