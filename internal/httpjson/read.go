package httpjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// maxBrackets is how many opening brackets a body may have, at any depth, to be checked by gjson, which recurses. encoding/json
// does not, and refuses more than 10,000 levels.
const maxBrackets = 10_000

// Read reads a body, and reports whether it is one JSON value. What it returns does not refer to body. Strings are for [Text] to read.
//
// It takes less than half of the time that encoding/json needs to fill a struct (ADR 28), and is for answers that records wait for.
func Read(body []byte) (gjson.Result, bool) {
	if !valid(body) {
		return gjson.Result{}, false
	}
	return gjson.ParseBytes(body), true
}

func valid(body []byte) bool {
	if bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) > maxBrackets {
		return json.Valid(body)
	}
	return gjson.ValidBytes(body)
}

// First returns the first entry of a list. What is no list, or has none, has none.
func First(list gjson.Result) (first gjson.Result) {
	if !list.IsArray() {
		return first
	}
	list.ForEach(func(_, entry gjson.Result) bool {
		first = entry
		return false
	})
	return first
}

// Text returns a string as encoding/json reads it, what is not UTF-8 as U+FFFD. gjson would leave that as it is, and takes an escape
// behind half of a surrogate pair for the other half, whatever it is. The text has memory of its own: a value must not keep the body of
// its answer.
func Text(s gjson.Result) string {
	if utf8.ValidString(s.Str) && !strings.Contains(s.Raw, `\ud`) && !strings.Contains(s.Raw, `\uD`) {
		return strings.Clone(s.Str)
	}
	var text string
	if err := json.Unmarshal([]byte(s.Raw), &text); err != nil {
		return ""
	}
	return text
}
