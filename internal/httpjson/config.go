package httpjson

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/weir-ml/weir/providers"
)

const (
	dialTimeout = 10 * time.Second
	idleTimeout = 90 * time.Second
	// pingAfter is how long an HTTP/2 connection may be silent before it is asked whether it lives. Without it, calls
	// on a dead one hang until the kernel gives up.
	pingAfter = 15 * time.Second
	// bufferSize holds the head and the prompt of a usual call, so that both leave in one write.
	bufferSize = 16 << 10
)

// reserved are the headers that the Client sets itself.
var reserved = []string{
	"Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Transfer-Encoding",
}

// validate returns every problem of cfg, without a secret in it.
func (cfg Config) validate() error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(cfg.Header)) {
		switch {
		case !token(name):
			problems = append(problems, fmt.Errorf("header %q: not a name of an HTTP header", name))
		case slices.Contains(reserved, http.CanonicalHeaderKey(name)):
			problems = append(problems, fmt.Errorf("header %s: weir sets it itself; leave it out", name))
		case !printable(cfg.Header[name]):
			problems = append(problems, fmt.Errorf("header %s: its value has a line break or another control character", name))
		}
	}
	if err := validURL(cfg.URL); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// validURL says what is wrong with a base URL. It does not show the URL, which may hold a password.
func validURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return errors.New("base_url: not a URL; it looks like https://host:port/v1")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return errors.New("base_url: must start with http:// or https:// and a host, such as https://api.openai.com/v1")
	case u.User != nil:
		return errors.New("base_url: holds a user or a password; set api_key or a header instead")
	}
	return nil
}

// template returns the request that every call is a copy of.
func (cfg Config) template() (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, cfg.URL, http.NoBody) //nolint:noctx // each call sets its own
	if err != nil {
		return nil, errors.New("base_url: not a URL; it looks like https://host:port/v1")
	}
	req.URL.Fragment, req.URL.RawFragment = "", ""
	req.Header.Set("User-Agent", "weir")
	for name, value := range cfg.Header {
		req.Header.Set(name, value)
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	return req, nil
}

// NewTransport returns the transport that a Client without one makes for itself, for several clients that call one host. Whoever
// makes it closes its idle connections.
func NewTransport(cfg Config) *http.Transport { return newTransport(cfg) }

// newTransport returns a transport that keeps one connection for each call in flight. It takes a proxy from the
// environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
func newTransport(cfg Config) *http.Transport {
	inFlight := cfg.MaxInFlight
	if inFlight <= 0 {
		inFlight = providers.DefaultLimit
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: dialTimeout,
		ForceAttemptHTTP2:   true, // a TLSClientConfig turns it off
		HTTP2:               &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: dialTimeout},
		MaxIdleConns:        inFlight,
		MaxIdleConnsPerHost: inFlight, // the default of 2 closes and dials all the time
		MaxConnsPerHost:     inFlight,
		IdleConnTimeout:     idleTimeout,
		WriteBufferSize:     bufferSize,
	}
}

// place returns u for messages: with its port, without query.
func place(u *url.URL) string {
	host := u.Host
	if u.Port() == "" {
		port := "80"
		if u.Scheme == "https" {
			port = "443"
		}
		host = net.JoinHostPort(u.Hostname(), port)
	}
	return u.Scheme + "://" + host + u.EscapedPath()
}

// token reports whether s can name a header.
func token(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}) < 0
}

// printable reports whether s can be the value of a header.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) < 0
}
