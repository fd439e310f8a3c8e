package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

const maxFile = mib

// Load reads and checks the file at path, at most 1 MiB. Secrets are read too. Its error is an [*Error] that names every
// problem with its place, or says why the file cannot be read.
func Load(path string) (*Config, error) {
	data, err := readFile(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return Parse(path, data)
}

// readFile reads a file, but no more than one byte over most of it.
func readFile(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	return data, errors.Join(err, file.Close())
}

// Parse is Load for a file that is already read. name stands in messages, and paths in the file start at its folder.
func Parse(name string, data []byte) (*Config, error) {
	r := &reader{file: name, places: make(map[string]place)}
	root := r.parse(data)
	if len(r.problems) > 0 {
		return nil, asError(r.problems)
	}
	c := Default()
	if root != nil {
		c = r.config(root)
	}
	for _, problem := range c.problems() {
		r.join(problem)
	}
	for i := range c.Warnings {
		c.Warnings[i] = r.locate(c.Warnings[i])
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, asError(r.problems)
	}
	return c, nil
}

// reader reads one file. It goes on after a problem, to find them all; that is why it walks the tree itself: a decoder into
// structs stops at the first key that it does not know.
type reader struct {
	file     string
	places   map[string]place // of every key, by path
	problems []Problem
}

type place struct{ line, column int }

func placeOf(node ast.Node) place {
	if mapping, ok := node.(*ast.MappingNode); ok && !mapping.IsFlowStyle && len(mapping.Values) > 0 {
		return placeOf(mapping.Values[0].Key) // its own token is the first colon
	}
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return place{}
	}
	position := node.GetToken().Position
	return place{position.Line, position.Column}
}

// parse returns the file's one document; nil if it is empty.
func (r *reader) parse(data []byte) ast.Node {
	if len(data) > maxFile {
		r.add(place{}, "", fmt.Sprintf("is larger than %s", Bytes(maxFile)))
		return nil
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey()) // section.read finds duplicates, all of them
	if err != nil {
		r.addSyntax(err)
		return nil
	}
	var root ast.Node
	for _, document := range file.Docs {
		switch {
		case document.Body == nil:
		case root == nil:
			root = document.Body
		default:
			r.add(placeOf(document.Body), "", "a second document starts here; a file has one")
		}
	}
	return root
}

func (r *reader) addSyntax(err error) {
	syntax, ok := errors.AsType[yaml.Error](err)
	if !ok || syntax.GetToken() == nil {
		r.add(place{}, "", "is not YAML that can be read")
		return
	}
	position := syntax.GetToken().Position
	r.add(place{position.Line, position.Column}, "", "is not valid YAML: "+syntax.GetMessage())
}

func (r *reader) add(at place, path, message string) {
	r.problems = append(r.problems, Problem{File: r.file, Line: at.line, Column: at.column, Path: path, Message: message})
}

// join adds a problem that a check found, unless the same key could not be read in the first place.
func (r *reader) join(problem Problem) {
	same := func(p Problem) bool { return p.Path == problem.Path && p.Path != "" }
	if !slices.ContainsFunc(r.problems, same) {
		r.problems = append(r.problems, r.locate(problem))
	}
}

// locate says where the problem's key is; where it is missing, where its section is.
func (r *reader) locate(problem Problem) Problem {
	problem.File = r.file
	for path := problem.Path; path != ""; path = path[:max(strings.LastIndexByte(path, '.'), 0)] {
		if at, ok := r.places[path]; ok {
			problem.Line, problem.Column = at.line, at.column
			break
		}
	}
	return problem
}

// resolvePath makes a path of the file start at the file's folder.
func (r *reader) resolvePath(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(r.file), path)
}
