// Package httpjson is what drivers share that send JSON over HTTP: one POST with bounded bodies and reused connections,
// what went wrong with it as an error of package providers, Retry-After, and messages of a vendor made fit to be shown.
//
// It makes one attempt per call, follows no redirects and keeps no cookies. It knows no vendor: what a body or a status
// means is the driver's to say.
package httpjson

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/weir-ml/weir/providers"
)

const (
	// DefaultMaxBody is the longest body of an answer that is read where nobody says otherwise: 8 MiB.
	DefaultMaxBody = 8 << 20
	// maxFailureBody is how much of the body of an error status is read: its message is at the front.
	maxFailureBody = 64 << 10
	// maxKept is the largest buffer that is kept for the next answer.
	maxKept = 256 << 10
)

// Config says where a Client posts to, and how. URL is required.
type Config struct {
	// URL is where every call goes: http or https, without user and password.
	URL string
	// KeyHeader is the name of the header that carries the key, and KeyPrefix what stands before the key in it.
	KeyHeader, KeyPrefix string
	// Key returns the key of the next call, so that a key can change while the server runs. It must be quick and is
	// called by several goroutines at once. nil, or an empty key: the header is left out.
	Key func() string
	// Header is sent with every call.
	Header map[string]string
	// MaxBodyBytes bounds the body of an answer, once unpacked; default [DefaultMaxBody].
	MaxBodyBytes int64
	// MaxInFlight is how many calls are made at once, and so the size of the pool of connections; default
	// [providers.DefaultLimit]. Calls beyond it wait for a connection.
	MaxInFlight int
	// RootCAs are the certificates that a server's is checked against; nil: the system's.
	RootCAs *x509.CertPool
	// Transport makes the calls instead of a transport of the Client's own; MaxInFlight and RootCAs then do nothing.
	Transport http.RoundTripper
}

// Client posts to one URL. Its methods may be called by several goroutines at once.
type Client struct {
	transport http.RoundTripper
	template  *http.Request
	place     string // scheme, host, port and path, for messages
	maxBody   int64
	keyHeader string
	keyPrefix string
	key       func() string
	fixed     http.Header
	keyed     atomic.Pointer[keyed]
	own       bool
}

// keyed is the header of a call with a key. It is shared by all calls with that key and never changed.
type keyed struct {
	key    string
	header http.Header
}

// New returns a Client. Its error names every problem of cfg, and no secret.
func New(cfg Config) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	template, err := cfg.template()
	if err != nil {
		return nil, err
	}
	c := &Client{
		transport: cfg.Transport,
		template:  template,
		place:     place(template.URL),
		maxBody:   cfg.MaxBodyBytes,
		keyHeader: http.CanonicalHeaderKey(cfg.KeyHeader),
		keyPrefix: cfg.KeyPrefix,
		key:       cfg.Key,
		fixed:     template.Header,
		own:       cfg.Transport == nil,
	}
	if c.own {
		c.transport = newTransport(cfg)
	}
	if c.maxBody <= 0 {
		c.maxBody = DefaultMaxBody
	}
	return c, nil
}

// Close closes the connections that no call uses. Calls may still be made.
func (c *Client) Close() {
	if t, ok := c.transport.(*http.Transport); ok && c.own {
		t.CloseIdleConnections()
	}
}

// Place returns where the calls go, for messages: the URL without its query.
func (c *Client) Place() string { return c.place }

// Reply is what came back.
type Reply struct {
	Status int
	Header http.Header
	// Body is all of it for a status of 2xx, and at most its first 64 KiB for any other. It is valid until Close.
	Body []byte

	buffer *bytes.Buffer
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Close gives the Body back, which must not be used from then on.
func (r *Reply) Close() {
	buffer := r.buffer
	r.buffer, r.Body = nil, nil
	if buffer == nil || buffer.Cap() > maxKept {
		return
	}
	buffer.Reset()
	buffers.Put(buffer)
}

// Post sends body and waits for all of the answer, or until ctx ends. It does not change body, and may read it a little
// longer than it runs. Its error is always a [*providers.Error]: there was no complete answer, or one over the bound. A
// reply of any status is no error; it must be closed.
func (c *Client) Post(ctx context.Context, body []byte) (*Reply, error) {
	header, err := c.header()
	if err != nil {
		return nil, err
	}
	req := c.template.WithContext(ctx)
	req.Header = header
	req.ContentLength = int64(len(body))
	// net/http knows this very pair of types for a body that does not block. Before the body of any other type it
	// flushes the head, which is one more packet a call.
	req.Body = io.NopCloser(bytes.NewReader(body))
	// Where a kept connection turns out to be closed before a byte was written, net/http takes another with this.
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	return c.read(ctx, resp, c.maxBody)
}

// read reads the body to its end, so that the connection can be used again, or to its bound.
func (c *Client) read(ctx context.Context, resp *http.Response, most int64) (*Reply, error) {
	defer resp.Body.Close()
	ok := resp.StatusCode/100 == 2
	if !ok {
		most = maxFailureBody
	} else if resp.ContentLength > most {
		return nil, c.tooLarge()
	}
	r := &Reply{Status: resp.StatusCode, Header: resp.Header}
	r.buffer, _ = buffers.Get().(*bytes.Buffer)
	size, err := r.buffer.ReadFrom(io.LimitReader(resp.Body, most+1))
	switch {
	case ok && err != nil, ctx.Err() != nil && err != nil:
		r.Close()
		return nil, c.broken(ctx, err)
	case ok && size > most:
		r.Close()
		return nil, c.tooLarge()
	}
	r.Body = r.buffer.Bytes()[:min(size, most)]
	return r, nil
}

// header returns the header of the next call.
func (c *Client) header() (http.Header, error) {
	key := c.currentKey()
	if key == "" {
		return c.fixed, nil
	}
	if last := c.keyed.Load(); last != nil && last.key == key {
		return last.header, nil
	}
	if !printable(key) {
		return nil, &providers.Error{
			Kind:    providers.KindUnauthorized,
			Message: "api_key holds characters that a key cannot have, such as a line break; correct what it refers to",
		}
	}
	header := c.fixed.Clone()
	header.Set(c.keyHeader, c.keyPrefix+key)
	c.keyed.Store(&keyed{key, header})
	return header, nil
}

// currentKey returns the key of the next call, or nothing.
func (c *Client) currentKey() string {
	if c.key == nil {
		return ""
	}
	return c.key()
}

// HasKey reports whether the next call would carry a key.
func (c *Client) HasKey() bool { return c.currentKey() != "" }
