package main

import (
	"crypto/x509"
	"fmt"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/anthropic"
	"github.com/weir-ml/weir/providers/azure"
	"github.com/weir-ml/weir/providers/bedrock"
	"github.com/weir-ml/weir/providers/compatible"
	"github.com/weir-ml/weir/providers/gemini"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/providers/openai"
)

// driver is a provider that keeps connections.
type driver interface {
	providers.Provider
	Close()
}

// drivers make the drivers of what is called over a network, by the kind of the provider.
var drivers = map[string]func(p config.Provider, roots *x509.CertPool) (driver, error){
	config.KindOpenAI:     newOpenAI,
	config.KindAzure:      newAzure,
	config.KindAnthropic:  newAnthropic,
	config.KindGemini:     newGemini,
	config.KindBedrock:    newBedrock,
	config.KindCompatible: newCompatible,
}

// newDriver makes the driver of a provider, and what closes its connections.
func newDriver(p config.Provider) (providers.Provider, func(), error) {
	if p.Kind == config.KindLocal {
		return local.New(), func() {}, nil
	}
	create, ok := drivers[p.Kind]
	if !ok {
		return nil, nil, fmt.Errorf("no driver for kind %q", p.Kind)
	}
	roots, err := p.RootCAs()
	if err != nil {
		return nil, nil, err
	}
	d, err := create(p, roots)
	if err != nil {
		return nil, nil, err
	}
	return d, d.Close, nil
}

func newOpenAI(p config.Provider, roots *x509.CertPool) (driver, error) {
	return made(openai.New(openai.Config{
		BaseURL:      p.BaseURL,
		API:          openai.API(p.API),
		APIKey:       p.APIKey.Reveal,
		Organization: p.Organization,
		Project:      p.Project,
		ServiceTier:  p.ServiceTier,
		Header:       p.HeaderValues(),
		MaxInFlight:  p.MaxInFlight,
		RootCAs:      roots,
	}))
}

func newAzure(p config.Provider, roots *x509.CertPool) (driver, error) {
	return made(azure.New(azure.Config{
		BaseURL:     p.BaseURL,
		APIVersion:  p.APIVersion,
		Deployment:  p.Deployment,
		API:         openai.API(p.API),
		APIKey:      p.APIKey.Reveal,
		Bearer:      p.Auth == "token",
		ServiceTier: p.ServiceTier,
		Header:      p.HeaderValues(),
		MaxInFlight: p.MaxInFlight,
		RootCAs:     roots,
	}))
}

func newAnthropic(p config.Provider, roots *x509.CertPool) (driver, error) {
	return made(anthropic.New(anthropic.Config{
		BaseURL:     p.BaseURL,
		APIKey:      p.APIKey.Reveal,
		Header:      p.HeaderValues(),
		Structured:  anthropic.Structured(p.Structured),
		NoCache:     p.PromptCache == "off",
		MaxInFlight: p.MaxInFlight,
		RootCAs:     roots,
	}))
}

func newGemini(p config.Provider, roots *x509.CertPool) (driver, error) {
	structured := gemini.Structured(p.Structured)
	if p.Structured == "format" {
		structured = gemini.StructuredAuto
	}
	return made(gemini.New(gemini.Config{
		BaseURL:     p.BaseURL,
		APIKey:      p.APIKey.Reveal,
		Header:      p.HeaderValues(),
		Structured:  structured,
		MaxInFlight: p.MaxInFlight,
		RootCAs:     roots,
	}))
}

func newBedrock(p config.Provider, roots *x509.CertPool) (driver, error) {
	return made(bedrock.New(bedrock.Config{
		Region:      p.Region,
		BaseURL:     p.BaseURL,
		APIKey:      p.APIKey.Reveal,
		Credentials: credentialsOf(p),
		Header:      p.HeaderValues(),
		Structured:  bedrock.Structured(p.Structured),
		Cache:       bedrock.Cache(p.PromptCache),
		MaxInFlight: p.MaxInFlight,
		RootCAs:     roots,
	}))
}

// credentialsOf returns what signs calls; nil where they are not signed.
func credentialsOf(p config.Provider) func() bedrock.Credentials {
	if !p.AccessKeyID.IsSet() {
		return nil
	}
	return func() bedrock.Credentials {
		return bedrock.Credentials{
			AccessKeyID:     p.AccessKeyID.Reveal(),
			SecretAccessKey: p.SecretAccessKey.Reveal(),
			SessionToken:    p.SessionToken.Reveal(),
		}
	}
}

func newCompatible(p config.Provider, roots *x509.CertPool) (driver, error) {
	return made(compatible.New(compatible.Config{
		BaseURL:     p.BaseURL,
		Dialect:     p.Dialect,
		APIKey:      p.APIKey.Reveal,
		Header:      p.HeaderValues(),
		MaxInFlight: p.MaxInFlight,
		RootCAs:     roots,
	}))
}

// made keeps a driver that was not made from becoming one that is not nil.
func made[D driver](d D, err error) (driver, error) {
	if err != nil {
		return nil, err
	}
	return d, nil
}
