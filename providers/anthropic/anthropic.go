// Package anthropic is the driver for Anthropic's Messages API: Anthropic itself, and gateways that speak the same.
//
// One call is one POST. The package never retries, waits or limits: [providers.Chain] does. It does not stream, follows no
// redirects and sends a key nowhere but to its base URL.
//
// Structured output. A request's Schema goes out as output_config.format where the model has it (4.5 and newer) and the schema keeps
// to Anthropic's rules: every object closed, no bounds on numbers, lengths or counts, at most 16 unions. Older models are made to call
// a tool whose input is the schema, which holds them to JSON but not to every detail. A schema that Anthropic refuses, because its
// grammar would be too large or the model has none, is remembered for an hour: the call fails once with Learned set, which the
// retry link repeats at once, and goes out without the schema from then on.
//
// Prompt caching. Where the request has a CacheKey, the end of the system messages and the end of the last stable part are marked with
// cache_control, from 1,024 bytes of prompt on. Anthropic keeps them for five minutes from their last use, from 512 to 4,096 tokens on,
// as the model has it; below that the mark does nothing and costs nothing. Tokens that are written to the cache cost a quarter more, and
// those read from it a tenth: for prompts that come back less than every five minutes, set NoCache.
//
// Effort goes out as output_config.effort: low, medium, high, xhigh or max. Thinking is left as the model has it.
//
// Temperature: models from Opus 4.7 on refuse it with a 400; leave the option unset for them.
//
// Not done: documents, images, tools of the caller, batches, citations, streaming.
package anthropic

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

const (
	// DefaultBaseURL is Anthropic's own.
	DefaultBaseURL = "https://api.anthropic.com"
	// DefaultVersion is the version of the API that this package speaks.
	DefaultVersion = "2023-06-01"
	// DefaultMaxTokens is the bound on the answer of a request that has none, because the API wants one: room for a large batch, with
	// the thoughts of models that think, and within what every model since 4.5 may write. Of older ones it is 4,096.
	DefaultMaxTokens = 16_384
	oldMaxTokens     = 4096
)

// Structured says how a schema goes out.
type Structured string

// The ways to send a schema.
const (
	// StructuredAuto is StructuredFormat for models that have it, and a tool for older ones; the default.
	StructuredAuto Structured = ""
	// StructuredFormat is output_config.format, for every model.
	StructuredFormat Structured = "format"
	// StructuredTool is a strict tool that the model must call, the older way; gateways may know only that. It cannot be used with
	// models that always think.
	StructuredTool Structured = "tool"
	// StructuredOff sends no schema.
	StructuredOff Structured = "off"
)

// Config says which server to call, and how. The zero value calls Anthropic without a key.
type Config struct {
	// BaseURL is the URL that /v1/messages is added to, or what is missing of it. It may have a query, which is sent with every
	// call. Default [DefaultBaseURL].
	BaseURL string
	// Version is the anthropic-version header, where Header has none. Default [DefaultVersion].
	Version string
	// APIKey returns the key of the next call, sent as x-api-key, so that a key can change while the server runs. It must be quick and
	// is called by several goroutines at once. nil, or an empty key: no key is sent.
	APIKey func() string
	// Header is sent with every call, such as anthropic-beta, anthropic-workspace-id or a gateway's own key.
	Header map[string]string
	// MaxTokens is max_tokens of a request without MaxOutputTokens. Default [DefaultMaxTokens].
	MaxTokens int
	// Structured says how a request's Schema goes out. Default [StructuredAuto].
	Structured Structured
	// NoCache leaves cache_control out.
	NoCache bool
	// MaxBodyBytes bounds the body of an answer, once unpacked; more is KindMalformed. Default 8 MiB.
	MaxBodyBytes int64
	// MaxInFlight is how many calls are made at once. It sizes the pool of connections, so that each call finds one that is open;
	// calls beyond it wait for a connection. Default [providers.DefaultLimit].
	MaxInFlight int
	// RootCAs are the certificates that the server's is checked against; nil: the system's.
	RootCAs *x509.CertPool
	// Transport makes the calls instead of a transport of the provider's own; MaxInFlight and RootCAs then do nothing.
	Transport http.RoundTripper
}

// Provider calls one server. Its methods may be called by several goroutines at once.
type Provider struct {
	client     *httpjson.Client
	advice     drivers.Advice
	maxTokens  int
	structured Structured
	noCache    bool
	refused    drivers.Refusals // schemas, by model and name
}

var _ providers.Provider = (*Provider)(nil)

// New returns a Provider. It makes no call: a wrong key or model is found by the first one. Its error names every problem of cfg,
// and no secret.
func New(cfg Config) (*Provider, error) {
	client, err := httpjson.New(httpjson.Config{
		URL:          endpoint(cfg.BaseURL),
		KeyHeader:    "x-api-key",
		Key:          drivers.Trimmed(cfg.APIKey),
		Header:       header(cfg),
		MaxBodyBytes: cfg.MaxBodyBytes,
		MaxInFlight:  cfg.MaxInFlight,
		RootCAs:      cfg.RootCAs,
		Transport:    cfg.Transport,
	})
	if err = errors.Join(err, cfg.validate()); err != nil {
		return nil, err
	}
	p := &Provider{client: client, maxTokens: cfg.MaxTokens, structured: cfg.Structured, noCache: cfg.NoCache}
	p.advice = drivers.Advice{
		Client: client,
		Answer: "a message",
		Model:  "and does base_url lead to a Messages API (usually without a path)",
		Key:    "check api_key of this provider, and what it may do",
		NoKey:  "no key was sent: set api_key of this provider",
	}
	return p, nil
}

// validate returns what httpjson cannot know.
func (cfg Config) validate() error {
	var problems []error
	if cfg.MaxTokens < 0 {
		problems = append(problems, fmt.Errorf("max_tokens: %d is negative; leave it out for %d", cfg.MaxTokens, DefaultMaxTokens))
	}
	switch cfg.Structured {
	case StructuredAuto, StructuredFormat, StructuredTool, StructuredOff:
	default:
		problems = append(problems, fmt.Errorf("structured: %q is none of format, tool and off", cfg.Structured))
	}
	return errors.Join(problems...)
}

// header returns the headers of every call, the version among them.
func header(cfg Config) map[string]string {
	version := cfg.Version
	if version == "" {
		version = DefaultVersion
	}
	all := map[string]string{}
	for name, value := range cfg.Header {
		all[http.CanonicalHeaderKey(name)] = value
	}
	if _, ok := all["Anthropic-Version"]; !ok {
		all["Anthropic-Version"] = version
	}
	return all
}

// endpoint adds what is missing of the path to base, before its query.
func endpoint(base string) string {
	if base == "" {
		base = DefaultBaseURL
	}
	u, err := url.Parse(base)
	if err != nil {
		return base // httpjson says what is wrong with it
	}
	switch path := strings.TrimSuffix(u.Path, "/"); {
	case strings.HasSuffix(path, "/messages"):
		return base
	case strings.HasSuffix(path, "/v1"):
		return u.JoinPath("messages").String()
	default:
		return u.JoinPath("v1", "messages").String()
	}
}

// Close closes the connections that no call uses. Calls may still be made.
func (p *Provider) Close() { p.client.Close() }

// Complete makes one call. It waits for all of the answer, or until ctx ends.
func (p *Provider) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if err := httpjson.ContextError(ctx); err != nil {
		return nil, err
	}
	if problem := drivers.CheckTemperature(req.Temperature); problem != nil {
		return nil, problem
	}
	c := call{req, p.formOf(req)}
	reply, err := p.client.Post(ctx, p.encode(c))
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	now := time.Now()
	resp, failed := p.understand(reply, c)
	if failed != nil {
		drivers.Complete(failed, reply, now)
		failed.Quota = quota(reply.Header, now)
		return nil, failed
	}
	resp.RequestID = httpjson.RequestID(reply.Header)
	resp.Quota = quota(reply.Header, now)
	return resp, nil
}

// call is a request, and how its schema goes out.
type call struct {
	req *providers.Request
	as  form
}

// understand turns what came back into a response or an error.
func (p *Provider) understand(reply *httpjson.Reply, c call) (*providers.Response, *providers.Error) {
	switch reply.Status / 100 {
	case 2:
		return p.decode(reply, c)
	case 3:
		return nil, p.advice.Redirected(reply)
	default:
		f := readFailure(reply.Body)
		return nil, p.failed(classify(reply.Status, f), f, reply.Status, c)
	}
}

// quota reads the rate limits that every answer names.
func quota(h http.Header, now time.Time) *providers.Quota {
	read := func(of string) providers.Allowance {
		name := "Anthropic-Ratelimit-" + of
		names := drivers.AllowanceHeaders{Limit: name + "-Limit", Left: name + "-Remaining", Reset: name + "-Reset"}
		return drivers.Allowance(h, names, now)
	}
	q := providers.Quota{
		Requests: read("Requests"), Tokens: read("Tokens"), InputTokens: read("Input-Tokens"), OutputTokens: read("Output-Tokens"),
	}
	if !q.Said() {
		return nil
	}
	return &q
}
