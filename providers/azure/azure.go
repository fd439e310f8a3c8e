// Package azure is the driver for OpenAI's models in Microsoft Azure: the wire format of package openai, at Azure's addresses,
// with Azure's keys and limits.
//
// One call is one POST, as of every driver. The package fetches no tokens from Microsoft Entra: who uses them writes them to
// a file that weir reads again when it changes.
package azure

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
)

// Config says which resource to call, and how. BaseURL is required.
type Config struct {
	// BaseURL is the resource's endpoint, such as https://name.openai.azure.com, or one that ends in /openai/v1.
	BaseURL string
	// APIVersion chooses between Azure's two forms of a URL. Empty: /openai/v1/, where the model of a request is in its body.
	// Else, such as 2024-10-21: /openai/deployments/DEPLOYMENT/, with this version.
	APIVersion string
	// Deployment is the deployment of every request; empty: the model of a request names it.
	Deployment string
	// API is which of OpenAI's two forms is spoken; [openai.APIResponses] needs an empty APIVersion. Default
	// [openai.APIChat].
	API openai.API
	// APIKey returns the key, or the token, of the next call, as in package openai.
	APIKey func() string
	// Bearer says that APIKey is a token of Microsoft Entra, which goes into another header than a key does.
	Bearer bool
	// ServiceTier is sent with every call; empty: not sent.
	ServiceTier string
	// Header is sent with every call.
	Header map[string]string
	// MaxBodyBytes, MaxInFlight, RootCAs and Transport are as in package openai.
	MaxBodyBytes int64
	MaxInFlight  int
	RootCAs      *x509.CertPool
	Transport    http.RoundTripper
}

// maxDeployments bounds the deployments that one provider calls by the names in its requests.
const maxDeployments = 256

// Provider calls one resource. Its methods may be called by several goroutines at once.
type Provider struct {
	cfg Config
	own *http.Transport // nil where the transport is the caller's

	mu           sync.Mutex
	byDeployment map[string]*openai.Provider
}

var _ providers.Provider = (*Provider)(nil)

// New returns a Provider. It makes no call. Its error names what is wrong with cfg, and no secret.
func New(cfg Config) (*Provider, error) {
	switch {
	case cfg.BaseURL == "":
		return nil, errors.New("base_url: is missing: the endpoint of the resource, such as https://NAME.openai.azure.com")
	case cfg.APIVersion != "" && cfg.API == openai.APIResponses:
		return nil, errors.New("api: responses is at /openai/v1 alone; leave api_version out")
	}
	p := &Provider{cfg: cfg, byDeployment: make(map[string]*openai.Provider)}
	if cfg.Transport == nil {
		p.own = httpjson.NewTransport(httpjson.Config{MaxInFlight: cfg.MaxInFlight, RootCAs: cfg.RootCAs})
		p.cfg.Transport = p.own
	}
	_, err := p.at("check") // with the URL of any deployment
	clear(p.byDeployment)
	return p, err
}

// Close closes the connections that no call uses. Calls may still be made.
func (p *Provider) Close() {
	if p.own != nil {
		p.own.CloseIdleConnections()
	}
}

// Complete makes one call. It waits for all of the answer, or until ctx ends.
func (p *Provider) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	at, renamed, err := p.deployed(req)
	if err != nil {
		return nil, err
	}
	return at.Complete(ctx, renamed)
}

// deployed returns the driver of a request's deployment, and the request as it goes there.
func (p *Provider) deployed(req *providers.Request) (*openai.Provider, *providers.Request, error) {
	deployment := req.Model
	if p.cfg.Deployment != "" {
		deployment = p.cfg.Deployment
	}
	at, err := p.at(deployment)
	if err != nil {
		return nil, nil, &providers.Error{Kind: providers.KindUnknownModel, Message: err.Error()}
	}
	if deployment != req.Model {
		renamed := *req
		renamed.Model = deployment
		req = &renamed
	}
	return at, req, nil
}

// at returns the driver of a deployment. In the form without one in the URL there is one for all.
func (p *Provider) at(deployment string) (*openai.Provider, error) {
	if p.cfg.APIVersion == "" {
		deployment = ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.byDeployment[deployment]; ok {
		return at, nil
	}
	if len(p.byDeployment) >= maxDeployments {
		return nil, fmt.Errorf("model: more than %d deployments of one provider are not called", maxDeployments)
	}
	at, err := openai.New(p.driver(deployment))
	if err == nil {
		p.byDeployment[deployment] = at
	}
	return at, err
}

// driver says how package openai calls a deployment.
func (p *Provider) driver(deployment string) openai.Config {
	dialect := Dialect()
	cfg := openai.Config{
		BaseURL:      p.cfg.base(deployment),
		API:          p.cfg.API,
		APIKey:       p.cfg.APIKey,
		KeyHeader:    "Api-Key",
		ServiceTier:  p.cfg.ServiceTier,
		Dialect:      &dialect,
		Header:       p.cfg.Header,
		MaxBodyBytes: p.cfg.MaxBodyBytes,
		Transport:    p.cfg.Transport,
	}
	if p.cfg.Bearer {
		cfg.KeyHeader = ""
	}
	return cfg
}

// base returns what the paths of the API are added to.
func (cfg Config) base(deployment string) string {
	base := strings.TrimSuffix(cfg.BaseURL, "/")
	root := strings.TrimSuffix(strings.TrimSuffix(base, "/v1"), "/openai")
	if cfg.APIVersion == "" {
		return root + "/openai/v1"
	}
	return root + "/openai/deployments/" + url.PathEscape(deployment) + "?api-version=" + url.QueryEscape(cfg.APIVersion)
}

// Dialect returns what Azure takes: what OpenAI does, within the narrower limits on schemas that Microsoft publishes.
func Dialect() openai.Dialect {
	d := openai.OpenAI()
	d.NotFound = "has this resource a deployment of that name, and is base_url its endpoint?"
	d.Rules = providers.SchemaRules{
		Keywords: openai.StrictKeywords(), Closed: true, Properties: 100, Depth: 5, Enum: 500, Bytes: 15_000,
	}
	return d
}
