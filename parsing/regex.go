package parsing

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// regexFormat reads what a pattern (RE2) finds, with a named group for the index and one for each value.
type regexFormat struct {
	names
	pattern *regexp.Regexp
	// behind is the same as the first group behind one rune and whatever follows.
	behind *regexp.Regexp
	// size is how many instructions it has: so many steps it may take at each byte.
	size int
	// groups are those of the index and of the values; echoGroup is that of the echo, 0: none.
	groups    []int
	echoGroup int
	tokens    bool
}

// The bounds of a pattern: its length, the reply it is held against, and the steps it may take there, one for each of its
// instructions at each byte that it looks at, as often as it does. RE2 takes time in proportion to the reply for one match;
// many matches that each look far ahead take more. Steps, not time: so an answer counts or not however busy the machine is.
const (
	maxPatternBytes = 1024
	maxRegexReply   = 1 << 20
	maxRegexSteps   = 16 << 20
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
	if err := f.compile(cfg.Path); err != nil {
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

func (f *regexFormat) compile(path string) error {
	var err error
	if f.pattern, err = regexp.Compile("(?m)" + path); err != nil {
		return err
	}
	behind := `(?m)\A(?s:.)(?s:.*?)(` + path + ")"
	if f.behind, err = regexp.Compile(behind); err != nil {
		return err
	}
	tree, err := syntax.Parse(behind, syntax.Perl)
	if err != nil {
		return err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return err
	}
	f.size = len(program.Inst)
	return nil
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

// find returns the groups of every match, in a bounded number of steps: many matches that each look far ahead would take time in
// proportion to the square of the reply.
func (f *regexFormat) find(text string) ([][]int, string) {
	if len(text) > maxRegexReply {
		return nil, fmt.Sprintf("the reply has %d bytes; a pattern is held against at most %d", len(text), maxRegexReply)
	}
	// So many matches are within bounds even if each looks at all of the reply; the library finds them fastest.
	if most := maxRegexSteps/(f.size*max(len(text), 1)) - 1; most > 0 {
		if found := f.pattern.FindAllStringSubmatchIndex(text, most); len(found) < most {
			return found, ""
		}
	}
	return f.findCounting(text)
}

// findCounting does what FindAllStringSubmatchIndex does, and counts what the pattern looks at.
func (f *regexFormat) findCounting(text string) ([][]int, string) {
	ahead := lookahead{text: text, left: maxRegexSteps / f.size}
	var found [][]int
	for pos, last := 0, -1; pos <= len(text); {
		at := f.match(&ahead, pos)
		switch {
		case ahead.left < 0:
			return nil, fmt.Sprintf("the pattern of response.path looks at too much of the reply, which has %d bytes", len(text))
		case at == nil:
			return found, ""
		case len(found) == maxEntries:
			return nil, fmt.Sprintf("the pattern of response.path finds more than %d entries", maxEntries)
		}
		if at[1] > pos || at[0] != last { // nothing at all, right behind a match, is none
			found = append(found, at)
		}
		if last = at[1]; last > pos {
			pos = last
			continue
		}
		_, size := utf8.DecodeRuneInString(text[pos:])
		pos += max(size, 1)
	}
	return found, ""
}

// match returns the groups of the first match that begins at pos or behind it; nil: there is none.
func (f *regexFormat) match(ahead *lookahead, pos int) []int {
	pattern, before := f.pattern, 0
	if pos > 0 {
		// Whether a line or a word begins at pos, the rune before it tells.
		_, size := utf8.DecodeLastRuneInString(ahead.text[:pos])
		pattern, pos, before = f.behind, pos-size, 2
	}
	ahead.pos = pos
	at := pattern.FindReaderSubmatchIndex(ahead)
	if at == nil {
		return nil
	}
	at = at[before:]
	for i := range at {
		if at[i] >= 0 {
			at[i] += pos
		}
	}
	return at
}

// lookahead reads a reply for a pattern, and counts.
type lookahead struct {
	text string
	pos  int
	left int // how many bytes may still be read; below 0: the reply seemed to end where it does not
}

// ReadRune reads the next rune.
func (l *lookahead) ReadRune() (r rune, size int, err error) {
	if l.pos >= len(l.text) || l.left < 0 {
		return 0, 0, io.EOF
	}
	r, size = utf8.DecodeRuneInString(l.text[l.pos:])
	l.pos += size
	l.left -= size
	return r, size, nil
}
