package httpjson_test

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// client returns a client that is closed at the end of the test.
func client(t *testing.T, cfg httpjson.Config) *httpjson.Client {
	t.Helper()
	c, err := httpjson.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// serve starts a server that is closed at the end of the test.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// post posts "{}" and returns the status and the body.
func post(t *testing.T, c *httpjson.Client) (int, string) {
	t.Helper()
	reply, err := c.Post(t.Context(), []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	return reply.Status, string(reply.Body)
}

// postFails posts "{}" and returns the error.
func postFails(t *testing.T, c *httpjson.Client) *providers.Error {
	t.Helper()
	reply, err := c.Post(t.Context(), []byte("{}"))
	if err == nil {
		t.Fatalf("reply %+v, want an error", reply)
	}
	return providers.AsError(err)
}

func TestNewNamesEveryProblem(t *testing.T) {
	_, err := httpjson.New(httpjson.Config{
		URL:    "https://user:password@host/v1",
		Header: map[string]string{"Content-Type": "text/plain", "X-Key": "a secret\nline", "bad name": "x", "X-Good": "y"},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"base_url", "Content-Type", "X-Key", `"bad name"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %s", err, want)
		}
	}
	for _, secret := range []string{"password", "a secret"} {
		if strings.Contains(strings.ReplaceAll(err.Error(), "user or a password", ""), secret) {
			t.Errorf("error %q shows %q", err, secret)
		}
	}
}

func TestNewURL(t *testing.T) {
	for _, bad := range []string{"", "host/v1", "ftp://host", "https://", "http://a b", "http://[::1", "://x"} {
		if _, err := httpjson.New(httpjson.Config{URL: bad}); err == nil {
			t.Errorf("New with URL %q: no error", bad)
		}
	}
	for url, place := range map[string]string{
		"https://api.example.com/v1":     "https://api.example.com:443/v1",
		"http://host/v1?key=secret#part": "http://host:80/v1",
		"http://[::1]:8080/a%20b":        "http://[::1]:8080/a%20b",
	} {
		if got := client(t, httpjson.Config{URL: url}).Place(); got != place {
			t.Errorf("Place() of %q = %q, want %q", url, got, place)
		}
	}
}

func TestPostSends(t *testing.T) {
	var got *http.Request
	var body string
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
	})
	key := "first"
	c := client(t, httpjson.Config{
		URL: server.URL + "/v1?version=1", KeyHeader: "api-key", KeyPrefix: "Key ", Key: func() string { return key },
		Header: map[string]string{"X-Team": "weir", "Host": "gateway.example"},
	})
	for _, key = range []string{"first", "second", ""} {
		post(t, c)
		want := map[string]string{"X-Team": "weir", "Content-Type": "application/json", "User-Agent": "weir", "Api-Key": "Key " + key}
		if key == "" {
			want["Api-Key"] = ""
		}
		for name, value := range want {
			if got.Header.Get(name) != value {
				t.Errorf("header %s: %q, want %q", name, got.Header.Get(name), value)
			}
		}
		if got.Host != "gateway.example" || got.URL.RawQuery != "version=1" || body != "{}" || got.ContentLength != 2 {
			t.Errorf("host %q, query %q, body %q of %d bytes", got.Host, got.URL.RawQuery, body, got.ContentLength)
		}
	}
}

func TestPostRefusesABrokenKey(t *testing.T) {
	c := client(t, httpjson.Config{URL: "http://127.0.0.1:1", KeyHeader: "K", Key: func() string { return "two\nlines" }})
	if e := postFails(t, c); e.Kind != providers.KindUnauthorized || strings.Contains(e.Message, "two") {
		t.Errorf("%v, want unauthorized, without the key", e)
	}
}

func TestPostReadsGzip(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `{"packed":true}`)
		_ = z.Close()
	})
	if _, body := post(t, client(t, httpjson.Config{URL: server.URL})); body != `{"packed":true}` {
		t.Errorf("body %q", body)
	}
}

// TestPostBoundsABomb unpacks more than the bound from few bytes.
func TestPostBoundsABomb(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, strings.Repeat(" ", 1<<20))
		_ = z.Close()
	})
	e := postFails(t, client(t, httpjson.Config{URL: server.URL, MaxBodyBytes: 1000}))
	if e.Kind != providers.KindMalformed || !strings.Contains(e.Message, "1000 bytes") {
		t.Errorf("%v, want malformed that names the bound", e)
	}
}

func TestPostBodyAtTheBound(t *testing.T) {
	for size, ok := range map[int]bool{999: true, 1000: true, 1001: false} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", size)) })
		reply, err := client(t, httpjson.Config{URL: server.URL, MaxBodyBytes: 1000}).Post(t.Context(), nil)
		if (err == nil) != ok {
			t.Errorf("body of %d bytes: %v", size, err)
		}
		if err == nil {
			reply.Close()
		}
	}
}

// TestConnectionsAreKept makes rounds of calls at once: there are never more connections than calls at once.
func TestConnectionsAreKept(t *testing.T) {
	const atOnce, rounds = 8, 20
	var mu sync.Mutex
	remotes := map[string]bool{}
	arrived := make(chan struct{}, atOnce)
	proceed := make(chan struct{})
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		remotes[r.RemoteAddr] = true
		mu.Unlock()
		arrived <- struct{}{}
		<-proceed
	})
	c := client(t, httpjson.Config{URL: server.URL, MaxInFlight: atOnce})
	for range rounds {
		var wg sync.WaitGroup
		for range atOnce {
			wg.Go(func() { post(t, c) })
		}
		for range atOnce {
			<-arrived // all calls are at the server at the same time
		}
		for range atOnce {
			proceed <- struct{}{}
		}
		wg.Wait()
	}
	if len(remotes) != atOnce {
		t.Errorf("%d calls, %d at once, took %d connections, want %d", atOnce*rounds, atOnce, len(remotes), atOnce)
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())

	if _, proto := post(t, client(t, httpjson.Config{URL: server.URL, RootCAs: roots})); proto != "HTTP/2.0" {
		t.Errorf("the call went over %s, want HTTP/2.0", proto)
	}
	e := postFails(t, client(t, httpjson.Config{URL: server.URL}))
	if e.Kind != providers.KindBadRequest || !strings.Contains(e.Message, "certificate is not trusted") {
		t.Errorf("unknown authority: %v", e)
	}
	status, _ := post(t, client(t, httpjson.Config{URL: strings.Replace(server.URL, "https", "http", 1)}))
	if status != http.StatusBadRequest {
		t.Errorf("http to an https server: status %d, want 400", status)
	}
}

func TestTLSToAPlainServer(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	server.Config.ErrorLog = quiet
	e := postFails(t, client(t, httpjson.Config{URL: strings.Replace(server.URL, "http", "https", 1)}))
	if e.Kind != providers.KindBadRequest || !strings.Contains(e.Message, "does not speak TLS") {
		t.Errorf("%v, want advice to write http://", e)
	}
}

func TestUnknownHost(t *testing.T) {
	c := client(t, httpjson.Config{URL: "http://weir.invalid/v1", Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "weir.invalid", IsNotFound: true}
		},
	}})
	if e := postFails(t, c); e.Kind != providers.KindUnavailable || !strings.Contains(e.Message, "weir.invalid:80") {
		t.Errorf("%v, want unavailable that names the host", e)
	}
}

func TestContextError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if e := httpjson.ContextError(ctx); e != nil {
		t.Errorf("before the end: %v", e)
	}
	cancel()
	if e := httpjson.ContextError(ctx); e.Kind != providers.KindCancelled || !errors.Is(e, context.Canceled) {
		t.Errorf("cancelled: %v", e)
	}
	late, stop := context.WithTimeout(t.Context(), -1)
	defer stop()
	if e := httpjson.ContextError(late); e.Kind != providers.KindTimeout || !errors.Is(e, context.DeadlineExceeded) {
		t.Errorf("late: %v", e)
	}
}

func TestReplyOfAnErrorIsCut(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	})
	status, body := post(t, client(t, httpjson.Config{URL: server.URL}))
	if diff := cmp.Diff([]int{http.StatusBadGateway, 64 << 10}, []int{status, len(body)}); diff != "" {
		t.Errorf("status and size (-want +got):\n%s", diff)
	}
}
