package drivers

import (
	"strings"
	"unicode/utf8"

	"github.com/weir-ml/weir/providers"
)

// WorthKeeping is the fewest bytes of a prompt's start that a driver asks a vendor to keep. The smallest bound of a vendor is
// 512 tokens, and text has more than two bytes a token; below its bound a vendor ignores the wish.
const WorthKeeping = 1024

// Split cuts the content of a message after its stable part, between two characters. Blank parts are joined to the other,
// because vendors refuse blocks of nothing.
func Split(m providers.Message) (stable, rest string) {
	n := min(max(m.Stable, 0), len(m.Content))
	for n > 0 && n < len(m.Content) && !utf8.RuneStart(m.Content[n]) {
		n--
	}
	stable, rest = m.Content[:n], m.Content[n:]
	switch {
	case strings.TrimSpace(stable) == "":
		return "", m.Content
	case strings.TrimSpace(rest) == "":
		return m.Content, ""
	}
	return stable, rest
}

// Prompt is a request's messages as the vendors want them that have the system's apart.
type Prompt struct {
	// System is what the system messages say, one after another; blank ones are left out.
	System []string
	// User are the others. Where there are none, the system's stand here, because a prompt must have one.
	User []providers.Message
}

// Sort takes a request's messages apart.
func Sort(messages []providers.Message) Prompt {
	var p Prompt
	for _, m := range messages {
		switch {
		case m.Role != providers.RoleSystem:
			p.User = append(p.User, m)
		case strings.TrimSpace(m.Content) != "":
			p.System = append(p.System, m.Content)
		}
	}
	if len(p.User) > 0 {
		return p
	}
	for _, text := range p.System {
		p.User = append(p.User, providers.Message{Role: providers.RoleUser, Content: text})
	}
	p.System = nil
	return p
}

// SystemBytes is how long the system's part is.
func (p Prompt) SystemBytes() int {
	n := 0
	for _, text := range p.System {
		n += len(text)
	}
	return n
}

// LastStable returns which of the User messages ends the stable prefix, where that is [WorthKeeping]; -1: none.
func (p Prompt) LastStable() int {
	last, before, size := -1, p.SystemBytes(), 0
	for i, m := range p.User {
		if stable, _ := Split(m); stable != "" {
			last, size = i, before+len(stable)
		}
		before += len(m.Content)
	}
	if size < WorthKeeping {
		return -1
	}
	return last
}
