package options

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Layer is where options come from: a model of the operator's file, or a request.
type Layer struct {
	// Name says where, for messages: "model reviews", "request".
	Name string
	// Set holds the options by name. An empty value puts an option back to its default.
	Set map[string]string
	// Open reports whether this layer may set the option; nil: it may set all.
	Open func(name string) bool
}

// Resolve puts the layers on top of one another, the later over the earlier, and all of them over the defaults. It returns
// every problem at once: first those of each layer, by name, then contradictions between options. The values are the best
// that can be made of the rest, so that checks of other packages can add their problems; use them only if there is none.
func Resolve(layers ...Layer) (Values, []Problem) {
	r := resolution{values: Values{setBy: make(map[string]string)}}
	for i := range table {
		r.assign(&table[i], "", "")
	}
	for _, layer := range layers {
		r.apply(layer)
	}
	r.settle()
	r.contradictions()
	return r.values, r.problems
}

// maxSet is the most options of a layer: to look for the nearest name of each of a million costs minutes.
const maxSet = 256

// resolution is one run of Resolve.
type resolution struct {
	values   Values
	problems []Problem
}

func (r *resolution) apply(layer Layer) {
	if len(layer.Set) > maxSet {
		r.add(layer.Name, fmt.Sprintf("%d options", len(layer.Set)), fmt.Sprintf("are too many: at most %d may be set", maxSet))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(layer.Set)) {
		o := lookup(name)
		switch {
		case o == nil:
			r.add(layer.Name, clip(name), unknown(name))
		case layer.Open != nil && !layer.Open(name):
			r.add(layer.Name, name, "may not be set here: the operator has not opened it")
		default:
			r.assign(o, layer.Name, layer.Set[name])
		}
	}
}

// assign gives the option a value of a layer; the empty value is the default, which is no layer's.
func (r *resolution) assign(o *Option, layer, value string) {
	given := value != ""
	if !given {
		value = o.Default
	}
	if err := o.set(&r.values, value); err != nil {
		r.add(layer, o.Name, err.Error())
		return
	}
	delete(r.values.setBy, o.Name)
	if given {
		r.values.setBy[o.Name] = layer
	}
}

func (r *resolution) add(layer, option, message string) {
	r.problems = append(r.problems, Problem{Layer: layer, Option: option, Message: message})
}

// elsewhere are keys that people bring along from other model servers' options. They are the operator's.
var elsewhere = []string{
	"provider", "model", "endpoint", "base.url", "url", "api.key", "apikey", "key", "token", "auth.token", "organization",
}

func unknown(name string) string {
	plain := strings.NewReplacer("-", ".", "_", ".").Replace(strings.ToLower(name))
	if slices.Contains(elsewhere, plain) {
		return "is not an option: the provider, its address and its keys are set in the server's file only"
	}
	if near := Nearest(plain, AllNames()); near != "" {
		return fmt.Sprintf("is not an option; did you mean %s?", near)
	}
	return "is not an option (docs/options.md has them all)"
}
