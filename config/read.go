package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/weir-ml/weir/options"
)

// config reads the document into a Config, over the defaults.
func (r *reader) config(root ast.Node) *Config {
	c := &Config{}
	standards(c, fields)
	section[Config]{target: c, fields: fields}.read(r, root)
	if c.Admin == "off" {
		c.Admin = ""
	}
	c.TLS.Cert, c.TLS.Key = r.resolvePath(c.TLS.Cert), r.resolvePath(c.TLS.Key)
	if c.Providers == nil && c.Models == nil {
		c.addBuiltIn()
	}
	return c
}

// section is a mapping of the file whose keys are those of a table.
type section[T any] struct {
	path   string // of the mapping, in the file
	prefix string // of its keys, in the table
	target *T
	fields []field[T]
}

func (s section[T]) read(r *reader, node ast.Node) {
	r.each(s.path, node, func(path, key string, value ast.Node) {
		key = s.prefix + key
		at := slices.IndexFunc(s.fields, func(f field[T]) bool { return f.key == key })
		switch {
		case at >= 0:
			r.value(path, s.fields[at].at(s.target), value)
		case slices.ContainsFunc(s.fields, func(f field[T]) bool { return strings.HasPrefix(f.key, key+".") }):
			section[T]{path, key + ".", s.target, s.fields}.read(r, value)
		default:
			r.add(r.places[path], path, s.unknown(key))
		}
	})
}

func (s section[T]) unknown(key string) string {
	var known []string
	for _, f := range s.fields {
		if name, ok := strings.CutPrefix(f.key, s.prefix); ok {
			name, _, _ = strings.Cut(name, ".")
			known = append(known, name)
		}
	}
	known = slices.Compact(known)
	if near := options.Nearest(strings.TrimPrefix(key, s.prefix), known); near != "" {
		return fmt.Sprintf("is not known; did you mean %s?", near)
	}
	return "is not known; here can be " + strings.Join(known, ", ")
}

// each calls do for every key of a mapping, once for each, and notes where they are. Keys with nothing behind them count
// as an empty mapping where a mapping is expected.
func (r *reader) each(path string, node ast.Node, do func(path, key string, value ast.Node)) {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		if node.Type() != ast.NullType {
			r.add(placeOf(node), path, "must be a section of `key: value` lines"+refused(node))
		}
		return
	}
	for _, entry := range mapping.Values {
		key, ok := scalar(entry.Key)
		if !ok || key == "" {
			r.add(placeOf(entry.Key), path, "has a key that is no plain word"+refused(entry.Key))
			continue
		}
		full := strings.TrimPrefix(path+"."+key, ".")
		if first, twice := r.places[full]; twice {
			r.add(placeOf(entry.Key), full, fmt.Sprintf("is there twice; first in line %d", first.line))
			continue
		}
		r.places[full] = placeOf(entry.Key)
		do(full, key, entry.Value)
	}
}

// value reads what stands at a key into the place that `to` points to.
func (r *reader) value(path string, to any, node ast.Node) {
	switch to := to.(type) {
	case *map[string]Provider:
		*to = make(map[string]Provider)
		r.each(path, node, func(path, name string, value ast.Node) { (*to)[name] = r.provider(path, value) })
	case *map[string]Model:
		*to = make(map[string]Model)
		r.each(path, node, func(path, name string, value ast.Node) { (*to)[name] = r.model(path, value) })
	case *map[string]string:
		*to = make(map[string]string)
		r.each(path, node, func(path, name string, value ast.Node) { r.option(path, name, value, *to) })
	case *map[string]Header:
		*to = make(map[string]Header)
		r.each(path, node, func(path, name string, value ast.Node) { r.header(path, name, value, *to) })
	case *[]string:
		*to = r.overridable(path, node)
	case *List:
		r.texts(path, node, to)
	case *Secrets:
		r.secrets(path, node, to)
	case *Secret:
		r.secret(path, node, to)
	default:
		if text, ok := r.text(path, node); ok {
			r.scalar(path, text, to)
		}
	}
}

func (r *reader) scalar(path, text string, to any) {
	if err := read(to, text); err != nil {
		r.add(r.places[path], path, err.Error())
	}
}

func (r *reader) provider(path string, node ast.Node) Provider {
	var p Provider
	standards(&p, providerFields)
	section[Provider]{path: path, target: &p, fields: providerFields}.read(r, node)
	if p.Kind == KindOpenAI && p.BaseURL == "" && len(p.Endpoints) == 0 {
		p.BaseURL = openAIBaseURL
	}
	p.CAFile = r.resolvePath(p.CAFile)
	return p
}

// header reads one header of a provider.
func (r *reader) header(path, name string, node ast.Node, set map[string]Header) {
	text, ok := r.text(path, node)
	if !ok {
		return
	}
	h, err := readHeader(name, r.resolveReference(text))
	if err != nil {
		r.add(r.places[path], path, err.Error())
	}
	set[name] = h
}

func (r *reader) model(path string, node ast.Node) Model {
	var m Model
	section[Model]{path: path, target: &m, fields: modelFields}.read(r, node)
	return m
}

// option reads one option of a model. Numbers and booleans become the text that stands in the file.
func (r *reader) option(path, name string, node ast.Node, set map[string]string) {
	if list, ok := node.(*ast.SequenceNode); ok {
		set[name] = strings.Join(r.list(path, list), ",")
		return
	}
	if node.Type() == ast.MappingType {
		r.add(r.places[path], path, "must be one value; options are not nested: write the dots, as in `batch.size: 20`")
		return
	}
	if text, ok := r.text(path, node); ok {
		set[name] = text
	}
}

func (r *reader) overridable(path string, node ast.Node) []string {
	if list, ok := node.(*ast.SequenceNode); ok {
		return r.list(path, list)
	}
	switch text, _ := scalar(node); text {
	case "all":
		return options.AllNames()
	case "none":
	default:
		r.add(r.places[path], path, "must be all, none, or a list of options such as [batch.size, system.prompt]")
	}
	return []string{}
}

// list reads a list of scalars; it is never nil.
func (r *reader) list(path string, node *ast.SequenceNode) []string {
	texts := make([]string, 0, len(node.Values))
	for _, value := range node.Values {
		if text, ok := r.text(path, value); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

func (r *reader) secret(path string, node ast.Node, to *Secret) {
	ref, ok := r.text(path, node)
	if !ok {
		return
	}
	secret, err := ReadSecret(r.resolveReference(ref))
	if err != nil {
		r.add(r.places[path], path, err.Error())
	}
	*to = secret
}

// resolveReference makes the path of a reference to a file start at the folder of the configuration.
func (r *reader) resolveReference(ref string) string {
	if file, isFile := strings.CutPrefix(ref, "file:"); isFile {
		return "file:" + r.resolvePath(file)
	}
	return ref
}

// text reads a scalar as the text that stands in the file.
func (r *reader) text(path string, node ast.Node) (string, bool) {
	text, ok := scalar(node)
	switch {
	case ok:
	case node.Type() == ast.NullType:
		r.add(r.places[path], path, `has no value; write "" where you mean the empty text`)
	default:
		r.add(placeOf(node), path, "must be one value"+refused(node))
	}
	return text, ok
}

// scalar returns the text of a scalar as it stands in the file, numbers and booleans too.
func scalar(node ast.Node) (string, bool) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.LiteralNode:
		return node.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

// refused says why a node is none of those that the file may have, where it is one that YAML knows.
func refused(node ast.Node) string {
	switch node.Type() {
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType, ast.TagType, ast.DirectiveType:
		return "; anchors, aliases and tags are not taken"
	default:
		return ""
	}
}
