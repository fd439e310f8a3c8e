package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/weir-ml/weir/options"
)

// List is a list of texts.
type List []string

// Secrets are a list of secrets.
type Secrets []Secret

// maxLanes is the most keys or endpoints of a provider, maxFallbacks the most models to fall back to.
const (
	maxLanes     = 32
	maxFallbacks = 8
)

// Rates are what an account may use in a minute; 0: weir learns it from the provider.
type Rates struct {
	// Requests are calls; Tokens those of prompt and answer together, InputTokens and OutputTokens apart.
	Requests, Tokens, InputTokens, OutputTokens int
}

// FallbackWords are the errors that may be named in fallback_on.
func FallbackWords() []string {
	return []string{"unavailable", "timeout", "rate-limited", "malformed", "unauthorized", "quota", "unknown-model"}
}

// Lanes returns the provider once for each of its keys and endpoints, each with one key and one URL: the first endpoint with
// the first key, and so on. One that has only one of each, or none, is all there is.
func (p Provider) Lanes() []Provider {
	n := max(len(p.APIKeys), len(p.Endpoints), 1)
	lanes := make([]Provider, n)
	for i := range lanes {
		lanes[i] = p
		lanes[i].APIKeys, lanes[i].Endpoints = nil, nil
		if i < len(p.APIKeys) {
			lanes[i].APIKey = p.APIKeys[i]
		}
		if i < len(p.Endpoints) {
			lanes[i].BaseURL = p.Endpoints[i]
		}
	}
	return lanes
}

// sequence reads a list of one thing or more.
func (r *reader) sequence(path string, node ast.Node, each func(ast.Node)) {
	list, ok := node.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		r.add(r.places[path], path, "must be a list of at least one, such as [a, b]"+refused(node))
		return
	}
	for _, value := range list.Values {
		each(value)
	}
}

func (r *reader) texts(path string, node ast.Node, to *List) {
	r.sequence(path, node, func(value ast.Node) {
		if text, ok := r.text(path, value); ok {
			*to = append(*to, text)
		}
	})
}

func (r *reader) secrets(path string, node ast.Node, to *Secrets) {
	r.sequence(path, node, func(value ast.Node) {
		var secret Secret
		r.secret(path, value, &secret)
		*to = append(*to, secret)
	})
}

// lanes checks the keys and endpoints of a provider.
func (v *validation) lanes(path string, p *Provider) {
	keys, endpoints := len(p.APIKeys), len(p.Endpoints)
	switch {
	case keys+endpoints == 0:
		return
	case keys > 0 && p.APIKey.IsSet():
		v.add(path+".api_keys", "and api_key are both there: write one of them")
	case keys > 0 && endpoints > 0 && keys != endpoints:
		v.add(path+".endpoints", fmt.Sprintf("has %d URLs and api_keys %d keys: write as many of each, or api_key for one key at all",
			endpoints, keys))
	case max(keys, endpoints) > maxLanes:
		v.add(path+laneKeyOf(p), fmt.Sprintf("must be at most %d, not %d", maxLanes, max(keys, endpoints)))
	}
	if endpoints > 0 && p.BaseURL != "" {
		v.add(path+".endpoints", "and base_url are both there: write one of them")
	}
	for i, endpoint := range p.Endpoints {
		v.endpoint(path+".endpoints", i+1, endpoint)
	}
	v.exposed(path, p)
}

// exposed warns of endpoints as of a base URL, once for all.
func (v *validation) exposed(path string, p *Provider) {
	var plain, closed []string
	for _, lane := range p.Lanes()[:min(len(p.Endpoints), maxLanes)] {
		u, err := url.Parse(lane.BaseURL)
		if err != nil {
			continue
		}
		if u.Scheme == "http" && lane.APIKey.IsSet() && !isLoopback(u.Hostname()) {
			plain = append(plain, u.Hostname())
		}
		if lane.hasNoKey() && isVendors(u.Hostname()) {
			closed = append(closed, u.Hostname())
		}
	}
	if len(plain) > 0 {
		v.warn(path+".endpoints", "has http in it: the key and every record go over the network unencrypted to "+strings.Join(plain, ", "))
	}
	if len(closed) > 0 {
		v.warn(path, "has no api_key, and no call is answered without one by "+strings.Join(closed, ", "))
	}
}

func laneKeyOf(p *Provider) string {
	if len(p.APIKeys) > 0 {
		return ".api_keys"
	}
	return ".endpoints"
}

// endpoint checks a URL. It stays out of the messages: where it is wrong, it may hold a key.
func (v *validation) endpoint(path string, number int, endpoint string) {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https"):
		v.add(path, fmt.Sprintf("must be URLs such as http://127.0.0.1:8000/v1; number %d is none", number))
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		v.add(path, fmt.Sprintf("must have no credentials, query or fragment in it, as number %d has; a key belongs into api_key", number))
	}
}

// fallback checks the models to fall back to, and when.
func (v *validation) fallback(path, name string, m *Model) {
	if len(m.Fallback) > maxFallbacks {
		v.add(path+".fallback", fmt.Sprintf("must be at most %d, not %d", maxFallbacks, len(m.Fallback)))
	}
	for i, other := range m.Fallback {
		switch _, ok := v.config.Models[other]; {
		case other == name:
			v.add(path+".fallback", "names the model itself")
		case !ok:
			v.add(path+".fallback", fmt.Sprintf("names %s, which is not among the models", quote(other)))
		case slices.Contains(m.Fallback[:i], other):
			v.add(path+".fallback", fmt.Sprintf("names %s twice", quote(other)))
		}
	}
	if len(m.FallbackOn) > 0 && len(m.Fallback) == 0 {
		v.add(path+".fallback_on", "needs fallback beside it")
	}
	for _, word := range m.FallbackOn {
		if slices.Contains(FallbackWords(), word) {
			continue
		}
		message := fmt.Sprintf("names %s, which is not among %s", quote(word), strings.Join(FallbackWords(), ", "))
		if near := options.Nearest(word, FallbackWords()); near != "" {
			message += "; did you mean " + near + "?"
		}
		v.add(path+".fallback_on", message)
	}
}
