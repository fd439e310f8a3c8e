// Package openai is the driver for OpenAI's wire format, chat completions and the Responses API: OpenAI itself, and whatever
// speaks the same. Packages azure and compatible are this one with other servers' dialects.
//
// One call is one POST. The package never retries, waits or limits: [providers.Chain] does. It does not stream, follows
// no redirects and sends a key nowhere but to its base URL. What a server refuses that weir has added by itself, such as a
// schema, is remembered and left out from then on; what the caller has asked for never is.
package openai

import (
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// DefaultBaseURL is OpenAI's own.
const DefaultBaseURL = "https://api.openai.com/v1"

// API is one of the two forms in which a prompt is sent.
type API string

// The APIs.
const (
	// APIChat is chat completions, which every server has.
	APIChat API = "chat"
	// APIResponses is the Responses API. weir asks it to store nothing.
	APIResponses API = "responses"
)

// Config says which server to call, and how. The zero value calls OpenAI without a key.
type Config struct {
	// BaseURL is the URL that /chat/completions or /responses is added to; it usually ends in /v1. It may have a query, which
	// is sent with every call. Default [DefaultBaseURL].
	BaseURL string
	// API is which of the two forms is spoken. Default [APIChat].
	API API
	// APIKey returns the key of the next call, so that a key can change while the server runs. It must be quick and is
	// called by several goroutines at once. nil, or an empty key: no key is sent.
	APIKey func() string
	// KeyHeader is the header that carries the key as it is. Default: Authorization, with Bearer before the key.
	KeyHeader string
	// Organization and Project say whose calls these are, where the key belongs to several; empty: not sent.
	Organization, Project string
	// ServiceTier is sent with every call: auto, default, flex, priority; empty: not sent.
	ServiceTier string
	// Dialect is what the server takes; nil: what OpenAI does, [OpenAI].
	Dialect *Dialect
	// Header is sent with every call, such as a gateway's own key.
	Header map[string]string
	// MaxBodyBytes bounds the body of an answer, once unpacked; more is KindMalformed. Default 8 MiB, and at
	// least 96 KiB for each vector.
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
	client  *httpjson.Client
	embeds  *Provider       // the same server's embeddings
	own     *http.Transport // of both; nil where it is the caller's
	api     API
	dialect Dialect
	tier    string
	lessons lessons
	schemas schemas
}

var _ providers.Provider = (*Provider)(nil)

// New returns a Provider. It makes no call: a wrong key or model is found by the first one. Its error names every
// problem of cfg, and no secret.
func New(cfg Config) (*Provider, error) {
	path, ok := paths[cfg.API]
	if !ok {
		return nil, fmt.Errorf("api: must be %s or %s", APIChat, APIResponses)
	}
	p := &Provider{}
	if cfg.Transport == nil {
		p.own = httpjson.NewTransport(httpjson.Config{MaxInFlight: cfg.MaxInFlight, RootCAs: cfg.RootCAs})
		cfg.Transport = p.own
	}
	if err := p.call(endpoint(cfg.BaseURL, path), cfg); err != nil {
		return nil, err
	}
	p.embeds = &Provider{}
	return p, p.embeds.call(embeddingsEndpoint(cfg.BaseURL, path), cfg)
}

// call has p call a URL of the server.
func (p *Provider) call(at string, cfg Config) error {
	keyHeader, keyPrefix := "Authorization", "Bearer "
	if cfg.KeyHeader != "" {
		keyHeader, keyPrefix = cfg.KeyHeader, ""
	}
	client, err := httpjson.New(httpjson.Config{
		URL:          at,
		KeyHeader:    keyHeader,
		KeyPrefix:    keyPrefix,
		Key:          trimmed(cfg.APIKey),
		Header:       cfg.header(),
		MaxBodyBytes: cfg.MaxBodyBytes,
		Transport:    cfg.Transport,
	})
	p.client, p.api, p.dialect, p.tier = client, cfg.API, OpenAI(), cfg.ServiceTier
	if cfg.Dialect != nil {
		p.dialect = *cfg.Dialect
	}
	return err
}

// paths are where the APIs are, below the base URL.
var paths = map[API]string{"": "/chat/completions", APIChat: "/chat/completions", APIResponses: "/responses"}

// header returns what is sent with every call.
func (cfg Config) header() map[string]string {
	header := maps.Clone(cfg.Header)
	if header == nil {
		header = make(map[string]string)
	}
	if cfg.Organization != "" {
		header["OpenAI-Organization"] = cfg.Organization
	}
	if cfg.Project != "" {
		header["OpenAI-Project"] = cfg.Project
	}
	return header
}

// endpoint adds the path to base, before its query. A base that has the path already stays as it is.
func endpoint(base, path string) string {
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
func (p *Provider) Close() {
	if p.own != nil {
		p.own.CloseIdleConnections()
	}
}

// HoldsSchema reports whether the server's dialect has a place for a schema.
func (p *Provider) HoldsSchema() bool { return p.dialect.Schema != SchemaNone }

// Complete makes one call. It waits for all of the answer, or until ctx ends.
func (p *Provider) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if err := httpjson.ContextError(ctx); err != nil {
		return nil, err
	}
	as := p.shape(req)
	body, problem := p.encode(req, as)
	if problem != nil {
		return nil, problem
	}
	reply, err := p.client.Post(ctx, body)
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	resp, failed := p.understand(reply, req, as)
	quota := quotaOf(reply.Header)
	if failed != nil {
		failed.Status = reply.Status
		failed.RequestID = httpjson.RequestID(reply.Header)
		failed.RetryAfter = httpjson.RetryAfter(reply.Header, time.Now())
		failed.Quota = quota
		return nil, failed
	}
	resp.RequestID = httpjson.RequestID(reply.Header)
	resp.Quota = quota
	resp.Form = as.held(resp)
	return resp, nil
}

// encode writes the body of a call.
func (p *Provider) encode(req *providers.Request, as shape) ([]byte, *providers.Error) {
	if t := req.Temperature; t != nil && !finite(*t) {
		return nil, &providers.Error{Kind: providers.KindBadRequest, Message: "temperature is not a number; correct the option"}
	}
	if p.api == APIResponses {
		return p.encodeResponses(req, as), nil
	}
	return p.encodeChat(req, as), nil
}

// understand turns what came back into a response or an error.
func (p *Provider) understand(reply *httpjson.Reply, req *providers.Request, as shape) (*providers.Response, *providers.Error) {
	switch reply.Status / 100 {
	case 2:
		if p.api == APIResponses {
			return p.decodeResponses(reply, req)
		}
		return p.decode(reply, req)
	case 3:
		return nil, p.redirected(reply)
	default:
		f := readFailure(reply.Body)
		err := p.failure(reply.Status, f, req)
		err.Learned = p.learn(err.Kind, reply.Status, f, as)
		return nil, err
	}
}
