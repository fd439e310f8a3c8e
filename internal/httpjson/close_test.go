package httpjson_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/internal/httpjson"
)

// soon fails where a channel is not closed within a few seconds.
func soon(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Errorf("%s: not within 5 s", what)
	}
}

// TestCloseClosesKeptConnections makes a call and closes the client: the server sees its connection end.
func TestCloseClosesKeptConnections(t *testing.T) {
	closed := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(closed)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := client(t, httpjson.Config{URL: server.URL})
	post(t, c)
	c.Close()
	soon(t, "the kept connection is closed", closed)
}

// TestTooLargeBodyIsNotAwaited serves a body without end: at its bound the client hangs up, so the server stops too.
func TestTooLargeBodyIsNotAwaited(t *testing.T) {
	stopped := make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		defer close(stopped)
		for {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	})
	_ = postFails(t, client(t, httpjson.Config{URL: server.URL, MaxBodyBytes: 1000}))
	soon(t, "the server's write fails", stopped)
	server.CloseClientConnections() // so that a failure of this test does not hang the next
}
