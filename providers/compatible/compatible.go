// Package compatible is the driver for servers that speak OpenAI's chat completions and are not OpenAI: vLLM, llama.cpp's
// server, Ollama, LM Studio, Hugging Face's TGI, and gateways. It is package openai with a table of what each of them takes.
//
// What a server can do is known from its dialect. What it refuses all the same, such as in an older version, is remembered and
// left out, as package openai does.
package compatible

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/openai"
)

// The dialects.
const (
	// Generic is a server of which nothing more is known: schemas within OpenAI's rules, JSON mode, nothing else.
	Generic = "generic"
	// VLLM is vLLM. Schemas go into response_format, which all its versions since 0.6 take.
	VLLM = "vllm"
	// VLLMStructured is vLLM from 0.11 on, with schemas in structured_outputs, its own field: for models whose reasoning
	// parser or tools leave response_format alone.
	VLLMStructured = "vllm-structured-outputs"
	// LlamaCpp is llama.cpp's server, which makes a grammar of any schema.
	LlamaCpp = "llamacpp"
	// Ollama is Ollama's OpenAI endpoint, which makes its own `format` of response_format.
	Ollama = "ollama"
	// LMStudio is LM Studio, which takes schemas and no JSON mode.
	LMStudio = "lmstudio"
	// TGI is Hugging Face's text-generation-inference, which has a form of its own for schemas and no JSON mode without one.
	TGI = "tgi"
)

// dialects are what each server takes. Those that make a grammar of a schema have no rules of a strict mode.
var dialects = map[string]openai.Dialect{
	Generic:        {Schema: openai.SchemaResponseFormat, Rules: openai.OpenAI().Rules, JSONMode: true},
	VLLM:           {Schema: openai.SchemaResponseFormat, JSONMode: true},
	VLLMStructured: {Schema: openai.SchemaStructuredOutputs, JSONMode: true},
	LlamaCpp:       {Schema: openai.SchemaResponseFormat, JSONMode: true},
	Ollama:         {Schema: openai.SchemaResponseFormat, JSONMode: true},
	LMStudio:       {Schema: openai.SchemaResponseFormat},
	TGI:            {Schema: openai.SchemaValue},
}

// Dialects returns their names, sorted.
func Dialects() []string { return slices.Sorted(maps.Keys(dialects)) }

// Config says which server to call, and how. BaseURL is required.
type Config struct {
	// BaseURL is the URL that /chat/completions is added to; it usually ends in /v1.
	BaseURL string
	// Dialect is one of the names above. Default [Generic].
	Dialect string
	// APIKey, Header, MaxBodyBytes, MaxInFlight, RootCAs and Transport are as in package openai.
	APIKey       func() string
	Header       map[string]string
	MaxBodyBytes int64
	MaxInFlight  int
	RootCAs      *x509.CertPool
	Transport    http.RoundTripper
}

// Provider calls one server. Its methods may be called by several goroutines at once.
type Provider struct{ *openai.Provider }

var _ providers.Provider = (*Provider)(nil)

// New returns a Provider. It makes no call. Its error names what is wrong with cfg, and no secret.
func New(cfg Config) (*Provider, error) {
	name := cfg.Dialect
	if name == "" {
		name = Generic
	}
	dialect, ok := dialects[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("dialect: must be one of %s", strings.Join(Dialects(), ", "))
	case cfg.BaseURL == "":
		return nil, errors.New("base_url: is missing: where the server is, such as http://127.0.0.1:8000/v1")
	}
	p, err := openai.New(openai.Config{
		BaseURL:      cfg.BaseURL,
		APIKey:       cfg.APIKey,
		Dialect:      &dialect,
		Header:       cfg.Header,
		MaxBodyBytes: cfg.MaxBodyBytes,
		MaxInFlight:  cfg.MaxInFlight,
		RootCAs:      cfg.RootCAs,
		Transport:    cfg.Transport,
	})
	if err != nil {
		return nil, err
	}
	return &Provider{Provider: p}, nil
}
