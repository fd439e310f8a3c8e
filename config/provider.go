package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// The kinds of provider.
const (
	// KindOpenAI is OpenAI, or an endpoint that does as OpenAI does.
	KindOpenAI = "openai"
	// KindAzure is OpenAI's models in Microsoft Azure.
	KindAzure = "azure"
	// KindAnthropic is Anthropic's Messages API.
	KindAnthropic = "anthropic"
	// KindGemini is Google's Gemini API.
	KindGemini = "gemini"
	// KindBedrock is Amazon Bedrock's Converse API.
	KindBedrock = "bedrock"
	// KindCompatible is another server with OpenAI's chat completions, by dialect.
	KindCompatible = "compatible"
	// KindLocal is the small sentiment model inside the binary.
	KindLocal = "local"
)

// Provider is one account with someone who sells completions. What has no meaning with its kind is empty.
type Provider struct {
	// Kind is one of the kinds above.
	Kind string
	// BaseURL is the URL that the paths of the API are added to; empty: the vendor's own.
	BaseURL string
	// APIKey is sent with every call; none: no key is sent.
	APIKey Secret
	// APIKeys and Endpoints are several keys and URLs in place of the one; see Lanes. nil: there is one.
	APIKeys   Secrets
	Endpoints List
	// Rates are what each key may use in a minute.
	Rates Rates
	// API is "chat" or "responses", with KindOpenAI and KindAzure; empty: chat.
	API string
	// Dialect is what kind of server it is, with KindCompatible; empty: generic.
	Dialect string
	// Organization and Project say whose calls these are, with KindOpenAI.
	Organization, Project string
	// ServiceTier is how fast and dear calls are, with KindOpenAI and KindAzure.
	ServiceTier string
	// APIVersion, Deployment and Auth are those of KindAzure; Auth is "key" or "token", empty: key.
	APIVersion, Deployment, Auth string
	// Region is the AWS region, with KindBedrock.
	Region string
	// AccessKeyID, SecretAccessKey and SessionToken sign calls without an APIKey, with KindBedrock.
	AccessKeyID, SecretAccessKey, SessionToken Secret
	// Structured is how a schema goes out, with KindAnthropic, KindGemini and KindBedrock: "format", "tool", "json" or "off".
	Structured string
	// PromptCache is "on" or "off", with KindAnthropic and KindBedrock.
	PromptCache string
	// Headers are sent with every call, by name.
	Headers map[string]Header
	// CAFile is a PEM file of authorities that are trusted besides the system's.
	CAFile string
	// MaxInFlight is the most calls at once.
	MaxInFlight int
}

// HeaderValues returns what is sent with every call, secrets revealed.
func (p Provider) HeaderValues() map[string]string {
	values := make(map[string]string, len(p.Headers))
	for name, h := range p.Headers {
		values[name] = h.Reveal()
	}
	return values
}

// RootCAs returns the system's authorities and those of CAFile; nil without a CAFile.
func (p Provider) RootCAs() (*x509.CertPool, error) {
	if p.CAFile == "" {
		return nil, nil //nolint:nilnil // nil is how crypto/tls says the system's
	}
	pem, err := readFile(p.CAFile, maxFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without any, such as an empty container
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("ca_file: holds no certificate in PEM form")
	}
	return pool, nil
}

// Header is the value of a header: as it stands in the file, or by reference as a [Secret].
type Header struct {
	plain  string
	secret Secret
}

// readHeader reads the value of the header called name. What looks like a secret by its name must be a reference.
func readHeader(name, text string) (Header, error) {
	if isReference(text) {
		secret, err := readSecret(text, inHeader)
		return Header{secret: secret}, err
	}
	if secretName(name) {
		return Header{}, errors.New("may be a secret by its name: write a reference, env:NAME or file:/path")
	}
	for _, c := range text {
		if !inHeader(c) {
			return Header{}, errors.New("holds line breaks or other characters that no header has")
		}
	}
	return Header{plain: text}, nil
}

// Reveal returns the value that is sent.
func (h Header) Reveal() string {
	if h.secret.IsSet() {
		return h.secret.Reveal()
	}
	return h.plain
}

// String returns the value as it stands in the file.
func (h Header) String() string {
	if h.secret.IsSet() {
		return h.secret.String()
	}
	return h.plain
}

// GoString returns the value as it stands in the file.
func (h Header) GoString() string { return fmt.Sprintf("config.Header(%q)", h.String()) }

// MarshalText returns the value as it stands in the file. JSON uses it too.
func (h Header) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// isReference reports whether a text refers to a secret.
func isReference(text string) bool {
	return strings.HasPrefix(text, "env:") || strings.HasPrefix(text, "file:")
}

// secretName reports whether a header of that name carries a secret, as far as names tell.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range [...]string{"key", "token", "auth", "secret", "password", "cookie", "signature"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// inHeader reports whether the value of a header may have the character.
func inHeader(c rune) bool { return c >= ' ' && c <= '~' || c == '\t' }
