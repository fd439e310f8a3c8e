package providertest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weir-ml/weir/providers"
)

// server is a real HTTP server that counts the calls it gets.
type server struct {
	*httptest.Server

	calls  atomic.Int64
	asking chan struct{} // gets a token with each call, while it has room
	once   sync.Once
	ended  chan struct{} // closed when the test is over: a handler that hangs must look
}

// serve starts a server whose every call goes to handler, and a provider that calls it.
func (s *suite) serve(t *testing.T, handler http.HandlerFunc) (*server, providers.Provider) {
	t.Helper()
	srv := &server{asking: make(chan struct{}, 64), ended: make(chan struct{})}
	srv.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		srv.calls.Add(1)
		select {
		case srv.asking <- struct{}{}:
		default:
		}
		handler(w, r)
	}))
	srv.Config.ErrorLog = nil
	srv.Start()
	t.Cleanup(srv.stop)
	return srv, s.New(t, srv.URL)
}

// stop ends what hangs and then the server; more than once does no harm.
func (srv *server) stop() {
	srv.once.Do(func() {
		close(srv.ended)
		srv.CloseClientConnections()
		srv.Close()
	})
}

// hang waits until the caller is gone or the test is over.
func (srv *server) hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a server notices that its client is gone only once it has read the body
	select {
	case <-r.Context().Done():
	case <-srv.ended:
	}
}

// wantCalls checks that the driver asked as often as it should: once a call, whatever the answer.
func (srv *server) wantCalls(t *testing.T, want int64) {
	t.Helper()
	if got := srv.calls.Load(); got != want {
		t.Errorf("the driver made %d HTTP calls, want %d: a driver never retries", got, want)
	}
}

// says answers with a status and a body.
func says(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// breaksOff answers with the start of a body and then ends the connection: with a reset, or in order.
func breaksOff(start string, reset bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, start)
		control := http.NewResponseController(w)
		_ = control.Flush()
		conn, _, err := control.Hijack()
		if err != nil {
			return
		}
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0) // a reset instead of an orderly end
		}
		_ = conn.Close()
	}
}
