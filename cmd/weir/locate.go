package main

import (
	"os"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/weir-ml/weir/config"
)

// locate finds the places of problems in the file that they are about; it was read without a problem before. A problem
// whose key is not in the file gets the place of the nearest one above it.
func locate(file string, problems []config.Problem) {
	data, err := os.ReadFile(file)
	if err != nil {
		return // the problem itself still counts
	}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return
	}
	for i := range problems {
		problems[i].File = file
		for _, document := range parsed.Docs {
			problems[i].Line, problems[i].Column = placeOf(document.Body, problems[i].Path)
		}
	}
}

// placeOf follows a dotted path as far as it goes. Keys may have dots themselves.
func placeOf(node ast.Node, path string) (line, column int) {
	mapping, is := node.(ast.MapNode)
	if !is {
		return 0, 0
	}
	for entries := mapping.MapRange(); entries.Next(); {
		key := entries.Key()
		rest, has := strings.CutPrefix(path+".", key.String()+".")
		if !has {
			continue
		}
		if line, column = placeOf(entries.Value(), strings.TrimSuffix(rest, ".")); line > 0 {
			return line, column
		}
		position := key.GetToken().Position
		return position.Line, position.Column
	}
	return 0, 0
}
