package config

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"github.com/weir-ml/weir/options"
)

// Validate checks everything that can be checked without a network: bounds, names, addresses, certificate, and the options
// of every model. Its error is an [*Error] with every problem; it sets Warnings. Load and Parse have done it already, with
// lines and columns.
func (c *Config) Validate() error { return asError(c.problems()) }

func (c *Config) problems() []Problem {
	v := &validation{config: c}
	checkFields(v, "", c, fields)
	v.addresses()
	v.tls()
	v.limits()
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		v.provider("providers."+name, name, c.Providers[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Models)) {
		v.model("models."+name, name, c.Models[name])
	}
	if len(c.Models) == 0 {
		v.add("models", "is empty: name at least one, with a provider of `providers`")
	}
	c.Warnings = v.warnings
	return v.problems
}

type validation struct {
	config   *Config
	problems []Problem
	warnings []Problem
}

func (v *validation) add(path, message string) {
	v.problems = append(v.problems, Problem{Path: path, Message: message})
}

func (v *validation) warn(path, message string) {
	v.warnings = append(v.warnings, Problem{Path: path, Message: message})
}

// checkFields checks the bounds and choices that the table says.
func checkFields[T any](v *validation, path string, target *T, fields []field[T]) {
	for _, f := range fields {
		if message := f.check(target); message != "" {
			v.add(path+f.key, message)
		}
	}
}

func (v *validation) addresses() {
	c := v.config
	if message := checkAddress(c.Listen); message != "" {
		v.add("listen", message)
	}
	if c.Admin == "" {
		return
	}
	if message := checkAddress(c.Admin); message != "" {
		v.add("admin", message)
	} else if c.sameAddress() {
		v.add("admin", "must differ from listen")
	}
}

// sameAddress reports whether gRPC and metrics are to be on one address. Port 0 is another one each time.
func (c *Config) sameAddress() bool {
	_, port, err := net.SplitHostPort(c.Admin)
	return err == nil && port != "0" && c.Admin == c.Listen
}

func checkAddress(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Sprintf("must be host:port, such as 127.0.0.1:9347, not %s", quote(address))
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65_535 {
		return fmt.Sprintf("must end in a port from 0 to 65535, not %s", quote(port))
	}
	return ""
}

func (v *validation) tls() {
	t := v.config.TLS
	switch {
	case t.Cert == "" && t.Key != "":
		v.add("tls.key", "needs tls.cert beside it")
	case t.Cert != "" && t.Key == "":
		v.add("tls.cert", "needs tls.key beside it")
	default:
		if _, err := t.Load(); err != nil {
			v.add("tls.cert", "and tls.key cannot be used: "+err.Error())
		}
	}
}

func (v *validation) limits() {
	l := v.config.Limits
	if l.MaxHeldBytes < l.WindowBytes {
		v.add("limits.max_held_bytes", "must be at least limits.window_bytes, "+l.WindowBytes.String()+", or no stream can fill its window")
	}
}

var nameStyle = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (v *validation) name(path, name string) {
	if !nameStyle.MatchString(name) {
		v.add(path, "must have a name of letters, digits, '.', '_' and '-', at most 64, with a letter or digit first")
	}
}

func (v *validation) provider(path, name string, p Provider) {
	v.name(path, name)
	checkFields(v, path+".", &p, providerFields)
	switch p.Kind {
	case KindLocal:
		if p.BaseURL != "" {
			v.add(path+".base_url", "has no meaning with kind local, which calls nobody")
		}
		if p.APIKey.IsSet() {
			v.add(path+".api_key", "has no meaning with kind local, which calls nobody")
		}
	case KindOpenAI:
		v.baseURL(path, p)
	}
}

func (v *validation) baseURL(path string, p Provider) {
	at := path + ".base_url"
	u, err := url.Parse(p.BaseURL)
	// The URL itself stays out of the messages: where it is wrong, it may hold a key.
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		v.add(at, "must be a URL such as "+openAIBaseURL+" or http://127.0.0.1:8000/v1")
		return
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		v.add(at, "must have no credentials, query or fragment in it; a key belongs into api_key")
	}
	if u.Scheme == "http" && p.APIKey.IsSet() && !isLoopback(u.Hostname()) {
		v.warn(at, "is http: api_key and every record go over the network unencrypted")
	}
	if u.Hostname() == "api.openai.com" && !p.APIKey.IsSet() {
		v.warn(path, "has no api_key, and api.openai.com answers no call without one")
	}
}

func (v *validation) model(path, name string, m Model) {
	v.name(path, name)
	checkFields(v, path+".", &m, modelFields)
	provider, ok := v.config.Providers[m.Provider]
	if !ok {
		v.add(path+".provider", v.noProvider(m.Provider))
	}
	if m.Model == "" && provider.Kind == KindOpenAI {
		v.add(path+".model", "is missing: what the provider calls the model, such as gpt-4o-mini")
	}
	_, problems := options.Resolve(m.Layer(name))
	for _, problem := range problems {
		v.add(path+".options."+problem.Option, problem.Message)
	}
	for _, option := range m.Overridable {
		v.overridable(path+".overridable", option)
	}
}

func (v *validation) noProvider(name string) string {
	known := slices.Sorted(maps.Keys(v.config.Providers))
	if name == "" {
		return "is missing: the name of one of the providers"
	}
	if near := options.Nearest(name, known); near != "" {
		return fmt.Sprintf("names %s, which is not among the providers; did you mean %s?", quote(name), near)
	}
	return fmt.Sprintf("names %s, which is not among the providers", quote(name))
}

func (v *validation) overridable(path, option string) {
	if _, ok := options.Lookup(option); ok {
		return
	}
	if near := options.Nearest(option, options.AllNames()); near != "" {
		v.add(path, fmt.Sprintf("names %s, which is not an option; did you mean %s?", quote(option), near))
		return
	}
	v.add(path, fmt.Sprintf("names %s, which is not an option (docs/options.md has them all)", quote(option)))
}
