// Package config is what an operator writes: a YAML file that names where weir listens, which providers it may call, and
// which models it offers. [Load] reads the file strictly and names every problem with its line and column; secrets are in
// the file by reference only (see [Secret]).
//
// The package opens no port, calls no provider and parses no template: it only says what is written and whether it holds
// together. A Config is made by one goroutine and is for reading after that, by any number.
package config

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/weir-ml/weir/options"
)

//go:generate go test -run TestReferenceIsFresh -update .

// Config is everything that a server needs to know before it starts. Start from [Default], [Load] or [Parse]: the zero
// value is not valid. docs/configuration.md describes every field.
type Config struct {
	// Listen is the address for gRPC, host:port.
	Listen string
	// Admin is the address for metrics and health, host:port; empty: none.
	Admin string
	// Log says what is logged.
	Log Log
	// TLS holds the certificate for clients; empty: none.
	TLS TLS
	// Auth says who may call.
	Auth Auth
	// Limits bound what the server holds.
	Limits Limits
	// Providers are who sells completions, by name.
	Providers map[string]Provider
	// Models are what clients ask for, by name.
	Models map[string]Model
	// Warnings are what [Config.Validate] found odd but not wrong.
	Warnings []Problem
}

// Log says what is logged.
type Log struct {
	// Level is the least level that is logged.
	Level slog.Level
	// Format is "text" or "json".
	Format string
}

// TLS names the files of a certificate, both or none.
type TLS struct{ Cert, Key string }

// Load reads the files and returns what a server needs to speak TLS with them; nil if there are none.
func (t TLS) Load() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil //nolint:nilnil // no TLS is no failure, and nil is how crypto/tls says none
	}
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// Auth says who may call.
type Auth struct {
	// Token is the bearer token that every call must carry; none: anyone may call.
	Token Secret
}

// Limits bound what the server holds.
type Limits struct {
	// WindowRecords is the most unanswered records of a stream.
	WindowRecords int
	// WindowBytes is the most bytes of unanswered records of a stream; one record always fits.
	WindowBytes Bytes
	// MaxStreams is the most open streams.
	MaxStreams int
	// MaxHeldBytes is the most bytes of unanswered records of all streams together.
	MaxHeldBytes Bytes
	// MaxRecordBytes is the most bytes of one record.
	MaxRecordBytes Bytes
	// StallTimeout is how long a client may leave results unread.
	StallTimeout time.Duration
	// DrainTimeout is how long the server goes on answering after it was told to stop.
	DrainTimeout time.Duration
}

// Model is a provider's model together with the options that it is used with.
type Model struct {
	// Provider is the name of the provider in the same Config.
	Provider string
	// Model is what the provider calls it.
	Model string
	// Task is what it does: TaskCompletion or TaskEmbedding; empty: completion.
	Task string
	// Description is for people.
	Description string
	// Fallback names the models that answer, in order, where this one cannot; FallbackOn the errors for which they do, of
	// [FallbackWords]; nil: all of those.
	Fallback, FallbackOn List
	// Options are set over the defaults of package options, by name.
	Options map[string]string
	// Price is what its tokens cost; none: what weir knows of the model.
	Price Price
	// ContextTokens are the most tokens of a prompt and its answer together, MaxOutputTokens of an answer; 0: what weir knows of
	// the model.
	ContextTokens, MaxOutputTokens int
	// Overridable names the options that a request may set. nil: those that the table of options says; empty: none.
	Overridable []string
}

// Layer returns the model's options as a layer for [options.Resolve], below that of a request. name is the model's own.
func (m Model) Layer(name string) options.Layer {
	return options.Layer{Name: "model " + name, Set: m.Options}
}

// Opens reports whether a request may set the option: the Open of the request's layer.
func (m Model) Opens(option string) bool {
	if m.Overridable != nil {
		return slices.Contains(m.Overridable, option)
	}
	o, ok := options.Lookup(option)
	return ok && o.Overridable
}

// Default returns the configuration without a file: loopback only, and one model, "sentiment", which is inside the binary
// and needs neither key nor network.
func Default() *Config {
	c := &Config{}
	standards(c, fields)
	c.addBuiltIn()
	return c
}

// addBuiltIn adds the model that weir has where nobody names one. Its batches wait a moment only: the model answers at once.
func (c *Config) addBuiltIn() {
	provider := Provider{Kind: KindLocal}
	standards(&provider, providerFields)
	c.Providers = map[string]Provider{"local": provider}
	c.Models = map[string]Model{"sentiment": {
		Provider:    "local",
		Model:       "vader",
		Description: "Sentiment of English text: positive, negative or neutral. Runs inside weir.",
		Options:     map[string]string{"batch.size": "20", "batch.timeout.ms": "20"},
	}}
}
