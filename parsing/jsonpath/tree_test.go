package jsonpath_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// document is a Tree made by encoding/json. Members keep their order, and so do those with the same name.
type document struct {
	kinds       []jsonpath.Kind
	past        []jsonpath.Node
	names, text []string
}

func (d *document) Kind(n jsonpath.Node) jsonpath.Kind { return d.kinds[n] }

func (d *document) Past(n jsonpath.Node) jsonpath.Node { return d.past[n] }

func (d *document) Name(n jsonpath.Node) string { return d.names[n] }

func (d *document) Text(n jsonpath.Node) string { return d.text[n] }

// read reads a JSON document; false if it is none.
func read(text string) (*document, bool) {
	if !json.Valid([]byte(text)) {
		return nil, false
	}
	d := &document{}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return d, d.add(decoder, "") == nil
}

func mustRead(t testing.TB, text string) *document {
	t.Helper()
	d, ok := read(text)
	if !ok {
		t.Fatalf("%.100s is no JSON", text)
	}
	return d
}

func (d *document) add(decoder *json.Decoder, name string) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	n := len(d.kinds)
	d.kinds = append(d.kinds, kindOf(token))
	d.past = append(d.past, 0)
	d.names = append(d.names, name)
	d.text = append(d.text, textOf(token))
	if d.kinds[n] == jsonpath.Array || d.kinds[n] == jsonpath.Object {
		err = d.addChildren(decoder, d.kinds[n])
	}
	d.past[n] = jsonpath.Node(len(d.kinds))
	return err
}

func (d *document) addChildren(decoder *json.Decoder, of jsonpath.Kind) error {
	for decoder.More() {
		name := ""
		if of == jsonpath.Object {
			token, err := decoder.Token()
			if err != nil {
				return err
			}
			name = textOf(token)
		}
		if err := d.add(decoder, name); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return err
}

func kindOf(token json.Token) jsonpath.Kind {
	switch token {
	case nil:
		return jsonpath.Null
	case false:
		return jsonpath.False
	case true:
		return jsonpath.True
	case json.Delim('['):
		return jsonpath.Array
	case json.Delim('{'):
		return jsonpath.Object
	}
	if _, ok := token.(json.Number); ok {
		return jsonpath.Number
	}
	return jsonpath.Text
}

func textOf(token json.Token) string {
	switch token := token.(type) {
	case string:
		return token
	case json.Number:
		return token.String()
	}
	return ""
}

// plain makes of a node what encoding/json makes of it; numbers keep their text.
func (d *document) plain(n jsonpath.Node) any {
	switch d.kinds[n] {
	case jsonpath.Null:
		return nil
	case jsonpath.False, jsonpath.True:
		return d.kinds[n] == jsonpath.True
	case jsonpath.Number:
		return json.Number(d.text[n])
	case jsonpath.Array:
		all := []any{}
		for child := n + 1; child < d.past[n]; child = d.past[child] {
			all = append(all, d.plain(child))
		}
		return all
	case jsonpath.Object:
		all := map[string]any{}
		for child := n + 1; child < d.past[n]; child = d.past[child] {
			all[d.names[child]] = d.plain(child)
		}
		return all
	case jsonpath.Text:
	}
	return d.text[n]
}
