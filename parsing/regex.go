package parsing

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// regexFormat reads what a pattern (RE2) finds, with a named group for the index and one for each value.
type regexFormat struct {
	names
	pattern *regexp.Regexp
	// groups are those of the index and of the values; echoGroup is that of the echo, 0: none.
	groups    []int
	echoGroup int
	tokens    bool
}

// The bounds of a pattern: its length, the reply it is held against, and the time after which no more of it is read. RE2
// takes time in proportion to the reply for one match; many matches that each look far ahead take more.
const (
	maxPatternBytes = 1024
	maxRegexReply   = 1 << 20
	maxRegexTime    = 250 * time.Millisecond
)

func newRegexFormat(cfg Config) (Format, []error) {
	n, problems := newNames(cfg)
	f := &regexFormat{names: n, tokens: cfg.Tokens}
	if cfg.Path == "" {
		return f, append(problems,
			errors.New(`response.path: the format regex needs a pattern here, such as ^(?P<index>\d+): (?P<value>.*)$`))
	}
	if len(cfg.Path) > maxPatternBytes {
		return f, append(problems, fmt.Errorf("response.path: a pattern has at most %d bytes, this has %d", maxPatternBytes, len(cfg.Path)))
	}
	var err error
	if f.pattern, err = regexp.Compile("(?m)" + cfg.Path); err != nil {
		return f, append(problems, fmt.Errorf("response.path: this is no pattern: %w", err))
	}
	for i, name := range append([]string{f.index}, f.values...) {
		group := f.group(name, i)
		if group < 0 {
			problems = append(problems, fmt.Errorf("response.path: the pattern has no group (?P<%s>…)", name))
		}
		f.groups = append(f.groups, group)
	}
	if f.echo != "" {
		if f.echoGroup = f.pattern.SubexpIndex(f.echo); f.echoGroup < 0 {
			problems = append(problems, fmt.Errorf("response.path: the pattern has no group (?P<%s>…) for the echo", f.echo))
		}
	}
	return f, problems
}

// group finds the group of a field: by its name, or index and, if there is one value, value.
func (f *regexFormat) group(name string, i int) int {
	if group := f.pattern.SubexpIndex(name); group > 0 {
		return group
	}
	switch {
	case i == 0:
		return f.pattern.SubexpIndex(defaultIndex)
	case len(f.values) == 1:
		return f.pattern.SubexpIndex(defaultValue)
	}
	return -1
}

func (f *regexFormat) Instruction() string {
	return "Answer with text that this regular expression finds once for each input, and nothing else:\n" +
		f.pattern.String()[len("(?m)"):] + "\n" +
		f.meaning(f.tokens, func(name string) string { return "(?P<" + name + ">…)" })
}

func (f *regexFormat) Read(reply Reply) Reading {
	text, ok := spoken(reply.Text)
	if !ok {
		return unfinishedThinking()
	}
	found, why := f.find(text)
	if why != "" {
		return Reading{Problem: ProblemUnparsable, Message: why}
	}
	r := Reading{Problem: ProblemUnparsable, Message: "the pattern of response.path finds nothing in the reply"}
	for _, at := range found {
		if reply.CutOff && at[1] == len(text) {
			break // it may not be all of it
		}
		r.Claims = append(r.Claims, f.claim(text, at))
	}
	r.CutOff = reply.CutOff
	return r
}

func (f *regexFormat) claim(text string, at []int) Claim {
	part := func(group int) (string, bool) {
		if at[2*group] < 0 {
			return "", false
		}
		return text[at[2*group]:at[2*group+1]], true
	}
	var c Claim
	c.ID, c.Named = part(f.groups[0])
	if f.echoGroup > 0 {
		c.Echo, _ = part(f.echoGroup)
	}
	values := make([]string, len(f.values))
	for i, group := range f.groups[1:] {
		values[i], _ = part(group)
	}
	c.Fields, c.Problem, c.Message = f.fieldsOf(values)
	return c
}

// find looks for ever more matches, so that it can stop when it takes too long.
func (f *regexFormat) find(text string) ([][]int, string) {
	if len(text) > maxRegexReply {
		return nil, fmt.Sprintf("the reply has %d bytes; a pattern is held against at most %d", len(text), maxRegexReply)
	}
	end := time.Now().Add(maxRegexTime)
	for most := 128; ; most *= 4 {
		found := f.pattern.FindAllStringSubmatchIndex(text, most)
		switch {
		case len(found) < most:
			return found, ""
		case most > maxEntries:
			return nil, fmt.Sprintf("the pattern of response.path finds more than %d entries", maxEntries)
		case time.Now().After(end):
			return nil, "the pattern of response.path takes too long for the reply"
		}
	}
}
