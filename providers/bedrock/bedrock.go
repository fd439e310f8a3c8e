// Package bedrock is the driver for Amazon Bedrock's Converse API, which is the same for all models that talk.
//
// One call is one POST. The package never retries, waits or limits: [providers.Chain] does. It does not stream, follows no
// redirects and sends credentials nowhere but to its base URL.
//
// Credentials. An API key of Bedrock's goes out as a bearer token. Without one, calls are signed (Signature Version 4) with an access key,
// by the signer of AWS's own SDK. Nothing is read from the environment, from ~/.aws or from an instance's metadata, and no role is assumed:
// who has temporary credentials gives them by reference, and they are asked for again before each call.
//
// Structured output. A request's Schema goes out as outputConfig.textFormat, which holds the answer to it, where the schema keeps to
// the rules of Bedrock's grammars: every object closed, no bounds on numbers, lengths or counts. Claude before 4.5 and Nova are made
// to call a tool whose input is the schema, which holds them to JSON but not to every detail. Llama, Titan and others that can do
// neither get none. What a model refuses all the same is remembered for an hour: the call fails once with Learned set, which the retry
// link repeats at once, and goes out without it from then on.
//
// Prompt caching. Where the request has a CacheKey, a cachePoint stands behind the system messages and behind the last stable part, from
// 1,024 bytes of prompt on, for models of Anthropic's that have prompt caching; others refuse the whole call for one, so they get none
// unless Cache says on. Below a model's own bound, 1,024 to 4,096 tokens, a point does nothing and costs nothing. Nova caches by itself.
//
// Effort goes out as outputConfig.effort: low, medium, high, xhigh or max, for models that have it. Bedrock does not say how many tokens a
// model has thought with.
//
// Limits: Bedrock names none in its answers. It counts maxTokens against the account's tokens when a call starts: bound the answer.
//
// Not done: guardrails of one's own, prompts of Prompt management, service tiers, documents, images, tools of the caller, streaming.
package bedrock

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	sigv4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// Structured says how a schema goes out.
type Structured string

// The ways to send a schema.
const (
	// StructuredAuto is what the model has, by its name; the default.
	StructuredAuto Structured = ""
	// StructuredFormat is outputConfig.textFormat, for every model.
	StructuredFormat Structured = "format"
	// StructuredTool is a strict tool that the model must call, for every model.
	StructuredTool Structured = "tool"
	// StructuredOff sends no schema.
	StructuredOff Structured = "off"
)

// Cache says which models get cache points.
type Cache string

// The choices.
const (
	// CacheAuto: those that are known to take them; the default.
	CacheAuto Cache = ""
	// CacheOn: all, such as an inference profile of one's own whose name does not say what is behind it.
	CacheOn Cache = "on"
	// CacheOff: none.
	CacheOff Cache = "off"
)

// Credentials are an access key of an AWS account.
type Credentials struct {
	AccessKeyID, SecretAccessKey string
	// SessionToken is that of temporary credentials; empty for others.
	SessionToken string
}

// Config says which server to call, and how. Region or BaseURL is required.
type Config struct {
	// Region is the AWS region, such as eu-central-1; it is part of the default URL and of signatures. Where it is empty, that of
	// BaseURL's host is taken.
	Region string
	// BaseURL is the URL that /model/MODEL/converse is added to. Default: https://bedrock-runtime.REGION.amazonaws.com.
	BaseURL string
	// APIKey returns the Bedrock API key of the next call, so that a key can change while the server runs. It must be quick and is called
	// by several goroutines at once. nil, or an empty key: calls are signed with Credentials.
	APIKey func() string
	// Credentials returns what the next call is signed with, under the same rules. nil, or an empty access key: nothing is sent.
	Credentials func() Credentials
	// Header is sent with every call, and signed.
	Header map[string]string
	// Structured says how a request's Schema goes out. Default [StructuredAuto].
	Structured Structured
	// Cache says which models get cache points. Default [CacheAuto].
	Cache Cache
	// MaxBodyBytes bounds the body of an answer, once unpacked; more is KindMalformed. Default 8 MiB.
	MaxBodyBytes int64
	// MaxInFlight is how many calls are made at once. It sizes the pool of connections, so that each call finds one that is open; calls
	// beyond it wait for a connection. Default [providers.DefaultLimit].
	MaxInFlight int
	// RootCAs are the certificates that the server's is checked against; nil: the system's.
	RootCAs *x509.CertPool
	// Transport makes the calls instead of a transport of the provider's own; MaxInFlight and RootCAs then do nothing.
	Transport http.RoundTripper
}

// Provider calls one region. Its methods may be called by several goroutines at once.
type Provider struct {
	client      *httpjson.Client
	advice      drivers.Advice
	signer      *sigv4.Signer
	region      string
	credentials func() Credentials
	structured  Structured
	cache       Cache
	refused     drivers.Refusals // schemas and cache points, by model
}

var _ providers.Provider = (*Provider)(nil)

// New returns a Provider. It makes no call: a wrong key or model is found by the first one. Its error names every problem of cfg,
// and no secret.
func New(cfg Config) (*Provider, error) {
	region, base := cfg.place()
	client, err := httpjson.New(httpjson.Config{
		URL:          base,
		KeyHeader:    "Authorization",
		KeyPrefix:    "Bearer ",
		Key:          drivers.Trimmed(cfg.APIKey),
		Header:       cfg.Header,
		MaxBodyBytes: cfg.MaxBodyBytes,
		MaxInFlight:  cfg.MaxInFlight,
		RootCAs:      cfg.RootCAs,
		Transport:    cfg.Transport,
	})
	if problems := cfg.validate(region); problems != nil || err != nil {
		return nil, errors.Join(problems, err)
	}
	p := &Provider{
		client: client, signer: sigv4.NewSigner(), region: region, credentials: cfg.Credentials,
		structured: cfg.Structured, cache: cfg.Cache,
	}
	p.advice = drivers.Advice{
		Client: client,
		Answer: "an answer of Converse",
		Model:  "in this region, and may this account use it",
		Key:    "check api_key of this provider, its region, and what it may do",
		NoKey:  "no credentials were sent: set api_key of this provider, or access_key_id and secret_access_key",
	}
	return p, nil
}

// validate returns what httpjson cannot know.
func (cfg Config) validate(region string) error {
	var problems []error
	switch {
	case region == "" && (cfg.BaseURL == "" || cfg.Credentials != nil):
		problems = append(problems, errors.New("region: missing; set it to the region of the models, such as eu-central-1"))
	case region != "" && !isRegion(region):
		problems = append(problems, fmt.Errorf("region: %q is none; it looks like eu-central-1", region))
	}
	switch cfg.Structured {
	case StructuredAuto, StructuredFormat, StructuredTool, StructuredOff:
	default:
		problems = append(problems, fmt.Errorf("structured: %q is none of format, tool and off", cfg.Structured))
	}
	switch cfg.Cache {
	case CacheAuto, CacheOn, CacheOff:
	default:
		problems = append(problems, fmt.Errorf("cache: %q is neither on nor off", cfg.Cache))
	}
	return errors.Join(problems...)
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
	model, ok := httpjson.EscapeSegment(req.Model)
	if !ok {
		return nil, drivers.NoModel(req.Model)
	}
	c := call{req: req, as: p.formOf(req), caching: p.caching(req)}
	body := encode(c)
	c.sign = p.signature(body)
	reply, err := p.client.Do(ctx, httpjson.Call{Path: "model/" + model + "/converse", Body: body, Sign: p.signing(ctx, c.sign)})
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	id := drivers.ID(reply.Header.Get("X-Amzn-Requestid"))
	resp, failed := p.understand(reply, c)
	if failed != nil {
		failed.RequestID = id
		drivers.Complete(failed, reply, time.Now())
		return nil, failed
	}
	resp.RequestID = id
	return resp, nil
}

// call is a request, and how it goes out.
type call struct {
	req     *providers.Request
	as      form
	caching bool
	sign    *signature // nil where it has a key, or nothing
}

// understand turns what came back into a response or an error.
func (p *Provider) understand(reply *httpjson.Reply, c call) (*providers.Response, *providers.Error) {
	switch reply.Status / 100 {
	case 2:
		return p.decode(reply, c)
	case 3:
		return nil, p.advice.Redirected(reply)
	default:
		return nil, p.failed(readFailure(reply), c)
	}
}
