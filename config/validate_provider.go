package config

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// vendors are what a message says of a kind: an example of a base URL and of a model.
var vendors = map[string]struct{ url, model string }{
	KindOpenAI:     {openAIBaseURL + " or http://127.0.0.1:8000/v1", "gpt-4o-mini"},
	KindAzure:      {"https://NAME.openai.azure.com", "gpt-4o-mini, where that is a deployment"},
	KindAnthropic:  {"https://api.anthropic.com", "claude-haiku-4-5"},
	KindGemini:     {"https://generativelanguage.googleapis.com", "gemini-2.5-flash"},
	KindBedrock:    {"https://bedrock-runtime.eu-central-1.amazonaws.com", "anthropic.claude-3-haiku-20240307-v1:0"},
	KindCompatible: {"http://127.0.0.1:8000/v1", "llama3.2"},
}

func (v *validation) provider(path, name string, p Provider) {
	v.name(path, name)
	checkFields(v, path+".", &p, providerFields)
	if !slices.Contains(providerFields[0].choices, p.Kind) {
		return // what has a meaning is not known
	}
	v.meaningless(path, &p)
	if p.Kind == KindLocal {
		return
	}
	v.lanes(path, &p)
	if len(p.Endpoints) == 0 {
		v.baseURL(path, p.Lanes()[0])
	}
	v.headers(path+".headers", p)
	if _, err := p.RootCAs(); err != nil {
		v.add(path+".ca_file", "cannot be used: "+strings.TrimPrefix(err.Error(), "ca_file: "))
	}
	if p.Kind == KindAzure && p.API == "responses" && p.APIVersion != "" {
		v.add(path+".api", "responses is at /openai/v1 alone: leave api_version out")
	}
	if p.Kind == KindGemini && p.Structured == "tool" || p.Kind != KindGemini && p.Structured == "json" {
		v.add(path+".structured", fmt.Sprintf("must not be %s with kind %s", p.Structured, p.Kind))
	}
	if p.Kind == KindBedrock {
		v.aws(path, p)
	}
}

func (v *validation) aws(path string, p Provider) {
	switch {
	case p.Region == "" && p.BaseURL == "" && len(p.Endpoints) == 0:
		v.add(path+".region", "is missing: the AWS region, such as eu-central-1; or write base_url")
	case p.Region != "" && !regionStyle.MatchString(p.Region):
		v.add(path+".region", "must be a region such as eu-central-1, not "+quote(p.Region))
	}
	if p.AccessKeyID.IsSet() != p.SecretAccessKey.IsSet() || p.SessionToken.IsSet() && !p.AccessKeyID.IsSet() {
		v.add(path, "needs access_key_id and secret_access_key, both or neither; session_token goes with them")
	}
}

var regionStyle = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$`)

// meaningless names what is set and has no meaning with the kind: who writes it expects something of it.
func (v *validation) meaningless(path string, p *Provider) {
	for _, f := range providerFields {
		if len(f.only) == 0 || slices.Contains(f.only, p.Kind) || isEmpty(f.at(p)) {
			continue
		}
		if p.Kind == KindLocal {
			v.add(path+"."+f.key, "has no meaning with kind local, which calls nobody")
			continue
		}
		v.add(path+"."+f.key, fmt.Sprintf("has no meaning with kind %s; it is for %s", p.Kind, strings.Join(f.only, ", ")))
	}
}

// isEmpty reports whether the value that at points to is that of a field which is not set.
func isEmpty(at any) bool {
	switch at := at.(type) {
	case *Secret:
		return !at.IsSet()
	case *map[string]Header:
		return len(*at) == 0
	default:
		return reflect.ValueOf(at).Elem().IsZero()
	}
}

func (v *validation) baseURL(path string, p Provider) {
	at := path + ".base_url"
	needed := p.Kind == KindAzure || p.Kind == KindCompatible
	if p.BaseURL == "" {
		if needed {
			v.add(at, "is missing: where the API is, such as "+vendors[p.Kind].url)
		}
		v.keyless(path, p, "")
		return
	}
	u, err := url.Parse(p.BaseURL)
	// The URL itself stays out of the messages: where it is wrong, it may hold a key.
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		v.add(at, "must be a URL such as "+vendors[p.Kind].url)
		return
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		v.add(at, "must have no credentials, query or fragment in it; a key belongs into api_key")
	}
	if u.Scheme == "http" && p.APIKey.IsSet() && !isLoopback(u.Hostname()) {
		v.warn(at, "is http: api_key and every record go over the network unencrypted")
	}
	v.keyless(path, p, u.Hostname())
}

// vendorHosts are the vendors' own hosts, by their ends. They answer no call without a key.
var vendorHosts = []string{
	"api.openai.com", ".openai.azure.com", ".services.ai.azure.com", "api.anthropic.com", "generativelanguage.googleapis.com",
	".amazonaws.com",
}

// keyless warns of a provider that will be refused. A key may be in a header.
func (v *validation) keyless(path string, p Provider, host string) {
	if !p.hasNoKey() {
		return
	}
	if host == "" && p.Kind != KindAzure && p.Kind != KindCompatible {
		v.warn(path, "has no api_key, and no call is answered without one")
		return
	}
	if isVendors(host) {
		v.warn(path, "has no api_key, and "+host+" answers no call without one")
	}
}

func isVendors(host string) bool {
	return slices.ContainsFunc(vendorHosts, func(end string) bool { return strings.HasSuffix(host, end) })
}

// hasNoKey reports whether nothing is sent that may be a key.
func (p Provider) hasNoKey() bool {
	return !p.APIKey.IsSet() && !p.AccessKeyID.IsSet() && len(p.Headers) == 0
}

const maxHeaders = 32

var headerStyle = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")

func (v *validation) headers(path string, p Provider) {
	if len(p.Headers) > maxHeaders {
		v.add(path, fmt.Sprintf("must be at most %d, not %d", maxHeaders, len(p.Headers)))
	}
	for name := range p.Headers {
		if !headerStyle.MatchString(name) {
			v.add(path+"."+name, "is no name that a header can have")
		}
	}
}
