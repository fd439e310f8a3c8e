package templates

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// encoding is a way to write text so that it cannot leave its place. All of them keep it on one line for every reader:
// control characters, U+0085, U+2028 and U+2029 are always encoded, and bytes that are not UTF-8 become U+FFFD.
type encoding struct {
	// safe marks the ASCII bytes that stand for themselves.
	safe [256]bool
	// escape appends any character that does not.
	escape func(dst []byte, r rune) []byte
}

var (
	// inString is text in a JSON string.
	inString = newEncoding(`"\`, appendJSONEscape)
	// inJSON is JSON text in JSON: what is left to encode can only stand in its strings.
	inJSON = newEncoding(``, appendJSONEscape)
	// inElement is text in an XML element.
	inElement = newEncoding(`<>&`, appendXMLEscape)
	// inAttribute is text in an XML attribute.
	inAttribute = newEncoding(`<>&"`, appendXMLEscape)
)

func newEncoding(special string, escape func([]byte, rune) []byte) *encoding {
	e := &encoding{escape: escape}
	for b := byte(' '); b < 0x7f; b++ {
		e.safe[b] = strings.IndexByte(special, b) < 0
	}
	return e
}

// append appends s, copying whole runs of characters that stand for themselves.
func (e *encoding) append(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		if e.safe[s[i]] {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if standsForItself(r, size) {
			i += size
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = e.escape(dst, r)
		i += size
		start = i
	}
	return append(dst, s[start:]...)
}

// standsForItself is about what is not ASCII. U+FFFE and U+FFFF are no characters, and XML refuses them.
func standsForItself(r rune, size int) bool {
	switch {
	case r < 0xa0, r == '\u2028', r == '\u2029', r == '\ufffe', r == '\uffff':
		return false
	default:
		return size > 1
	}
}

const hexDigits = "0123456789abcdef"

func appendJSONEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case utf8.RuneError:
		return utf8.AppendRune(dst, r)
	default:
		return append(dst, '\\', 'u', hexDigits[r>>12&0xf], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
	}
}

func appendXMLEscape(dst []byte, r rune) []byte {
	switch {
	case r == '<':
		return append(dst, "&lt;"...)
	case r == '>':
		return append(dst, "&gt;"...)
	case r == '&':
		return append(dst, "&amp;"...)
	case r == '"':
		return append(dst, "&quot;"...)
	case r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= '\ufffd':
		return utf8.AppendRune(dst, utf8.RuneError) // XML 1.0 cannot hold it, not even as a reference
	default:
		return append(strconv.AppendInt(append(dst, "&#"...), int64(r), 10), ';')
	}
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	return append(inString.append(append(dst, '"'), s), '"')
}

// appendJSON appends the field's value as JSON.
func (f Field) appendJSON(dst []byte) []byte {
	if value, ok := f.compact(); ok {
		return inJSON.append(dst, value)
	}
	return appendString(dst, f.Value)
}

// appendXML appends the field's value as the text of an XML element.
func (f Field) appendXML(dst []byte) []byte {
	if value, ok := f.compact(); ok {
		return inElement.append(dst, value)
	}
	return inElement.append(dst, f.Value)
}

// compact returns a JSON value without spaces around its tokens; false for text, and for a value that is no JSON.
func (f Field) compact() (string, bool) {
	if !f.JSON {
		return "", false
	}
	value := []byte(f.Value)
	if !json.Valid(value) {
		return "", false
	}
	if !strings.ContainsAny(f.Value, " \t\r\n") {
		return f.Value, true
	}
	var short bytes.Buffer
	if err := json.Compact(&short, value); err != nil {
		return "", false
	}
	return short.String(), true
}
