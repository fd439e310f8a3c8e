package main

import (
	"sync"

	"github.com/tiktoken-go/tokenizer"

	"github.com/weir-ml/weir/internal/catalog"
)

// vocabularies are loaded when a text is counted with them for the first time, and kept: 0.3 s and 7 MiB each.
var vocabularies = map[catalog.Encoding]func() tokenizer.Codec{
	catalog.CL100K: vocabulary(tokenizer.Cl100kBase),
	catalog.O200K:  vocabulary(tokenizer.O200kBase),
}

func vocabulary(name tokenizer.Encoding) func() tokenizer.Codec {
	return sync.OnceValue(func() tokenizer.Codec {
		codec, err := tokenizer.Get(name)
		if err != nil {
			return nil // cannot be: the names are the library's own
		}
		return codec
	})
}

// counterOf returns what counts tokens of an encoding; nil where it is not public.
func counterOf(name catalog.Encoding) func(text string) int {
	load, known := vocabularies[name]
	if !known {
		return nil
	}
	return func(text string) int {
		codec := load()
		if codec == nil {
			return len(text)
		}
		n, err := codec.Count(text)
		if err != nil {
			return len(text) // no text has more tokens than bytes
		}
		return n
	}
}
