package templates

import "strings"

// kind is what a tag does; its value is the sign that it starts with.
type kind byte

const (
	variable   kind = 'v'
	section    kind = '#'
	inverted   kind = '^'
	end        kind = '/'
	comment    kind = '!'
	partial    kind = '>'
	delimiters kind = '='
)

// tag is one {{…}} of a template.
type tag struct {
	kind   kind
	name   string
	offset int
}

// scan finds the tags of a template, as the library does, which keeps no positions. It stops at a tag that has no end.
func scan(text string, p *problems) []tag {
	var tags []tag
	for at := 0; ; {
		start := strings.Index(text[at:], "{{")
		if start < 0 {
			return tags
		}
		start += at
		length := tagLength(text[start:])
		if length < 0 {
			p.addf(start, "this {{ is never closed; a tag ends with }}. "+bracesHint)
			return tags
		}
		at = start + length
		tags = append(tags, newTag(text[start+2:at-2], start))
	}
}

const bracesHint = "To write two braces that are no tag, put a space between them: { {"

// tagLength returns the length of the tag that text starts with, or -1.
func tagLength(text string) int {
	closing := "}}"
	if strings.HasPrefix(text, "{{{") {
		closing = "}}}"
	}
	i := strings.Index(text[2:], closing)
	if i < 0 {
		return -1
	}
	return 2 + i + len(closing)
}

func newTag(inner string, offset int) tag {
	inner = strings.TrimSpace(inner)
	if inner == "" {
		return tag{variable, "", offset}
	}
	switch sign, rest := inner[0], strings.TrimSpace(inner[1:]); sign {
	case '#', '^', '/', '!', '>', '=':
		return tag{kind(sign), rest, offset}
	case '&':
		return tag{variable, rest, offset}
	case '{':
		if name, closed := strings.CutSuffix(rest, "}"); closed {
			return tag{variable, strings.TrimSpace(name), offset}
		}
	}
	return tag{variable, inner, offset}
}
