package config

import (
	"fmt"
	"maps"
	"net"
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

func (v *validation) model(path, name string, m Model) {
	v.name(path, name)
	checkFields(v, path+".", &m, modelFields)
	v.fallback(path, name, &m)
	provider, ok := v.config.Providers[m.Provider]
	if !ok {
		v.add(path+".provider", v.noProvider(m.Provider))
	}
	if m.Model == "" && ok && provider.Kind != KindLocal && provider.Deployment == "" {
		v.add(path+".model", "is missing: what the provider calls the model, such as "+vendors[provider.Kind].model)
	}
	v.task(path, m, provider.Kind)
	v.price(path, m.Price)
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
