// Package gemini is the driver for Google's Gemini API, methods generateContent and batchEmbedContents: Google itself, Vertex AI
// with a base URL of its own
// (https://LOCATION-aiplatform.googleapis.com/v1/projects/P/locations/LOCATION/publishers/google), and gateways that speak the same.
//
// One call is one POST. The package never retries, waits or limits: [providers.Chain] does. It does not stream, follows no
// redirects, and sends a key nowhere but to its base URL, in the header x-goog-api-key, never in the URL. Vertex AI wants a token
// instead: set Header's Authorization.
//
// Structured output. A request's Schema goes out as generationConfig.responseJsonSchema where it keeps to the keywords that Google
// names (const and pattern are not among them), and otherwise the answer is held to JSON alone. What Google refuses all the same, such
// as a schema with too many states or a model without JSON, is remembered for an hour: the call fails once with Learned set, which the
// retry link repeats at once, and goes out with less from then on. Google calls responseMimeType and responseJsonSchema the older way
// since late 2026, in favour of responseFormat, and takes both; every model and Vertex AI take the older.
//
// Effort goes out as generationConfig.thinkingConfig: a word (minimal, low, medium, high) as thinkingLevel; a number, or none, as
// thinkingBudget in tokens. Models before Gemini 3 know no levels: they get the budget that Google itself puts in a word's place.
//
// Prompt caching is Google's own doing: it keeps what begins the same, and says how much it had. CacheKey and Stable change nothing.
//
// Limits: Google names none in its answers. A 429 says how long to wait, or which quota of a day is spent.
//
// Not done: files, images, tools, cached contents, safety settings, several candidates, batches, streaming.
package gemini

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

// DefaultBaseURL is Google's own.
const DefaultBaseURL = "https://generativelanguage.googleapis.com/v1beta"

// Structured says how a schema goes out.
type Structured string

// The ways to send a schema.
const (
	// StructuredAuto holds the answer to the schema, or to JSON where that is not possible; the default.
	StructuredAuto Structured = ""
	// StructuredJSON holds it to JSON alone.
	StructuredJSON Structured = "json"
	// StructuredOff holds it to nothing.
	StructuredOff Structured = "off"
)

// Config says which server to call, and how. The zero value calls Google without a key.
type Config struct {
	// BaseURL is the URL that /models/MODEL:generateContent is added to; without a path, /v1beta is added too. It may have a query,
	// which is sent with every call, but no key. Default [DefaultBaseURL].
	BaseURL string
	// APIKey returns the key of the next call, sent as x-goog-api-key, so that a key can change while the server runs. It must be
	// quick and is called by several goroutines at once. nil, or an empty key: no key is sent.
	APIKey func() string
	// Header is sent with every call, such as x-goog-user-project or a gateway's own key.
	Header map[string]string
	// Structured says how a request's Schema goes out. Default [StructuredAuto].
	Structured Structured
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
	structured Structured
	refused    drivers.Refusals // schemas and JSON, by model
}

var _ providers.Provider = (*Provider)(nil)

// New returns a Provider. It makes no call: a wrong key or model is found by the first one. Its error names every problem of cfg,
// and no secret.
func New(cfg Config) (*Provider, error) {
	client, err := httpjson.New(httpjson.Config{
		URL:          endpoint(cfg.BaseURL),
		KeyHeader:    "x-goog-api-key",
		Key:          drivers.Trimmed(cfg.APIKey),
		Header:       cfg.Header,
		MaxBodyBytes: cfg.MaxBodyBytes,
		MaxInFlight:  cfg.MaxInFlight,
		RootCAs:      cfg.RootCAs,
		Transport:    cfg.Transport,
	})
	if err = errors.Join(err, cfg.validate()); err != nil {
		return nil, err
	}
	p := &Provider{client: client, structured: cfg.Structured}
	p.advice = drivers.Advice{
		Client: client,
		Answer: "an answer with candidates",
		Model:  "and does base_url end as it should (usually in /v1beta)",
		Key:    "check api_key of this provider, and what it may do",
		NoKey:  "no key was sent: set api_key of this provider",
	}
	return p, nil
}

// validate returns what httpjson cannot know. A key in the URL would end up in the logs of whatever is on the way.
func (cfg Config) validate() error {
	var problems []error
	if u, err := url.Parse(cfg.BaseURL); err == nil && u.Query().Has("key") {
		problems = append(problems, errors.New("base_url: holds a key; set api_key instead, which goes out in a header"))
	}
	switch cfg.Structured {
	case StructuredAuto, StructuredJSON, StructuredOff:
	default:
		problems = append(problems, fmt.Errorf("structured: %q is none of json and off", cfg.Structured))
	}
	return errors.Join(problems...)
}

// endpoint adds the version to a base that has no path.
func endpoint(base string) string {
	if base == "" {
		return DefaultBaseURL
	}
	u, err := url.Parse(base)
	if err != nil || strings.Trim(u.Path, "/") != "" {
		return base // httpjson says what is wrong with it
	}
	return u.JoinPath("v1beta").String()
}

// path returns what a model adds to the base. Names with their collection, as Google lists them, stay as they are.
func path(model, method string) (string, bool) {
	collection, name := "models", model
	if before, after, ok := strings.Cut(model, "/"); ok && (before == "models" || before == "tunedModels") {
		collection, name = before, after
	}
	segment, ok := httpjson.EscapeSegment(name)
	return collection + "/" + segment + ":" + method, ok
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
	where, ok := path(req.Model, "generateContent")
	if !ok {
		return nil, drivers.NoModel(req.Model)
	}
	c := call{req, p.formOf(req)}
	reply, err := p.client.Do(ctx, httpjson.Call{Path: where, Body: encode(c)})
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	resp, failed := p.understand(reply, c)
	if failed != nil {
		drivers.Complete(failed, reply, time.Now())
		return nil, failed
	}
	if resp.RequestID == "" {
		resp.RequestID = httpjson.RequestID(reply.Header)
	}
	return resp, nil
}

// call is a request, and what its answer is held to.
type call struct {
	req *providers.Request
	as  providers.Form
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
		return nil, p.failed(f.classify(reply.Status), f, reply.Status, c)
	}
}
