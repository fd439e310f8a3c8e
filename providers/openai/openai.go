// Package openai is the driver for chat completions in OpenAI's wire format: OpenAI itself, and whatever speaks the
// same, such as vLLM, Ollama, llama.cpp's server and most gateways.
//
// One call is one POST. The package never retries, waits or limits: [providers.Chain] does. It does not stream, follows
// no redirects and sends a key nowhere but to its base URL.
package openai

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// DefaultBaseURL is OpenAI's own.
const DefaultBaseURL = "https://api.openai.com/v1"

// Config says which server to call, and how. The zero value calls OpenAI without a key.
type Config struct {
	// BaseURL is the URL that /chat/completions is added to; it usually ends in /v1. It may have a query, which is sent
	// with every call. Default [DefaultBaseURL].
	BaseURL string
	// APIKey returns the key of the next call, so that a key can change while the server runs. It must be quick and is
	// called by several goroutines at once. nil, or an empty key: no key is sent.
	APIKey func() string
	// Header is sent with every call, such as an organisation or a gateway's own key.
	Header map[string]string
	// MaxBodyBytes bounds the body of an answer, once unpacked; more is KindMalformed. Default 8 MiB.
	MaxBodyBytes int64
	// MaxInFlight is how many calls are made at once. It sizes the pool of connections, so that each call finds one that
	// is open; calls beyond it wait for a connection. Default [providers.DefaultLimit].
	MaxInFlight int
	// RootCAs are the certificates that the server's is checked against; nil: the system's.
	RootCAs *x509.CertPool
	// Transport makes the calls instead of a transport of the provider's own; MaxInFlight and RootCAs then do nothing.
	Transport http.RoundTripper
}

// Provider calls one server. Its methods may be called by several goroutines at once.
type Provider struct {
	client *httpjson.Client
}

var _ providers.Provider = (*Provider)(nil)

// New returns a Provider. It makes no call: a wrong key or model is found by the first one. Its error names every
// problem of cfg, and no secret.
func New(cfg Config) (*Provider, error) {
	client, err := httpjson.New(httpjson.Config{
		URL:          endpoint(cfg.BaseURL),
		KeyHeader:    "Authorization",
		KeyPrefix:    "Bearer ",
		Key:          trimmed(cfg.APIKey),
		Header:       cfg.Header,
		MaxBodyBytes: cfg.MaxBodyBytes,
		MaxInFlight:  cfg.MaxInFlight,
		RootCAs:      cfg.RootCAs,
		Transport:    cfg.Transport,
	})
	if err != nil {
		return nil, err
	}
	return &Provider{client: client}, nil
}

// endpoint adds the path to base, before its query. A base that has the path already stays as it is.
func endpoint(base string) string {
	const path = "/chat/completions"
	if base == "" {
		base = DefaultBaseURL
	}
	u, err := url.Parse(base)
	if err != nil || strings.HasSuffix(u.Path, path) {
		return base // httpjson says what is wrong with it
	}
	return u.JoinPath(path).String()
}

// trimmed drops the line break at the end of a key that was read from a file.
func trimmed(key func() string) func() string {
	if key == nil {
		return nil
	}
	return func() string { return strings.TrimSpace(key()) }
}

// Close closes the connections that no call uses. Calls may still be made.
func (p *Provider) Close() { p.client.Close() }

// Complete makes one call. It waits for all of the answer, or until ctx ends.
func (p *Provider) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if err := httpjson.ContextError(ctx); err != nil {
		return nil, err
	}
	body, problem := encode(req)
	if problem != nil {
		return nil, problem
	}
	reply, err := p.client.Post(ctx, body)
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	resp, failed := p.understand(reply, req)
	if failed != nil {
		failed.Status = reply.Status
		failed.RequestID = httpjson.RequestID(reply.Header)
		failed.RetryAfter = httpjson.RetryAfter(reply.Header, time.Now())
		return nil, failed
	}
	resp.RequestID = httpjson.RequestID(reply.Header)
	return resp, nil
}

// understand turns what came back into a response or an error.
func (p *Provider) understand(reply *httpjson.Reply, req *providers.Request) (*providers.Response, *providers.Error) {
	switch reply.Status / 100 {
	case 2:
		return p.decode(reply, req)
	case 3:
		return nil, p.redirected(reply)
	default:
		return nil, p.failure(reply.Status, readFailure(reply.Body), req)
	}
}
