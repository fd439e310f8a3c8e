package local

import (
	"encoding/json"
	"strings"
)

// stringEnd returns where the JSON string at this place ends, 0 if it does not: none has a line break.
func stringEnd(text string, at int) int {
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n':
			return 0
		}
	}
	return 0
}

// unquote is the text of a JSON string. What is no valid JSON stays as it is, without the quotation marks.
func unquote(raw string) string {
	inner := raw[1 : len(raw)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		return inner
	}
	return s
}

// members calls each with the members of the JSON object at this place, in order, and returns where it ends, 0 if it is no
// object. Members that came before a fault have been seen.
func members(text string, at int, each func(name, raw string)) int {
	at = space(text, at+1)
	for at < len(text) && text[at] == '"' {
		nameEnd := stringEnd(text, at)
		if nameEnd == 0 {
			return 0
		}
		name := unquote(text[at:nameEnd])
		if at = space(text, nameEnd); at >= len(text) || text[at] != ':' {
			return 0
		}
		at = space(text, at+1)
		end := valueEnd(text, at)
		if end == 0 {
			return 0
		}
		each(name, text[at:end])
		if at = space(text, end); at < len(text) && text[at] == ',' {
			at = space(text, at+1)
			continue
		}
		break
	}
	if at < len(text) && text[at] == '}' {
		return at + 1
	}
	return 0
}

// valueEnd returns where the JSON value at this place ends, 0 if there is none.
func valueEnd(text string, at int) int {
	if at >= len(text) {
		return 0
	}
	switch c := text[at]; {
	case c == '"':
		return stringEnd(text, at)
	case c == '{' || c == '[':
		return nestedEnd(text, at)
	case c == '-' || isDigit(c) || c == 't' || c == 'f' || c == 'n':
		return scalarEnd(text, at)
	}
	return 0
}

func scalarEnd(text string, at int) int {
	start := at
	for at < len(text) && (isDigit(text[at]) || isLetter(text[at]) || strings.IndexByte("+-.", text[at]) >= 0) {
		at++
	}
	if !json.Valid([]byte(text[start:at])) {
		return 0
	}
	return at
}

// nestedEnd finds the end of an object or array by its brackets; what is between them is not looked at.
func nestedEnd(text string, at int) int {
	depth := 0
	for at < len(text) {
		switch text[at] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		case '"':
			end := stringEnd(text, at)
			if end == 0 {
				return 0
			}
			at = end
			continue
		}
		at++
	}
	return 0
}

func space(text string, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}
