package telemetry_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/weir-ml/weir/internal/telemetry"
)

func TestReadiness(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t, sentiment())
	for _, step := range []struct {
		name  string
		ready func() error
		code  int
		says  string
	}{
		{"before anybody says so", nil, http.StatusServiceUnavailable, "starting"},
		{"ready", func() error { return nil }, http.StatusOK, "ready"},
		{"draining", func() error { return errors.New("draining: 3 streams left") }, http.StatusServiceUnavailable, "draining: 3 streams left"},
		{"starting again", nil, http.StatusServiceUnavailable, "starting"},
	} {
		t.Run(step.name, func(t *testing.T) {
			s.telemetry.SetReady(step.ready)
			if code, body := s.get("/readyz"); code != step.code || strings.TrimSpace(body) != step.says {
				t.Errorf("/readyz: %d %q, want %d %q", code, body, step.code, step.says)
			}
			if code, body := s.get("/healthz"); code != http.StatusOK || strings.TrimSpace(body) != "ok" {
				t.Errorf("/healthz: %d %q, want 200 ok: the process lives", code, body)
			}
		})
	}
}

func TestAdminRefuses(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t)
	host := strings.TrimPrefix(s.admin, "http://")
	for name, test := range map[string]struct {
		request string
		code    int
	}{
		"what it does not have":    {"GET /debug/pprof/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", http.StatusNotFound},
		"a write":                  {"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", http.StatusMethodNotAllowed},
		"a header without measure": {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", http.StatusRequestHeaderFieldsTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if code := raw(t, host, test.request); code != test.code {
				t.Errorf("%d, want %d", code, test.code)
			}
		})
	}
}

// raw sends a request as it is and returns the status.
func raw(t *testing.T, host, request string) int {
	t.Helper()
	conn := dial(t, host)
	go func() { _, _ = fmt.Fprint(conn, request) }() // the server may answer before it has read all
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// TestAdminHasFewConnections opens more connections than there may be: one too many is closed, and one that goes makes
// room.
func TestAdminHasFewConnections(t *testing.T) {
	const most = 64
	admin := telemetry.NewAdmin(http.NotFoundHandler(), nil)
	host := serve(t, admin.Serve, func() {
		if err := admin.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	open := make([]net.Conn, most)
	for i := range open {
		open[i] = dial(t, host)
	}
	if ask(open[most-1]) != nil {
		t.Errorf("connection %d is not served", most)
	}
	if ask(dial(t, host)) == nil {
		t.Errorf("connection %d is served", most+1)
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	for tries := 1; ; tries++ { // the server sees an end in its own time
		conn := dial(t, host)
		if ask(conn) == nil {
			return
		}
		_ = conn.Close()
		if tries == 1000 {
			t.Fatal("nothing is served although all others are gone")
		}
	}
}

func dial(t *testing.T, host string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// ask makes a request on a connection and returns why there is no response.
func ask(conn net.Conn) error {
	if _, err := fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func TestAdminEnds(t *testing.T) {
	t.Run("before it serves", func(t *testing.T) {
		admin := telemetry.NewAdmin(http.NotFoundHandler(), nil)
		for range 2 {
			if err := admin.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		if err := admin.Serve(listener); err != nil {
			t.Errorf("Serve after Shutdown: %v", err)
		}
	})
	t.Run("while a request hangs", func(t *testing.T) {
		inside, release := make(chan struct{}), make(chan struct{})
		admin := telemetry.NewAdmin(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(inside); <-release }), nil)
		host := serve(t, admin.Serve, func() {})
		go func() {
			if resp, err := http.Get("http://" + host); err == nil {
				_ = resp.Body.Close()
			}
		}()
		<-inside
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := admin.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown of a hanging port: %v, want context.Canceled", err)
		}
		close(release)
	})
	t.Run("a listener that is closed", func(t *testing.T) {
		admin := telemetry.NewAdmin(http.NotFoundHandler(), nil)
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		if err := admin.Serve(listener); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Serve: %v, want net.ErrClosed", err)
		}
	})
}
